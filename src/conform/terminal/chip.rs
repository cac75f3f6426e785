//! Chip Authentication and Active Authentication (ICAO Doc 9303-11 clauses 6.1 and 6.2).

use super::{
    Extreme, Line, Stop, Terminal, Wrong,
    commands::{dynamic, general_authenticate, internal_authenticate, objects},
    numbers,
};
use crate::{
    apdu::{Command, Header, ins},
    conform::{Expect, capability::ChipKey},
    crypto::{AgreementPublicKey, AgreementSecretKey, Domain},
    protocol::{
        active_auth::{self, AaAlgorithm, EcdsaFormat},
        chip_auth::Commands,
    },
    sm::SessionKeys,
};

/// What a case puts in the place of Chip Authentication's data.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::conform) struct CaPlan {
    /// A key at the border.
    pub(in crate::conform) extreme: Option<Extreme>,
    /// A value that is no key.
    pub(in crate::conform) wrong: Option<Wrong>,
    /// A key reference that the chip does not have.
    pub(in crate::conform) other_reference: bool,
    /// The public key under another tag.
    pub(in crate::conform) other_tag: bool,
    /// Without secure messaging.
    pub(in crate::conform) plain: bool,
}

impl Terminal<'_> {
    /// Chip Authentication that has to succeed; the new keys hold afterwards.
    pub(in crate::conform) fn chip_authentication(
        &mut self,
        commands: Commands,
    ) -> Result<(), Stop> {
        self.agree(commands, CaPlan::default(), Expect::SUCCESS)
    }

    /// Chip Authentication by a plan. `expect` is for the command with the public key; MSE:Set AT
    /// before it may be refused too, where a failure is expected.
    pub(in crate::conform) fn agree(
        &mut self,
        commands: Commands,
        plan: CaPlan,
        expect: Expect,
    ) -> Result<(), Stop> {
        let Some(ChipKey { suite, key, key_id }) = self.card.chip_key(commands).cloned() else {
            return self.fail("Chip Authentication", "a key", "none is declared");
        };
        let base = match key.domain() {
            Domain::Curve(curve) => numbers::base_point(curve),
            Domain::Group(_) => None,
        };
        let secret = match (plan.extreme, &base) {
            (Some(extreme), Some(base)) => numbers::extreme(extreme, base, &mut self.rng),
            _ => Some(AgreementSecretKey::generate(key.domain(), &mut self.rng)),
        };
        let Some(secret) = secret else {
            return self.fail("ephemeral key", "one at the border", "none was found");
        };
        let public = secret.public();
        let value = match plan.wrong {
            Some(wrong) => numbers::wrong(wrong, &public, &mut self.rng),
            None => public.as_bytes().to_vec(),
        };
        let reference = match (plan.other_reference, key_id) {
            (true, id) => Some(id.unwrap_or(0).wrapping_add(0x5A) & 0xFF),
            (false, id) => id,
        };
        let reference = reference.map(minimal);
        let mse = |p2, tag: u32, value: &[u8]| {
            let mut data = objects(&[(tag, value)]);
            if let Some(reference) = &reference {
                data.extend(objects(&[(0x84, reference)]));
            }
            let header = Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, p2);
            Command::new(header).with_data(data)
        };
        let response = match commands {
            Commands::SetKat => {
                let tag = if plan.other_tag { 0x93 } else { 0x91 };
                self.sent(&mse(0xA6, tag, &value), plan, expect)?
            }
            Commands::SetAt => {
                let early = if expect == Expect::SUCCESS || plan.wrong.is_some() || plan.other_tag {
                    Expect::SUCCESS
                } else {
                    Expect::ANY
                };
                let set = mse(0xA4, 0x80, suite.oid().as_bytes());
                if !self.sent(&set, plan, early)?.sw.is_success() {
                    // Refused where the standard lets it be refused.
                    return self.sent_nothing(&set, expect);
                }
                let tag = if plan.other_tag { 0x81 } else { 0x80 };
                let data = dynamic(0x7C, &[(tag, &value)]);
                self.sent(&general_authenticate(0x00, data), plan, expect)?
            }
        };
        if response.sw.is_success() {
            let shared = secret.agree(&key).ok();
            let keys = shared.map(|s| SessionKeys::derive(suite.cipher(), s.as_bytes()));
            let new = keys.and_then(|keys| Line::new(&keys, 0));
            self.old_line = std::mem::replace(&mut self.line, new);
            self.ephemeral = AgreementPublicKey::compressed(&public);
        }
        Ok(())
    }

    fn sent(
        &mut self,
        command: &Command,
        plan: CaPlan,
        expect: Expect,
    ) -> Result<crate::apdu::Response, Stop> {
        if plan.plain { self.send_plain(command, expect) } else { self.send(command, expect) }
    }

    // That MSE:Set AT was refused with one of the status words that count as a failure.
    fn sent_nothing(&mut self, set: &Command, expect: Expect) -> Result<(), Stop> {
        let got = self.exchanges.last().map(|exchange| exchange.got.clone()).unwrap_or_default();
        let word = got.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let passed = word.is_some_and(|word| expect.accepts(crate::apdu::StatusWord(word)));
        let command = hex::encode_upper(set.to_bytes().unwrap_or_default());
        self.check(command, expect.to_string(), got, passed)
    }

    /// Back to the keys before Chip Authentication, counted as far as they were used.
    pub(in crate::conform) fn use_old_keys(&mut self) {
        self.line = self.old_line.take();
    }

    /// Active Authentication, and whether the signature is one of the key in EF.DG15 over this
    /// challenge, in the form of the standard.
    pub(in crate::conform) fn active_authentication(&mut self) -> Result<(), Stop> {
        let Some((key, named)) = self.card.active_auth.clone() else {
            return self.fail("Active Authentication", "a key", "none is declared");
        };
        let mut challenge = [0; active_auth::CHALLENGE_LEN];
        challenge.copy_from_slice(&self.random(active_auth::CHALLENGE_LEN));
        let response = self.send(&internal_authenticate(&challenge), Expect::SUCCESS)?;
        let signed = active_auth::check(&key, named, &challenge, &response.data);
        let (got, passed) = match &signed {
            Ok(AaAlgorithm::Ecdsa { format: EcdsaFormat::Der, .. }) => {
                ("a signature in DER".into(), false)
            }
            Ok(algorithm) => (algorithm.to_string(), true),
            Err(error) => (error.to_string(), false),
        };
        self.check("the signature", "one of EF.DG15's key over all of RND.IFD", got, passed)
    }
}

fn minimal(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    bytes.get(start..).unwrap_or_default().to_vec()
}
