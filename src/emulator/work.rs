//! What a command makes a chip compute, told by the plain command and its answer: enough for a
//! model of its time, and nothing of the card's code has to count.

use super::applet::Reply;
use crate::{
    apdu::{CommandView, ins},
    crypto::Cipher,
    tlv::{Reader, Tag},
    transport::{Operations, Work},
};

/// Dynamic authentication data (ICAO Doc 9303-11 clause 4.4.4.2).
const DYNAMIC: Tag = Tag::new(0x7C);
/// The terminal's key in MSE:Set KAT (ICAO Doc 9303-11 clause 6.2.3).
const EPHEMERAL: Tag = Tag::new(0x91);
/// Signature of a card verifiable certificate (ICAO Doc 9303-11 clause 7.3).
const SIGNATURE: Tag = Tag::new(0x5F37);
/// The longest ECDSA signature: of 521 bits.
const LONGEST_ECDSA: usize = 2 * 66;

/// Of a command that was answered so.
pub(super) fn of(command: &CommandView<'_>, reply: &Reply) -> Work {
    let mut work = Work { read: 0, ..Work::default() };
    if !reply.sw.is_success() && !reply.sw.is_warning() {
        return work;
    }
    match command.header.ins {
        ins::READ_BINARY | ins::READ_BINARY_ODD => {
            work.read = u32::try_from(reply.data.len()).unwrap_or(u32::MAX);
        }
        ins::GENERAL_AUTHENTICATE => agreement(command.data, &mut work),
        ins::MANAGE_SECURITY_ENVIRONMENT => {
            if let Some(key) = find(command.data, EPHEMERAL) {
                exchange(key, 1, &mut work);
            }
        }
        ins::INTERNAL_AUTHENTICATE => signature(reply.data.len(), &mut work),
        // A certificate, or the terminal's signature; what is answered with data is BAC.
        ins::PERFORM_SECURITY_OPERATION => {
            verification(find(command.data, SIGNATURE).map_or(0, <[u8]>::len), &mut work);
        }
        ins::EXTERNAL_AUTHENTICATE if reply.data.is_empty() => {
            verification(command.data.len(), &mut work);
        }
        ins::EXTERNAL_AUTHENTICATE => {
            // Both messages are encrypted and under a MAC (ICAO Doc 9303-11 clause 4.3.3).
            work.des = bytes(2 * (command.data.len() + reply.data.len()));
        }
        _ => {}
    }
    work
}

/// Of secure messaging over so many bytes: enciphered, and under a MAC.
pub(super) fn secured(cipher: Cipher, wire: usize) -> Work {
    let both = bytes(2 * wire);
    match cipher {
        Cipher::TripleDes => Work { des: both, ..Work::default() },
        _ => Work { aes: both, ..Work::default() },
    }
}

// The steps of PACE, and Chip Authentication, by the object that the terminal sends.
fn agreement(data: &[u8], work: &mut Work) {
    let Some(Ok(dynamic)) = Reader::new(data).next().filter(|_| !data.is_empty()) else { return };
    if dynamic.tag != DYNAMIC {
        return;
    }
    let Some(Ok(object)) = Reader::new(dynamic.value).next() else { return };
    match object.tag.value() {
        // The mapping: own key, shared point, new generator. The integrated one sends a nonce, and
        // makes a point of it.
        0x81 if object.value.len() <= 32 => work.points += Operations::new(1, 256),
        0x81 => exchange(object.value, 3, work),
        // Key agreement: own key, shared secret.
        0x83 => exchange(object.value, 2, work),
        // Tokens.
        0x85 => work.aes = 256,
        // Chip Authentication: the shared secret.
        0x80 => exchange(object.value, 1, work),
        _ => {}
    }
}

// With a public key of this form: 04 and two coordinates, or an element of a MODP group.
fn exchange(key: &[u8], count: u32, work: &mut Work) {
    if key.len() % 2 == 1 && key.first() == Some(&0x04) {
        work.points += Operations::new(count, bytes(key.len() / 2 * 8));
    } else {
        work.exponents += Operations::new(count, bytes(key.len() * 8));
    }
}

fn signature(len: usize, work: &mut Work) {
    if len <= LONGEST_ECDSA {
        work.points += Operations::new(1, bytes(len / 2 * 8));
    } else {
        work.rsa_private += Operations::new(1, bytes(len * 8));
    }
}

fn verification(len: usize, work: &mut Work) {
    if len == 0 {
        return;
    }
    if len <= LONGEST_ECDSA {
        work.points += Operations::new(2, bytes(len / 2 * 8));
    } else {
        work.rsa_public += Operations::new(1, bytes(len * 8));
    }
}

fn find(data: &[u8], tag: Tag) -> Option<&[u8]> {
    Reader::new(data).map_while(Result::ok).find(|tlv| tlv.tag == tag).map(|tlv| tlv.value)
}

fn bytes(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{apdu::StatusWord, tlv::Writer};

    fn work(command: &[u8], answer: usize) -> Work {
        of(&CommandView::parse(command).unwrap(), &Reply::data(vec![0; answer]))
    }

    fn general_authenticate(tag: u32, value: &[u8]) -> Work {
        let mut object = Writer::new();
        object.primitive(Tag::new(tag), value);
        let mut data = Writer::new();
        data.primitive(DYNAMIC, &object.finish());
        let data = data.finish();
        let mut command = vec![0x10, 0x86, 0, 0, data.len() as u8];
        command.extend_from_slice(&data);
        command.push(0);
        work(&command, 10)
    }

    #[test]
    fn each_step_by_its_objects() {
        let mut point = [0x11; 65];
        point[0] = 0x04;
        let points = |work: Work| (work.points.count, work.points.bits);
        assert_eq!(points(general_authenticate(0x81, &point)), (3, 256));
        assert_eq!(points(general_authenticate(0x83, &point)), (2, 256));
        assert_eq!(points(general_authenticate(0x80, &point)), (1, 256));
        assert_eq!(points(general_authenticate(0x81, &[7; 16])), (1, 256));
        let element = general_authenticate(0x83, &[0x04; 128]);
        assert_eq!(element.exponents, Operations::new(2, 1_024));
        assert_eq!(points(work(&[0, 0x88, 0, 0, 1, 0, 0], 64)), (1, 256));
        assert_eq!(work(&[0, 0x88, 0, 0, 1, 0, 0], 256).rsa_private, Operations::new(1, 2_048));
        assert_eq!(work(&[0, 0xB0, 0, 0, 0], 200).read, 200);
        assert_eq!(general_authenticate(0x9F70, &[]), Work::default());
        let refused = Reply::status(StatusWord::SECURITY_STATUS);
        let read = CommandView::parse(&[0, 0xB0, 0, 0, 0]).unwrap();
        assert_eq!(of(&read, &refused), Work::default());
        assert_eq!(secured(Cipher::Aes192, 100).aes, 200);
    }
}
