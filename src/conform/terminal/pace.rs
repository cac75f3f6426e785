//! PACE step by step (ICAO Doc 9303-11 clause 4.4.3), so that a case can put its own in the place
//! of any step.

use super::{
    Extreme, Line, Stop, Terminal, Wrong,
    commands::{dynamic, general_authenticate, objects, set_at_pace},
    numbers,
    pseudo_random::pseudo_random,
};
use crate::{
    conform::Expect,
    crypto::{AgreementPublicKey, AgreementSecretKey, BlockKey, Cipher, Domain, MacKey, pad},
    protocol::pace::{Mapping, Parameters, Password},
    sm::SessionKeys,
    tlv::{Reader, Tag, Writer, parse_one},
};

/// The last step but the token is announced by command chaining.
pub(in crate::conform) const CHAINED: u8 = 0x10;

/// A run of PACE and what it has yielded so far.
pub(in crate::conform) struct Pace {
    pub(in crate::conform) params: Parameters,
    key: zeroize::Zeroizing<Vec<u8>>,
    nonce: Vec<u8>,
    mapping_key: Option<AgreementSecretKey>,
    random: Vec<u8>,
    generator: Option<AgreementPublicKey>,
    secret: Option<AgreementSecretKey>,
    own: Vec<u8>,
    theirs: Option<AgreementPublicKey>,
    keys: Option<SessionKeys>,
}

impl Pace {
    /// With these parameters and a password, from GENERAL AUTHENTICATE on.
    pub(in crate::conform) fn new(params: Parameters, password: &Password) -> Self {
        let key = password.key(params.suite().cipher);
        Self {
            params,
            key,
            nonce: Vec::new(),
            mapping_key: None,
            random: Vec::new(),
            generator: None,
            secret: None,
            own: Vec::new(),
            theirs: None,
            keys: None,
        }
    }

    /// The data of MSE:Set AT.
    pub(in crate::conform) fn set_at(&self, password: u8) -> Vec<u8> {
        let reference = minimal(self.params.parameter_id());
        objects(&[(0x80, self.params.oid().as_bytes()), (0x83, &[password]), (0x84, &reference)])
    }

    fn is_integrated(&self) -> bool {
        self.params.suite().mapping == Mapping::Integrated
    }

    /// The token over the chip's key, in a data object of this tag; without one the object's value
    /// alone is under the MAC.
    pub(in crate::conform) fn token(&self, template: Option<u32>) -> Vec<u8> {
        let theirs = self.theirs.as_ref();
        self.token_over(theirs.map(AgreementPublicKey::as_bytes).unwrap_or_default(), template)
    }

    /// The terminal's own public key of the agreement.
    pub(in crate::conform) fn own(&self) -> &[u8] {
        &self.own
    }

    /// A token over any key.
    pub(in crate::conform) fn token_over(&self, key: &[u8], template: Option<u32>) -> Vec<u8> {
        let Some(keys) = &self.keys else { return Vec::new() };
        let tag = match self.params.domain() {
            Domain::Curve(_) => 0x86,
            Domain::Group(_) => 0x84,
        };
        let inner = objects(&[(0x06, self.params.oid().as_bytes()), (tag, key)]);
        let mut input = match template {
            Some(template) => {
                let mut w = Writer::new();
                w.primitive(Tag::new(template), &inner);
                w.finish()
            }
            None => inner,
        };
        if keys.cipher == Cipher::TripleDes {
            input = pad(&input, 8);
        }
        let mac = MacKey::new(keys.cipher, &keys.mac);
        mac.map(|mac| mac.tag(&[&input]).to_vec()).unwrap_or_default()
    }
}

/// The public key data object of a token.
pub(in crate::conform) const PUBLIC_KEY: Option<u32> = Some(0x7F49);

impl Terminal<'_> {
    /// The parameters of the card that a case wants.
    pub(in crate::conform) fn params(
        &mut self,
        wanted: impl Fn(&Parameters) -> bool,
    ) -> Result<Parameters, Stop> {
        match self.card.pace.iter().find(|params| wanted(params)) {
            Some(params) => Ok(params.clone()),
            None => self.fail("EF.CardAccess", "a PACEInfo that fits", "none"),
        }
    }

    /// A run with a password that has no try counter, not begun yet.
    pub(in crate::conform) fn pace(
        &mut self,
        wanted: impl Fn(&Parameters) -> bool,
    ) -> Result<(Pace, u8), Stop> {
        let params = self.params(wanted)?;
        match self.card.safe_password() {
            Some(password) => Ok((Pace::new(params, &password), password.kind().reference())),
            None => self.fail("PACE", "the CAN or the MRZ", "neither is declared"),
        }
    }

    /// MSE:Set AT with this password.
    pub(in crate::conform) fn pace_begin(
        &mut self,
        password: &Password,
        wanted: impl Fn(&Parameters) -> bool,
    ) -> Result<Pace, Stop> {
        let run = Pace::new(self.params(wanted)?, password);
        let data = run.set_at(password.kind().reference());
        self.send_plain(&set_at_pace(0x00, data), Expect::SUCCESS)?;
        Ok(run)
    }

    /// All steps of GENERAL AUTHENTICATE; the session is open afterwards.
    pub(in crate::conform) fn pace_complete(&mut self, run: &mut Pace) -> Result<(), Stop> {
        self.pace_nonce(run)?;
        self.pace_map(run, None)?;
        self.pace_agree(run, None)?;
        self.pace_finish(run)
    }

    /// A GENERAL AUTHENTICATE of any data.
    pub(in crate::conform) fn pace_step(
        &mut self,
        cla: u8,
        data: impl Into<Vec<u8>>,
        expect: Expect,
    ) -> Result<Vec<u8>, Stop> {
        Ok(self.send_plain(&general_authenticate(cla, data), expect)?.data.clone())
    }

    fn part(&mut self, step: &str, data: &[u8], tag: u32) -> Result<Vec<u8>, Stop> {
        let outer = parse_one(data, Tag::new(0x7C)).ok();
        let mut inner = outer.map(|outer| Reader::new(outer.value));
        let found = inner.as_mut().and_then(|r| r.find_tag(Tag::new(tag)).ok().flatten());
        match found {
            Some(object) => Ok(object.value.to_vec()),
            None => self.fail(step, format!("DO{tag:02X} in 7C"), "none"),
        }
    }

    /// Step 1: the nonce.
    pub(in crate::conform) fn pace_nonce(&mut self, run: &mut Pace) -> Result<(), Stop> {
        let data = self.pace_step(CHAINED, [0x7C, 0x00], Expect::SUCCESS)?;
        let mut nonce = self.part("GENERAL AUTHENTICATE, nonce", &data, 0x80)?;
        let cipher = run.params.suite().cipher;
        let whole = !nonce.is_empty() && nonce.len().is_multiple_of(cipher.block_len());
        match BlockKey::new(cipher, &run.key).filter(|_| whole) {
            Some(key) => key.decrypt_cbc(&vec![0; cipher.block_len()], &mut nonce),
            None => return self.fail("nonce", "whole blocks", format!("{} bytes", nonce.len())),
        }
        run.nonce = nonce;
        Ok(())
    }

    /// The data of step 2 that are right, with a key at the border where one is asked for.
    pub(in crate::conform) fn mapping_data(
        &mut self,
        run: &mut Pace,
        extreme: Option<Extreme>,
    ) -> Result<Vec<u8>, Stop> {
        let domain = run.params.domain();
        if run.is_integrated() {
            run.random = self.random(run.params.suite().cipher.key_len());
            return Ok(run.random.clone());
        }
        let base = match domain {
            Domain::Curve(curve) => numbers::base_point(curve).map(AgreementPublicKey::from),
            Domain::Group(_) => None,
        };
        let (secret, public) = self.ephemeral(domain, base.as_ref(), extreme)?;
        run.mapping_key = Some(secret);
        Ok(public.as_bytes().to_vec())
    }

    fn ephemeral(
        &mut self,
        domain: Domain,
        generator: Option<&AgreementPublicKey>,
        extreme: Option<Extreme>,
    ) -> Result<(AgreementSecretKey, AgreementPublicKey), Stop> {
        let point = generator.and_then(AgreementPublicKey::curve_key);
        let secret = match (extreme, point) {
            (Some(extreme), Some(point)) => numbers::extreme(extreme, point, &mut self.rng),
            _ => Some(AgreementSecretKey::generate(domain, &mut self.rng)),
        };
        let public = secret.as_ref().and_then(|secret| match generator {
            Some(generator) => secret.agree_element(generator).ok(),
            None => Some(secret.public()),
        });
        match (secret, public) {
            (Some(secret), Some(public)) => Ok((secret, public)),
            _ => self.fail("ephemeral key", "one at the border", "none was found"),
        }
    }

    /// Step 2: the mapping.
    pub(in crate::conform) fn pace_map(
        &mut self,
        run: &mut Pace,
        extreme: Option<Extreme>,
    ) -> Result<(), Stop> {
        let own = self.mapping_data(run, extreme)?;
        let data = self.pace_step(CHAINED, dynamic(0x7C, &[(0x81, &own)]), Expect::SUCCESS)?;
        let step = "GENERAL AUTHENTICATE, mapping";
        let theirs = self.part(step, &data, 0x82)?;
        let (domain, suite) = (run.params.domain(), run.params.suite());
        let generator = match &run.mapping_key {
            None => pseudo_random(suite.cipher, &run.nonce, &run.random, domain.bits())
                .and_then(|number| domain.map_integrated(&number).ok()),
            Some(secret) => AgreementPublicKey::from_bytes(domain, &theirs)
                .and_then(|theirs| secret.agree_element(&theirs))
                .and_then(|h| domain.map_generic(&run.nonce, &h))
                .ok(),
        };
        if generator.is_none() {
            return self.fail(step, "a mapping to a generator", "one to none");
        }
        run.generator = generator;
        Ok(())
    }

    /// The data of step 3 that are right.
    pub(in crate::conform) fn agreement_data(
        &mut self,
        run: &mut Pace,
        extreme: Option<Extreme>,
    ) -> Result<Vec<u8>, Stop> {
        let domain = run.params.domain();
        let (secret, public) = self.ephemeral(domain, run.generator.as_ref(), extreme)?;
        run.secret = Some(secret);
        run.own = public.as_bytes().to_vec();
        Ok(run.own.clone())
    }

    /// Step 3: the key agreement.
    pub(in crate::conform) fn pace_agree(
        &mut self,
        run: &mut Pace,
        extreme: Option<Extreme>,
    ) -> Result<(), Stop> {
        let own = self.agreement_data(run, extreme)?;
        let data = self.pace_step(CHAINED, dynamic(0x7C, &[(0x83, &own)]), Expect::SUCCESS)?;
        let step = "GENERAL AUTHENTICATE, key agreement";
        let theirs = self.part(step, &data, 0x84)?;
        let theirs = AgreementPublicKey::from_bytes(run.params.domain(), &theirs).ok();
        let shared = run.secret.as_ref().zip(theirs.as_ref());
        let shared = shared.and_then(|(secret, theirs)| secret.agree(theirs).ok());
        let Some(shared) = shared else {
            return self.fail(step, "the chip's public key", "something else");
        };
        run.keys = Some(SessionKeys::derive(run.params.suite().cipher, shared.as_bytes()));
        run.theirs = theirs;
        Ok(())
    }

    /// Step 4: the tokens, and the session. What else came with the chip's token is given back.
    pub(in crate::conform) fn pace_finish(&mut self, run: &mut Pace) -> Result<(), Stop> {
        self.pace_tokens(run).map(drop)
    }

    /// The same, with the response data.
    pub(in crate::conform) fn pace_tokens(&mut self, run: &mut Pace) -> Result<Vec<u8>, Stop> {
        let token = run.token(PUBLIC_KEY);
        let data = self.pace_step(0x00, dynamic(0x7C, &[(0x85, &token)]), Expect::SUCCESS)?;
        let theirs = self.part("GENERAL AUTHENTICATE, token", &data, 0x86)?;
        let right = theirs == run.token_over(&run.own, PUBLIC_KEY);
        let got = if right { "it" } else { "another" };
        self.check("the chip's token", "the one of these keys", got, right)?;
        self.line = run.keys.as_ref().and_then(|keys| Line::new(keys, 0));
        self.id_picc = run.theirs.as_ref().map(AgreementPublicKey::compressed).unwrap_or_default();
        Ok(data)
    }

    /// A value that is no public key of the run's domain.
    pub(in crate::conform) fn wrong_value(&mut self, run: &Pace, wrong: Wrong) -> Vec<u8> {
        let right = AgreementSecretKey::generate(run.params.domain(), &mut self.rng).public();
        numbers::wrong(wrong, &right, &mut self.rng)
    }
}

// A number without zeros in front.
fn minimal(number: u32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(3);
    bytes.get(start..).unwrap_or_default().to_vec()
}
