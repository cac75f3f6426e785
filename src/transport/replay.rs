//! A recording as a card.

use super::{
    Deadline, Entry, ErrorKind, Failed, Masked, RecordError, Recording, Reset, Transport,
    TransportError,
};
use crate::transport::Limits;

/// Answers a dialogue as a recording has it, byte for byte, and refuses every other one.
#[derive(Debug)]
pub struct Replay {
    recording: Recording,
    atr: Vec<u8>,
    name: String,
    next: usize,
    diverged: Option<Divergence>,
}

/// Where a dialogue left its recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{recording}:{line}: {expected} expected, {got} came: {why}")]
pub struct Divergence {
    /// The recording.
    pub recording: String,
    /// The line that was due.
    pub line: usize,
    /// What stands there, without its data.
    pub expected: String,
    /// What was sent, without its data.
    pub got: String,
    /// What the reason may be.
    pub why: String,
}

impl Replay {
    /// The card of a recording, before its first command.
    ///
    /// # Errors
    /// [`RecordError::Redacted`].
    pub fn new(recording: Recording) -> Result<Self, RecordError> {
        recording.need_all("replay it")?;
        let atr = recording.header().atr.bytes().unwrap_or_default().to_vec();
        let name = format!("replay:{}", recording.file());
        Ok(Self { recording, atr, name, next: 0, diverged: None })
    }

    /// How many entries of the recording have not come yet.
    pub fn left(&self) -> usize {
        self.recording.entries().len().saturating_sub(self.next)
    }

    // The dialogue is over: what was not recorded is not made up.
    fn diverge(&mut self, expected: String, got: String, why: String) -> TransportError {
        let last = self.recording.entries().last().map_or(1, |(line, _)| *line);
        let due = self.recording.entries().get(self.next);
        let line = due.map_or(last + 1, |(line, _)| *line);
        let recording = self.recording.file().to_owned();
        let divergence = Divergence { recording, line, expected, got, why };
        self.diverged = Some(divergence.clone());
        TransportError::Diverged(Box::new(divergence))
    }

    fn why(&self, otherwise: &str) -> String {
        let (recorded, this) = (&self.recording.header().program, env!("CARGO_PKG_VERSION"));
        if recorded == this {
            return otherwise.into();
        }
        format!("it was recorded by version {recorded}, this is {this}")
    }

    fn over(&mut self, got: String) -> TransportError {
        let (expected, why) = match self.recording.counts() {
            Some(_) => ("the end of the dialogue", "more was sent than was recorded"),
            None => ("nothing more", "the recording was cut off here"),
        };
        let why = self.why(why);
        self.diverge(expected.into(), got, why)
    }

    fn failed(&self, failed: &Failed) -> TransportError {
        let reader = self.name.clone();
        match failed.kind {
            ErrorKind::CardRemoved => TransportError::CardRemoved { reader },
            ErrorKind::CardReset => TransportError::CardReset { reader },
            _ => TransportError::Recorded { detail: failed.text.clone() },
        }
    }
}

impl Transport for Replay {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn limits(&self) -> Limits {
        self.recording.header().limits.into()
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        _deadline: Deadline,
    ) -> Result<(), TransportError> {
        response.clear();
        if let Some(diverged) = &self.diverged {
            return Err(TransportError::Diverged(Box::new(diverged.clone())));
        }
        let exchange = match self.recording.entries().get(self.next) {
            Some((_, Entry::Exchange(exchange))) => exchange,
            Some((_, Entry::Reset(reset))) => {
                let expected = format!("a {:?} reset", reset.kind).to_lowercase();
                let why = self.why("another option or a card that learnt something since");
                return Err(self.diverge(expected, shown(command), why));
            }
            None => return Err(self.over(shown(command))),
        };
        let recorded = exchange.command.bytes().unwrap_or_default();
        if recorded != command {
            let (expected, got, why) = compare(recorded, command);
            let why = self.why(why);
            return Err(self.diverge(expected, got, why));
        }
        let answer = match (&exchange.response, &exchange.error) {
            (_, Some(failed)) => Err(self.failed(failed)),
            (answer, None) => {
                let bytes = answer.as_ref().and_then(Masked::bytes).unwrap_or_default();
                response.extend_from_slice(bytes);
                Ok(())
            }
        };
        self.next += 1;
        answer
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        if let Some(diverged) = &self.diverged {
            return Err(TransportError::Diverged(Box::new(diverged.clone())));
        }
        let got = format!("a {kind:?} reset").to_lowercase();
        let reset = match self.recording.entries().get(self.next) {
            Some((_, Entry::Reset(reset))) if reset.kind == kind.into() => reset,
            Some((_, entry)) => {
                let expected = match entry {
                    Entry::Reset(reset) => format!("a {:?} reset", reset.kind).to_lowercase(),
                    Entry::Exchange(exchange) => {
                        shown(exchange.command.bytes().unwrap_or_default())
                    }
                };
                let why = self.why("another option, or a card that learnt something since");
                return Err(self.diverge(expected, got, why));
            }
            None => return Err(self.over(got)),
        };
        if let Some(failed) = &reset.error {
            let error = self.failed(failed);
            self.next += 1;
            return Err(error);
        }
        let atr = reset.atr.as_ref().and_then(Masked::bytes).unwrap_or_default().to_vec();
        self.atr = atr;
        self.next += 1;
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }
}

// Header and length: data may be a password.
fn shown(command: &[u8]) -> String {
    let header = command.get(..4).unwrap_or(command);
    format!("{} of {} bytes", hex::encode_upper(header), command.len())
}

fn compare(recorded: &[u8], command: &[u8]) -> (String, String, &'static str) {
    let (mut expected, mut got) = (shown(recorded), shown(command));
    let differs = recorded.iter().zip(command).position(|(a, b)| a != b);
    if recorded.get(..4) != command.get(..4) {
        return (expected, got, "another command, option or version than was recorded");
    }
    if let Some(at) = differs {
        expected.push_str(&format!(" with byte {}", at + 1));
        got.push_str(" with another one");
    }
    (expected, got, "another seed, password or option than was recorded")
}
