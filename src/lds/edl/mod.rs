//! The driving licence with a chip (ISO/IEC 18013-2 annex C, ISO/IEC 18013-3, Commission Regulation
//! (EU) No 383/2012).
//!
//! Its application has an EF.COM, an EF.SOD and data groups as a passport's, but the numbers mean
//! other things: [`Dg1`] is the licence itself, [`Dg6`] the face, [`Dg13`] the key of Active
//! Authentication. EF.SOD is that of a passport; `EF.DG7` and `EF.DG8` are its EF.DG3 and EF.DG4.
//!
//! ```
//! use iccard::lds::edl::{Category, Demographic, Dg1, LicenceDate, Text};
//!
//! let date = |digits| LicenceDate::day_first(digits).expect("eight digits");
//! let dg1 = Dg1::eu(
//!     Demographic {
//!         issuing_state: "UTO".into(),
//!         surname: Text::new("Eriksson")?,
//!         given_names: Text::new("Anna Maria")?,
//!         date_of_birth: date("12081974"),
//!         date_of_issue: date("16042007"),
//!         date_of_expiry: date("15042012"),
//!         issuing_authority: Text::new("Ministry of Roads")?,
//!         document_number: Text::new("L898902C3")?,
//!         ..Demographic::default()
//!     },
//!     [Category::new("B", Some(date("16042007")), Some(date("15042012")))?],
//! );
//! assert_eq!(Dg1::parse(&dg1.encode())?, dg1);
//! # Ok::<(), iccard::lds::LdsError>(())
//! ```

mod category;
mod com;
mod dg1;
mod dg12;
mod file;
mod groups;
mod mrz;
mod values;

pub use category::Category;
pub use com::Com;
pub use dg1::{Demographic, Dg1, Encoding};
pub use dg12::Dg12;
pub use file::{AID, File};
pub use groups::{Dg5, Dg6, Dg11, Dg13, Dg14};
pub use mrz::Mrz;
pub use values::{LicenceDate, Text};
