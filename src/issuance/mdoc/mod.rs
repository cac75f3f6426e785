//! mdoc (ISO/IEC 18013-5): issued, verified, presented.
