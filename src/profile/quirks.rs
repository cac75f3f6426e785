//! What a chip does otherwise than the standards say, as chips in the field do (docs/faults.md).

use crate::{apdu::StatusWord, crypto::Hash, lds::File, pki::Oid};

/// The quirks of a chip. The default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// READ BINARY that asks for more bytes than this is refused, by [`Quirks::max_le_answer`].
    pub max_le: Option<u16>,
    /// How it is refused; `6700` where nothing is said.
    pub max_le_answer: Option<LengthAnswer>,
    /// A protected READ BINARY with Le of 256 is answered so, and the session is over: with `6988`
    /// at once, else with the next command.
    pub le_256: Option<StatusWord>,
    /// What becomes of commands with extended length fields, which EF.ATR/INFO says are possible.
    pub extended: Option<Extended>,
    /// GENERAL AUTHENTICATE with extended length fields is answered so.
    pub extended_general_authenticate: Option<StatusWord>,
    /// `6700` goes out without secure messaging, and the session goes on.
    pub naked: Option<Naked>,
    /// What does not fit one answer is refused with `6700`, in place of `61xx`.
    pub no_get_response: bool,
    /// A protected answer of more data bytes than this comes in parts, each with `61xx`.
    pub parts: Option<u16>,
    /// READ BINARY that gives less than was asked for says `6282`, whatever was asked for.
    pub short_read_6282: bool,
    /// Data read from files are padded before protection with 00.. 80 in place of 80 00..
    pub zeros_before_80: bool,
    /// DO85 has a padding indicator.
    pub do85_indicator: bool,
    /// DO99 has one byte.
    pub short_do99: bool,
    /// SELECT and MSE with Le are answered so.
    pub no_le: Option<StatusWord>,
    /// The chip starts inside its first application.
    pub starts_in_application: bool,
    /// SELECT of the master file without data is answered so.
    pub select_mf: Option<StatusWord>,
    /// SELECT of the master file by 3F00 is answered so.
    pub select_mf_3f00: Option<StatusWord>,
    /// READ BINARY by short EF identifier is answered so.
    pub no_short_identifier: Option<StatusWord>,
    /// An EF is selected by P1 02 only.
    pub select_ef_p1_02: bool,
    /// SELECT of an EF that succeeds is answered so.
    pub select_ef: Option<StatusWord>,
    /// SELECT of the master file and its EFs inside a session is answered so.
    pub master_file_in_session: Option<StatusWord>,
    /// Files that nobody gets.
    pub refused: Vec<File>,
    /// How they are refused; `6982` where nothing is said.
    pub refused_answer: Option<StatusWord>,
    /// Whether asking for one of them ends the session.
    pub refused_ends_session: bool,
    /// GET CHALLENGE is answered so: Basic Access Control is switched off.
    pub no_challenge: Option<StatusWord>,
    /// MSE:Set AT for PACE without DO84 is answered so.
    pub needs_reference: Option<StatusWord>,
    /// The reference of a key of Chip Authentication has to be of two bytes.
    pub padded_reference: bool,
    /// Active Authentication answers ECDSA in DER.
    pub signature_der: bool,
    /// Active Authentication signs with this hash function, whatever EF.DG14 says.
    pub signature_hash: Option<Hash>,
    /// EF.DG14 does not say how Active Authentication signs.
    pub no_signature_info: bool,
    /// The chip does not have the keys of Chip Authentication that its files show: a clone.
    pub wrong_chip_key: bool,
    /// The header of this file announces more bytes than any file has.
    pub endless: Option<File>,
    /// This file ends in its middle, whatever its header says.
    pub cut: Option<File>,
    /// The type of what EF.SOD signs.
    pub sod_content_type: Option<Oid>,
}

/// How a chip refuses to give so many bytes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthAnswer {
    /// With this.
    Status(StatusWord),
    /// With `6Cxx` and the most that it gives, up to 255.
    CorrectLe,
}

/// What a chip that claims extended length fields makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// `6700`.
    Refused,
    /// An answer that is cut to 256 bytes of data, whatever they are.
    Truncated,
}

/// How the counter stands behind an answer without secure messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naked {
    /// Command and answer are counted.
    Counted,
    /// Neither is.
    NotCounted,
}

impl Quirks {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
