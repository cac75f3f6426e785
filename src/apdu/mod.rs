//! Command and response APDUs (ISO/IEC 7816-3 clause 12, ISO/IEC 7816-4 clause 5).
//!
//! [`Command`] is what we build, [`CommandView`] what somebody sent us; both carry any bytes, the
//! PC/SC pseudo-APDUs with CLA `FF` too. [`StatusWord`] is an open set: any `u16` is one, and
//! those that the standard names know their meaning.
//!
//! ```
//! use iccard::apdu::{Command, CommandView, Header};
//!
//! let select = Command::new(Header::new(0x00, 0xA4, 0x04, 0x0C)).with_data(b"\xA0\x00\x00\x02\x47\x10\x01");
//! let bytes = select.to_bytes()?;
//! assert_eq!(hex::encode_upper(&bytes), "00A4040C07A0000002471001");
//! assert_eq!(CommandView::parse(&bytes)?.data.len(), 7);
//! # Ok::<(), iccard::apdu::ApduError>(())
//! ```

mod chaining;
mod command;
mod response;
mod status;

pub use chaining::ChainBuffer;
pub use command::{ApduError, Command, CommandView, Form, Header, MAX_DATA, MAX_NE};
pub use response::Response;
pub use status::StatusWord;

/// Instruction bytes (ISO/IEC 7816-4 table 4.2), by the standard's names.
pub mod ins {
    /// DEACTIVATE FILE.
    pub const DEACTIVATE_FILE: u8 = 0x04;
    /// ERASE BINARY.
    pub const ERASE_BINARY: u8 = 0x0E;
    /// ERASE BINARY with offsets in data objects.
    pub const ERASE_BINARY_ODD: u8 = 0x0F;
    /// VERIFY.
    pub const VERIFY: u8 = 0x20;
    /// VERIFY with the reference data in a data object.
    pub const VERIFY_ODD: u8 = 0x21;
    /// MANAGE SECURITY ENVIRONMENT.
    pub const MANAGE_SECURITY_ENVIRONMENT: u8 = 0x22;
    /// CHANGE REFERENCE DATA.
    pub const CHANGE_REFERENCE_DATA: u8 = 0x24;
    /// PERFORM SECURITY OPERATION.
    pub const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
    /// RESET RETRY COUNTER.
    pub const RESET_RETRY_COUNTER: u8 = 0x2C;
    /// ACTIVATE FILE.
    pub const ACTIVATE_FILE: u8 = 0x44;
    /// MANAGE CHANNEL.
    pub const MANAGE_CHANNEL: u8 = 0x70;
    /// EXTERNAL AUTHENTICATE, or MUTUAL AUTHENTICATE.
    pub const EXTERNAL_AUTHENTICATE: u8 = 0x82;
    /// GET CHALLENGE.
    pub const GET_CHALLENGE: u8 = 0x84;
    /// GENERAL AUTHENTICATE.
    pub const GENERAL_AUTHENTICATE: u8 = 0x86;
    /// INTERNAL AUTHENTICATE.
    pub const INTERNAL_AUTHENTICATE: u8 = 0x88;
    /// SELECT.
    pub const SELECT: u8 = 0xA4;
    /// READ BINARY.
    pub const READ_BINARY: u8 = 0xB0;
    /// READ BINARY with the offset in a data object.
    pub const READ_BINARY_ODD: u8 = 0xB1;
    /// READ RECORD.
    pub const READ_RECORD: u8 = 0xB2;
    /// GET RESPONSE.
    pub const GET_RESPONSE: u8 = 0xC0;
    /// GET DATA.
    pub const GET_DATA: u8 = 0xCA;
    /// GET DATA with a list of tags.
    pub const GET_DATA_ODD: u8 = 0xCB;
    /// WRITE BINARY.
    pub const WRITE_BINARY: u8 = 0xD0;
    /// WRITE BINARY with the offset in a data object.
    pub const WRITE_BINARY_ODD: u8 = 0xD1;
    /// WRITE RECORD.
    pub const WRITE_RECORD: u8 = 0xD2;
    /// UPDATE BINARY.
    pub const UPDATE_BINARY: u8 = 0xD6;
    /// UPDATE BINARY with the offset in a data object.
    pub const UPDATE_BINARY_ODD: u8 = 0xD7;
    /// PUT DATA.
    pub const PUT_DATA: u8 = 0xDA;
    /// PUT DATA of data objects.
    pub const PUT_DATA_ODD: u8 = 0xDB;
    /// UPDATE RECORD.
    pub const UPDATE_RECORD: u8 = 0xDC;
    /// CREATE FILE.
    pub const CREATE_FILE: u8 = 0xE0;
    /// APPEND RECORD.
    pub const APPEND_RECORD: u8 = 0xE2;
    /// DELETE FILE.
    pub const DELETE_FILE: u8 = 0xE4;
    /// TERMINATE DF.
    pub const TERMINATE_DF: u8 = 0xE6;
    /// TERMINATE EF.
    pub const TERMINATE_EF: u8 = 0xE8;
    /// TERMINATE CARD USAGE.
    pub const TERMINATE_CARD_USAGE: u8 = 0xFE;

    /// The standard's name of an instruction, for messages.
    pub const fn name(ins: u8) -> &'static str {
        match ins {
            VERIFY | 0x21 => "VERIFY",
            MANAGE_SECURITY_ENVIRONMENT => "MANAGE SECURITY ENVIRONMENT",
            CHANGE_REFERENCE_DATA | 0x25 => "CHANGE REFERENCE DATA",
            PERFORM_SECURITY_OPERATION => "PERFORM SECURITY OPERATION",
            RESET_RETRY_COUNTER | 0x2D => "RESET RETRY COUNTER",
            0x70 => "MANAGE CHANNEL",
            EXTERNAL_AUTHENTICATE => "EXTERNAL AUTHENTICATE",
            GET_CHALLENGE => "GET CHALLENGE",
            GENERAL_AUTHENTICATE | 0x87 => "GENERAL AUTHENTICATE",
            INTERNAL_AUTHENTICATE => "INTERNAL AUTHENTICATE",
            0xA0 | 0xA1 => "SEARCH BINARY",
            0xA2 => "SEARCH RECORD",
            SELECT => "SELECT",
            READ_BINARY | READ_BINARY_ODD => "READ BINARY",
            0xB2 | 0xB3 => "READ RECORD",
            GET_RESPONSE => "GET RESPONSE",
            0xC2 | 0xC3 => "ENVELOPE",
            GET_DATA | 0xCB => "GET DATA",
            0xD0 | 0xD1 => "WRITE BINARY",
            0xD2 => "WRITE RECORD",
            0xD6 | 0xD7 => "UPDATE BINARY",
            0xDA | 0xDB => "PUT DATA",
            0xDC | 0xDD => "UPDATE RECORD",
            0xE0 => "CREATE FILE",
            0xE2 => "APPEND RECORD",
            0xE4 => "DELETE FILE",
            0x04 => "DEACTIVATE FILE",
            0x44 => "ACTIVATE FILE",
            0x0E | 0x0F => "ERASE BINARY",
            0xE6 => "TERMINATE DF",
            0xE8 => "TERMINATE EF",
            0xFE => "TERMINATE CARD USAGE",
            _ => "unknown instruction",
        }
    }
}
