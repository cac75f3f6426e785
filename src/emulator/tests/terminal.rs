//! A terminal of the tests' own: PACE, Chip Authentication and secure messaging written from the
//! standards on the primitives' crates, with nothing of the library's protocols or secure
//! messaging, so that the card is not only judged by its own other half.

use aes::Aes128;
use cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};
use elliptic_curve::{
    group::Group,
    sec1::{FromSec1Point, ToSec1Point},
};
use p256::{AffinePoint, NonZeroScalar, ProjectivePoint, Scalar};
use sha2::{Digest, Sha256};

use crate::{emulator::Card, transport::Responder};

/// `id-PACE-ECDH-GM-AES-CBC-CMAC-128`, as DO80 carries it.
pub(super) const PACE_OID: &str = "04007F00070202040202";
/// `id-CA-ECDH-AES-CBC-CMAC-128`.
pub(super) const CA_OID: &str = "04007F00070202030202";

/// What a card answered: data and status word.
pub(super) type Answer = (Vec<u8>, u16);

/// One end of the protected line.
pub(super) struct Line {
    enc: [u8; 16],
    mac: [u8; 16],
    pub(super) ssc: u128,
}

pub(super) struct Terminal {
    pub(super) card: Card,
    pub(super) line: Option<Line>,
    /// Every response as it came, one after the other.
    pub(super) heard: Vec<Vec<u8>>,
    scalars: u32,
}

impl Terminal {
    pub(super) fn new(card: Card) -> Self {
        Self { card, line: None, heard: Vec::new(), scalars: 0 }
    }

    /// The card of the resident profile.
    pub(super) fn resident() -> Self {
        Self::new(super::card(|_| {}))
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Answer {
        let mut response = vec![0xEE];
        self.card.respond(bytes, &mut response);
        self.heard.push(response.clone());
        let (data, sw) = response.split_last_chunk::<2>().expect("a status word");
        (data.to_vec(), u16::from_be_bytes(*sw))
    }

    /// Sends a command without secure messaging, given in hexadecimal with blanks.
    pub(super) fn plain(&mut self, command: &str) -> Answer {
        self.raw(&bytes(command))
    }

    /// Sends a command, protected where a session is open.
    pub(super) fn send(&mut self, command: &str) -> Answer {
        if self.line.is_none() {
            return self.plain(command);
        }
        let wrapped = self.wrap(&bytes(command));
        let answer = self.raw(&wrapped);
        self.unwrap(&bytes(command), answer)
    }

    pub(super) fn status(&mut self, command: &str) -> u16 {
        self.send(command).1
    }

    /// Protects a plain command (ICAO Doc 9303-11 clause 9.8.4, AES).
    pub(super) fn wrap(&mut self, plain: &[u8]) -> Vec<u8> {
        let line = self.line.as_mut().expect("a session");
        line.ssc += 1;
        let parts = Parts::of(plain);
        let head = [plain[0] | 0x0C, plain[1], plain[2], plain[3]];
        let mut objects = Vec::new();
        if !parts.data.is_empty() {
            let mut value = if plain[1] & 1 == 0 { vec![1] } else { vec![] };
            value.extend(line.encrypt(&pad(parts.data)));
            objects.extend(object(if plain[1] & 1 == 0 { 0x87 } else { 0x85 }, &value));
        }
        if !parts.le.is_empty() {
            objects.extend(object(0x97, parts.le));
        }
        let mut input = pad(&head);
        input.extend(&objects);
        // The header alone is padded already where there are no objects behind it.
        let mac = line.tag(&if objects.is_empty() { input } else { pad(&input) });
        objects.extend(object(0x8E, &mac));
        let mut out = head.to_vec();
        if parts.extended || objects.len() > 255 {
            out.push(0);
            out.extend((objects.len() as u16).to_be_bytes());
            out.extend(objects);
            out.extend([0, 0]);
        } else {
            out.push(objects.len() as u8);
            out.extend(objects);
            out.push(0);
        }
        out
    }

    /// Checks and opens a protected response.
    pub(super) fn unwrap(&mut self, plain: &[u8], (body, sw): Answer) -> Answer {
        let line = self.line.as_mut().expect("a session");
        line.ssc += 1;
        assert!(!body.is_empty(), "an unprotected {sw:04X} inside a session");
        let (under_mac, mac) = body.split_at(body.len() - 10);
        assert_eq!(mac[..2], [0x8E, 8]);
        assert_eq!(line.tag(&pad(under_mac)), mac[2..], "the response's MAC");
        let (data_object, status) = under_mac.split_at(under_mac.len() - 4);
        assert_eq!(*status, [0x99, 2, (sw >> 8) as u8, sw as u8]);
        if data_object.is_empty() {
            return (Vec::new(), sw);
        }
        let odd = plain[1] & 1 == 1;
        assert_eq!(data_object[0], if odd { 0x85 } else { 0x87 });
        let header = match data_object[1] {
            0x81 => 3,
            0x82 => 4,
            _ => 2,
        };
        let value = &data_object[header..];
        let cryptogram = if odd { value } else { &value[1..] };
        let mut data = line.decrypt(cryptogram);
        while data.pop() == Some(0) {}
        (data, sw)
    }

    /// PACE-GM with ECDH on P-256 and AES-128, from the status word of MSE:Set AT to the one that
    /// ended it. `secret` is what the key is derived from.
    pub(super) fn pace(&mut self, reference: u8, secret: &[u8]) -> (u16, u16) {
        let set_at = format!("0022C1A4 12 800A{PACE_OID} 8301{reference:02X} 84010C");
        self.pace_after(&set_at, secret)
    }

    pub(super) fn pace_after(&mut self, set_at: &str, secret: &[u8]) -> (u16, u16) {
        let (_, selected) = self.send(set_at);
        if !matches!(selected, 0x9000 | 0x6283 | 0x63C0..=0x63CF) {
            return (selected, selected);
        }
        let step = |data: &[u8], tag: u8| {
            assert_eq!(data[..2], [0x7C, data.len() as u8 - 2]);
            assert_eq!(data[2..4], [tag, data.len() as u8 - 4]);
            data[4..].to_vec()
        };
        let (nonce, sw) = self.send("10860000 02 7C00 00");
        assert_eq!(sw, 0x9000);
        let key = Aes128::new(&derive(secret, 3).into());
        let mut nonce: aes::Block = step(&nonce, 0x80)[..].try_into().expect("16 bytes");
        key.decrypt_block(&mut nonce);
        let s = reduced(&nonce);

        let x = self.scalar();
        let (theirs, sw) = self.agree(0x81, &(ProjectivePoint::generator() * *x));
        assert_eq!(sw, 0x9000);
        let h = point(&step(&theirs, 0x82)) * *x;
        let generator = ProjectivePoint::generator() * s + h;

        let y = self.scalar();
        let own = generator * *y;
        let (theirs, sw) = self.agree(0x83, &own);
        assert_eq!(sw, 0x9000);
        let theirs = step(&theirs, 0x84);
        let shared = encode(&(point(&theirs) * *y));
        let line = Line::from(&shared[1..33]);
        let token = line.token(&theirs);
        let command = format!("00860000 0C 7C0A8508{} 00", hex::encode(token));
        let (data, sw) = self.send(&command);
        if sw == 0x9000 {
            assert_eq!(step(&data, 0x86), line.token(&encode(&own)), "the card's token");
            self.line = Some(line);
        }
        (selected, sw)
    }

    fn agree(&mut self, tag: u8, public: &ProjectivePoint) -> Answer {
        let public = hex::encode(encode(public));
        self.send(&format!("10860000 45 7C43{tag:02X}41{public} 00"))
    }

    /// Chip Authentication against this static key of the chip; the new keys hold afterwards.
    pub(super) fn chip_authentication(&mut self, chip: &[u8]) -> u16 {
        let sw = self.status(&format!("002241A4 0C 800A{CA_OID}"));
        assert_eq!(sw, 0x9000);
        let x = self.scalar();
        let public = hex::encode(encode(&(ProjectivePoint::generator() * *x)));
        let (data, sw) = self.send(&format!("00860000 45 7C438041{public} 00"));
        if sw == 0x9000 {
            assert_eq!(data, [0x7C, 0x00]);
            self.line = Some(Line::from(&encode(&(point(chip) * *x))[1..33]));
        }
        sw
    }

    /// Reads a whole file by its SFI, in pieces that the card chooses.
    pub(super) fn read(&mut self, sfi: u8) -> Vec<u8> {
        let (mut file, sw) = self.send(&format!("00B0{:02X}00 00", 0x80 | sfi));
        assert_eq!(sw, 0x9000, "SFI {sfi:02X}");
        loop {
            match self.send(&format!("00B0{:04X} 00", file.len())) {
                (data, 0x9000) => file.extend(data),
                (_, 0x6B00) => return file,
                (_, sw) => panic!("SFI {sfi:02X}: {sw:04X}"),
            }
        }
    }

    fn scalar(&mut self) -> NonZeroScalar {
        self.scalars += 1;
        let digest = Sha256::digest(self.scalars.to_be_bytes());
        NonZeroScalar::from_repr(digest).expect("below the order")
    }
}

impl Line {
    fn from(secret: &[u8]) -> Self {
        Self { enc: derive(secret, 1), mac: derive(secret, 2), ssc: 0 }
    }

    fn iv(&self) -> aes::Block {
        let mut iv = aes::Block::from(self.ssc.to_be_bytes());
        Aes128::new(&self.enc.into()).encrypt_block(&mut iv);
        iv
    }

    fn encrypt(&self, data: &[u8]) -> Vec<u8> {
        let key = Aes128::new(&self.enc.into());
        let mut last = self.iv();
        let mut out = Vec::new();
        for block in data.chunks(16) {
            for (a, b) in last.iter_mut().zip(block) {
                *a ^= b;
            }
            key.encrypt_block(&mut last);
            out.extend(last);
        }
        out
    }

    fn decrypt(&self, data: &[u8]) -> Vec<u8> {
        let key = Aes128::new(&self.enc.into());
        let mut last = self.iv();
        let mut out = Vec::new();
        for block in data.chunks(16) {
            let block: aes::Block = block.try_into().expect("whole blocks");
            let mut open = block;
            key.decrypt_block(&mut open);
            out.extend(open.iter().zip(&last).map(|(a, b)| a ^ b));
            last = block;
        }
        out
    }

    fn tag(&self, padded: &[u8]) -> [u8; 8] {
        let mut mac = Cmac::<Aes128>::new(&self.mac.into());
        mac.update(&self.ssc.to_be_bytes());
        mac.update(padded);
        mac.finalize().into_bytes()[..8].try_into().expect("8 bytes")
    }

    // Clause 4.4.3.4: over the public key data object of the other side.
    fn token(&self, public: &[u8]) -> [u8; 8] {
        let mut mac = Cmac::<Aes128>::new(&self.mac.into());
        mac.update(&bytes(&format!("7F494F060A{PACE_OID}8641{}", hex::encode(public))));
        mac.finalize().into_bytes()[..8].try_into().expect("8 bytes")
    }
}

struct Parts<'a> {
    data: &'a [u8],
    le: &'a [u8],
    extended: bool,
}

impl<'a> Parts<'a> {
    fn of(command: &'a [u8]) -> Self {
        let none: &[u8] = &[];
        match &command[4..] {
            [] => Self { data: none, le: none, extended: false },
            le @ [_] => Self { data: none, le, extended: false },
            [0, le @ ..] if le.len() == 2 => Self { data: none, le, extended: true },
            [0, hi, lo, rest @ ..] => {
                let (data, le) = rest.split_at(usize::from(u16::from_be_bytes([*hi, *lo])));
                Self { data, le, extended: true }
            }
            [lc, rest @ ..] => {
                let (data, le) = rest.split_at(usize::from(*lc));
                Self { data, le, extended: false }
            }
        }
    }
}

/// Bytes of hexadecimal with blanks.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).expect("hexadecimal")
}

/// Clause 9.7.1 with SHA-1 for a 128-bit key.
fn derive(secret: &[u8], counter: u8) -> [u8; 16] {
    let mut hash = sha1::Sha1::new();
    hash.update(secret);
    hash.update([0, 0, 0, counter]);
    hash.finalize()[..16].try_into().expect("16 bytes")
}

fn pad(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    out.push(0x80);
    out.resize(out.len().next_multiple_of(16), 0);
    out
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match value.len() {
        n @ 0..=0x7F => out.push(n as u8),
        n @ 0x80..=0xFF => out.extend([0x81, n as u8]),
        n => out.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    out.extend(value);
    out
}

// A nonce of 16 bytes is below the order.
fn reduced(number: &[u8]) -> Scalar {
    let base = Scalar::from(256_u64);
    number.iter().fold(Scalar::ZERO, |n, b| n * base + Scalar::from(u64::from(*b)))
}

fn point(sec1: &[u8]) -> ProjectivePoint {
    let encoded = p256::Sec1Point::from_bytes(sec1).expect("a point");
    AffinePoint::from_sec1_point(&encoded).expect("on the curve").into()
}

fn encode(point: &ProjectivePoint) -> Vec<u8> {
    point.to_affine().to_sec1_point(false).as_bytes().to_vec()
}
