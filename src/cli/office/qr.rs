//! A QR code (ISO/IEC 18004) on a terminal and as a picture.

use qrcode::{
    EcLevel, QrCode,
    render::{svg, unicode::Dense1x2},
};

/// The code of a text.
pub(super) struct Code(QrCode);

impl Code {
    /// Nothing where the text is too long for one.
    pub(super) fn new(text: &str) -> Option<Self> {
        QrCode::with_error_correction_level(text, EcLevel::M).ok().map(Self)
    }

    /// In half blocks, two modules a character. The light ones are drawn, for dark terminals; phones
    /// read it either way.
    pub(super) fn terminal(&self) -> String {
        self.0
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .module_dimensions(1, 1)
            .build()
    }

    /// As SVG.
    pub(super) fn svg(&self) -> String {
        self.0.render::<svg::Color<'_>>().min_dimensions(480, 480).build()
    }
}
