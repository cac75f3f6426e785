//! The terminal's half.

use rand_core::CryptoRng;

use super::{
    AuxiliaryData, CHALLENGE_LEN, EPHEMERAL, MECHANISM, REFERENCE, TerminalAuthError, Version,
    signed_data,
};
use crate::{
    apdu::{Command, Header, Response, ins},
    pki::cvc::{Chat, CvCertificate, CvcSigner, Reference},
    protocol::{Initiator, Next},
    tlv::{Tag, Writer},
    transport::Step,
};

/// What a terminal has to show.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// From the certificate that one of the chip's trust points issued to the terminal's own.
    pub chain: Vec<CvCertificate>,
    /// The private key of the last certificate.
    pub key: CvcSigner,
}

/// The terminal's half of Terminal Authentication: yields the rights that all certificates of the
/// chain have; the chip's trust point may have fewer.
#[derive(Debug)]
pub struct Terminal {
    version: Version,
    credentials: Credentials,
    id_picc: Vec<u8>,
    ephemeral: Vec<u8>,
    auxiliary: Option<AuxiliaryData>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    SetDst(usize),
    Verify(usize),
    SetAt,
    Challenge,
    External,
    Over,
}

impl Terminal {
    /// Version 1, with the terminal's ephemeral key of the Chip Authentication that came before,
    /// compressed.
    pub fn v1(
        credentials: Credentials,
        id_picc: impl Into<Vec<u8>>,
        ephemeral: impl Into<Vec<u8>>,
    ) -> Self {
        Self::new(Version::V1, credentials, id_picc.into(), ephemeral.into(), None)
    }

    /// Version 2, with the terminal's ephemeral key of the Chip Authentication to come, compressed.
    pub fn v2(
        credentials: Credentials,
        id_picc: impl Into<Vec<u8>>,
        ephemeral: impl Into<Vec<u8>>,
        auxiliary: Option<AuxiliaryData>,
    ) -> Self {
        Self::new(Version::V2, credentials, id_picc.into(), ephemeral.into(), auxiliary)
    }

    const fn new(
        version: Version,
        credentials: Credentials,
        id_picc: Vec<u8>,
        ephemeral: Vec<u8>,
        auxiliary: Option<AuxiliaryData>,
    ) -> Self {
        Self { version, credentials, id_picc, ephemeral, auxiliary, state: State::Start }
    }

    /// Which version it runs.
    pub const fn version(&self) -> Version {
        self.version
    }

    fn certificate(&self, at: usize) -> Result<&CvCertificate, TerminalAuthError> {
        self.credentials.chain.get(at).ok_or(TerminalAuthError::NoChain)
    }

    fn own(&self) -> Result<&CvCertificate, TerminalAuthError> {
        self.credentials.chain.last().ok_or(TerminalAuthError::NoChain)
    }

    fn set_dst(&mut self, at: usize) -> Result<Next<Chat>, TerminalAuthError> {
        let data = reference(self.certificate(at)?.authority());
        self.state = State::SetDst(at);
        let header = Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6);
        Ok(Next::Send(Command::new(header).with_data(data)))
    }

    fn set_at(&mut self) -> Result<Next<Chat>, TerminalAuthError> {
        let own = self.own()?;
        let mut w = Writer::new();
        if self.version == Version::V2
            && let Some(oid) = own.public_key().algorithm.oid()
        {
            w.primitive(MECHANISM, oid.as_bytes());
        }
        w.primitive(REFERENCE, own.holder().as_bytes());
        if self.version == Version::V2 {
            if let Some(auxiliary) = &self.auxiliary {
                w.raw(auxiliary.as_bytes());
            }
            w.primitive(EPHEMERAL, &self.ephemeral);
        }
        self.state = State::SetAt;
        let header = Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xA4);
        Ok(Next::Send(Command::new(header).with_data(w.finish())))
    }

    fn sign(
        &mut self,
        challenge: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Chat>, TerminalAuthError> {
        if challenge.len() != CHALLENGE_LEN {
            return Err(TerminalAuthError::BadChallenge { got: challenge.len() });
        }
        let auxiliary = self.auxiliary.as_ref().map(AuxiliaryData::as_bytes);
        let message = signed_data(&self.id_picc, challenge, &self.ephemeral, auxiliary);
        let signature = self.credentials.key.sign(&message, rng)?;
        self.state = State::External;
        let header = Header::new(0x00, ins::EXTERNAL_AUTHENTICATE, 0, 0);
        Ok(Next::Send(Command::new(header).with_data(signature)))
    }

    // What the certificates have in common below the trust point.
    fn authorization(&self) -> Result<Chat, TerminalAuthError> {
        use crate::pki::cvc::Role::Cvca;
        let below = self.credentials.chain.iter().map(CvCertificate::chat);
        let own = self.own()?.chat();
        Ok(below.filter(|chat| chat.role() != Cvca).fold(own, Chat::intersect))
    }

    fn refused(&self, sw: crate::apdu::StatusWord) -> TerminalAuthError {
        let at = |at, command, authority| {
            let certificate = self.certificate(at);
            let name = |c: &CvCertificate| if authority { c.authority() } else { c.holder() };
            certificate.map(|c| (command, name(c)))
        };
        let last = self.credentials.chain.len().saturating_sub(1);
        let asked = match self.state {
            State::SetDst(i) => at(i, "MSE:Set DST", true),
            State::Verify(i) => at(i, "PSO:VERIFY CERTIFICATE", false),
            State::SetAt => at(last, "MSE:Set AT", false),
            State::Challenge => at(last, "GET CHALLENGE", false),
            State::External => at(last, "EXTERNAL AUTHENTICATE", false),
            State::Start | State::Over => Err(TerminalAuthError::NotRunning),
        };
        match asked {
            Ok((command, reference)) => TerminalAuthError::Refused { command, reference, sw },
            Err(error) => error,
        }
    }
}

impl Initiator for Terminal {
    type Output = Chat;
    type Error = TerminalAuthError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Chat>, TerminalAuthError> {
        let own = self.own()?;
        if !own.public_key().is_same(&self.credentials.key.public()) {
            return Err(TerminalAuthError::OtherKey { holder: own.holder() });
        }
        self.set_dst(0)
    }

    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Chat>, TerminalAuthError> {
        if !response.sw.is_success() {
            let error = self.refused(response.sw);
            self.state = State::Over;
            return Err(error);
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::SetDst(i) => {
                let data = self.certificate(i)?.content().to_vec();
                self.state = State::Verify(i);
                let header = Header::new(0x00, ins::PERFORM_SECURITY_OPERATION, 0x00, 0xBE);
                Ok(Next::Send(Command::new(header).with_data(data)))
            }
            State::Verify(i) if i + 1 < self.credentials.chain.len() => self.set_dst(i + 1),
            State::Verify(_) => self.set_at(),
            State::SetAt => {
                self.state = State::Challenge;
                let header = Header::new(0x00, ins::GET_CHALLENGE, 0, 0);
                Ok(Next::Send(Command::new(header).with_ne(CHALLENGE_LEN as u32)))
            }
            State::Challenge => self.sign(&response.data, rng),
            State::External => Ok(Next::Done(self.authorization()?)),
            State::Start | State::Over => Err(TerminalAuthError::NotRunning),
        }
    }

    fn step(&self) -> Step {
        Step(match self.state {
            State::Start | State::SetDst(_) => "Terminal Authentication MSE:Set DST",
            State::Verify(_) => "Terminal Authentication PSO:VERIFY CERTIFICATE",
            State::SetAt => "Terminal Authentication MSE:Set AT",
            State::Challenge => "Terminal Authentication GET CHALLENGE",
            State::External | State::Over => "Terminal Authentication EXTERNAL AUTHENTICATE",
        })
    }
}

fn reference(name: Reference) -> Vec<u8> {
    let mut w = Writer::new();
    w.primitive(Tag::new(0x83), name.as_bytes());
    w.finish()
}
