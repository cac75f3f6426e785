//! What tags are called, by the template that they stand in.

use crate::tlv::Tag;

/// Where data objects stand, which decides what their tags mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Context {
    /// Interindustry data objects (ISO/IEC 7816-6, ISO/IEC 7816-4 annex).
    Open,
    /// File control information (ISO/IEC 7816-4 table 10).
    FileControl,
    /// Secure messaging (ISO/IEC 7816-4 clause 10).
    Secure,
    /// A card verifiable certificate (BSI TR-03110-3 annex C.1).
    Certificate,
    /// The public key in one.
    CertificateKey,
    /// Dynamic authentication data (ICAO Doc 9303-11 clause 4.4.4.2).
    Dynamic,
    /// A template of MANAGE SECURITY ENVIRONMENT.
    Environment(Template),
    /// The files of an eMRTD (ICAO Doc 9303-10).
    Lds,
    /// Biometric templates in them.
    Biometric,
    /// ASN.1.
    Asn1,
}

/// A control reference template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Template {
    /// AT.
    Authentication,
    /// KAT.
    KeyAgreement,
    /// DST.
    Signature,
    /// Any other.
    Other,
}

impl Context {
    /// What a list is about, once its first tag is known.
    pub(super) fn refined(self, tag: Tag, value: &[u8]) -> Self {
        if self != Self::Open {
            return self;
        }
        match tag.value() {
            // EF.DG15 and a response to SELECT have one tag; a key begins with SEQUENCE.
            0x6F if value.first() != Some(&0x30) => Self::FileControl,
            0x62 | 0x64 => Self::FileControl,
            0x85 | 0x87 | 0x8E | 0x99 | 0x97 => Self::Secure,
            0x7F21 | 0x7F4E | 0x67 if value.first() == Some(&0x7F) => Self::Certificate,
            // EF.DIR has the tag of EF.DG1.
            0x61 if value.first() == Some(&0x4F) => Self::Open,
            0x60 | 0x61 | 0x63 | 0x65..=0x70 | 0x75..=0x77 => Self::Lds,
            0x01..=0x3F => Self::Asn1,
            _ => self,
        }
    }

    /// What stands within a data object of this tag.
    pub(super) fn within(self, tag: Tag, value: &[u8]) -> Self {
        let begins_asn1 = matches!(value.first(), Some(0x30 | 0x31));
        match (self, tag.value()) {
            (Self::Asn1, _) | (_, 0x30 | 0x31) => Self::Asn1,
            (_, 0x6E | 0x6F | 0x77 | 0x7F63) if begins_asn1 => Self::Asn1,
            (_, 0x7C) => Self::Dynamic,
            (_, 0x7F4C | 0x7F21 | 0x7F4E) => Self::Certificate,
            (Self::Certificate, 0x65 | 0x73) => Self::Certificate,
            (_, 0x7F49) => Self::CertificateKey,
            (Self::Open, 0x6F | 0x62 | 0x64) => Self::FileControl,
            (_, 0x7F61 | 0x7F60 | 0xA1) if matches!(self, Self::Lds | Self::Biometric) => {
                Self::Biometric
            }
            (Self::Lds, 0x75 | 0x63 | 0x76) => Self::Biometric,
            _ => self,
        }
    }
}

/// The name of a tag where it stands; `None` where none is known.
pub(in crate::explain) fn name(context: Context, tag: Tag) -> Option<&'static str> {
    let value = tag.value();
    let special = match context {
        Context::Open => None,
        Context::FileControl => file_control(value),
        Context::Secure => secure(value),
        Context::Certificate => certificate(value),
        Context::CertificateKey => certificate_key(value),
        Context::Dynamic => return dynamic(value),
        Context::Environment(template) => return environment(template, value),
        Context::Lds => lds(value),
        Context::Biometric => biometric(value),
        Context::Asn1 => return asn1(value),
    };
    special.or_else(|| open(value))
}

const fn file_control(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x80 => "bytes of data",
        0x81 => "bytes with structure",
        0x82 => "file descriptor",
        0x83 => "file identifier",
        0x84 => "DF name",
        0x85 => "proprietary information",
        0x86 => "security attributes, proprietary",
        0x87 => "EF with more of this",
        0x88 => "short EF identifier",
        0x8A => "life cycle status",
        0x8B => "security attributes, reference",
        0x8C => "security attributes, compact",
        0x8D => "EF of security environments",
        0x8E => "channel security attribute",
        0xA0 => "security attributes of data objects",
        0xA1 => "security attributes, proprietary",
        0xA2 => "pairs of data objects",
        0xA5 => "proprietary information",
        0xAB => "security attributes, expanded",
        0xAC => "cryptographic mechanism",
        0xBF0C => "issuer's discretionary data",
        _ => return None,
    })
}

const fn secure(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x80 | 0x81 => "plain value",
        0x82 | 0x83 => "cryptogram of secure messaging objects",
        0x84 | 0x85 => "cryptogram of data objects",
        0x86 | 0x87 => "padding indicator and cryptogram",
        0x89 => "command header",
        0x8E => "cryptographic checksum",
        0x96 | 0x97 => "Le",
        0x99 => "status",
        0xB2 | 0xB3 => "plain data objects",
        _ => return None,
    })
}

const fn certificate(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x06 => "object identifier",
        0x42 => "certification authority reference",
        0x53 => "rights",
        0x65 => "extensions",
        0x67 => "authenticated request",
        0x73 => "extension",
        0x80 | 0x81 => "hash",
        0x5F20 => "certificate holder reference",
        0x5F24 => "expires",
        0x5F25 => "effective",
        0x5F29 => "profile",
        0x5F37 => "signature",
        0x7F21 => "CV certificate",
        0x7F49 => "public key",
        0x7F4C => "CHAT, holder's rights",
        0x7F4E => "certificate body",
        _ => return None,
    })
}

const fn certificate_key(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x06 => "object identifier",
        0x81 => "modulus, or prime p",
        0x82 => "exponent, or coefficient a",
        0x83 => "coefficient b",
        0x84 => "base point G",
        0x85 => "order r",
        0x86 => "public point",
        0x87 => "cofactor f",
        _ => return None,
    })
}

const fn dynamic(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x7C => "dynamic authentication data",
        0x80 => "encrypted nonce, or ephemeral key of Chip Authentication",
        0x81 => "mapping data of the terminal, or nonce of Chip Authentication",
        0x82 => "mapping data of the chip, or token of Chip Authentication",
        0x83 => "ephemeral key of the terminal",
        0x84 => "ephemeral key of the chip",
        0x85 => "token of the terminal",
        0x86 => "token of the chip",
        0x87 => "certification authority reference",
        0x88 => "certification authority reference, earlier",
        0x8A => "encrypted Chip Authentication data",
        _ => return None,
    })
}

const fn environment(template: Template, tag: u32) -> Option<&'static str> {
    Some(match (template, tag) {
        (_, 0x80) => "cryptographic mechanism",
        (Template::Authentication, 0x83) => "password or public key",
        (_, 0x83) => "public key",
        (Template::Authentication, 0x84) => "private key or domain parameters",
        (_, 0x84) => "private key",
        (_, 0x91) => "ephemeral public key",
        (_, 0x95) => "usage",
        (_, 0x65) => "certificate extensions",
        (_, 0x67) => "auxiliary data",
        (_, 0x06) => "object identifier",
        (_, 0x53) => "value",
        (_, 0x73) => "discretionary data",
        (_, 0x7F4C) => "CHAT, rights that are asked for",
        _ => return None,
    })
}

const fn lds(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x02 => "number of entries",
        0x60 => "EF.COM",
        0x61 => "EF.DG1",
        0x63 => "EF.DG3",
        0x65 => "EF.DG5",
        0x66 => "EF.DG6",
        0x67 => "EF.DG7",
        0x68 => "EF.DG8",
        0x69 => "EF.DG9",
        0x6A => "EF.DG10",
        0x6B => "EF.DG11",
        0x6C => "EF.DG12",
        0x6D => "EF.DG13",
        0x6E => "EF.DG14",
        0x6F => "EF.DG15",
        0x70 => "EF.DG16",
        0x75 => "EF.DG2",
        0x76 => "EF.DG4",
        0x77 => "EF.SOD",
        0xA0 => "template of entries",
        0x5F01 => "LDS version",
        0x5F0E => "full name",
        0x5F0F => "other name",
        0x5F10 => "personal number",
        0x5F11 => "place of birth",
        0x5F12 => "telephone",
        0x5F13 => "profession",
        0x5F14 => "title",
        0x5F15 => "personal summary",
        0x5F16 => "proof of citizenship",
        0x5F17 => "other document numbers",
        0x5F18 => "custody information",
        0x5F19 => "issuing authority",
        0x5F1A => "other persons",
        0x5F1B => "endorsements, observations",
        0x5F1C => "tax or exit requirements",
        0x5F1D => "image of the front",
        0x5F1E => "image of the rear",
        0x5F1F => "machine readable zone",
        0x5F26 => "date of issue",
        0x5F2B => "date of birth",
        0x5F36 => "Unicode version",
        0x5F40 => "displayed portrait",
        0x5F42 => "permanent address",
        0x5F43 => "displayed signature",
        0x5F50 => "date recorded",
        0x5F51 => "name of person",
        0x5F52 => "telephone",
        0x5F53 => "address",
        0x5F55 => "personalisation time",
        0x5F56 => "personalisation system",
        _ => return None,
    })
}

const fn biometric(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x02 => "number of templates",
        0x63 => "EF.DG3, fingers",
        0x75 => "EF.DG2, face",
        0x76 => "EF.DG4, irises",
        0x7F61 => "biometric information group template",
        0x7F60 => "biometric information template",
        0xA1 => "biometric header template",
        0x80 => "patron header version",
        0x81 => "biometric type",
        0x82 => "biometric subtype",
        0x83 => "created",
        0x84 | 0x85 => "valid",
        0x86 => "creator",
        0x87 => "format owner",
        0x88 => "format type",
        0x5F2E => "biometric data block",
        0x7F2E => "biometric data block, enciphered",
        _ => return None,
    })
}

const fn asn1(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x01 => "BOOLEAN",
        0x02 => "INTEGER",
        0x03 => "BIT STRING",
        0x04 => "OCTET STRING",
        0x05 => "NULL",
        0x06 => "OBJECT IDENTIFIER",
        0x0A => "ENUMERATED",
        0x0C => "UTF8String",
        0x12 => "NumericString",
        0x13 => "PrintableString",
        0x14 => "TeletexString",
        0x16 => "IA5String",
        0x17 => "UTCTime",
        0x18 => "GeneralizedTime",
        0x1A => "VisibleString",
        0x1C => "UniversalString",
        0x1E => "BMPString",
        0x30 => "SEQUENCE",
        0x31 => "SET",
        0x80 | 0xA0 => "[0]",
        0x81 | 0xA1 => "[1]",
        0x82 | 0xA2 => "[2]",
        0x83 | 0xA3 => "[3]",
        0x84 | 0xA4 => "[4]",
        0x85 | 0xA5 => "[5]",
        0x86 | 0xA6 => "[6]",
        0x87 | 0xA7 => "[7]",
        _ => return None,
    })
}

const fn open(tag: u32) -> Option<&'static str> {
    Some(match tag {
        0x01..=0x31 => return asn1(tag),
        0x41 => "country code",
        0x42 => "issuer identification number",
        0x43 => "card service data",
        0x44 => "initial access data",
        0x45 => "card issuer's data",
        0x46 => "pre-issuing data",
        0x47 => "card capabilities",
        0x48 => "status information",
        0x4D => "extended header list",
        0x4F => "application identifier",
        0x50 => "application label",
        0x51 => "file reference",
        0x52 => "command to perform",
        0x53 => "discretionary data",
        0x54 => "offset",
        0x59 => "card expiration date",
        0x5C => "tag list",
        0x5D => "header list",
        0x5F20 => "cardholder name",
        0x5F24 => "expiration date",
        0x5F25 => "effective date",
        0x5F2D => "language preference",
        0x5F2E => "biometric data",
        0x5F37 => "signature",
        0x5F50 => "uniform resource locator",
        0x61 => "application template",
        0x62 => "FCP template",
        0x64 => "FMD template",
        0x65 => "cardholder related data",
        0x66 => "card data",
        0x67 => "authentication data",
        0x6E => "application related data",
        0x6F => "FCI template",
        0x73 => "discretionary data",
        0x78 => "compatible tag allocation authority",
        0x79 => "coexistent tag allocation authority",
        0x7C => "dynamic authentication data",
        0x7D => "secure messaging template",
        0x7F21 => "CV certificate",
        0x7F2E => "biometric data",
        0x7F49 => "public key",
        0x7F4C => "CHAT, holder's rights",
        0x7F4E => "certificate body",
        0x7F60 => "biometric information template",
        0x7F61 => "biometric information group template",
        0x7F66 => "extended length information",
        0x80 => "version, or object identifier",
        _ => return None,
    })
}
