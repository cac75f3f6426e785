//! Getting access: what the card offers, which PACE, which password, and a PIN that has to be
//! resumed or unblocked first.

use super::{TapError, reader::Reader};
use crate::{
    apdu::{Command, Header, StatusWord, ins},
    lds::{Df, File, SecurityInfo, SecurityInfos},
    pki::{
        agreement,
        cvc::{Chat, tag},
    },
    protocol::{
        bac::{self, AccessKey},
        pace::{
            ChipAuthenticationData, Established, Mapping, PaceError, Parameters, Password,
            PasswordKind, Terminal, TerminalOptions,
        },
    },
    session::SessionError,
    tlv::{Writer, parse_one},
    transport::Step,
    trust::Access,
};

/// What a card offers before any authentication.
#[derive(Debug)]
pub(super) enum Offer {
    /// EF.CardAccess with at least one PACEInfo.
    Pace(SecurityInfos),
    /// No PACE: what came instead.
    None(String),
}

/// How the card was opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) access: Access,
    /// The application that is selected already: BAC comes behind the selection, PACE before it.
    pub(super) application: Option<Df>,
    pub(super) pace: Option<Parameters>,
    /// How Terminal Authentication names the chip.
    pub(super) id_picc: Option<Vec<u8>>,
    /// What the chip authentication mapping gave.
    pub(super) mapping: Option<ChipAuthenticationData>,
    /// Which certification authorities the card named in PACE, the most recent first.
    pub(super) authorities: Vec<Vec<u8>>,
}

impl Reader<'_> {
    /// Reads EF.CardAccess.
    pub(super) fn card_access(&mut self) -> Result<Offer, TapError> {
        let file = File::CardAccess;
        let data = match self.read(file) {
            // Some cards start inside an application.
            Err(SessionError::ReadRefused { .. }) => {
                // Cards differ in how they take it, and some do not; the next read tells.
                let _ = self.select(Df::MasterFile)?;
                self.read(file)
            }
            other => other,
        };
        match data {
            Ok(data) => {
                let infos = SecurityInfos::parse(&data)?;
                self.files.insert(file, data);
                if infos.pace().next().is_none() {
                    return Ok(Offer::None("EF.CardAccess lists no PACEInfo".into()));
                }
                Ok(Offer::Pace(infos))
            }
            Err(SessionError::ReadRefused { sw, .. }) => {
                Ok(Offer::None(format!("the card answered {sw} to reading EF.CardAccess")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the secure channel. With `chat` PACE announces Terminal Authentication.
    pub(super) fn open(&mut self, offer: &Offer, chat: Option<Chat>) -> Result<Opened, TapError> {
        match (offer, self.options.allow_bac) {
            (Offer::None(got), _) => {
                let why = format!("the card offers no PACE ({got})");
                self.basic(|| TapError::NoMrz { why })
            }
            (Offer::Pace(_), true) => {
                let why = "PACE is not to be used".into();
                self.basic(|| TapError::NoMrz { why })
            }
            (Offer::Pace(infos), false) => {
                let params = choose(infos)?;
                let pace = Pace { params, chat };
                let (access, established) = self.pace_with_what_is_there(&pace)?;
                Ok(Opened {
                    access,
                    application: None,
                    pace: Some(pace.params),
                    id_picc: Some(established.chip_public_key.compressed()),
                    mapping: established.chip_authentication,
                    authorities: established.authority_references,
                })
            }
        }
    }

    // ICAO Doc 9303-11 clause 4.3, ISO/IEC 18013-3 annex B. Only where the card offers no PACE, or
    // where it was asked for in so many words.
    fn basic(&mut self, without: impl FnOnce() -> TapError) -> Result<Opened, TapError> {
        let passwords = &self.options.passwords;
        let keys = [(Df::Lds, passwords.bac.clone()), (Df::Edl, passwords.bap.clone())];
        let mut refused = None;
        for (df, key) in keys {
            let Some(key) = key else { continue };
            match self.select(df)? {
                Ok(()) => return self.basic_access(df, key),
                Err(sw) => refused = refused.or(Some((df, sw))),
            }
        }
        match refused {
            Some((expected, sw)) => Err(TapError::NoApplication { expected, sw }),
            None => Err(without()),
        }
    }

    fn basic_access(&mut self, df: Df, key: AccessKey) -> Result<Opened, TapError> {
        let (access, step) = match key.protocol() {
            bac::Protocol::Bac => (Access::Bac, "BAC"),
            bac::Protocol::Bap => (Access::Bap, "BAP"),
        };
        let id_picc = key.document_number().map(<[u8]>::to_vec);
        let established = self.session.drive(&mut bac::Terminal::new(key), self.rng)??;
        let channel = established
            .channel()
            .map_err(|source| SessionError::SecureMessaging { step, source })?;
        self.session.set_channel(Some(channel));
        Ok(Opened {
            access,
            application: Some(df),
            pace: None,
            id_picc,
            mapping: None,
            authorities: Vec::new(),
        })
    }

    fn pace_with_what_is_there(&mut self, pace: &Pace) -> Result<(Access, Established), TapError> {
        let passwords = self.options.passwords.clone();
        if let Some(pin) = &passwords.pin {
            let (can, puk) = (passwords.can.as_ref(), passwords.puk.as_ref());
            return Ok((Access::PacePin, self.with_pin(pace, pin, can, puk)?));
        }
        let order = [
            (Access::PaceCan, passwords.can),
            (Access::PaceMrz, passwords.mrz),
            (Access::PacePuk, passwords.puk),
        ];
        let given = order.into_iter().find_map(|(access, password)| Some((access, password?)));
        let (access, password) = given.ok_or(TapError::NoPassword)?;
        Ok((access, self.pace(pace, &password, false)?))
    }

    // BSI TR-03110-2 clause 2.4.1: a PIN with one try left is suspended until PACE with the CAN has
    // run, a blocked one until the PUK has reset its try counter; PACE with the PIN follows inside
    // that channel.
    fn with_pin(
        &mut self,
        pace: &Pace,
        pin: &Password,
        can: Option<&Password>,
        puk: Option<&Password>,
    ) -> Result<Established, TapError> {
        // With the CAN at hand the last try waits until the PIN is resumed.
        let last_try = self.options.last_try && can.is_none();
        let first = self.pace(pace, pin, last_try);
        let resumed = match (first, can) {
            (Err(TapError::Pace(error @ PaceError::LastTry { .. })), Some(can)) => {
                if !self.options.last_try {
                    return Err(error.into());
                }
                self.pace(pace, can, false)?;
                self.pace(pace, pin, true)
            }
            (Err(TapError::Pace(PaceError::Suspended { .. })), Some(can))
                if self.options.last_try =>
            {
                self.pace(pace, can, false)?;
                self.pace(pace, pin, true)
            }
            (done, _) => done,
        };
        match (resumed, puk) {
            // Not where this very PIN has blocked it (63C0): it would be tried again.
            (
                Err(TapError::Pace(PaceError::Blocked { sw: StatusWord::AUTH_BLOCKED, .. })),
                Some(puk),
            ) => {
                self.pace(pace, puk, false)?;
                self.unblock_pin()?;
                self.pace(pace, pin, last_try)
            }
            (done, _) => done,
        }
    }

    // RESET RETRY COUNTER without data (BSI TR-03110-3 clause B.11.10).
    fn unblock_pin(&mut self) -> Result<(), TapError> {
        let pin = PasswordKind::Pin.reference();
        let reset = Command::new(Header::new(0x00, ins::RESET_RETRY_COUNTER, 0x03, pin));
        match self.session.exchange(&reset, Step("RESET RETRY COUNTER"))?.sw {
            StatusWord::SUCCESS => Ok(()),
            sw => Err(TapError::NotUnblocked { sw }),
        }
    }

    fn pace(
        &mut self,
        pace: &Pace,
        password: &Password,
        last_try: bool,
    ) -> Result<Established, TapError> {
        let parameter_reference = self.options.parameter_reference;
        let options = TerminalOptions { parameter_reference, last_try };
        let mut terminal = Terminal::new(pace.params.clone(), password.clone(), options);
        if let Some(chat) = pace.chat {
            terminal = terminal.with_holder_authorization(template(chat));
        }
        let established = self.session.drive(&mut terminal, self.rng)??;
        self.protect("PACE", &established.keys)?;
        Ok(established)
    }
}

struct Pace {
    params: Parameters,
    chat: Option<Chat>,
}

// The value of DO7F4C.
pub(super) fn template(chat: Chat) -> Vec<u8> {
    let mut w = Writer::new();
    chat.write(&mut w);
    let object = w.finish();
    parse_one(&object, tag::CHAT).map(|tlv| tlv.value.to_vec()).unwrap_or_default()
}

// The chip authentication mapping first, for it proves the chip on the way; then the card's own
// order. What this library does not speak is passed over.
pub(super) fn choose(infos: &SecurityInfos) -> Result<Parameters, TapError> {
    let mut first = None;
    let mut best: Option<Parameters> = None;
    let mut offered = 0;
    for info in infos.pace() {
        offered += 1;
        let named = Parameters::new(info.protocol, info.parameter_id);
        let params = named.or_else(|error| match written_out(infos, info.parameter_id) {
            Some((domain, id)) => Parameters::with_domain(info.protocol, id, domain),
            None => Err(error),
        });
        match params {
            Ok(params) if params.suite().mapping == Mapping::ChipAuthentication => {
                return Ok(params);
            }
            Ok(params) => best = best.or(Some(params)),
            Err(error) => first = first.or(Some(error)),
        }
    }
    best.ok_or(match first {
        Some(first) => TapError::NoCommonPace { offered, first },
        None => TapError::NoPassword,
    })
}

// Domain parameters of the card's own (ICAO Doc 9303-11 clause 9.2.2), where they are those of a
// curve or group that is known.
fn written_out(
    infos: &SecurityInfos,
    parameter_id: Option<u32>,
) -> Option<(crate::crypto::Domain, u32)> {
    infos.iter().find_map(|info| match info {
        SecurityInfo::PaceDomainParameter(info) if info.parameter_id == parameter_id => {
            let domain = agreement::domain(&info.domain_parameter).ok()?;
            Some((domain, parameter_id.unwrap_or_default()))
        }
        _ => None,
    })
}
