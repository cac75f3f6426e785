//! What a script says of readers, cards and files.

use std::time::Duration;

use super::{Expr, Part};
use crate::script::syntax::Span;

/// `connect ..`.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// `reader="exact name"` or `reader=~"part"`: whether a part will do, and the name.
    pub reader: Option<(bool, Expr)>,
    /// `shared`, `exclusive`, `direct`.
    pub share: Option<Share>,
    /// `protocol=t0|t1|any`.
    pub protocol: Option<Protocol>,
    /// `wait=30s`.
    pub wait: Option<Duration>,
}

/// How a reader is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// With other programs.
    Shared,
    /// With nobody.
    Exclusive,
    /// Without a card, for control codes.
    Direct,
}

/// A transmission protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// T=0.
    T0,
    /// T=1.
    T1,
    /// Either.
    Any,
}

/// What becomes of a card that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It is left as it is.
    Leave,
    /// It is reset.
    Reset,
    /// Its power goes off.
    Unpower,
}

/// How a card is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// PACE with the CAN.
    PaceCan,
    /// PACE with the PIN.
    PacePin,
    /// PACE with the PUK.
    PacePuk,
    /// PACE with the MRZ.
    PaceMrz,
    /// Basic Access Control with the MRZ.
    Bac,
    /// Basic Access Protection with the machine-readable line of a driving licence.
    Bap,
}

/// What is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Chip Authentication.
    Chip,
    /// Terminal Authentication.
    Terminal,
    /// Active Authentication.
    Active,
}

/// A file, by its identifier or by the name that a standard gives it.
#[derive(Clone, Debug)]
pub enum FileRef {
    /// `011E`, `%fid`.
    Id(Part),
    /// `EF.COM`.
    Named(crate::lds::File, Span),
}

/// What is selected.
#[derive(Clone, Debug)]
pub enum Selected {
    /// The master file.
    MasterFile,
    /// An application, by its name (its first bytes will do).
    Aid(Part),
    /// A DF by its identifier.
    Df(Part),
    /// An EF under the current DF.
    Ef(FileRef),
}
