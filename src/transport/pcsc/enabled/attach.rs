//! The way to a card: its reader, the wait for it, the connection.

use std::ffi::{CStr, CString};
use std::time::Duration;

use pcsc::{Card, Context, Error, Protocols, ShareMode};

use super::super::{ConnectOptions, ReaderInfo, ReaderState};
use super::choose::{Choice, choose};
use super::driver::{Fault, Snapshot, call, change, snapshot};
use crate::transport::{Deadline, TransportError};

/// The most time of one wait: the list of readers is read anew after it.
const CAP: Duration = Duration::from_millis(500);
/// Right after a card has come, connecting to it can fail for so long.
const SETTLE: Duration = Duration::from_millis(500);
/// Between two attempts to connect, unless something changes before.
const RETRY: Duration = Duration::from_millis(50);

/// Finds the reader, and waits there for a card as long as the options say.
pub(super) fn find(
    context: &Context,
    options: &ConnectOptions,
) -> Result<(CString, String), TransportError> {
    const STEP: &str = "look at the readers";
    let until = options.wait.map(Deadline::after);
    loop {
        let Snapshot { readers, mut states } =
            snapshot(context).map_err(|fault| fault.at(STEP, ""))?;
        let choice = choose(&readers, options.reader.as_deref(), &options.ignore)?;
        let over = until.is_none_or(Deadline::passed);
        let one = match &choice {
            Choice::One(reader) => Some(*reader),
            Choice::FirstOf(_) => None,
        };
        if let Some(reader) = one
            // A mute card gives a better error than none.
            && (reader.state.has_card() || over && reader.state == ReaderState::Mute)
            && let Some(state) = states.get(reader.index)
        {
            return Ok((state.name().to_owned(), reader.name.clone()));
        }
        if over {
            return Err(TransportError::NoCard { reader: named(&choice) });
        }
        states.iter_mut().for_each(pcsc::ReaderState::sync_current_state);
        let wait = CAP.min(until.map_or(CAP, Deadline::left));
        match change(context, wait, &mut states) {
            // One that is unplugged meanwhile is seen in the next list.
            Ok(_) | Err(Fault::Code(Error::UnknownReader | Error::ReaderUnavailable)) => {}
            Err(fault) => return Err(fault.at(STEP, "")),
        }
    }
}

fn named(choice: &Choice<'_>) -> String {
    match choice {
        Choice::One(reader) => reader.name.clone(),
        Choice::FirstOf(readers) => {
            let names: Vec<&str> = readers.iter().map(|r: &&ReaderInfo| r.name.as_str()).collect();
            format!("any of {}", names.join(", "))
        }
    }
}

/// Connects to the card that was seen.
pub(super) fn attach(
    context: &Context,
    reader: &CStr,
    name: &str,
    share: ShareMode,
    protocols: Protocols,
) -> Result<Card, TransportError> {
    let until = Deadline::after(SETTLE);
    let mut states = [pcsc::ReaderState::new(reader, pcsc::State::UNAWARE)];
    loop {
        match call(|| context.connect(reader, share, protocols)) {
            Ok(card) => return Ok(card),
            Err(Fault::Code(error)) if passes(error) && !until.passed() => {}
            Err(fault) => return Err(fault.at("connect to the card", name)),
        }
        states.iter_mut().for_each(pcsc::ReaderState::sync_current_state);
        change(context, RETRY, &mut states).map_err(|fault| fault.at("wait for the card", name))?;
    }
}

/// Whether a connect that failed so may succeed a moment later.
const fn passes(error: Error) -> bool {
    matches!(
        error,
        Error::NoSmartcard
            | Error::UnpoweredCard
            | Error::UnresponsiveCard
            | Error::RemovedCard
            | Error::ResetCard
            | Error::NotReady
            | Error::NotTransacted
            | Error::SharingViolation
    )
}
