//! What a chip with a mistake overlooks.

/// Rules of secure messaging that a chip does not enforce: deliberate mistakes, for judging a
/// judge. A chip that is right has [`Leniency::NONE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Takes any MAC.
    pub any_mac: bool,
    /// Takes a command without DO8E.
    pub missing_mac: bool,
    /// Takes a MAC over a send sequence counter near the right one.
    pub any_counter: bool,
}

impl Leniency {
    /// Nothing is overlooked.
    pub const NONE: Self = Self { any_mac: false, missing_mac: false, any_counter: false };
}
