//! Certificates, SecurityInfos and signed data.

use time::UtcDateTime;

use super::{Node, names::count, oid, tags, tags::Context};
use crate::crypto::Domain;
use crate::lds::{LdsSecurityObject, SecurityInfo, SecurityInfos, oids, sod};
use crate::pki::cvc::{Chat, CvCertificate, Issuer};
use crate::pki::{Certificate, MasterList, Oid, SignedData, SignerId, oid as pki};
use crate::tlv::{self, Reader, Tag};

const SEQUENCE: Tag = Tag::new(0x30);

/// A card verifiable certificate (BSI TR-03110-3 annex C.1), or its bytes as data objects and why
/// it is none.
pub fn cvc(bytes: &[u8]) -> Node {
    const LABEL: &str = "CV certificate";
    let certificate = match CvCertificate::parse(bytes) {
        Ok(certificate) => certificate,
        Err(error) => return refused(LABEL, &error, bytes),
    };
    let role = format!("{} for {}s", certificate.chat().role(), certificate.chat().terminal());
    let signed = match certificate.is_self_issued() {
        true if Issuer::trust_point(&certificate).is_ok() => "signed by itself",
        true => "names itself as its issuer, and its key does NOT verify it",
        false => "the signature is the issuer's: not checked here",
    };
    let mut node = Node::new(LABEL, format!("{}, {role}", certificate.holder()))
        .child(Node::new("holder", certificate.holder().to_string()))
        .child(Node::new("issuer", certificate.authority().to_string()))
        .child(Node::new("signature", signed).bytes(certificate.signature()))
        .child(Node::new(
            "valid",
            format!("{} to {}", certificate.effective(), certificate.expires()),
        ))
        .child(Node::new("key", certificate.public_key().to_string()))
        .child(chat(certificate.chat()));
    for extension in certificate.extensions() {
        let what =
            extension.description().map_or_else(|| oid::short(&extension.oid), str::to_owned);
        node = node.child(
            Node::new("extension", format!("{what} ({})", extension.oid)).bytes(&extension.data),
        );
    }
    node
}

/// The rights of a certificate's holder, by name.
fn chat(chat: Chat) -> Node {
    let rights: Vec<_> = chat.rights().map(|right| Node::new(right.name, right.text)).collect();
    let value = match rights.len() {
        0 => "none".to_owned(),
        n => count(n, "right"),
    };
    Node::new("rights", value).children(rights)
}

// Why a parser refuses, and the bytes as data objects.
fn refused(label: &str, error: &dyn std::fmt::Display, bytes: &[u8]) -> Node {
    Node::refused(label, &error).child(tags::tlv(bytes))
}

/// A certificate of X.509 (RFC 5280, ICAO Doc 9303-12).
pub fn x509(bytes: &[u8]) -> Node {
    match Certificate::from_pem_or_der(bytes) {
        Ok(certificate) => of_x509(&certificate),
        Err(error) => refused("X.509 certificate", &error, bytes),
    }
}

fn of_x509(certificate: &Certificate) -> Node {
    let validity = certificate.validity();
    let key = match certificate.subject_key() {
        Ok(key) => key.to_string(),
        Err(error) => format!("not one that this program computes with: {error}"),
    };
    let algorithm = match certificate.signature_algorithm() {
        Ok(algorithm) => algorithm.to_string(),
        Err(error) => error.to_string(),
    };
    let own = match (certificate.is_self_issued(), certificate.verify_signature(certificate)) {
        (true, Ok(())) => ", signed by itself",
        (true, Err(_)) => ", names itself as its issuer, and its key does NOT verify it",
        _ => "",
    };
    let (from, to) = (moment(validity.not_before), moment(validity.not_after));
    let mut node = Node::new("X.509 certificate", certificate.subject())
        .child(Node::new("subject", certificate.subject()))
        .child(Node::new("issuer", certificate.issuer()))
        .child(Node::new("serial number", "").bytes(certificate.serial()))
        .child(Node::new("valid", format!("{from} to {to}")))
        .child(Node::new("key", key))
        .child(Node::new("signature", format!("{algorithm}{own}")))
        .child(Node::new("SHA-256", "").bytes(&certificate.fingerprint()));
    let extensions = extensions(certificate);
    if !extensions.is_empty() {
        node = node.child(Node::new("extensions", "").children(extensions));
    }
    node
}

fn extensions(certificate: &Certificate) -> Vec<Node> {
    let path = [SEQUENCE, SEQUENCE, Tag::new(0xA3), SEQUENCE];
    let Ok(Some(list)) = tlv::find(certificate.der(), &path) else { return Vec::new() };
    let Ok(entries) = list.children() else { return Vec::new() };
    entries.flatten().take(64).filter_map(|entry| extension(certificate, entry.value)).collect()
}

fn extension(certificate: &Certificate, entry: &[u8]) -> Option<Node> {
    let mut id = None;
    let mut critical = "";
    let mut value: &[u8] = &[];
    for part in Reader::new(entry).flatten() {
        match part.tag.value() {
            0x06 => id = Oid::from_bytes(part.value).ok(),
            0x01 if part.value.iter().any(|b| *b != 0) => critical = "critical",
            0x04 => value = part.value,
            _ => {}
        }
    }
    let id = id?;
    let words = meaning(certificate, id);
    let between = if critical.is_empty() || words.is_empty() { "" } else { ": " };
    let node = Node::new(oid::short(&id), format!("{critical}{between}{words}"));
    if !words.is_empty() {
        return Some(node);
    }
    Some(match tags::well_formed(value) {
        Some(_) => node.children(tags::tree("", value, Context::Asn1).children),
        None => node.bytes(value),
    })
}

fn meaning(certificate: &Certificate, id: Oid) -> String {
    let mut words = Vec::new();
    match id {
        pki::KEY_USAGE => {
            if let Some(usage) = certificate.key_usage() {
                let uses = [
                    (usage.digital_signature, "digitalSignature"),
                    (usage.key_cert_sign, "keyCertSign"),
                    (usage.crl_sign, "cRLSign"),
                ];
                words.extend(
                    uses.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| (*name).to_owned()),
                );
            }
        }
        pki::BASIC_CONSTRAINTS => {
            if let Some(constraints) = certificate.basic_constraints() {
                words.push(if constraints.ca { "a CA" } else { "no CA" }.to_owned());
                words.extend(constraints.path_len.map(|len| format!("path length {len}")));
            }
        }
        pki::EXT_KEY_USAGE => {
            words.extend(certificate.purposes().unwrap_or_default().iter().map(oid::short));
        }
        pki::SUBJECT_KEY_IDENTIFIER => {
            words.extend(certificate.subject_key_id().map(hex::encode_upper));
        }
        pki::AUTHORITY_KEY_IDENTIFIER => {
            words.extend(certificate.authority_key_id().map(hex::encode_upper));
        }
        pki::PRIVATE_KEY_USAGE_PERIOD => {
            let (from, to) = certificate.private_key_usage();
            words.extend(from.map(|from| format!("from {}", moment(from))));
            words.extend(to.map(|to| format!("to {}", moment(to))));
        }
        _ => {}
    }
    words.join(", ")
}

/// A time as people read it.
fn moment(at: UtcDateTime) -> String {
    let (hour, minute, second) = at.time().as_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", at.date())
}

/// SecurityInfos, one by one (ICAO Doc 9303-11 clause 9.2, BSI TR-03110-3 annex A).
pub fn security_infos(bytes: &[u8]) -> Node {
    match SecurityInfos::parse(bytes) {
        Ok(infos) => of_infos(&infos),
        Err(error) => refused("SecurityInfos", &error, bytes),
    }
}

pub(super) fn of_infos(infos: &SecurityInfos) -> Node {
    let nodes: Vec<_> = infos.iter().map(info).collect();
    Node::new("SecurityInfos", count(nodes.len(), "entry").replace("entrys", "entries"))
        .children(nodes)
}

fn info(info: &SecurityInfo) -> Node {
    let named = |label: &str, oid: &Oid| Node::new(label, oid::long(oid));
    let version = |node: Node, version: u32| node.child(Node::new("version", version.to_string()));
    let key_id = |node: Node, id: Option<u64>| match id {
        Some(id) => node.child(Node::new("key", id.to_string())),
        None => node,
    };
    let domain =
        |node: Node, der: &[u8]| node.children(tags::tree("", der, Context::Asn1).children);
    match info {
        SecurityInfo::Pace(pace) => {
            let node = version(named("PACEInfo", &pace.protocol), pace.version);
            match pace.parameter_id {
                Some(id) => node.child(Node::new("domain parameters", parameters(id))),
                None => node,
            }
        }
        SecurityInfo::PaceDomainParameter(own) => {
            let node = named("PACEDomainParameterInfo", &own.protocol);
            let node = match own.parameter_id {
                Some(id) => node.child(Node::new("number", id.to_string())),
                None => node,
            };
            domain(node, &own.domain_parameter)
        }
        SecurityInfo::ChipAuthentication(ca) => {
            key_id(version(named("ChipAuthenticationInfo", &ca.protocol), ca.version), ca.key_id)
        }
        SecurityInfo::ChipAuthenticationDomainParameter(own) => domain(
            key_id(named("ChipAuthenticationDomainParameterInfo", &own.protocol), own.key_id),
            &own.domain_parameter,
        ),
        SecurityInfo::ChipAuthenticationPublicKey(key) => {
            let node = key_id(named("ChipAuthenticationPublicKeyInfo", &key.protocol), key.key_id);
            node.child(public_key(&key.spki))
        }
        SecurityInfo::ActiveAuthentication(aa) => {
            named("ActiveAuthenticationInfo", &aa.signature_algorithm)
                .child(Node::new("version", aa.version.to_string()))
        }
        SecurityInfo::TerminalAuthentication(ta) => {
            let node = Node::new("TerminalAuthenticationInfo", format!("version {}", ta.version));
            match ta.ef_cvca {
                Some((fid, sfi)) => {
                    let sfi = sfi
                        .map_or_else(String::new, |sfi| format!(", short EF identifier {sfi:02X}"));
                    node.child(Node::new("EF.CVCA", format!("{fid:04X}{sfi}")))
                }
                None => node,
            }
        }
        SecurityInfo::RestrictedIdentification(ri) => {
            let node = version(named("RestrictedIdentificationInfo", &ri.protocol), ri.version);
            let who = if ri.authorized_only { "authorised terminals" } else { "any terminal" };
            key_id(node, Some(ri.key_id)).child(Node::new("for", who))
        }
        SecurityInfo::RestrictedIdentificationDomainParameter(own) => domain(
            named("RestrictedIdentificationDomainParameterInfo", &own.protocol),
            &own.domain_parameter,
        ),
        SecurityInfo::EfDir(dir) => {
            Node::new("EFDIRInfo", "EF.DIR, signed").children(tags::tlv(&dir.ef_dir).children)
        }
        SecurityInfo::CardInfo(card) => match card.url() {
            Some(url) => Node::new("CardInfo", url),
            None => domain(Node::new("CardInfo", ""), &card.data),
        },
        SecurityInfo::PrivilegedTerminal(own) => {
            domain(Node::new("PrivilegedTerminalInfo", "for privileged terminals"), &own.data)
        }
        SecurityInfo::Unknown(own) => {
            let node = match own.protocol() {
                Some(protocol) => named("SecurityInfo", &protocol),
                None => Node::new("SecurityInfo", "without a protocol"),
            };
            domain(node, &own.data)
        }
    }
}

fn parameters(id: u32) -> String {
    match Domain::from_parameter_id(id) {
        Some(domain) => format!("{id}, {domain}"),
        None => format!("{id}, written out in another entry or unknown"),
    }
}

/// A SubjectPublicKeyInfo: what kind of key, and its structure.
pub(super) fn public_key(spki: &[u8]) -> Node {
    let path = [SEQUENCE, SEQUENCE, Tag::new(0x06)];
    let kind = tlv::find(spki, &path).ok().flatten();
    let kind = kind.and_then(|tlv| Oid::from_bytes(tlv.value).ok());
    let agreed = crate::pki::agreement::parse(spki).ok();
    let value = match (agreed, crate::pki::spki::parse(spki), kind) {
        (Some(key), ..) => key.domain().to_string(),
        (None, Ok(key), _) => key.curve().to_string(),
        (None, Err(_), Some(kind)) => oid::short(&kind),
        (None, Err(_), None) => String::new(),
    };
    Node::new("public key", value).children(tags::tree("", spki, Context::Asn1).children)
}

/// Signed data of a card or a list (RFC 5652): EF.SOD, EF.CardSecurity, a master list.
pub fn cms(bytes: &[u8]) -> Node {
    const LABEL: &str = "signed data";
    // EF.SOD has a frame of its own.
    let inner = sod::unwrap(bytes).unwrap_or(bytes);
    if let Ok(list) = MasterList::parse(inner) {
        return master_list(&list);
    }
    let signed = match SignedData::parse(inner) {
        Ok(signed) => signed,
        Err(error) => return refused(LABEL, &error, bytes),
    };
    let kind = signed.content_type();
    let mut node = Node::new(LABEL, oid::long(&kind)).child(content(kind, signed.content()));
    for signer in signed.signers() {
        node = node.child(match signer.id() {
            SignerId::IssuerAndSerial { serial, .. } => {
                Node::new("signer", "by issuer and serial number").bytes(serial)
            }
            SignerId::SubjectKeyId(id) => {
                Node::new("signer", "by subject key identifier").bytes(id)
            }
        });
    }
    node = node.child(match signed.verify_any(&[kind]) {
        Ok(verified) => {
            let by = verified.certificate.subject();
            let node = Node::new("signature", format!("{} by {by}", verified.algorithm));
            match verified.signing_time {
                Some(at) => node.child(Node::new("signed", moment(at))),
                None => node,
            }
            .child(Node::new("", "it verifies with the certificate that came with it; whom to trust is another question"))
        }
        Err(error) => Node::new("signature", format!("does NOT verify: {error}")),
    });
    node.children(signed.certificates().iter().map(of_x509))
}

fn content(kind: Oid, content: &[u8]) -> Node {
    const LABEL: &str = "content";
    if let Ok(object) = LdsSecurityObject::parse(content) {
        let algorithm = oid::short(&object.hash_algorithm);
        let node = Node::new(
            LABEL,
            format!(
                "{}, {algorithm}",
                count(object.hashes.len(), "hash").replace("hashs", "hashes")
            ),
        );
        let node =
            node.children(object.hashes.iter().map(|hash| {
                Node::new(format!("data group {}", hash.number), "").bytes(&hash.hash)
            }));
        return match &object.versions {
            Some(versions) => node.child(Node::new(
                "versions",
                format!("LDS {}, Unicode {}", versions.lds_version, versions.unicode_version),
            )),
            None => node,
        };
    }
    if kind == oids::SECURITY_OBJECT
        && let Ok(infos) = SecurityInfos::parse(content)
    {
        return Node::new(LABEL, "").child(of_infos(&infos));
    }
    match tags::well_formed(content) {
        Some(_) => Node::new(LABEL, count(content.len(), "byte"))
            .children(tags::tree("", content, Context::Asn1).children),
        None => Node::new(LABEL, count(content.len(), "byte")).bytes(content),
    }
}

fn master_list(list: &MasterList) -> Node {
    let entries = list.entries();
    let verified = match list.verify() {
        Ok(verified) => format!("{} by {}", verified.algorithm, verified.certificate.subject()),
        Err(error) => format!("does NOT verify: {error}"),
    };
    let shown = entries.iter().take(500).map(|entry| match &entry.certificate {
        Ok(certificate) => {
            let validity = certificate.validity();
            let until = moment(validity.not_after);
            Node::new(certificate.subject(), format!("until {until}"))
        }
        Err(error) => Node::new(format!("entry {}", entry.place), format!("refused: {error}")),
    });
    Node::new("CSCA master list", count(entries.len(), "certificate"))
        .child(Node::new("signature", verified))
        .child(Node::new("certificates", "").children(shown))
}
