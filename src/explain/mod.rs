//! What bytes mean, in words: commands, answers, status words, ATRs, TLV trees, certificates.
//!
//! Everything comes out as a tree of [`Node`]s, which one place draws as text and another writes as
//! JSON. Nothing here decides anything; what cannot be read is said to be so and shown as bytes.
//! Trees are bounded, whatever the bytes are.
//!
//! [`command_line`] has nothing that could be secret or personal, and neither has [`command`] but
//! for what stands in clear in data objects; all else shows what it is given.
//!
//! ```
//! use iccard::explain;
//!
//! let select = hex::decode("00A4040C07A0000002471001")?;
//! assert_eq!(explain::command_line(&select), "SELECT by DF name A0000002471001 (eMRTD application)");
//! let (kind, node) = explain::any(b"63C2").remove(0);
//! assert_eq!((kind, node.value.as_str()), (explain::Kind::Status, "warning, 2 tries left"));
//! # Ok::<(), hex::FromHexError>(())
//! ```

mod answer;
mod atr;
mod certificates;
mod command;
mod files;
mod mrz;
mod names;
mod node;
mod oid;
mod recognise;
mod status;
mod tags;

pub use answer::answer;
pub use atr::{atr, ats};
pub use certificates::{cms, cvc, security_infos, x509};
pub use command::{command, command_line};
pub use files::file;
pub use mrz::mrz;
#[cfg(feature = "scripts")]
pub(crate) use names::count;
pub use node::Node;
pub use oid::oid;
pub use recognise::{Input, Kind, MAX_INPUT, any, kinds, read_as};
pub use status::status;
pub use tags::tlv;

use command::is_secured as command_is_secured;
