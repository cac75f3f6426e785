//! The other side of a control channel.

use std::{
    io::{self, BufReader, Write as _},
    time::Duration,
};

use serde_json::Value;

use super::{
    ControlAddress, ControlError, Request,
    wire::{Stream, line},
};

/// Most time of one request: a card has to leave a reader and to come into one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to running cards.
#[derive(Debug)]
pub struct Client {
    from: BufReader<Stream>,
    to: Stream,
    address: String,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`ControlError::NoEmulator`] or [`ControlError::Io`].
    pub fn connect(address: &ControlAddress) -> Result<Self, ControlError> {
        let stream = Stream::connect(address)?;
        let address = address.to_string();
        let set_up = || {
            stream.limit(PATIENCE, PATIENCE)?;
            stream.try_clone()
        };
        let to = set_up().map_err(|source| ControlError::Io {
            step: "connect",
            address: address.clone(),
            source,
        })?;
        Ok(Self { from: BufReader::new(stream), to, address })
    }

    /// Asks, and waits until it is done: a JSON object that says what has become of it.
    ///
    /// # Errors
    /// What the emulator says, as [`ControlError::Refused`]; [`ControlError::Timeout`],
    /// [`ControlError::Line`] or [`ControlError::Io`] where it says nothing that can be understood.
    pub fn ask(&mut self, request: &Request) -> Result<Value, ControlError> {
        let io = |step, source: io::Error| match source.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                ControlError::Timeout { step, waited: PATIENCE }
            }
            _ => ControlError::Io { step, address: self.address.clone(), source },
        };
        let wrong = |got: String| ControlError::Line {
            step: "read the answer",
            expected: "one line with a JSON object".into(),
            got,
        };
        let mut text = serde_json::to_string(request).map_err(|e| wrong(e.to_string()))?;
        text.push('\n');
        self.to.write_all(text.as_bytes()).map_err(|source| io("send the request", source))?;
        let answer = match line(&mut self.from) {
            Ok(Some(answer)) => answer,
            Ok(None) => return Err(wrong("the end of the connection".into())),
            Err(ControlError::Io { source, .. }) => return Err(io("wait for the answer", source)),
            Err(error) => return Err(error),
        };
        let value: Value = serde_json::from_str(&answer).map_err(|e| wrong(e.to_string()))?;
        match value.get("error") {
            Some(error) => Err(ControlError::from_value(error)),
            None => Ok(value),
        }
    }
}
