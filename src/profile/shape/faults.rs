//! The tables of a chip that misbehaves: faults of a run and quirks of the chip.

use super::{
    Kind::{Choice, ChoiceOr, Flag, Number, Text, Texts},
    Shape, names_of, needed, optional, otherwise,
};
use crate::profile::check::{
    faults::{EXTENDED, NAKED},
    names::HASHES,
};

/// A status word.
const SW: super::Kind = Text(Some("^[0-9A-Fa-f]{4}$"));

/// What goes wrong in a run.
pub(super) const FAULTS: &Shape = &Shape {
    keys: &[
        needed(
            "plan",
            Texts,
            "what goes wrong and when, such as `tear after 30 apdus` (docs/faults.md)",
        ),
        otherwise("seed", Number(0, u32::MAX), "0", "what chance in it follows from"),
    ],
};

/// What the chip does otherwise than the standards say.
pub(super) const QUIRKS: &Shape = &Shape {
    keys: &[
        optional("max_le", Number(1, 65535), "READ BINARY that asks for more bytes is refused"),
        optional(
            "max_le_answer",
            ChoiceOr(|| vec!["6Cxx"], "^[0-9A-Fa-f]{4}$"),
            "how: a status word, or `6Cxx` with the most bytes; `6700` where it is left out",
        ),
        optional(
            "le_256",
            SW,
            "a protected READ BINARY with Le 00 is answered so and the session is over: with `6988` at once, else with the next command",
        ),
        optional(
            "extended",
            Choice(|| names_of(EXTENDED)),
            "what becomes of extended length fields, which EF.ATR/INFO states: `6700`, or answers cut to 256 bytes",
        ),
        optional(
            "extended_general_authenticate",
            SW,
            "GENERAL AUTHENTICATE with extended length fields is answered so",
        ),
        optional(
            "naked",
            Choice(|| names_of(NAKED)),
            "`6700` goes out without secure messaging in a session that goes on, its counter moved or not",
        ),
        otherwise(
            "no_get_response",
            Flag,
            "false",
            "an answer that does not fit is `6700`, not `61xx`",
        ),
        optional(
            "parts",
            Number(16, 65535),
            "protected answers of more bytes come in parts, by `61xx` and GET RESPONSE in plain",
        ),
        otherwise(
            "short_read_6282",
            Flag,
            "false",
            "READ BINARY that gives less than was asked for says `6282`, also for Le 00",
        ),
        otherwise(
            "zeros_before_80",
            Flag,
            "false",
            "what is read from files is padded with 00.. 80 before protection",
        ),
        otherwise("do85_indicator", Flag, "false", "DO85 has a padding indicator"),
        otherwise("short_do99", Flag, "false", "DO99 has one byte"),
        optional("no_le", SW, "SELECT and MSE with Le are answered so"),
        otherwise(
            "starts_in_application",
            Flag,
            "false",
            "the first application is selected after power and reset",
        ),
        optional("select_mf", SW, "SELECT of the master file without data is answered so"),
        optional("select_mf_3f00", SW, "SELECT of the master file by 3F00 is answered so"),
        optional("no_short_identifier", SW, "READ BINARY by short EF identifier is answered so"),
        otherwise("select_ef_p1_02", Flag, "false", "an EF is selected by P1 02 only"),
        optional("select_ef", SW, "SELECT of an EF that succeeds is answered so"),
        optional(
            "master_file_in_session",
            SW,
            "SELECT of the master file inside a session is answered so",
        ),
        optional("refused", Texts, "files that nobody gets, such as `EF.DG3`"),
        optional("refused_answer", SW, "how they are refused; `6982` where it is left out"),
        otherwise("refused_ends_session", Flag, "false", "whether asking for one ends the session"),
        optional("no_challenge", SW, "GET CHALLENGE is answered so: BAC is switched off"),
        optional("needs_reference", SW, "MSE:Set AT for PACE without DO84 is answered so"),
        otherwise(
            "padded_reference",
            Flag,
            "false",
            "a keyId of Chip Authentication has to have two bytes",
        ),
        otherwise("signature_der", Flag, "false", "Active Authentication answers ECDSA in DER"),
        optional(
            "signature_hash",
            Choice(|| names_of(HASHES)),
            "Active Authentication signs with this, whatever EF.DG14 says",
        ),
        otherwise(
            "no_signature_info",
            Flag,
            "false",
            "EF.DG14 does not say how Active Authentication signs",
        ),
        otherwise(
            "wrong_chip_key",
            Flag,
            "false",
            "the chip does not have the keys of Chip Authentication that its files show",
        ),
        optional(
            "endless",
            Text(None),
            "the header of this file announces more bytes than any file has",
        ),
        optional("cut", Text(None), "this file ends in its middle"),
        optional("sod_content_type", Text(Some("^[0-9.]+$")), "the type of what EF.SOD signs"),
    ],
};
