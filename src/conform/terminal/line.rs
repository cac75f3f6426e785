//! The terminal's end of secure messaging (ICAO Doc 9303-11 clause 9.8), and how to get it wrong.

use subtle::ConstantTimeEq;

use crate::{
    apdu::{Command, Response, StatusWord},
    crypto::{BlockKey, Cipher, MacKey, pad, unpad},
    sm::SessionKeys,
    tlv::{Reader, Tag, Writer},
};

/// What is wrong with a protected command on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conform) enum Flaw {
    /// DO8E is missing.
    NoMac,
    /// A bit of the MAC is flipped.
    BadMac,
    /// The counter is that of the command before.
    OldCounter,
    /// DO87 is taken out after the MAC was made.
    NoData,
}

impl Flaw {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoMac => "protected, DO8E missing",
            Self::BadMac => "protected, MAC wrong",
            Self::OldCounter => "protected, SSC not counted",
            Self::NoData => "protected, DO87 taken out",
        }
    }
}

/// A response, and whether it came under the session's keys.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) protected: bool,
}

impl Answer {
    /// One without secure messaging.
    pub(super) fn naked(bytes: &[u8]) -> Result<Self, String> {
        let response = Response::parse(bytes).map_err(|error| error.to_string())?;
        Ok(Self { response, protected: false })
    }
}

/// Keys and counter.
pub(super) struct Line {
    cipher: Cipher,
    enc: BlockKey,
    mac: MacKey,
    counter: u128,
}

impl Line {
    /// With these keys, which are of their cipher's length, and a counter.
    pub(super) fn new(keys: &SessionKeys, counter: u128) -> Option<Self> {
        let (enc, mac) =
            (BlockKey::new(keys.cipher, &keys.enc)?, MacKey::new(keys.cipher, &keys.mac)?);
        Some(Self { cipher: keys.cipher, enc, mac, counter })
    }

    pub(super) const fn counter(&self) -> u128 {
        self.counter
    }

    pub(super) const fn set_counter(&mut self, counter: u128) {
        self.counter = counter;
    }

    /// The wire form of a command.
    pub(super) fn protect(&mut self, plain: &Command, flaw: Option<Flaw>) -> Vec<u8> {
        if flaw != Some(Flaw::OldCounter) {
            self.counter = self.counter.wrapping_add(1);
        }
        let mut header = plain.header;
        header.cla = header.cla & 0xF0 | 0x0C;
        let odd = header.ins & 1 == 1;
        let mut data = Writer::new();
        if !plain.data.is_empty() {
            let mut value = if odd { Vec::new() } else { vec![0x01] };
            value.extend(self.encrypted(&plain.data));
            data.primitive(Tag::new(if odd { 0x85 } else { 0x87 }), &value);
        }
        let data = data.finish();
        let mut rest = Writer::new();
        if let Some(ne) = plain.ne {
            // 256 and 65,536 are written as zeros: the low bytes are meant.
            let [.., high, low] = ne.to_be_bytes();
            let le = if plain.is_extended() { vec![high, low] } else { vec![low] };
            rest.primitive(Tag::new(0x97), &le);
        }
        let rest = rest.finish();
        let block = self.cipher.block_len();
        let mut input = pad(&header.to_bytes(), block);
        input.extend_from_slice(&data);
        input.extend_from_slice(&rest);
        // A header alone is padded once already.
        let padded = data.is_empty() && rest.is_empty();
        let mut mac = self.tag(if padded { input } else { pad(&input, block) });
        if flaw == Some(Flaw::BadMac) {
            mac[0] ^= 0x01;
        }
        let mut body = Writer::new();
        if flaw != Some(Flaw::NoData) {
            body.raw(&data);
        }
        body.raw(&rest);
        if flaw != Some(Flaw::NoMac) {
            body.primitive(Tag::new(0x8E), &mac);
        }
        let body = body.finish();
        let long = plain.is_extended() || body.len() > 255;
        let [.., high, low] = (body.len() as u32).to_be_bytes();
        let mut wire = header.to_bytes().to_vec();
        wire.extend(if long { vec![0, high, low] } else { vec![low] });
        wire.extend(body);
        wire.extend(if long { vec![0, 0] } else { vec![0] });
        wire
    }

    /// What a response says. One without secure messaging is taken as such and not counted.
    pub(super) fn open(&mut self, ins: u8, bytes: &[u8]) -> Result<Answer, String> {
        let naked = Answer::naked(bytes)?;
        if naked.response.data.is_empty() {
            return Ok(naked);
        }
        self.counter = self.counter.wrapping_add(1);
        let (mut data, mut status, mut mac) = (None, None, None);
        let (mut under_mac, mut at) = (0, 0);
        let body = &naked.response.data;
        for object in Reader::new(body) {
            let object = object.map_err(|error| format!("no secure messaging: {error}"))?;
            let place = match object.tag.value() {
                0x85 | 0x87 => &mut data,
                0x99 => &mut status,
                0x8E => {
                    under_mac = at;
                    &mut mac
                }
                other => return Err(format!("an unexpected DO{other:02X}")),
            };
            if mac_is_followed(place.replace(object).is_some(), under_mac, at) {
                return Err("data objects out of place".into());
            }
            at += object.raw.len();
        }
        let (Some(status), Some(mac)) = (status, mac) else {
            return Err("a response without DO99 or DO8E".into());
        };
        let covered = body.get(..under_mac).unwrap_or_default();
        let right = self.tag(pad(covered, self.cipher.block_len()));
        if !bool::from(right.ct_eq(mac.value)) {
            return Err("a MAC that is not that of this response, these keys and this SSC".into());
        }
        let sw = naked.response.sw;
        if status.value != sw.0.to_be_bytes() {
            return Err(format!("DO99 with another status than {:04X}", sw.0));
        }
        let data = match data {
            None => Vec::new(),
            Some(object) => {
                let odd = ins & 1 == 1;
                if (object.tag.value() == 0x85) != odd {
                    return Err("DO85 for even INS or DO87 for odd INS".into());
                }
                let cryptogram =
                    if odd { Some(object.value) } else { object.value.strip_prefix(&[1]) };
                let opened = cryptogram.and_then(|cryptogram| self.decrypted(cryptogram));
                opened.ok_or("a cryptogram that does not decrypt")?
            }
        };
        Ok(Answer { response: Response { data, sw: StatusWord(sw.0) }, protected: true })
    }

    fn counter_block(&self) -> Vec<u8> {
        let bytes = self.counter.to_be_bytes();
        bytes.get(16 - self.cipher.block_len()..).unwrap_or_default().to_vec()
    }

    fn tag(&self, padded: Vec<u8>) -> [u8; 8] {
        // CMAC pads by itself, and the standard pads besides.
        let counter = self.counter_block();
        self.mac.tag(&[&counter, &padded])
    }

    fn iv(&self) -> Vec<u8> {
        let mut iv = vec![0; self.cipher.block_len()];
        if self.cipher != Cipher::TripleDes {
            let zero = iv.clone();
            iv = self.counter_block();
            self.enc.encrypt_cbc(&zero, &mut iv);
        }
        iv
    }

    fn encrypted(&self, data: &[u8]) -> Vec<u8> {
        let mut out = pad(data, self.cipher.block_len());
        self.enc.encrypt_cbc(&self.iv(), &mut out);
        out
    }

    fn decrypted(&self, cryptogram: &[u8]) -> Option<Vec<u8>> {
        if cryptogram.is_empty() || !cryptogram.len().is_multiple_of(self.cipher.block_len()) {
            return None;
        }
        let mut data = cryptogram.to_vec();
        self.enc.decrypt_cbc(&self.iv(), &mut data);
        unpad(&data).map(<[u8]>::to_vec)
    }
}

// Each object once, and nothing behind the MAC.
const fn mac_is_followed(twice: bool, under_mac: usize, at: usize) -> bool {
    twice || under_mac != 0 && under_mac != at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        apdu::{CommandView, Header},
        sm::SecureChannel,
    };

    // ICAO Doc 9303-11 appendix D.4: SELECT and READ BINARY of EF.COM.
    #[test]
    fn the_worked_example_of_the_standard() {
        let hex = |text: &str| hex::decode(text).unwrap();
        let keys = SessionKeys {
            cipher: Cipher::TripleDes,
            enc: hex("979EC13B1CBFE9DCD01AB0FED307EAE5").into(),
            mac: hex("F1CB1F1FB5ADF208806B89DC579DC1F8").into(),
        };
        let mut line = Line::new(&keys, 0x887022120C06C226).unwrap();
        let select = Command::new(Header::new(0x00, 0xA4, 0x02, 0x0C)).with_data([0x01, 0x1E]);
        assert_eq!(
            hex::encode_upper(line.protect(&select, None)),
            "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"
        );
        let answer = line.open(0xA4, &hex("990290008E08FA855A5D4C50A8ED9000")).unwrap();
        assert!(answer.protected && answer.response.sw.is_success());
        let read = Command::new(Header::new(0x00, 0xB0, 0, 0)).with_ne(4);
        assert_eq!(
            hex::encode_upper(line.protect(&read, None)),
            "0CB000000D9701048E08ED6705417E96BA5500"
        );
        let answer = "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000";
        assert_eq!(line.open(0xB0, &hex(answer)).unwrap().response.data, hex("60145F01"));
        assert!(line.open(0xB0, &hex(answer)).is_err(), "another counter");
    }

    #[test]
    fn each_mistake_is_one() {
        for cipher in [Cipher::TripleDes, Cipher::Aes192] {
            let keys = SessionKeys::derive(cipher, b"a secret");
            let command = Command::new(Header::new(0x00, 0xA4, 0x02, 0x0C)).with_data([1, 0x1E]);
            for flaw in [
                None,
                Some(Flaw::NoMac),
                Some(Flaw::BadMac),
                Some(Flaw::OldCounter),
                Some(Flaw::NoData),
            ] {
                let wire = Line::new(&keys, 0).unwrap().protect(&command, flaw);
                let mut chip = SecureChannel::new(&keys).unwrap();
                let opened = chip.unprotect_command(&CommandView::parse(&wire).unwrap());
                assert_eq!(opened.is_ok(), flaw.is_none(), "{flaw:?}");
            }
        }
    }
}
