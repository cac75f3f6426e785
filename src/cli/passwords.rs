//! What opens a card: by flag; for a card that is not ours, by environment, then by prompt. Asked
//! before the card is opened, for a card in a transaction must not wait for a person.

use anyhow::Result;
use zeroize::Zeroizing;

use super::{failure::Failure, secrets, tap::TapArgs};
use crate::{
    lds::{Mrz, MrzInformation, edl},
    profile::Personalised,
    protocol::pace::Password,
    tap::Passwords,
    transport::{CardAddress, Secrets},
};

/// The passwords that were given; `None` for an emulated or a replayed card without any.
pub(super) fn given(args: &TapArgs, card: &CardAddress) -> Result<Option<Given>> {
    or_asked(Given::flags(args)?, card)
}

/// The same for what was typed otherwise.
pub(super) fn or_asked(mut given: Given, card: &CardAddress) -> Result<Option<Given>> {
    if given.is_empty() {
        if matches!(card, CardAddress::Emulated { .. } | CardAddress::Replay { .. }) {
            return Ok(None);
        }
        given = Given::environment();
    }
    if given.is_empty() {
        given.can = Some(secrets::ask("CAN (on the card's front)", "--can", "ICCARD_CAN")?);
    }
    Ok(Some(given))
}

type Secret = Option<Zeroizing<String>>;

/// Passwords as they were typed.
#[derive(Default)]
pub(super) struct Given {
    can: Secret,
    pin: Secret,
    puk: Secret,
    mrz: Secret,
    bap: Secret,
}

impl Given {
    fn flags(args: &TapArgs) -> Result<Self> {
        let flag = |value: &Option<String>| value.clone().map(Zeroizing::new);
        let mut given = Self {
            can: flag(&args.can),
            pin: flag(&args.pin),
            puk: flag(&args.puk),
            mrz: flag(&args.mrz),
            bap: flag(&args.bap),
        };
        if let (Some(number), Some(birth), Some(expiry)) = (&args.doc_no, &args.birth, &args.expiry)
        {
            let information = printed(number, birth, expiry)?;
            given.mrz = Some(Zeroizing::new(information.as_str().to_owned()));
        }
        Ok(given)
    }

    #[cfg(feature = "wallet")]
    /// Those of another command's flags.
    pub(super) fn typed(can: Option<&str>, pin: Option<&str>, mrz: Option<&str>) -> Self {
        let text = |text: Option<&str>| text.map(|text| Zeroizing::new(text.to_owned()));
        Self { can: text(can), pin: text(pin), mrz: text(mrz), ..Self::default() }
    }

    fn environment() -> Self {
        Self {
            can: secrets::from_env("ICCARD_CAN"),
            pin: secrets::from_env("ICCARD_PIN"),
            puk: secrets::from_env("ICCARD_PUK"),
            mrz: secrets::from_env("ICCARD_MRZ"),
            bap: secrets::from_env("ICCARD_BAP"),
        }
    }

    /// What opens an emulated card, as [`Options::of_profile`](crate::tap::Options::of_profile)
    /// chooses it.
    pub(super) fn of_profile(card: &Personalised) -> Self {
        let text = |text: &str| Some(Zeroizing::new(text.to_owned()));
        let secrets = &card.profile.secrets;
        let pin = secrets.pin.as_ref().and_then(|pin| text(pin));
        match &card.licence {
            Some(line) => Self { bap: text(line.as_str()), ..Self::default() },
            None if card.profile.pace.is_empty() => {
                let mrz = card.mrz.as_ref().and_then(|mrz| text(mrz.as_str()));
                Self { mrz, ..Self::default() }
            }
            None if secrets.can.is_empty() => Self { pin, ..Self::default() },
            None if card.profile.asks_for_the_pin() && pin.is_some() => {
                Self { pin, ..Self::default() }
            }
            None => Self { can: text(&secrets.can), ..Self::default() },
        }
    }

    /// Those that a recording has.
    pub(super) fn recorded(secrets: &Secrets) -> Self {
        let text = |text: &Option<String>| text.clone().map(Zeroizing::new);
        Self {
            can: text(&secrets.can),
            pin: text(&secrets.pin),
            puk: text(&secrets.puk),
            mrz: text(&secrets.mrz),
            bap: text(&secrets.bap),
        }
    }

    /// Puts them into a recording.
    pub(super) fn record(&self, secrets: &mut Secrets) {
        let text = |secret: &Secret| secret.as_ref().map(|text| text.to_string());
        secrets.can = text(&self.can);
        secrets.pin = text(&self.pin);
        secrets.puk = text(&self.puk);
        secrets.mrz = text(&self.mrz);
        secrets.bap = text(&self.bap);
    }

    const fn is_empty(&self) -> bool {
        self.can.is_none()
            && self.pin.is_none()
            && self.puk.is_none()
            && self.mrz.is_none()
            && self.bap.is_none()
    }

    /// What a tap makes of them.
    ///
    /// # Errors
    /// For what cannot be right.
    pub(super) fn passwords(&self) -> Result<Passwords> {
        let of_mrz = self.mrz.as_ref().map(|text| from_mrz(text)).transpose()?.unwrap_or_default();
        let of_line =
            self.bap.as_ref().map(|text| from_line(text)).transpose()?.unwrap_or_default();
        for (secret, flag) in [(&self.can, "--can"), (&self.pin, "--pin"), (&self.puk, "--puk")] {
            if let Some(secret) = secret {
                digits(secret, flag)?;
            }
        }
        Ok(Passwords {
            can: self.can.as_ref().map(|can| Password::can(can)),
            pin: self.pin.as_ref().map(|pin| Password::pin(pin)),
            puk: self.puk.as_ref().map(|puk| Password::puk(puk)),
            mrz: of_mrz.mrz.or(of_line.mrz),
            bac: of_mrz.bac,
            bap: of_line.bap,
        })
    }
}

// What cannot be right costs no try of a PIN: an unset variable, a slip of the finger.
fn digits(secret: &str, flag: &str) -> Result<()> {
    if !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    let failure = Failure::usage(format!("{flag}: not made of digits")).step("read the password");
    let got = format!("{} characters", secret.chars().count());
    Err(failure.expected("digits and nothing else").got(got).into())
}

// The whole zone, or the MRZ_information that the keys are made of.
fn from_mrz(text: &str) -> Result<Passwords> {
    let text: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect());
    let whole = [88, 72, 90].contains(&text.len());
    let information = match Mrz::parse(&text) {
        Ok(mrz) => mrz.information().ok().map(|information| information.as_str().to_owned()),
        Err(error) if whole => {
            return Err(Failure::usage(format!("--mrz: {error}")).step("read the MRZ").into());
        }
        Err(_) => None,
    };
    let information = Zeroizing::new(information.unwrap_or_else(|| text.to_string()));
    if information.len() < 24 {
        return Err(Failure::usage("--mrz: too short")
            .step("read the MRZ")
            .expected("the whole zone, or document number, birth and expiry with check digits")
            .got(format!("{} characters", information.len()))
            .into());
    }
    Ok(Passwords::from_mrz(&information))
}

fn from_line(text: &str) -> Result<Passwords> {
    let line = edl::Mrz::parse(text).map_err(|error| {
        Failure::usage(format!("--bap: {error}"))
            .step("read the licence's line")
            .help("give the 30 characters that stand in one line on the licence, D first")
    })?;
    Ok(Passwords::from_licence(&line))
}

// What is printed on the document, dates in either form.
fn printed(number: &str, birth: &str, expiry: &str) -> Result<MrzInformation> {
    let number = Zeroizing::new(number.replace([' ', '-'], "").to_uppercase());
    let (birth, expiry) = (six_digits(birth), six_digits(expiry));
    for (flag, date) in [("--birth", &birth), ("--expiry", &expiry)] {
        if !is_date(date) {
            return Err(Failure::usage(format!("{flag}: no date"))
                .step("read what is printed")
                .expected("YYMMDD or YYYY-MM-DD")
                .got(format!("{} characters", date.chars().count()))
                .into());
        }
    }
    let information = MrzInformation::new(&number, &birth, &expiry).map_err(|error| {
        Failure::usage(format!("--doc-no, --birth, --expiry: {error}"))
            .step("read what is printed")
            .help("the document number as it is printed, at most 22 letters and digits")
    })?;
    Ok(information)
}

fn six_digits(date: &str) -> Zeroizing<String> {
    let digits: Zeroizing<String> =
        Zeroizing::new(date.chars().filter(|c| !matches!(c, '-' | '.' | '/')).collect());
    match digits.get(2..) {
        Some(short) if digits.len() == 8 => Zeroizing::new(short.to_owned()),
        _ => digits,
    }
}

// An unknown month or day is printed as zeros.
fn is_date(digits: &str) -> bool {
    let part = |at: std::ops::Range<usize>| digits.get(at).and_then(|p| p.parse::<u8>().ok());
    digits.len() == 6
        && digits.bytes().all(|b| b.is_ascii_digit())
        && part(2..4).is_some_and(|month| month <= 12)
        && part(4..6).is_some_and(|day| day <= 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_right_costs_no_try() {
        for (pin, right) in [("123456", true), ("12345", true), ("", false), ("12345x", false)] {
            let pin = Some(Zeroizing::new(pin.to_owned()));
            let given = Given { pin, ..Given::default() };
            assert_eq!(given.passwords().is_ok(), right);
        }
    }

    #[test]
    fn printed_data_gives_the_zones_own_keys() {
        // ICAO Doc 9303-11 appendix D.2.
        let information = printed("L898902C", "1969-08-06", "940623").unwrap();
        assert_eq!(information.as_str(), "L898902C<369080619406236");
        assert!(printed("L898902C", "69-08-06", "941323").is_err());
        assert!(printed("", "690806", "940623").is_err());
    }
}
