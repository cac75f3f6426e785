//! The issuer's half of the talk with a chip that a phone holds: commands out, responses in.
//!
//! The phone wraps the commands of Chip Authentication in its own channel. From then on the issuer
//! has a channel with the chip whose keys the phone does not have: what it reads there, the chip
//! said, and now. The phone can lose a frame, and so the tap; it can say nothing in the chip's
//! place.

use rand_core::CryptoRng;

use super::choose::ChipKey;
use crate::apdu::{Command, Header, Response, StatusWord, ins};
use crate::lds::{File, HolderVerification};
use crate::protocol::chip_auth::Terminal;
use crate::protocol::{Initiator, Next as Step};
use crate::sm::{SecureChannel, SmError};
use crate::trust::{ChipAuthentication, ChipRun, KeyFile, Relayed};

/// Most commands that one chip is sent: what is needed is five, with a card that takes no short
/// file identifiers and gives the file in pieces.
pub const MAX_FRAMES: u32 = 16;
/// Most bytes of responses that are taken from one chip.
pub const MAX_RELAYED: usize = 4 << 10;

/// Bytes of EF.DG14 that are read to hear the chip: tag, length and the beginning of its content.
const BEGINNING: u32 = 8;

/// What is to be done next.
#[derive(Debug)]
#[must_use]
pub enum Next {
    /// A command for the card.
    Send {
        /// The command APDU.
        command: Vec<u8>,
        /// Whether the phone sends it in its own channel.
        protect: bool,
    },
    /// The talk is over: what the judge knows by it.
    Done(Relayed),
}

/// The talk with one chip.
pub struct RemoteChip {
    state: State,
    /// The beginning of the signed EF.DG14.
    dg14: Vec<u8>,
    /// Whether the phone has read an EF.HolderVerification, so that the chip is asked for that at
    /// once.
    told: bool,
    frames: u32,
    relayed: usize,
}

enum State {
    Agreeing { terminal: Box<Terminal>, record: ChipAuthentication },
    Talking(Box<Talk>),
    Over,
}

// The channel behind Chip Authentication, and how far the reading is.
struct Talk {
    channel: SecureChannel,
    record: ChipAuthentication,
    asked: Asked,
    /// Whether EF.HolderVerification was selected, because its short identifier is not taken.
    selected: bool,
    file: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Dg14,
    Select,
    Holder,
}

impl RemoteChip {
    /// Begins with that key of the chip. `dg14` is the file it stands in, as it was signed; `told`
    /// says whether the phone has read EF.HolderVerification.
    pub fn new(key: &ChipKey, dg14: &[u8], told: bool, rng: &mut dyn CryptoRng) -> (Self, Next) {
        let mut terminal = Terminal::new(key.suite, key.key.clone(), key.key_id);
        let first = terminal.start(rng);
        let record = ChipAuthentication {
            protocol: key.suite.oid().to_string(),
            key_file: KeyFile::Dg14,
            key_id: key.key_id,
            terminal_public_key: Vec::new(),
            protected_reply: false,
        };
        let mut chip = Self {
            state: State::Agreeing { terminal: Box::new(terminal), record },
            dg14: dg14.iter().take(BEGINNING as usize).copied().collect(),
            told,
            frames: 0,
            relayed: 0,
        };
        let next = match first {
            Ok(Step::Send(command)) => chip.send(&command),
            Ok(Step::Done(_)) => chip.failed("the protocol ended before it began"),
            Err(error) => chip.failed(error),
        };
        (chip, next)
    }

    /// Takes the card's response to the last command: of a command that the phone protected in
    /// plain, of any other as the card gave it.
    pub fn receive(&mut self, response: &[u8], rng: &mut dyn CryptoRng) -> Next {
        self.relayed = self.relayed.saturating_add(response.len());
        if self.relayed > MAX_RELAYED {
            return self.failed(format!("more than {MAX_RELAYED} bytes came from the chip"));
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Agreeing { terminal, record } => self.agree(terminal, record, response, rng),
            State::Talking(talk) => self.hear(talk, response),
            State::Over => self.failed("the talk with the chip is over"),
        }
    }

    fn agree(
        &mut self,
        mut terminal: Box<Terminal>,
        mut record: ChipAuthentication,
        response: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Next {
        let response = match Response::parse(response) {
            Ok(response) => response,
            Err(error) => return self.failed(error),
        };
        let agreed = match terminal.receive(&response, rng) {
            Ok(Step::Send(command)) => {
                self.state = State::Agreeing { terminal, record };
                return self.send(&command);
            }
            Ok(Step::Done(agreed)) => agreed,
            Err(error) => return self.failed(error),
        };
        record.terminal_public_key = agreed.ephemeral.as_bytes().to_vec();
        match SecureChannel::new(&agreed.keys) {
            Ok(channel) => {
                let asked = if self.told { Asked::Holder } else { Asked::Dg14 };
                let talk = Talk { channel, record, asked, selected: false, file: Vec::new() };
                self.ask(Box::new(talk))
            }
            Err(error) => self.failed(error),
        }
    }

    // Sends what the talk is at, protected by us.
    fn ask(&mut self, mut talk: Box<Talk>) -> Next {
        let plain = match talk.asked {
            Asked::Dg14 => read(0x80 | File::Dg14.sfi(), 0, BEGINNING),
            Asked::Select => Command::new(Header::new(0x00, ins::SELECT, 0x02, 0x0C))
                .with_data(File::HolderVerification.fid().to_be_bytes()),
            Asked::Holder => {
                let left = HolderVerification::LEN.saturating_sub(talk.file.len()) as u32;
                match u8::try_from(talk.file.len()) {
                    Ok(0) if !talk.selected => read(0x80 | File::HolderVerification.sfi(), 0, left),
                    offset => read(0, offset.unwrap_or(u8::MAX), left),
                }
            }
        };
        let mut command = Vec::new();
        if let Err(error) = talk.channel.protect_command(&plain, &mut command) {
            return self.failed(error);
        }
        self.state = State::Talking(talk);
        self.count(command, false)
    }

    fn hear(&mut self, mut talk: Box<Talk>, response: &[u8]) -> Next {
        let plain = match talk.channel.unprotect_response(response) {
            Ok(plain) => plain,
            // The chip is proven, has no such file, and gave the channel up to say so.
            Err(SmError::Unprotected { .. })
                if talk.record.protected_reply && talk.file.is_empty() =>
            {
                return self.done(talk.record, None);
            }
            Err(error) => {
                return self.failed(format!(
                    "the chip does not hold the private key of EF.DG14, or its answer did not come \
                     as it gave it ({error})"
                ));
            }
        };
        // Nobody else can have made that answer.
        talk.record.protected_reply = true;
        let given = matches!(plain.sw, StatusWord::SUCCESS | StatusWord::END_OF_FILE);
        match talk.asked {
            Asked::Dg14 => {
                if given && !plain.data.starts_with(&self.dg14) {
                    return self.failed("the chip holds another EF.DG14 than the phone showed");
                }
                talk.asked = Asked::Holder;
                self.ask(talk)
            }
            Asked::Select if given => {
                (talk.asked, talk.selected) = (Asked::Holder, true);
                self.ask(talk)
            }
            Asked::Holder if given && !plain.data.is_empty() => {
                talk.file.extend_from_slice(&plain.data);
                talk.file.truncate(HolderVerification::LEN);
                if talk.file.len() < HolderVerification::LEN {
                    return self.ask(talk);
                }
                let file = std::mem::take(&mut talk.file);
                self.done(talk.record, Some(file))
            }
            Asked::Holder if !talk.selected && is_no_short_identifier(plain.sw) => {
                talk.asked = Asked::Select;
                self.ask(talk)
            }
            // It has none, or half of one, which says nothing.
            Asked::Holder | Asked::Select => self.done(talk.record, None),
        }
    }

    fn send(&mut self, command: &Command) -> Next {
        match command.to_bytes() {
            Ok(command) => self.count(command, true),
            Err(error) => self.failed(error),
        }
    }

    fn count(&mut self, command: Vec<u8>, protect: bool) -> Next {
        self.frames += 1;
        if self.frames > MAX_FRAMES {
            return self.failed(format!("{MAX_FRAMES} commands were not enough"));
        }
        Next::Send { command, protect }
    }

    fn done(&mut self, record: ChipAuthentication, holder_verification: Option<Vec<u8>>) -> Next {
        self.state = State::Over;
        Next::Done(Relayed {
            chip_authentication: ChipRun::Proven,
            record: Some(record),
            holder_verification,
        })
    }

    fn failed(&mut self, why: impl std::fmt::Display) -> Next {
        self.state = State::Over;
        let chip_authentication = ChipRun::Failed(why.to_string());
        Next::Done(Relayed { chip_authentication, ..Relayed::default() })
    }
}

impl std::fmt::Debug for RemoteChip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteChip").field("frames", &self.frames).finish_non_exhaustive()
    }
}

fn read(p1: u8, p2: u8, ne: u32) -> Command {
    Command::new(Header::new(0x00, ins::READ_BINARY, p1, p2)).with_ne(ne)
}

// How cards say that they do not take short identifiers here.
const fn is_no_short_identifier(sw: StatusWord) -> bool {
    matches!(
        sw,
        StatusWord::WRONG_P1P2 | StatusWord::OFFSET_OUTSIDE | StatusWord::INCOMPATIBLE_FILE
    )
}
