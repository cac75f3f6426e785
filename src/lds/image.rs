//! How pictures on cards are compressed.

/// How a picture is compressed, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFormat {
    /// ISO/IEC 10918-1.
    Jpeg,
    /// ISO/IEC 15444-1, as a file or as a bare codestream.
    Jpeg2000,
    /// ISO/IEC 15948.
    Png,
    /// Wavelet scalar quantization of fingerprints (FBI IAFIS-IC-0110).
    Wsq,
}

impl ImageFormat {
    /// The format that a picture's first bytes show.
    pub fn detect(image: &[u8]) -> Option<Self> {
        const JP2_SIGNATURE: [u8; 12] =
            [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];
        const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];
        match image {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0xFF, 0x4F, 0xFF, 0x51, ..] => Some(Self::Jpeg2000),
            [0xFF, 0xA0, 0xFF, ..] => Some(Self::Wsq),
            _ if image.starts_with(&JP2_SIGNATURE) => Some(Self::Jpeg2000),
            _ if image.starts_with(&PNG_SIGNATURE) => Some(Self::Png),
            _ => None,
        }
    }

    /// The usual endings of a file's name, the best first.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Jpeg2000 => &["jp2", "j2k", "j2c", "jpc"],
            Self::Png => &["png"],
            Self::Wsq => &["wsq"],
        }
    }
}

impl std::fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Png => "PNG",
            Self::Wsq => "WSQ",
        })
    }
}
