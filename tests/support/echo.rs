//! A chip for tests of the ways to it: it knows nothing of cards.

use std::sync::mpsc::{Receiver, Sender, channel};

use iccard::transport::{Power, Responder};

/// Its answer to reset: T=1, no historical bytes (PC/SC part 3 clause 3.1.3.2.3.1).
pub const ATR: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

/// Answers by INS:
///
/// | INS | answer |
/// |---|---|
/// | `B0` | P1 P2 bytes, then 9000 |
/// | `CA` | how often `CA` was asked since the last power or reset, one byte, then 9000 |
/// | `70` | 9000, when the test lets it |
/// | other | the command itself, then 9000 |
pub struct Echo {
    asked: u8,
    powered: Sender<Power>,
    working: Sender<()>,
    gate: Receiver<()>,
}

/// The test's ends of the chip's channels.
pub struct Ends {
    /// What happened to its power and reset lines.
    pub powered: Receiver<Power>,
    /// A `70` has come.
    pub working: Receiver<()>,
    /// Lets a `70` be answered.
    pub gate: Sender<()>,
}

impl Echo {
    /// The chip and the test's ends.
    pub fn new() -> (Self, Ends) {
        let (powered, powered_end) = channel();
        let (working, working_end) = channel();
        let (gate_end, gate) = channel();
        let ends = Ends { powered: powered_end, working: working_end, gate: gate_end };
        (Self { asked: 0, powered, working, gate }, ends)
    }
}

impl Responder for Echo {
    fn atr(&self) -> &[u8] {
        &ATR
    }

    fn power(&mut self, event: Power) {
        self.asked = 0;
        let _ = self.powered.send(event);
    }

    fn respond(&mut self, command: &[u8], response: &mut Vec<u8>) {
        match *command {
            [_, 0xB0, p1, p2, ..] => {
                let length = usize::from(u16::from_be_bytes([p1, p2]));
                response.extend((0..length).map(|i| (i % 251) as u8));
            }
            [_, 0xCA, ..] => {
                self.asked = self.asked.wrapping_add(1);
                response.push(self.asked);
            }
            [_, 0x70, ..] => {
                let _ = self.working.send(());
                let _ = self.gate.recv();
            }
            _ => response.extend_from_slice(command),
        }
        response.extend_from_slice(&[0x90, 0x00]);
    }
}
