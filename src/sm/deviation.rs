//! What a chip may write otherwise than the standard says.

/// How a chip protects its answers wrongly. The default is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deviations {
    /// Pads data with 00.. 80 in place of 80 00.. (ISO/IEC 9797-1 method 2).
    pub zeros_before_80: bool,
    /// Puts a padding indicator into DO85, which has none (BSI TR-03110-3 clause F.2.2).
    pub do85_indicator: bool,
    /// Cuts DO99 to its first byte.
    pub short_do99: bool,
}
