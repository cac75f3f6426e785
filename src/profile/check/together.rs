//! What two tables of a profile can contradict each other about.

use super::super::{
    Profile, ProfileError, Travel, document::Table, findings::Findings, resident_number,
};
use crate::protocol::{chip_auth, pace, terminal_auth};

pub(super) fn fits_together(root: &Table<'_>, profile: &Profile, all: &mut Findings) {
    all.keep(match &profile.travel {
        Some(travel) => fits_document(root, profile, travel),
        None => no_document(root, profile),
    });
    all.keep(pin(root, profile));
    all.keep(terminals(root, profile));
}

fn fits_document(root: &Table<'_>, profile: &Profile, travel: &Travel) -> Result<(), ProfileError> {
    let (document, pki) = (root.need_table("document")?, root.need_table("pki")?);
    let Travel { person, document: card, pki: chain, .. } = travel;
    let issued = document.need_date("issued")?;
    if card.issued <= person.birth_date {
        return Err(issued.bad("a day after the holder's birth", "it is not"));
    }
    if card.issued < chain.signer_validity.0 || card.issued > chain.signer_validity.1 {
        let got = format!("{} came", card.issued);
        return Err(issued.bad("a day on which the document signer is good", got));
    }
    // Readers look the CSCA up by the country of the issuing state.
    if (card.issuing_state == "KOR") != (chain.country == "KR") {
        let got = format!("{:?} came for {}", chain.country, card.issuing_state);
        return Err(pki.need_text("country")?.bad("the issuing state's country code", got));
    }
    let holder = root.need_table("person")?;
    if let Some(number) = holder.text("resident_number")? {
        resident_number::check(number.value, person).map_err(|e| number.refused(e))?;
    }
    if travel.licence.is_some() {
        licence_alone(root)?;
    }
    fingers(root, profile, travel)
}

// What is proven by files that a document signer signs needs such a document.
fn no_document(root: &Table<'_>, profile: &Profile) -> Result<(), ProfileError> {
    const NEITHER: &[&str] =
        &["bac", "chip_authentication", "active_authentication", "terminal_authentication"];
    if let Some(key) = NEITHER.iter().find(|key| root.has(key)) {
        return Err(root.misplaced(key, "no such key on a card without `document`"));
    }
    let maps = |p: &pace::Parameters| p.suite().mapping == pace::Mapping::ChipAuthentication;
    if profile.pace.iter().any(maps) {
        let expected = "\"GM\" or \"IM\", as there is no document signer for EF.CardSecurity,";
        return Err(root.misplaced("pace", expected));
    }
    Ok(())
}

// EF.DG3 is opened by Terminal Authentication.
fn fingers(root: &Table<'_>, profile: &Profile, travel: &Travel) -> Result<(), ProfileError> {
    if travel.fingers.is_empty() || profile.terminal_authentication.is_some() {
        return Ok(());
    }
    let expected = "`terminal_authentication`, which opens EF.DG3, beside it";
    Err(root.misplaced("fingers", expected))
}

// A licence opens by its line alone: ISO/IEC 18013-3 has neither CAN nor PIN for that.
fn licence_alone(root: &Table<'_>) -> Result<(), ProfileError> {
    const NEITHER: &[&str] =
        &["secrets", "pin", "pace", "bac", "terminal_authentication", "fingers"];
    match NEITHER.iter().find(|key| root.has(key)) {
        None => Ok(()),
        Some(key) => Err(root.misplaced(key, "no such key beside `licence`")),
    }
}

fn pin(root: &Table<'_>, profile: &Profile) -> Result<(), ProfileError> {
    if !profile.pin.required {
        return Ok(());
    }
    let required = root.need_table("pin")?.need_flag("required")?;
    if profile.secrets.pin.is_none() {
        return Err(required.refused("false, as the card has no PIN,"));
    }
    if profile.bac || profile.pace.is_empty() {
        return Err(required.refused("false, as only PACE knows a PIN,"));
    }
    Ok(())
}

// The protocols of Extended Access Control need each other.
fn terminals(root: &Table<'_>, profile: &Profile) -> Result<(), ProfileError> {
    let keys = &profile.chip_authentication;
    let has = |version| keys.iter().any(|key| key.version == version);
    let needs = |key, what| Err(root.misplaced(key, what));
    match profile.terminal_authentication.as_ref().map(|ta| ta.version) {
        None | Some(terminal_auth::Version::V1) if has(chip_auth::Version::V2) => needs(
            "chip_authentication",
            "`terminal_authentication` of version 2, which comes before it, beside version 2",
        ),
        Some(terminal_auth::Version::V1) if !has(chip_auth::Version::V1) => needs(
            "terminal_authentication",
            "`chip_authentication` of version 1, which comes before it, beside version 1",
        ),
        Some(terminal_auth::Version::V2)
            if !has(chip_auth::Version::V2) || profile.pace.is_empty() =>
        {
            needs(
                "terminal_authentication",
                "`pace` and `chip_authentication` of version 2 beside version 2",
            )
        }
        _ => Ok(()),
    }
}
