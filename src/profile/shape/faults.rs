//! The tables of faults and quirks (docs/faults.md).

use super::{
    Kind::{Choice, Flag, Number, Text, Texts},
    Shape, names_of, needed, optional, otherwise,
};
use crate::profile::check::names::HASHES;

/// A status word.
const STATUS: Option<&str> = Some("^[0-9A-Fa-f]{4}$");

pub(super) const FAULTS: &Shape = &Shape {
    keys: &[
        otherwise("seed", Number(0, u32::MAX), "0", "what chance follows from"),
        needed(
            "plan",
            Texts,
            "faults such as `\"tear after 3 apdus\"`, as `--fault` takes them, 64 at most",
        ),
    ],
};

pub(super) const QUIRKS: &Shape = &Shape {
    keys: &[
        optional(
            "max_le",
            Number(1, 0xFFFF),
            "READ BINARY that asks for more bytes than this is refused, by `max_le_answer`",
        ),
        optional(
            "max_le_answer",
            Text(Some("^(6Cxx|[0-9A-Fa-f]{4})$")),
            "how it is refused; `6700` where nothing is said",
        ),
        optional(
            "le_256",
            Text(STATUS),
            "A protected READ BINARY with Le of 256 is answered so, and the session is over: with `6988` at once, else with the next command",
        ),
        optional(
            "extended",
            Choice(|| vec!["refused", "truncated"]),
            "what becomes of commands with extended length fields, which EF.ATR/INFO says are possible",
        ),
        optional(
            "extended_general_authenticate",
            Text(STATUS),
            "GENERAL AUTHENTICATE with extended length fields is answered so",
        ),
        optional(
            "naked",
            Choice(|| vec!["counted", "not counted"]),
            "`6700` goes out without secure messaging, and the session goes on",
        ),
        otherwise(
            "no_get_response",
            Flag,
            "false",
            "what does not fit one answer is refused with `6700`, in place of `61xx`",
        ),
        optional(
            "parts",
            Number(16, 0xFFFF),
            "A protected answer of more data bytes than this comes in parts, each with `61xx`",
        ),
        otherwise(
            "short_read_6282",
            Flag,
            "false",
            "READ BINARY that gives less than was asked for says `6282`, whatever was asked for",
        ),
        otherwise(
            "zeros_before_80",
            Flag,
            "false",
            "data read from files are padded before protection with 00.. 80 in place of 80 00",
        ),
        otherwise("do85_indicator", Flag, "false", "DO85 has a padding indicator"),
        otherwise("short_do99", Flag, "false", "DO99 has one byte"),
        optional("no_le", Text(STATUS), "SELECT and MSE with Le are answered so"),
        otherwise(
            "starts_in_application",
            Flag,
            "false",
            "the chip starts inside its first application",
        ),
        optional(
            "select_mf",
            Text(STATUS),
            "SELECT of the master file without data is answered so",
        ),
        optional(
            "select_mf_3f00",
            Text(STATUS),
            "SELECT of the master file by 3F00 is answered so",
        ),
        optional(
            "no_short_identifier",
            Text(STATUS),
            "READ BINARY by short EF identifier is answered so",
        ),
        otherwise("select_ef_p1_02", Flag, "false", "an EF is selected by P1 02 only"),
        optional("select_ef", Text(STATUS), "SELECT of an EF that succeeds is answered so"),
        optional(
            "master_file_in_session",
            Text(STATUS),
            "SELECT of the master file and its EFs inside a session is answered so",
        ),
        optional("refused", Texts, "files that nobody gets"),
        optional(
            "refused_answer",
            Text(STATUS),
            "how they are refused; `6982` where nothing is said",
        ),
        otherwise(
            "refused_ends_session",
            Flag,
            "false",
            "whether asking for one of them ends the session",
        ),
        optional(
            "no_challenge",
            Text(STATUS),
            "GET CHALLENGE is answered so: Basic Access Control is switched off",
        ),
        optional(
            "needs_reference",
            Text(STATUS),
            "MSE:Set AT for PACE without DO84 is answered so",
        ),
        otherwise(
            "padded_reference",
            Flag,
            "false",
            "the reference of a key of Chip Authentication has to be of two bytes",
        ),
        otherwise("signature_der", Flag, "false", "Active Authentication answers ECDSA in DER"),
        optional(
            "signature_hash",
            Choice(|| names_of(HASHES)),
            "Active Authentication signs with this hash function, whatever EF.DG14 says",
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
            "the chip does not have the keys of Chip Authentication that its files show: a clone",
        ),
        optional(
            "endless",
            Text(None),
            "the header of this file announces more bytes than any file has",
        ),
        optional("cut", Text(None), "this file ends in its middle, whatever its header says"),
        optional(
            "sod_content_type",
            Text(Some("^[0-9]+(\\.[0-9]+)+$")),
            "the type of what EF.SOD signs",
        ),
    ],
};
