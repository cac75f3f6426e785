//! CV certificates as bytes.

use super::{Chat, CvcDate, CvcError, CvcPublicKey, Reference, shown, tag};
use crate::pki::Oid;
use crate::tlv::{Limits, Mode, Reader, Tlv, Writer};

const WHAT: &str = "structure";

/// The most bytes of a certificate that are read. One with an RSA key of 4,096 bits has 1,100.
pub const MAX_CERTIFICATE: usize = 8192;

/// The most extensions of one certificate that are read.
const MAX_EXTENSIONS: usize = 16;

/// A certificate; its bytes are kept as they came, for the signature is over them.
#[derive(Clone, PartialEq, Eq)]
pub struct CvCertificate {
    /// Body and signature, as PSO:VERIFY CERTIFICATE takes them.
    content: Vec<u8>,
    body_len: usize,
    signature: Vec<u8>,
    authority: Reference,
    holder: Reference,
    public_key: CvcPublicKey,
    chat: Chat,
    effective: CvcDate,
    expires: CvcDate,
    extensions: Vec<Extension>,
}

/// An extension (TR-03110-3 clause C.3): a discretionary data template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// What it is.
    pub oid: Oid,
    /// The data objects behind the identifier, as they came.
    pub data: Vec<u8>,
}

impl Extension {
    /// What an extension of this identifier is, in words for people.
    pub fn description(&self) -> Option<&'static str> {
        const DESCRIPTION: Oid = Oid::new_unwrap("0.4.0.127.0.7.3.1.3.1");
        const SECTOR: Oid = Oid::new_unwrap("0.4.0.127.0.7.3.1.3.2");
        const PS_SECTOR: Oid = Oid::new_unwrap("0.4.0.127.0.7.3.1.3.3");
        match self.oid {
            DESCRIPTION => Some("hash of the certificate's description"),
            SECTOR => Some("terminal sector for Restricted Identification"),
            PS_SECTOR => Some("terminal sector for Pseudonymous Signatures"),
            _ => None,
        }
    }
}

impl CvCertificate {
    /// Reads a certificate, data object 7F21. It has to be DER; the signature is not looked at.
    ///
    /// # Errors
    /// [`CvcError`], naming the part that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, CvcError> {
        bounded(bytes)?;
        let mut outer = reader(bytes);
        let certificate = outer.expect(tag::CERTIFICATE).map_err(CvcError::tlv(WHAT))?;
        outer.end().map_err(CvcError::tlv(WHAT))?;
        Self::parse_content(certificate.value)
    }

    /// Reads body and signature without the frame around them, as PSO:VERIFY CERTIFICATE brings
    /// them (ICAO Doc 9303-11 clause 7.1.5.2).
    ///
    /// # Errors
    /// [`CvcError`], naming the part that is wrong.
    pub fn parse_content(bytes: &[u8]) -> Result<Self, CvcError> {
        bounded(bytes)?;
        let mut objects = reader(bytes);
        let body = objects.expect(tag::BODY).map_err(CvcError::tlv(WHAT))?;
        let signature = objects.expect(tag::SIGNATURE).map_err(CvcError::tlv(WHAT))?;
        objects.end().map_err(CvcError::tlv(WHAT))?;

        let mut fields = body.children().map_err(CvcError::tlv("body"))?;
        let mut field = |what, tag| fields.expect(tag).map_err(CvcError::tlv(what));
        let profile = field("profile identifier", tag::PROFILE)?.value;
        if profile != [0] {
            let detail = format_args!("00 (version 1) expected, {} came", shown(profile));
            return Err(CvcError::value("profile identifier", detail));
        }
        let authority = field("authority reference", tag::AUTHORITY)?.value;
        let public_key = field("public key", tag::PUBLIC_KEY)?;
        let holder = field("holder reference", tag::HOLDER)?.value;
        let chat = field("CHAT", tag::CHAT)?;
        let effective = field("effective date", tag::EFFECTIVE)?.value;
        let expires = field("expiration date", tag::EXPIRES)?.value;
        let extensions = match fields.next().transpose().map_err(CvcError::tlv("body"))? {
            Some(list) => read_extensions(&list)?,
            None => Vec::new(),
        };
        fields.end().map_err(CvcError::tlv("body"))?;
        Ok(Self {
            content: bytes.to_vec(),
            body_len: body.raw.len(),
            signature: signature.value.to_vec(),
            authority: Reference::from_bytes(authority)?,
            holder: Reference::from_bytes(holder)?,
            public_key: CvcPublicKey::read(&public_key)?,
            chat: Chat::read(&chat)?,
            effective: CvcDate::from_bytes(effective)?,
            expires: CvcDate::from_bytes(expires)?,
            extensions,
        })
    }

    /// The certificate, data object 7F21.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.primitive(tag::CERTIFICATE, &self.content);
        w.finish()
    }

    /// Body and signature without the frame: the data of PSO:VERIFY CERTIFICATE.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// What is signed: the body, its tag and length included.
    pub fn body(&self) -> &[u8] {
        self.content.get(..self.body_len).unwrap_or_default()
    }

    /// The signature over the body.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Certificate Authority Reference: whose key made the signature.
    pub const fn authority(&self) -> Reference {
        self.authority
    }

    /// Certificate Holder Reference: the name of the key.
    pub const fn holder(&self) -> Reference {
        self.holder
    }

    /// The holder's key.
    pub const fn public_key(&self) -> &CvcPublicKey {
        &self.public_key
    }

    /// What the holder is and may do, as its issuer says.
    pub const fn chat(&self) -> Chat {
        self.chat
    }

    /// The first day.
    pub const fn effective(&self) -> CvcDate {
        self.effective
    }

    /// The last day.
    pub const fn expires(&self) -> CvcDate {
        self.expires
    }

    /// The extensions.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Whether holder and authority have one name: a trust point's certificate.
    pub fn is_self_issued(&self) -> bool {
        self.authority == self.holder
    }
}

impl std::fmt::Debug for CvCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CvCertificate")
            .field("holder", &self.holder)
            .field("authority", &self.authority)
            .field("chat", &self.chat)
            .field("effective", &self.effective)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

fn bounded(bytes: &[u8]) -> Result<(), CvcError> {
    let (limit, got) = (MAX_CERTIFICATE, bytes.len());
    if got > limit {
        return Err(CvcError::TooMuch { what: "bytes of a CV certificate", limit, got });
    }
    Ok(())
}

fn reader(bytes: &[u8]) -> Reader<'_> {
    let limits = Limits { depth: 6, siblings: 32, size: MAX_CERTIFICATE };
    Reader::with(bytes, Mode::Der, limits)
}

fn read_extensions(list: &Tlv<'_>) -> Result<Vec<Extension>, CvcError> {
    const WHAT: &str = "extension";
    let list = list.expect(tag::EXTENSIONS).and_then(|t| t.children());
    let mut extensions = Vec::new();
    for template in list.map_err(CvcError::tlv(WHAT))? {
        if extensions.len() == MAX_EXTENSIONS {
            let (limit, got) = (MAX_EXTENSIONS, extensions.len() + 1);
            return Err(CvcError::TooMuch { what: "extensions of a CV certificate", limit, got });
        }
        let template = template.and_then(|t| t.expect(tag::TEMPLATE));
        let mut objects = template.and_then(|t| t.children()).map_err(CvcError::tlv(WHAT))?;
        let oid = objects.expect(tag::OBJECT_IDENTIFIER).map_err(CvcError::tlv(WHAT))?.value;
        let oid = Oid::from_bytes(oid).map_err(|e| CvcError::value(WHAT, e))?;
        let data = objects.rest().to_vec();
        if let Some(error) = objects.find_map(Result::err) {
            return Err(CvcError::Structure { what: WHAT, source: error });
        }
        extensions.push(Extension { oid, data });
    }
    Ok(extensions)
}

/// What a certificate's body says; everything but the signature.
pub(super) struct Body<'a> {
    pub(super) authority: Reference,
    pub(super) holder: Reference,
    pub(super) public_key: &'a CvcPublicKey,
    pub(super) domain_parameters: bool,
    pub(super) chat: Chat,
    pub(super) effective: CvcDate,
    pub(super) expires: CvcDate,
    pub(super) extensions: &'a [Extension],
}

impl Body<'_> {
    /// The body in DER.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.constructed(tag::BODY, |w| {
            w.primitive(tag::PROFILE, &[0]);
            w.primitive(tag::AUTHORITY, self.authority.as_bytes());
            self.public_key.write(w, self.domain_parameters);
            w.primitive(tag::HOLDER, self.holder.as_bytes());
            self.chat.write(w);
            w.primitive(tag::EFFECTIVE, &self.effective.to_bytes());
            w.primitive(tag::EXPIRES, &self.expires.to_bytes());
            if !self.extensions.is_empty() {
                w.constructed(tag::EXTENSIONS, |w| {
                    for extension in self.extensions {
                        w.constructed(tag::TEMPLATE, |w| {
                            w.primitive(tag::OBJECT_IDENTIFIER, extension.oid.as_bytes());
                            w.raw(&extension.data);
                        });
                    }
                });
            }
        });
        w.finish()
    }
}

/// Body and signature one behind the other.
pub(super) fn signed(body: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(body).primitive(tag::SIGNATURE, signature);
    w.finish()
}
