//! Conformance: the cases of a test standard, run against any card, emulated or real.
//!
//! The cases are those of the ICAO technical report "RF Protocol and Application Test Standard for
//! eMRTD, Part 3", version 3.2: layer 6 (units ISO7816_A to _U, the commands) and layer 7 (units
//! LDS_A to _O, the files). The ids and subjects are the report's, the words and the code are ours;
//! docs/conformance.md says what was not read of it. A run is no certification.
//!
//! A case applies where the card declares what it needs ([`Capabilities`]), and where it does not
//! the report names the capability that is missing. The terminal is one that can break the rules
//! on purpose; it shares primitives with the rest of the library and no protocol, so that a mistake
//! of the chip's half is not its own.
//!
//! ```
//! use iccard::{conform::{Capabilities, Plan, run}, emulator, profile, transport::Loopback};
//!
//! let profile = profile::resident()?;
//! let mut card = Loopback::new(emulator::resident()?);
//! let plan = Plan { units: vec!["ISO7816_Q".into()], ..Plan::default() };
//! let report = run(&mut card, &Capabilities::of_profile(&profile), &plan, &mut |_| {})?;
//! assert_eq!((report.passed(), report.failed(), report.not_applicable()), (4, 0, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod capability;
mod case;
mod declared;
mod error;
mod expect;
mod junit;
mod report;
mod run;
mod terminal;
mod units;

pub use capability::{Capabilities, Capability, Secrets};
pub use case::{Basis, Case};
pub use error::ConformError;
pub use expect::Expect;
pub use junit::junit;
pub use report::{CaseReport, Exchange, Failure, Outcome, Report};
pub use run::{Plan, run};
pub use units::{LAYER_6, cases};
