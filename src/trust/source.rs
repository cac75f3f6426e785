//! Files that say whom to believe: certificates, master lists, revocation lists, directories.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::{AnchorError, Fault, FaultReason, ldif};
use crate::pki::{Certificate, Crl, MasterList, PkiError, pem};
use crate::tlv::{Limits, Mode, Reader, Tag};

/// The largest file but LDIF: a master list of 16 MiB in PEM.
const MAX_FILE: u64 = 24 << 20;
const EXTENSIONS: [&str; 7] = ["cer", "crt", "der", "pem", "ml", "crl", "ldif"];

/// What a part of a file is.
#[derive(Debug)]
pub(super) enum Item {
    Certificate(Box<Certificate>),
    Crl(Box<Crl>),
    List(Box<MasterList>),
    /// A certificate of a directory that is no CA's: EF.SOD carries its own.
    Signer,
}

/// A part of a file: where it stands, and what it is.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) item: Result<Item, FaultReason>,
}

impl Found {
    pub(super) fn fault(name: &str, reason: impl Into<FaultReason>) -> Fault {
        Fault { name: name.to_owned(), reason: reason.into() }
    }
}

/// The files of a folder that are read, by name: the order of a folder is nobody's choice.
pub(super) fn files_of(dir: &Path) -> Result<Vec<PathBuf>, AnchorError> {
    let io = |source| AnchorError::Io { path: dir.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if extension(&path).is_some_and(|e| EXTENSIONS.contains(&e.as_str())) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn extension(path: &Path) -> Option<String> {
    path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase)
}

/// Hands over every part of a file. What it is shows in its content; only LDIF, which is read as a
/// stream, is known by its name or by how it begins.
pub(super) fn read(path: &Path, take: &mut dyn FnMut(Found)) -> Result<(), AnchorError> {
    let io = |source| AnchorError::Io { path: path.to_owned(), source };
    let name = path.display().to_string();
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let mut start = [0; 8];
    let begun = {
        use std::io::BufRead;
        let buffer = file.fill_buf().map_err(io)?;
        let len = buffer.len().min(start.len());
        start[..len].copy_from_slice(&buffer[..len]);
        start[..len].to_ascii_lowercase()
    };
    let is_ldif = begun.starts_with(b"dn:") || begun.starts_with(b"version:");
    if is_ldif || extension(path).as_deref() == Some("ldif") {
        return directory(&name, &mut file, take).map_err(io);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(AnchorError::TooMuch { name, what: "bytes", limit: MAX_FILE });
    }
    for item in parts(&bytes) {
        take(Found { name: name.clone(), item });
    }
    Ok(())
}

/// The parts of a file's bytes, or of one that is given as bytes.
pub(super) fn parts(bytes: &[u8]) -> Vec<Result<Item, FaultReason>> {
    if bytes.first() == Some(&0x30) {
        return vec![of_der(bytes)];
    }
    let blocks = match pem::blocks(bytes) {
        Ok(blocks) => blocks,
        Err(e) => return vec![Err(e.into())],
    };
    let wanted = blocks.iter().filter(|b| {
        matches!(
            b.label.as_str(),
            "CERTIFICATE" | "X509 CERTIFICATE" | "X509 CRL" | "CMS" | "PKCS7"
        )
    });
    let all: Vec<_> = wanted.map(|b| of_der(&b.der)).collect();
    if all.is_empty() { vec![Err(FaultReason::Unknown)] } else { all }
}

fn of_der(der: &[u8]) -> Result<Item, FaultReason> {
    match kind(der) {
        Some(Kind::List) => Ok(Item::List(Box::new(MasterList::parse(der)?))),
        Some(Kind::Crl) => Ok(Item::Crl(Box::new(Crl::from_der(der)?))),
        Some(Kind::Certificate) => Ok(Item::Certificate(Box::new(Certificate::from_der(der)?))),
        // What is wrong with it is said best by whom it was most likely meant for.
        None => Err(Certificate::from_der(der).err().map_or(FaultReason::Unknown, Into::into)),
    }
}

enum Kind {
    Certificate,
    Crl,
    List,
}

// By the first fields: a ContentInfo begins with an identifier; a revocation list has a time where
// a certificate has its validity, a sequence of two.
fn kind(der: &[u8]) -> Option<Kind> {
    const OBJECT_IDENTIFIER: Tag = Tag::new(0x06);
    const SEQUENCE: Tag = Tag::new(0x30);
    let limits = Limits { depth: 8, siblings: 8, size: 1 << 28 };
    let outer = Reader::with(der, Mode::Lenient, limits).expect(SEQUENCE).ok()?;
    let first = outer.children().ok()?.next()?.ok()?;
    if first.tag == OBJECT_IDENTIFIER {
        return Some(Kind::List);
    }
    let tbs = first.expect(SEQUENCE).ok()?.children().ok()?;
    let is_time = |tag: Tag| matches!(tag.value(), 0x17 | 0x18);
    let crl = tbs.take(5).any(|field| field.is_ok_and(|f| is_time(f.tag)));
    Some(if crl { Kind::Crl } else { Kind::Certificate })
}

// The attributes of the ICAO public key directory.
fn directory(
    name: &str,
    input: &mut dyn std::io::BufRead,
    take: &mut dyn FnMut(Found),
) -> std::io::Result<()> {
    const LISTS: [&str; 3] = ["cscamasterlistdata", "pkdmasterlistcontent", "cscamasterlist"];
    const CRLS: [&str; 2] = ["certificaterevocationlist", "authorityrevocationlist"];
    const CERTIFICATES: [&str; 2] = ["usercertificate", "cacertificate"];
    let wanted =
        |name: &str| LISTS.contains(&name) || CRLS.contains(&name) || CERTIFICATES.contains(&name);
    ldif::read(input, &wanted, &mut |attribute| {
        let is = |names: &[&str]| names.contains(&attribute.name.as_str());
        let item = attribute.value.as_deref().map_err(|e| e.clone().into()).and_then(|der| {
            let item = if is(&LISTS) {
                Item::List(Box::new(MasterList::parse(der)?))
            } else if is(&CRLS) {
                Item::Crl(Box::new(Crl::from_der(der)?))
            } else {
                let certificate = Certificate::from_der(der)?;
                if certificate.may_issue() {
                    Item::Certificate(Box::new(certificate))
                } else {
                    Item::Signer
                }
            };
            Ok::<_, FaultReason>(item)
        });
        take(Found { name: format!("{name}: {}", attribute.entry), item });
    })
}

impl From<PkiError> for FaultReason {
    fn from(error: PkiError) -> Self {
        Self::Pki(Box::new(error))
    }
}
