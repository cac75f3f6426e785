//! Opening the card: BAC, PACE or whichever it has, and Terminal Authentication for the files that
//! want it.

use super::{
    Flaw, Line, Stop, Terminal,
    commands::{get_challenge, select_application},
};
use crate::{
    apdu::{Command, Header, Response, ins},
    conform::{Capability, Expect},
    crypto::{BlockKey, Cipher, KeyPurpose, MacKey, derive_key, pad},
    lds::File,
    protocol::{Initiator, Next, bac::AccessKey, chip_auth::Commands, terminal_auth},
    sm::SessionKeys,
};

/// How to open the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conform) enum How {
    /// By BAC.
    Bac,
    /// By PACE.
    Pace,
    /// By PACE where the card has it, else by BAC.
    Either,
}

impl How {
    /// What it takes.
    pub(in crate::conform) const fn needs(self) -> Capability {
        match self {
            Self::Bac => Capability::Bac,
            Self::Pace | Self::Either => Capability::Access,
        }
    }
}

/// What is wrong with MUTUAL AUTHENTICATE on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conform) enum MutualFlaw {
    /// The keys of another document.
    OtherKeys,
    /// A flipped bit in the MAC.
    BadMac,
}

impl Terminal<'_> {
    /// Opens the session and selects the application in it.
    pub(in crate::conform) fn open(&mut self, how: How) -> Result<(), Stop> {
        let by_pace = match how {
            How::Bac => false,
            How::Pace => true,
            How::Either => !self.card.pace.is_empty() && self.card.access.is_some(),
        };
        if by_pace {
            let password = self.card.access.and_then(|kind| self.card.password(kind));
            let Some(password) = password else {
                return self.fail("PACE", "a password", "none is declared");
            };
            let mut run = self.pace_begin(&password, |_| true)?;
            self.pace_complete(&mut run)?;
            self.send(&select_application(), Expect::SUCCESS)?;
        } else {
            self.send(&select_application(), Expect::SUCCESS)?;
            self.bac()?;
        }
        Ok(())
    }

    /// The same, and Chip and Terminal Authentication where this file wants them.
    pub(in crate::conform) fn open_for(&mut self, how: How, file: File) -> Result<(), Stop> {
        self.open(how)?;
        if matches!(file, File::Dg3 | File::Dg4) {
            self.authenticate_terminal()?;
        }
        Ok(())
    }

    /// GET CHALLENGE: RND.IC.
    pub(in crate::conform) fn challenge(&mut self) -> Result<[u8; 8], Stop> {
        let data = self.send_plain(&get_challenge(), Expect::SUCCESS)?.data.clone();
        match data.as_slice().try_into() {
            Ok(challenge) => Ok(challenge),
            Err(_) => self.fail("GET CHALLENGE", "8 bytes", format!("{} bytes", data.len())),
        }
    }

    fn bac(&mut self) -> Result<(), Stop> {
        let challenge = self.challenge()?;
        self.mutual_authenticate(challenge, None, Expect::SUCCESS)
    }

    /// MUTUAL AUTHENTICATE with this challenge. Where it succeeds the session is open.
    pub(in crate::conform) fn mutual_authenticate(
        &mut self,
        rnd_ic: [u8; 8],
        flaw: Option<MutualFlaw>,
        expect: Expect,
    ) -> Result<(), Stop> {
        let key = match (flaw, self.card.bac_key()) {
            (Some(MutualFlaw::OtherKeys), _) => AccessKey::mrz("L898902C<369080619406236"),
            (_, Some(key)) => key,
            (_, None) => return self.fail("BAC", "an MRZ", "none is declared"),
        };
        let Some((enc, mac)) = keys_of(&key) else {
            return self.fail("BAC", "keys of 16 bytes", "others");
        };
        let (rnd_ifd, k_ifd) = (self.random(8), self.random(16));
        let mut message = [&rnd_ifd[..], &rnd_ic, &k_ifd].concat();
        enc.encrypt_cbc(&[0; 8], &mut message);
        let mut tag = mac.tag(&[&pad(&message, 8)]);
        if flaw == Some(MutualFlaw::BadMac) {
            tag[7] ^= 0x01;
        }
        message.extend(tag);
        let header = Header::new(0x00, ins::EXTERNAL_AUTHENTICATE, 0, 0);
        let command = Command::new(header).with_data(message).with_ne(40);
        let response = self.send_plain(&command, expect)?;
        if !response.sw.is_success() {
            return Ok(());
        }
        let opened = opened(&enc, &mac, &response, &rnd_ifd, &rnd_ic);
        let is_right = opened.is_some();
        self.check(
            "EXTERNAL AUTHENTICATE, the chip's message",
            "RND.IC, RND.IFD and K.IC in 32 bytes with their MAC",
            if is_right { "that" } else { "something else" },
            is_right,
        )?;
        let k_ic = opened.unwrap_or_default();
        let seed: Vec<u8> = k_ifd.iter().zip(&k_ic).map(|(a, b)| a ^ b).collect();
        let keys = SessionKeys::derive(Cipher::TripleDes, &seed);
        let start = rnd_ic.iter().skip(4).chain(rnd_ifd.iter().skip(4));
        let start = start.fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
        self.line = Line::new(&keys, start);
        self.id_picc = key.document_number().unwrap_or_default().to_vec();
        Ok(())
    }

    /// Chip Authentication and Terminal Authentication, version 1.
    pub(in crate::conform) fn authenticate_terminal(&mut self) -> Result<(), Stop> {
        let commands = match self.card.chip_key(Commands::SetAt) {
            Some(_) => Commands::SetAt,
            None => Commands::SetKat,
        };
        self.chip_authentication(commands)?;
        let Some(own) = self.card.secrets.terminal.clone() else {
            return self.fail("Terminal Authentication", "certificates", "none are declared");
        };
        let (id_picc, ephemeral) = (self.id_picc.clone(), self.ephemeral.clone());
        let mut run = terminal_auth::Terminal::v1((*own).clone(), id_picc, ephemeral);
        let mut next = run.start(&mut self.rng);
        loop {
            match next {
                Ok(Next::Send(command)) => {
                    let response = self.send(&command, Expect::SUCCESS)?;
                    next = run.receive(&response, &mut self.rng);
                }
                Ok(Next::Done(_)) => return Ok(()),
                Err(error) => {
                    return self.fail("Terminal Authentication", "it runs", error.to_string());
                }
            }
        }
    }

    /// A protected command with a mistake, and then that nothing of the session is left.
    pub(in crate::conform) fn break_session(
        &mut self,
        command: &Command,
        flaw: Flaw,
        expect: Expect,
    ) -> Result<(), Stop> {
        let counter = self.counter();
        self.send_flawed(command, flaw, expect)?;
        self.expect_closed(counter)
    }
}

fn keys_of(key: &AccessKey) -> Option<(BlockKey, MacKey)> {
    let derive = |purpose| derive_key(key.seed(), purpose, Cipher::TripleDes);
    let enc = BlockKey::new(Cipher::TripleDes, &derive(KeyPurpose::Enc))?;
    Some((enc, MacKey::new(Cipher::TripleDes, &derive(KeyPurpose::Mac))?))
}

// K.IC, where the chip's message is right.
fn opened(
    enc: &BlockKey,
    mac: &MacKey,
    response: &Response,
    rnd_ifd: &[u8],
    rnd_ic: &[u8],
) -> Option<Vec<u8>> {
    let (cryptogram, tag) = response.data.split_at_checked(32)?;
    if mac.tag(&[&pad(cryptogram, 8)]) != tag {
        return None;
    }
    let mut plain = cryptogram.to_vec();
    enc.decrypt_cbc(&[0; 8], &mut plain);
    let rest = plain.strip_prefix(rnd_ic)?.strip_prefix(rnd_ifd)?;
    Some(rest.to_vec())
}
