//! Single calls of the system's library, and what it says.

use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use pcsc::{Context, Error, State};

use super::super::{ReaderInfo, ReaderKind, ReaderState};
use crate::transport::TransportError;

/// Readers as the system lists them, and their states to wait for a change of.
pub(super) struct Snapshot {
    pub(super) readers: Vec<ReaderInfo>,
    pub(super) states: Vec<pcsc::ReaderState>,
}

/// A failed call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A code of PC/SC.
    Code(Error),
    /// The crate panicked, as it does in debug builds on a code that it does not know.
    Panicked { code: u32, detail: String },
}

/// Makes one call. The crate's panics end here: they become a [`Fault`], with the code they name.
/// Only their message is printed, by the process's panic hook, which is not ours to replace.
pub(super) fn call<T>(call: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Fault::Code),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let detail = text.unwrap_or("panic in the driver").to_owned();
            Err(Fault::Panicked { code: code_in(&detail).unwrap_or(0), detail })
        }
    }
}

/// The number behind `0x` in a text; of a sign-extended one the low 32 bits.
fn code_in(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("0x")?;
    let digits = rest.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    let code = u64::from_str_radix(digits, 16).ok()?;
    u32::try_from(code & 0xFFFF_FFFF).ok()
}

impl Fault {
    /// Whether the service or the context is gone, so that only a new context helps.
    pub(super) const fn ends_context(&self) -> bool {
        matches!(
            self,
            Self::Code(
                Error::NoService
                    | Error::ServiceStopped
                    | Error::Shutdown
                    | Error::SystemCancelled
                    | Error::InvalidHandle
                    | Error::CommError
            )
        )
    }

    /// The fault in this crate's terms.
    pub(super) fn at(self, step: &'static str, reader: &str) -> TransportError {
        let reader = reader.to_owned();
        let error = match self {
            Self::Panicked { code, detail } => {
                return TransportError::Driver { step, code, detail };
            }
            Self::Code(error) => error,
        };
        match error {
            Error::NoService | Error::ServiceStopped | Error::Shutdown => {
                TransportError::NoService { detail: format!("{error}{SERVICE_HELP}") }
            }
            Error::NoReadersAvailable | Error::UnknownReader | Error::ReaderUnavailable => {
                let wanted = Some(reader).filter(|name| !name.is_empty());
                TransportError::NoReader { wanted, available: Vec::new() }
            }
            Error::NoSmartcard => TransportError::NoCard { reader },
            Error::RemovedCard => TransportError::CardRemoved { reader },
            Error::ResetCard => TransportError::CardReset { reader },
            Error::SharingViolation => TransportError::Shared { reader },
            Error::NoAccess | Error::SecurityViolation => {
                TransportError::NoRights { detail: format!("{error}{RIGHTS_HELP}") }
            }
            other => TransportError::Driver { step, code: other as u32, detail: other.to_string() },
        }
    }
}

const SERVICE_HELP: &str =
    if cfg!(windows) || cfg!(target_os = "macos") { "" } else { "; is pcscd running?" };

const RIGHTS_HELP: &str = if cfg!(windows) || cfg!(target_os = "macos") {
    ""
} else {
    "; polkit asks for the actions org.debian.pcsc-lite.access_pcsc and \
     org.debian.pcsc-lite.access_card: add a rule that grants them, or start pcscd with \
     --disable-polkit where there is no polkit"
};

/// A connection to the service.
pub(super) fn establish() -> Result<Context, Fault> {
    call(|| Context::establish(pcsc::Scope::User))
}

/// The readers and what is on them.
pub(super) fn snapshot(context: &Context) -> Result<Snapshot, Fault> {
    // A reader that leaves between the two calls makes the second fail.
    for _ in 0..4 {
        match try_snapshot(context) {
            Err(Fault::Code(Error::UnknownReader | Error::ReaderUnavailable)) => {}
            other => return other,
        }
    }
    try_snapshot(context)
}

fn try_snapshot(context: &Context) -> Result<Snapshot, Fault> {
    let names = names(context)?;
    let unaware = |name| pcsc::ReaderState::new(name, State::UNAWARE);
    let mut states: Vec<_> = names.into_iter().map(unaware).collect();
    if !states.is_empty() {
        change(context, Duration::ZERO, &mut states)?;
    }
    let readers = states.iter().enumerate().map(|(index, state)| info(index, state)).collect();
    Ok(Snapshot { readers, states })
}

/// The readers' names. A buffer for all there can be has no race with a reader that comes.
fn names(context: &Context) -> Result<Vec<CString>, Fault> {
    let mut buffer = vec![0; 1 << 16];
    call(|| Ok(context.list_readers(&mut buffer)?.map(CStr::to_owned).collect()))
}

fn info(index: usize, state: &pcsc::ReaderState) -> ReaderInfo {
    let name = state.name().to_string_lossy().into_owned();
    let kind = ReaderKind::of(&name);
    let bits = state.event_state();
    let atr = if bits.contains(State::PRESENT) { state.atr().to_vec() } else { Vec::new() };
    ReaderInfo { index, name, state: meaning(bits), atr, kind }
}

/// What the state bits say.
fn meaning(bits: State) -> ReaderState {
    if bits.intersects(State::UNKNOWN | State::UNAVAILABLE) {
        ReaderState::Unavailable
    } else if !bits.contains(State::PRESENT) {
        ReaderState::Empty
    } else if bits.contains(State::MUTE) {
        ReaderState::Mute
    } else if bits.contains(State::EXCLUSIVE) {
        ReaderState::Exclusive
    } else if bits.contains(State::INUSE) {
        ReaderState::InUse
    } else {
        ReaderState::Card
    }
}

/// Waits until a state differs from the one known: whether one does.
pub(super) fn change(
    context: &Context,
    wait: Duration,
    states: &mut [pcsc::ReaderState],
) -> Result<bool, Fault> {
    match call(|| context.get_status_change(wait, states)) {
        Ok(()) => Ok(true),
        Err(Fault::Code(Error::Timeout)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The state bits of the first.
pub(super) fn bits(states: &[pcsc::ReaderState]) -> State {
    states.first().map_or(State::empty(), pcsc::ReaderState::event_state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_crate_becomes_a_code() {
        let unknown = call::<()>(|| panic!("unknown PCSC error code: {:#x}", 0x57));
        let fault = unknown.unwrap_err();
        let error = fault.at("send a command", "A 00");
        assert!(matches!(error, TransportError::Driver { code: 0x57, .. }), "{error:?}");
        assert_eq!(code_in("unknown PCSC error code: 0xffffffff80100033"), Some(0x8010_0033));
        assert_eq!(code_in("no number, 0x nor here"), None);
    }

    #[test]
    fn codes_become_what_they_mean() {
        let at = |error| Fault::Code(error).at("send a command", "A 00");
        assert!(matches!(at(Error::ResetCard), TransportError::CardReset { .. }));
        assert!(matches!(at(Error::RemovedCard), TransportError::CardRemoved { .. }));
        assert!(matches!(at(Error::SharingViolation), TransportError::Shared { .. }));
        assert!(matches!(at(Error::SecurityViolation), TransportError::NoRights { .. }));
        assert!(matches!(at(Error::NoService), TransportError::NoService { .. }));
        assert!(matches!(at(Error::NoSmartcard), TransportError::NoCard { .. }));
        assert!(matches!(
            at(Error::UnresponsiveCard),
            TransportError::Driver { code: 0x8010_0066, step: "send a command", .. }
        ));
    }

    #[test]
    fn bits_become_a_state() {
        assert_eq!(meaning(State::EMPTY | State::CHANGED), ReaderState::Empty);
        assert_eq!(meaning(State::PRESENT | State::UNPOWERED), ReaderState::Card);
        assert_eq!(meaning(State::PRESENT | State::INUSE), ReaderState::InUse);
        let alone = State::PRESENT | State::INUSE | State::EXCLUSIVE;
        assert_eq!(meaning(alone), ReaderState::Exclusive);
        assert_eq!(meaning(State::PRESENT | State::MUTE), ReaderState::Mute);
        assert_eq!(meaning(State::UNAVAILABLE | State::PRESENT), ReaderState::Unavailable);
    }
}
