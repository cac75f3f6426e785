//! A dialogue with one card: a [`Transport`](crate::transport::Transport), the secure channel over
//! it, and the habits of ISO/IEC 7816-4 (GET RESPONSE after `61xx`, a corrected Le after `6Cxx`,
//! command chaining, reading files in as few commands as card and reader allow, and going on with less
//! where they allow less than they say).

mod as_is;
mod dialogue;
mod error;
mod ladder;
mod read;
mod recover;
mod select;

pub use dialogue::{Session, Stats};
pub use error::SessionError;
pub use ladder::Lengths;
pub use read::Reading;
