//! What a profile says of a chip's faults and quirks.

use const_oid::ObjectIdentifier;

use super::{
    super::{
        Extended, LengthAnswer, Naked, ProfileError, Quirks,
        document::{Found, Table},
    },
    names::HASHES,
};
use crate::{
    apdu::StatusWord,
    lds::File,
    transport::fault::{FaultError, FaultPlan},
};

/// What becomes of commands with extended length fields.
pub(in crate::profile) const EXTENDED: &[(&str, Extended)] =
    &[("refused", Extended::Refused), ("truncated", Extended::Truncated)];
/// How the counter stands behind an answer without secure messaging.
pub(in crate::profile) const NAKED: &[(&str, Naked)] =
    &[("counted", Naked::Counted), ("not counted", Naked::NotCounted)];

/// The faults, in the text form of `--fault`.
pub(super) fn faults(root: &Table<'_>) -> Result<FaultPlan, ProfileError> {
    let mut plan = FaultPlan::default();
    let Some(table) = root.table("faults")? else { return Ok(plan) };
    table.need("plan")?;
    for found in table.texts("plan")? {
        let fault = found.value.parse().map_err(|error: FaultError| {
            let at = found.value.char_indices().nth(error.column() - 1);
            let at = at.map_or(found.value.len(), |(at, _)| at);
            found.bad_at(at, "a fault such as \"tear after 3 apdus\"", error.to_string())
        })?;
        plan.faults.push(fault);
        if plan.faults.len() > FaultPlan::MAX {
            return Err(found.refused("no more than 64 faults"));
        }
    }
    plan.seed = table.number("seed")?.unwrap_or_default().into();
    Ok(plan)
}

/// The quirks.
pub(super) fn quirks(root: &Table<'_>) -> Result<Quirks, ProfileError> {
    let Some(table) = root.table("quirks")? else { return Ok(Quirks::default()) };
    let status = |key| -> Result<Option<StatusWord>, ProfileError> {
        table.text(key)?.map(|found| status(&found)).transpose()
    };
    let is = |key| -> Result<bool, ProfileError> {
        Ok(table.flag(key)?.is_some_and(|found| found.value))
    };
    let size = |key| -> Result<Option<u16>, ProfileError> {
        Ok(table.number(key)?.and_then(|n| u16::try_from(n).ok()))
    };
    let max_le_answer = match table.text("max_le_answer")? {
        None => None,
        Some(found) => {
            table.need("max_le")?;
            Some(match found.value {
                "6Cxx" => LengthAnswer::CorrectLe,
                _ => LengthAnswer::Status(self::status(&found)?),
            })
        }
    };
    if ["refused_answer", "refused_ends_session"].iter().any(|key| table.has(key)) {
        table.need("refused")?;
    }
    let signature_hash = table.text("signature_hash")?;
    let content_type = table.text("sod_content_type")?.map(|found| {
        ObjectIdentifier::new(found.value)
            .map_err(|_| found.refused("an object identifier such as 1.3.27.1.1.1"))
    });
    Ok(Quirks {
        max_le: size("max_le")?,
        max_le_answer,
        le_256: status("le_256")?,
        extended: table.text("extended")?.map(|found| found.one_of(EXTENDED)).transpose()?,
        extended_general_authenticate: status("extended_general_authenticate")?,
        naked: table.text("naked")?.map(|found| found.one_of(NAKED)).transpose()?,
        no_get_response: is("no_get_response")?,
        parts: size("parts")?,
        short_read_6282: is("short_read_6282")?,
        zeros_before_80: is("zeros_before_80")?,
        do85_indicator: is("do85_indicator")?,
        short_do99: is("short_do99")?,
        no_le: status("no_le")?,
        starts_in_application: is("starts_in_application")?,
        select_mf: status("select_mf")?,
        select_mf_3f00: status("select_mf_3f00")?,
        no_short_identifier: status("no_short_identifier")?,
        select_ef_p1_02: is("select_ef_p1_02")?,
        select_ef: status("select_ef")?,
        master_file_in_session: status("master_file_in_session")?,
        refused: table.texts("refused")?.iter().map(file).collect::<Result<_, _>>()?,
        refused_answer: status("refused_answer")?,
        refused_ends_session: is("refused_ends_session")?,
        no_challenge: status("no_challenge")?,
        needs_reference: status("needs_reference")?,
        padded_reference: is("padded_reference")?,
        signature_der: is("signature_der")?,
        signature_hash: signature_hash.map(|found| found.one_of(HASHES)).transpose()?,
        no_signature_info: is("no_signature_info")?,
        wrong_chip_key: is("wrong_chip_key")?,
        endless: table.text("endless")?.map(|found| file(&found)).transpose()?,
        cut: table.text("cut")?.map(|found| file(&found)).transpose()?,
        sod_content_type: content_type.transpose()?,
    })
}

fn status(found: &Found<'_, &str>) -> Result<StatusWord, ProfileError> {
    let digits = found.value.len() == 4 && found.value.bytes().all(|b| b.is_ascii_hexdigit());
    let number = u16::from_str_radix(found.value, 16).ok().filter(|_| digits);
    number.map(StatusWord).ok_or_else(|| {
        let shown: String = found.value.chars().take(40).collect();
        found.bad("a status word such as \"6A87\"", format!("{shown:?} came"))
    })
}

fn file(found: &Found<'_, &str>) -> Result<File, ProfileError> {
    File::from_name(found.value).ok_or_else(|| found.refused("the name of a file such as EF.DG3"))
}
