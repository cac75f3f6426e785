//! Which step of a protocol a command is, where nobody who knows has said so: told by the commands
//! alone, in their order.

use crate::{
    apdu::{CommandView, ins},
    lds::{Df, File},
};

/// Follows a dialogue.
#[derive(Debug)]
pub(super) struct Steps {
    /// The application that was selected; `None` of one that is not known.
    df: Option<Df>,
    file: Option<&'static str>,
    protocol: Protocol,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    #[default]
    None,
    /// With the number of GENERAL AUTHENTICATEs so far.
    Pace(usize),
    Chip,
    Terminal,
}

/// ICAO Doc 9303-11 clause 4.4.4.2.
const PACE: [&str; 4] = [
    "PACE 1 of 4, nonce",
    "PACE 2 of 4, mapping",
    "PACE 3 of 4, key agreement",
    "PACE 4 of 4, token",
];

impl Default for Steps {
    /// A card that has just been reset: its master file is selected.
    fn default() -> Self {
        Self { df: Some(Df::MasterFile), file: None, protocol: Protocol::None }
    }
}

impl Steps {
    /// The step of the next command, in plain; of data that are left out zeros will do.
    pub(super) fn next(&mut self, command: &[u8]) -> Option<&'static str> {
        let view = CommandView::parse(command).ok()?;
        let header = view.header;
        match header.ins {
            ins::SELECT => Some(self.select(header.p1, view.data)),
            ins::MANAGE_SECURITY_ENVIRONMENT => self.environment(header.p1, header.p2),
            ins::GENERAL_AUTHENTICATE => match self.protocol {
                Protocol::Pace(at) => {
                    // All but the last say that more follows, and yet are whole.
                    self.protocol = Protocol::Pace((at + 1).min(PACE.len() - 1));
                    PACE.get(at).copied()
                }
                Protocol::Chip => Some("Chip Authentication key agreement"),
                Protocol::None | Protocol::Terminal => None,
            },
            ins::PERFORM_SECURITY_OPERATION if (header.p1, header.p2) == (0x00, 0xBE) => {
                Some("Terminal Authentication PSO:VERIFY CERTIFICATE")
            }
            ins::GET_CHALLENGE if self.protocol == Protocol::Terminal => {
                Some("Terminal Authentication GET CHALLENGE")
            }
            ins::EXTERNAL_AUTHENTICATE if self.protocol == Protocol::Terminal => {
                self.protocol = Protocol::None;
                Some("Terminal Authentication EXTERNAL AUTHENTICATE")
            }
            ins::GET_CHALLENGE => Some("GET CHALLENGE"),
            ins::EXTERNAL_AUTHENTICATE => Some("EXTERNAL AUTHENTICATE"),
            ins::INTERNAL_AUTHENTICATE => Some("Active Authentication"),
            ins::READ_BINARY => {
                if header.p1 & 0x80 != 0 {
                    self.file = self.by(|file| file.sfi() == header.p1 & 0x1F);
                }
                self.file
            }
            ins::READ_BINARY_ODD => self.file,
            _ => None,
        }
    }

    fn select(&mut self, p1: u8, data: &[u8]) -> &'static str {
        self.file = None;
        match (p1, data) {
            (0x00, [] | [0x3F, 0x00]) => {
                self.df = Some(Df::MasterFile);
                "SELECT MF"
            }
            (0x04, name) => {
                let known = [Df::Lds, Df::Edl, Df::KeyOnly];
                self.df = known.into_iter().find(|df| df.aid() == Some(name));
                match self.df {
                    Some(Df::Lds) => "SELECT eMRTD application",
                    Some(Df::Edl) => "SELECT driving licence application",
                    Some(Df::KeyOnly) => "SELECT application of a key-only card",
                    _ => "SELECT application",
                }
            }
            (_, &[high, low]) => {
                self.file = self.by(|file| file.fid() == u16::from_be_bytes([high, low]));
                self.file.unwrap_or("SELECT file")
            }
            _ => "SELECT file",
        }
    }

    // ISO/IEC 7816-4 clause 11.5.11, ICAO Doc 9303-11 clauses 4.4.4.1, 6.2.4 and 7.1.
    fn environment(&mut self, p1: u8, p2: u8) -> Option<&'static str> {
        let (protocol, step) = match (p1, p2) {
            (0xC1, 0xA4) => (Protocol::Pace(0), "PACE MSE:Set AT"),
            (0x41, 0xA4) => (Protocol::Chip, "Chip Authentication MSE:Set AT"),
            (0x41, 0xA6) => (Protocol::None, "Chip Authentication MSE:Set KAT"),
            (0x81, 0xB6) => (Protocol::Terminal, "Terminal Authentication MSE:Set DST"),
            (0x81, 0xA4) => (Protocol::Terminal, "Terminal Authentication MSE:Set AT"),
            _ => return None,
        };
        self.protocol = protocol;
        Some(step)
    }

    fn by(&self, is_it: impl Fn(File) -> bool) -> Option<&'static str> {
        let df = self.df?;
        File::ALL.into_iter().find(|&file| file.df() == df && is_it(file)).map(File::name)
    }
}
