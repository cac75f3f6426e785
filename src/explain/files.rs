//! The files of a card, by the parser of each; where one refuses, why, and the file as data objects.

use super::{
    Node, atr,
    certificates::{cms, of_infos, public_key, x509},
    mrz::mrz,
    names::{self, count},
    tags,
};
use crate::lds::{
    AtrInfo, CardLabel, Com, Df, Dg1, Dg2, Dg5, Dg7, Dg11, Dg12, Dg14, Dg15, Dg16, Dir, FaceImage,
    File, FullDate, HolderVerification, LdsError, SecurityInfos, edl,
};
use crate::tlv::{Reader, Tag};

/// A file of a card, its content in words.
pub fn file(file: File, bytes: &[u8]) -> Node {
    match parsed(file, bytes) {
        Some(Ok(node)) => Node { label: file.name().into(), ..node },
        Some(Err(error)) => Node::refused(file.name(), &error).child(tags::tlv(bytes)),
        None => {
            Node::new(file.name(), count(bytes.len(), "byte")).children(tags::tlv(bytes).children)
        }
    }
}

// What the file's own parser makes of it; `None` where a tree of data objects says as much.
fn parsed(file: File, bytes: &[u8]) -> Option<Result<Node, LdsError>> {
    Some(match file {
        File::CardAccess => SecurityInfos::parse(bytes).map(|infos| of_infos(&infos)),
        File::Dg14 => Dg14::parse(bytes).map(|dg| of_infos(&dg.infos)),
        File::Edl(edl::File::Dg14) => edl::Dg14::parse(bytes).map(|dg| of_infos(&dg.infos)),
        File::CardSecurity | File::Sod | File::Edl(edl::File::Sod) => Ok(cms(bytes)),
        File::CardCertificate => Ok(x509(bytes)),
        File::AtrInfo => AtrInfo::parse(bytes).map(|info| atr_info(&info)),
        File::Dir => Dir::parse(bytes).map(|dir| directory(&dir)),
        File::Com => Com::parse(bytes).map(|com| common(&com)),
        File::Dg1 => Dg1::parse(bytes).map(|dg| mrz(dg.text())),
        File::Dg2 => Dg2::parse(bytes).map(|dg| faces(dg.images())),
        File::Edl(edl::File::Dg6) => edl::Dg6::parse(bytes).map(|dg| faces(dg.images())),
        File::Dg5 => Dg5::parse(bytes).map(|dg| pictures(dg.portraits.iter().map(|p| &p.0[..]))),
        File::Dg7 => Dg7::parse(bytes).map(|dg| pictures(dg.marks.iter().map(|p| &p.0[..]))),
        File::Dg11 => Dg11::parse(bytes).map(|dg| person(&dg)),
        File::Dg12 => Dg12::parse(bytes).map(|dg| document(&dg)),
        File::Dg15 => Dg15::parse(bytes).map(|dg| key(&dg.spki)),
        File::Edl(edl::File::Dg13) => edl::Dg13::parse(bytes).map(|dg| key(&dg.spki)),
        File::Dg16 => Dg16::parse(bytes).map(|dg| persons(&dg)),
        File::Edl(edl::File::Dg1) => edl::Dg1::parse(bytes).map(|dg| licence(&dg)),
        File::HolderVerification => HolderVerification::parse(bytes).map(|file| {
            Node::new("", "")
                .child(Node::new("password", file.password.to_string()))
                .child(Node::new("PIN tries left", file.pin_tries_left.to_string()))
                .child(Node::new("counter", file.counter.to_string()))
        }),
        File::CardLabel => CardLabel::parse(bytes).map(|file| Node::new("", file.label)),
        _ => return None,
    })
}

/// The file of the eMRTD application, or else of another one, that the bytes are by their tag and
/// by its parser.
pub(super) fn recognise(bytes: &[u8]) -> Option<File> {
    let tag = Reader::new(bytes).next()?.ok()?.tag;
    if matches!(tag.value(), 0x43 | 0x47)
        && AtrInfo::parse(bytes).is_ok_and(|info| info.extended_length().is_some())
    {
        return Some(File::AtrInfo);
    }
    // EF.CardAccess and certificates have readings of their own.
    if matches!(tag.value(), 0x30 | 0x31) {
        return None;
    }
    if tag == Tag::new(0x61) && Dir::parse(bytes).is_ok() {
        return Some(File::Dir);
    }
    let fits = |df: Df| {
        let file = File::from_tag(df, tag)?;
        let well = match parsed(file, bytes) {
            Some(result) => result.is_ok(),
            None => tags::well_formed(bytes) == Some(1),
        };
        well.then_some(file)
    };
    let found = fits(Df::Lds).or_else(|| fits(Df::Edl));
    // A response to SELECT has the tag of EF.DG15.
    found.filter(|file| file.tag().is_none_or(|tag| tag.value() != 0x6F || *file == File::Dg15))
}

fn common(com: &Com) -> Node {
    let files = com.tags.iter().map(|tag| {
        let name = File::from_tag(Df::Lds, *tag).map_or("not a data group", File::name);
        Node::new(tag.to_string(), name)
    });
    Node::new("", format!("LDS {}, Unicode {}", com.lds_version, com.unicode_version))
        .child(Node::new("data groups", "").children(files))
}

fn directory(dir: &Dir) -> Node {
    let applications = dir.applications.iter().map(|application| {
        Node::new(names::aid(&application.aid), application.label.clone().unwrap_or_default())
    });
    Node::new("", count(dir.applications.len(), "application")).children(applications)
}

fn atr_info(info: &AtrInfo) -> Node {
    let mut nodes = Vec::new();
    for object in &info.objects {
        let name = tags::name(tags::Context::Open, object.tag).unwrap_or_default();
        let label = format!("{} {name}", object.tag);
        let node = Node::new(label.trim_end(), "").bytes(&object.value);
        nodes.push(match object.tag.value() {
            0x43 => {
                node.children(info.card_service_data().map(atr::service_data).unwrap_or_default())
            }
            0x47 => node
                .children(info.card_capabilities().map(atr::capability_nodes).unwrap_or_default()),
            0x7F66 => match info.extended_length() {
                Some((command, response)) => node
                    .child(Node::new("commands", format!("at most {command} bytes")))
                    .child(Node::new("responses", format!("at most {response} bytes"))),
                None => node,
            },
            _ => node,
        });
    }
    Node::new("", count(nodes.len(), "data object")).children(nodes)
}

fn faces<'a>(images: impl Iterator<Item = FaceImage<'a>>) -> Node {
    let nodes: Vec<_> = images
        .take(64)
        .map(|image| {
            let format = image.format.map_or_else(|| "unknown format".into(), |f| f.to_string());
            let size = match (image.width, image.height) {
                (Some(width), Some(height)) => format!(", {width} x {height}"),
                _ => String::new(),
            };
            Node::new("face", format!("{format}{size}, {}", count(image.bytes.len(), "byte")))
        })
        .collect();
    Node::new("", count(nodes.len(), "image")).children(nodes)
}

fn pictures<'a>(images: impl Iterator<Item = &'a [u8]>) -> Node {
    let nodes: Vec<_> = images
        .map(|bytes| {
            let format = crate::lds::ImageFormat::detect(bytes);
            let format = format.map_or_else(|| "unknown format".into(), |f| f.to_string());
            Node::new("image", format!("{format}, {}", count(bytes.len(), "byte")))
        })
        .collect();
    Node::new("", count(nodes.len(), "image")).children(nodes)
}

fn key(spki: &[u8]) -> Node {
    let key = public_key(spki);
    Node { value: format!("key of Active Authentication, {}", key.value), ..key }
}

fn text(label: &str, value: Option<&String>) -> Option<Node> {
    value.map(|value| Node::new(label, value.as_str()))
}

fn date(label: &str, value: Option<FullDate>) -> Option<Node> {
    value.map(|value| {
        let shown = value.date().map_or_else(|| value.as_str().to_owned(), |date| date.to_string());
        Node::new(label, shown)
    })
}

fn person(dg: &Dg11) -> Node {
    let names = dg.other_names.iter().map(|name| Node::new("other name", name.as_str()));
    let image = dg.proof_of_citizenship.as_ref();
    let image = image.map(|image| Node::new("proof of citizenship", count(image.len(), "byte")));
    let fields = [
        text("full name", dg.full_name.as_ref()),
        text("personal number", dg.personal_number.as_ref()),
        date("date of birth", dg.date_of_birth),
        text("place of birth", dg.place_of_birth.as_ref()),
        text("permanent address", dg.address.as_ref()),
        text("telephone", dg.telephone.as_ref()),
        text("profession", dg.profession.as_ref()),
        text("title", dg.title.as_ref()),
        text("personal summary", dg.personal_summary.as_ref()),
        image,
        text("other document numbers", dg.other_document_numbers.as_ref()),
        text("custody information", dg.custody.as_ref()),
    ];
    let others = others(&dg.other);
    Node::new("", "additional personal details")
        .children(fields.into_iter().flatten())
        .children(names.take(64))
        .children(others)
}

fn document(dg: &Dg12) -> Node {
    let image = |label, image: Option<&Vec<u8>>| {
        image.map(|image| Node::new(label, count(image.len(), "byte")))
    };
    let persons = dg.other_persons.iter().map(|name| Node::new("other person", name.as_str()));
    let fields = [
        text("issuing authority", dg.issuing_authority.as_ref()),
        date("date of issue", dg.date_of_issue),
        text("endorsements", dg.endorsements.as_ref()),
        text("tax or exit requirements", dg.tax_exit_requirements.as_ref()),
        image("image of the front", dg.front_image.as_ref()),
        image("image of the rear", dg.rear_image.as_ref()),
        text("personalised at", dg.personalized_at.as_ref()),
        text("personalised by", dg.personalized_by.as_ref()),
    ];
    Node::new("", "additional document details")
        .children(fields.into_iter().flatten())
        .children(persons.take(64))
        .children(others(&dg.other))
}

fn persons(dg: &Dg16) -> Node {
    let persons = dg.persons.iter().take(64).map(|person| {
        let fields = [
            text("name", person.name.as_ref()),
            text("telephone", person.telephone.as_ref()),
            text("address", person.address.as_ref()),
            date("recorded", person.date_recorded),
        ];
        Node::new("person", "").children(fields.into_iter().flatten())
    });
    Node::new("", "persons to notify").children(persons)
}

fn licence(dg: &edl::Dg1) -> Node {
    let whom = &dg.demographic;
    let plain = |label: &str, value: &edl::Text| Node::new(label, value.as_str());
    let categories = dg.categories.iter().take(128).map(|category| {
        let day = |date: Option<edl::LicenceDate>| {
            date.and_then(|date| date.full().date()).map(|date| date.to_string())
        };
        let from = day(category.issued).map(|day| format!("from {day}"));
        let until = day(category.expires).map(|day| format!("to {day}"));
        let words: Vec<_> = [from, until].into_iter().flatten().collect();
        Node::new(format!("category {}", category.code), words.join(" "))
    });
    let dates = [
        date("date of birth", Some(whom.date_of_birth.full())),
        date("date of issue", Some(whom.date_of_issue.full())),
        date("date of expiry", Some(whom.date_of_expiry.full())),
    ];
    Node::new("", "driving licence")
        .child(plain("surname", &whom.surname))
        .child(plain("given names", &whom.given_names))
        .child(plain("document number", &whom.document_number))
        .child(plain("issuing authority", &whom.issuing_authority))
        .child(Node::new("issuing State", whom.issuing_state.as_str()))
        .children(dates.into_iter().flatten())
        .children(categories)
}

fn others(objects: &[crate::lds::DataObject]) -> Vec<Node> {
    objects
        .iter()
        .map(|object| Node::new(object.tag.to_string(), "").bytes(&object.value))
        .collect()
}
