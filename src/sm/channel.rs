//! The protected line itself.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::{
    Deviations, Leniency, SessionKeys, SmError,
    objects::{DO_85, DO_87, DO_97, DO_99, MAC_LEN, Objects, bad_object, push_mac},
};
use crate::{
    apdu::{Command, CommandView, Form, Header, MAX_NE, Response, StatusWord},
    crypto::{BlockKey, Cipher, MacKey, pad_into, unpad},
    tlv::{Tlv, Writer},
};

/// The largest padded block.
const MAX_BLOCK: usize = 16;

/// A send sequence counter set aside, to go back to when a card has not counted (some do not when
/// they answer without secure messaging).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SscSnapshot([u8; MAX_BLOCK]);

/// One end of a protected line.
#[derive(Clone)]
pub struct SecureChannel {
    cipher: Cipher,
    enc: BlockKey,
    mac: MacKey,
    // One block wide, in the low bytes; the rest stays zero.
    ssc: [u8; MAX_BLOCK],
    deviations: Deviations,
}

impl SecureChannel {
    /// A channel whose counter starts at zero, as after PACE and Chip Authentication
    /// (ICAO Doc 9303-11 clause 9.8.6.1).
    ///
    /// # Errors
    /// [`SmError::BadKeys`] where a key is not of the cipher's length.
    pub fn new(keys: &SessionKeys) -> Result<Self, SmError> {
        let cipher = keys.cipher;
        let bad = SmError::BadKeys { expected: cipher.key_len() };
        let (Some(enc), Some(mac)) =
            (BlockKey::new(cipher, &keys.enc), MacKey::new(cipher, &keys.mac))
        else {
            return Err(bad);
        };
        Ok(Self { cipher, enc, mac, ssc: [0; MAX_BLOCK], deviations: Deviations::default() })
    }

    /// The same with a counter that starts elsewhere, as after BAC: its low bytes, at most a block.
    #[must_use]
    pub fn with_ssc(mut self, start: &[u8]) -> Self {
        let block = self.cipher.block_len();
        let start = &start[start.len().saturating_sub(block)..];
        self.ssc = [0; MAX_BLOCK];
        self.ssc[block - start.len()..block].copy_from_slice(start);
        self
    }

    /// The cipher suite.
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The most plain response bytes that fit a response of `max` data bytes under this cipher:
    /// 223 (AES) or 231 (3DES) of 256.
    pub fn max_response_data(&self, max: usize) -> usize {
        // DO87 with its padding indicator, DO99 (4 bytes) and DO8E (10 bytes).
        let left = max.saturating_sub(4 + 2 + MAC_LEN);
        let header = match left {
            0..=0x81 => 2,
            0x82..=0x102 => 3,
            0x103..=0x1_0003 => 4,
            _ => 5,
        };
        let padded = left.saturating_sub(header + 1) / self.cipher.block_len();
        (padded * self.cipher.block_len()).saturating_sub(1)
    }

    /// The most plain command bytes that fit a command of `max` data bytes under this cipher.
    pub fn max_command_data(&self, max: usize) -> usize {
        // A protected Le of three bytes more than a response's DO99 (DO97 up to 4, DO99 4).
        self.max_response_data(max)
    }

    /// The counter as it stands.
    pub const fn snapshot(&self) -> SscSnapshot {
        SscSnapshot(self.ssc)
    }

    /// Back to a counter set aside.
    pub const fn restore(&mut self, at: SscSnapshot) {
        self.ssc = at.0;
    }

    /// Counts a message that there was not, for an end that is to be out of step.
    pub fn skip(&mut self) {
        self.count();
    }

    /// Chip: protects answers wrongly from now on.
    pub const fn deviate(&mut self, deviations: Deviations) {
        self.deviations = deviations;
    }

    /// Terminal: cuts unprotected data to the `ne` bytes that were asked for, where nothing but
    /// zeros, fewer than a block, stands behind them: some chips write the padding 80 00.. with the
    /// zeros first, and what precedes the 80 is then taken for data.
    pub fn trim_padding(&self, data: &mut Vec<u8>, ne: usize) {
        let more = data.get(ne..).unwrap_or_default();
        if more.len() < self.cipher.block_len() && more.iter().all(|&byte| byte == 0) {
            data.truncate(ne);
        }
    }

    /// Terminal: appends the protected form of a command to `out`. Extended length is used where
    /// the plain command uses it or the protected one needs it.
    ///
    /// # Errors
    /// [`SmError::Apdu`] where the protected command fits no APDU.
    pub fn protect_command(&mut self, plain: &Command, out: &mut Vec<u8>) -> Result<(), SmError> {
        self.count();
        let mut header = plain.header;
        header.cla = header.cla & 0xF0 | 0x0C;
        let mut body = Writer::new();
        if !plain.data.is_empty() {
            self.put_data(&mut body, header.ins, &plain.data);
        }
        if let Some(ne) = plain.ne {
            // The casts keep the low bytes on purpose: 256 and 65,536 are written as zeros.
            if plain.is_extended() {
                body.primitive(DO_97, &(ne as u16).to_be_bytes());
            } else {
                body.primitive(DO_97, &[ne as u8]);
            }
        }
        let mut body = body.finish();
        let mac = self.mac_over(Some(header), &body);
        push_mac(&mut body, mac);
        let extended = plain.is_extended() || body.len() > 255;
        let (ne, form) = if extended { (MAX_NE, Form::Extended) } else { (256, Form::Short) };
        Command::new(header).with_data(body).with_ne(ne).with_form(form).encode(out)?;
        Ok(())
    }

    /// Terminal: the plain form of a protected response.
    ///
    /// # Errors
    /// [`SmError::Unprotected`] for a response without secure messaging; any other means that the
    /// card or somebody on the line broke the protocol. The counter has moved in either case.
    pub fn unprotect_response(&mut self, response: &[u8]) -> Result<Response, SmError> {
        self.count();
        let parsed = Response::parse(response)?;
        let sw = parsed.sw;
        let body = &response[..response.len() - 2];
        if body.is_empty() {
            return Err(SmError::Unprotected { sw });
        }
        let objects = Objects::read(body)?;
        let mac = objects.mac.ok_or(SmError::Missing { expected: 0x8E })?;
        self.check_mac(None, objects.under_mac, mac.value)?;
        let status = objects.status.ok_or(SmError::Missing { expected: 0x99 })?;
        let Ok(protected) = <[u8; 2]>::try_from(status.value) else {
            return Err(bad_object(&status, "a status word of 2 bytes"));
        };
        let protected = StatusWord(u16::from_be_bytes(protected));
        if protected != sw {
            return Err(SmError::StatusMismatch { protected, plain: sw });
        }
        if let Some(le) = objects.le {
            return Err(bad_object(&le, "no Le in a response"));
        }
        let data = objects.data.map_or(Ok(Vec::new()), |object| self.open_data(&object, true))?;
        Ok(Response { data, sw })
    }

    /// Chip: the plain form of a protected command.
    ///
    /// # Errors
    /// What is wrong with it; [`SmError::status`] is what to answer, unprotected, before the
    /// channel is dropped (ICAO Doc 9303-11 clause 9.8.5).
    pub fn unprotect_command(&mut self, command: &CommandView<'_>) -> Result<Command, SmError> {
        self.unprotect_command_with(command, Leniency::NONE)
    }

    /// The same by a chip that overlooks mistakes.
    ///
    /// # Errors
    /// As [`Self::unprotect_command`], for what it does not overlook.
    pub fn unprotect_command_with(
        &mut self,
        command: &CommandView<'_>,
        leniency: Leniency,
    ) -> Result<Command, SmError> {
        let before = self.snapshot();
        self.count();
        let objects = Objects::read(command.data)?;
        match &objects.mac {
            None if leniency.missing_mac => {}
            None => return Err(SmError::Missing { expected: 0x8E }),
            Some(mac) => {
                let check = |channel: &Self| {
                    channel.check_mac(Some(command.header), objects.under_mac, mac.value)
                };
                let mut checked = check(self);
                if checked.is_err() && leniency.any_counter {
                    checked = self.with_any_counter(before, &check);
                }
                if !leniency.any_mac {
                    checked?;
                }
            }
        }
        if let Some(status) = objects.status {
            return Err(bad_object(&status, "no status word in a command"));
        }
        let odd = command.header.ins & 1 == 1;
        let data = match objects.data {
            Some(object) if (object.tag == DO_85) != odd => {
                return Err(bad_object(&object, "DO85 with odd INS, DO87 with even INS"));
            }
            Some(object) => self.open_data(&object, false)?,
            None => Vec::new(),
        };
        let ne = match objects.le.map(|le| (le, le.value)) {
            None => None,
            Some((_, &[le])) => Some(if le == 0 { 256 } else { u32::from(le) }),
            Some((_, &[hi, lo])) => Some(match u32::from(u16::from_be_bytes([hi, lo])) {
                0 => MAX_NE,
                ne => ne,
            }),
            Some((le, _)) => return Err(bad_object(&le, "an Le of 1 or 2 bytes")),
        };
        let mut header = command.header;
        header.cla &= 0xF3;
        let form = if command.extended { Form::Extended } else { Form::Auto };
        Ok(Command { header, data, ne, form })
    }

    /// Chip: appends the protected form of a response to `out`. `odd_ins` says whether it answers
    /// a command with odd INS, whose data travels in DO85 without a padding indicator.
    pub fn protect_response(&mut self, plain: &Response, odd_ins: bool, out: &mut Vec<u8>) {
        self.count();
        let mut body = Writer::new();
        if !plain.data.is_empty() {
            self.put_data(&mut body, u8::from(odd_ins), &plain.data);
        }
        let status = plain.sw.0.to_be_bytes();
        let len = if self.deviations.short_do99 { 1 } else { status.len() };
        body.primitive(DO_99, &status[..len]);
        let mut body = body.finish();
        let mac = self.mac_over(None, &body);
        push_mac(&mut body, mac);
        out.extend_from_slice(&body);
        out.extend_from_slice(&plain.sw.0.to_be_bytes());
    }

    // The counters around the right one, where a lenient chip looks.
    fn with_any_counter(
        &mut self,
        before: SscSnapshot,
        check: &dyn Fn(&Self) -> Result<(), SmError>,
    ) -> Result<(), SmError> {
        let right = self.snapshot();
        self.restore(before);
        for _ in 0..6 {
            if check(self).is_ok() {
                return Ok(());
            }
            self.count();
        }
        self.restore(right);
        Err(SmError::BadMac)
    }

    fn count(&mut self) {
        for byte in self.ssc[..self.cipher.block_len()].iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    fn ssc(&self) -> &[u8] {
        &self.ssc[..self.cipher.block_len()]
    }

    // AES: IV = E(KS_Enc, SSC) (clause 9.8.6.1); 3DES: zero (clause 9.8.7.1).
    fn iv(&self) -> [u8; MAX_BLOCK] {
        let mut iv = [0; MAX_BLOCK];
        if self.cipher != Cipher::TripleDes {
            iv = self.ssc;
            self.enc.encrypt_cbc(&[0; MAX_BLOCK], &mut iv);
        }
        iv
    }

    fn put_data(&self, body: &mut Writer, ins: u8, data: &[u8]) {
        let block = self.cipher.block_len();
        let odd = ins & 1 == 1 && !self.deviations.do85_indicator;
        let mut value = Vec::with_capacity(1 + data.len() + block);
        if !odd {
            value.push(0x01);
        }
        let start = value.len();
        value.extend_from_slice(data);
        pad_into(&mut value, start, block);
        if self.deviations.zeros_before_80 {
            value[start + data.len()..].reverse();
        }
        self.enc.encrypt_cbc(&self.iv()[..block], &mut value[start..]);
        body.primitive(if ins & 1 == 1 { DO_85 } else { DO_87 }, &value);
    }

    // Some chips put a padding indicator into DO85 as into DO87; a lenient end takes it where whole
    // blocks follow.
    fn open_data(&self, object: &Tlv<'_>, lenient: bool) -> Result<Vec<u8>, SmError> {
        let block = self.cipher.block_len();
        let cryptogram = match (object.tag, object.value) {
            (DO_87, [0x01, cryptogram @ ..]) => cryptogram,
            (DO_85, [0x01, cryptogram @ ..])
                if lenient && cryptogram.len().is_multiple_of(block) =>
            {
                cryptogram
            }
            (DO_85, cryptogram) => cryptogram,
            _ => return Err(bad_object(object, "padding indicator 01 and a cryptogram")),
        };
        if cryptogram.is_empty() || !cryptogram.len().is_multiple_of(block) {
            return Err(bad_object(object, "a cryptogram of whole blocks"));
        }
        let mut data = cryptogram.to_vec();
        self.enc.decrypt_cbc(&self.iv()[..block], &mut data);
        let Some(len) = unpad(&data).map(<[u8]>::len) else {
            data.zeroize();
            return Err(SmError::BadPadding);
        };
        data.truncate(len);
        Ok(data)
    }

    // MAC over SSC || padded header || data objects || padding (clause 9.8.6.2 and 9.8.7.2).
    fn mac_over(&self, header: Option<Header>, objects: &[u8]) -> [u8; MAC_LEN] {
        const PADDING: [u8; MAX_BLOCK] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let block = self.cipher.block_len();
        let mut head = [0; MAX_BLOCK];
        let head = match header {
            Some(header) => {
                head[..4].copy_from_slice(&header.to_bytes());
                head[4] = 0x80;
                &head[..block]
            }
            None => &[],
        };
        // A header alone is padded once already.
        let padding = match (header, objects) {
            (Some(_), []) => &[],
            _ => &PADDING[..block - objects.len() % block],
        };
        self.mac.tag(&[self.ssc(), head, objects, padding])
    }

    fn check_mac(&self, header: Option<Header>, objects: &[u8], got: &[u8]) -> Result<(), SmError> {
        let right = self.mac_over(header, objects).ct_eq(got);
        if bool::from(right) { Ok(()) } else { Err(SmError::BadMac) }
    }
}

impl std::fmt::Debug for SecureChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecureChannel({})", self.cipher)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(cipher: Cipher) -> (SecureChannel, SecureChannel) {
        let channel = SecureChannel::new(&SessionKeys::derive(cipher, b"a shared secret")).unwrap();
        (channel.clone(), channel)
    }

    const CIPHERS: [Cipher; 4] =
        [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];

    #[test]
    fn a_short_response_holds_223_or_231_bytes() {
        for (cipher, fits) in [(Cipher::TripleDes, 231), (Cipher::Aes128, 223)] {
            let (_, mut chip) = ends(cipher);
            assert_eq!(chip.max_response_data(256), fits);
            for (len, whole) in [(fits, true), (fits + 1, false)] {
                let mut out = Vec::new();
                let response = Response { data: vec![1; len], sw: StatusWord::SUCCESS };
                chip.protect_response(&response, false, &mut out);
                assert_eq!(out.len() - 2 <= 256, whole, "{cipher} {len}");
            }
        }
    }

    #[test]
    fn an_unprotected_answer_is_never_data() {
        let (mut terminal, _) = ends(Cipher::Aes128);
        let naked = terminal.unprotect_response(&[0x67, 0x00]);
        assert_eq!(naked, Err(SmError::Unprotected { sw: StatusWord::WRONG_LENGTH }));
        assert!(terminal.unprotect_response(b"\x04\x02hi\x90\x00").is_err());
        assert!(terminal.unprotect_response(&[0x90]).is_err());
    }

    proptest! {
        // A round trip of our two ends: it shows that they agree, not that they are right.
        #[test]
        fn both_ends_agree_and_any_flipped_bit_is_seen(
            which in 0_usize..4,
            data in proptest::collection::vec(any::<u8>(), 0..700),
            ne in proptest::option::of(1_u32..=65_536),
            ins in any::<u8>(),
            flip in any::<proptest::sample::Index>(),
        ) {
            let (mut terminal, mut chip) = ends(CIPHERS[which]);
            let mut plain = Command::new(Header::new(0, ins, 1, 2)).with_data(data.clone());
            plain.ne = ne;
            let mut wire = Vec::new();
            terminal.protect_command(&plain, &mut wire).unwrap();
            let got = chip.clone().unprotect_command(&CommandView::parse(&wire).unwrap()).unwrap();
            prop_assert_eq!((got.header, &got.data, got.ne), (plain.header, &plain.data, plain.ne));

            let mut bad = wire.clone();
            let at = flip.index(bad.len() * 8);
            bad[at / 8] ^= 1 << (at % 8);
            if let Ok(view) = CommandView::parse(&bad) {
                // Only Le behind the data field is not under the MAC, and class bits that say
                // "secure messaging" itself.
                if view.data != CommandView::parse(&wire).unwrap().data {
                    prop_assert!(chip.clone().unprotect_command(&view).is_err());
                }
            }

            chip.unprotect_command(&CommandView::parse(&wire).unwrap()).unwrap();
            let response = Response { data, sw: StatusWord::SUCCESS };
            let mut answer = Vec::new();
            chip.protect_response(&response, ins & 1 == 1, &mut answer);
            prop_assert_eq!(terminal.clone().unprotect_response(&answer).unwrap(), response);
            let at = flip.index(answer.len() * 8);
            answer[at / 8] ^= 1 << (at % 8);
            prop_assert!(terminal.unprotect_response(&answer).is_err());
        }

        #[test]
        fn any_bytes_end_in_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (mut terminal, mut chip) = ends(Cipher::Aes128);
            prop_assert!(terminal.unprotect_response(&bytes).is_err());
            if let Ok(view) = CommandView::parse(&bytes) {
                prop_assert!(chip.unprotect_command(&view).is_err());
            }
        }
    }
}
