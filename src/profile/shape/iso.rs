//! The tables of files, passwords, keys and data objects that are declared one by one.

use super::{
    Key,
    Kind::{Choice, Flag, Hex, Hexes, Number, Rule, Table, Text},
    Shape, names_of, needed, optional, otherwise,
};
use crate::profile::check::names::{CIPHERS, CURVES, FILE_KINDS, HASHES};

const HEX: Key = optional("hex", Hex, "its bytes; or `text` or `from`");
const TEXT: Key = optional("text", Text(None), "its bytes as UTF-8; or `hex` or `from`");
const FROM: Key = optional(
    "from",
    Text(None),
    "a file with its bytes, relative to this one and in its folder or below; or `hex` or `text`",
);

pub(super) const FILE: &Shape = &Shape {
    keys: &[
        needed(
            "path",
            Text(Some("^[0-9A-Fa-f]{4,32}(/[0-9A-Fa-f]{4}){0,7}$")),
            "file identifiers from below the master file down, its own last: `\"5015/4401\"`. In \
             front may stand the name of an application, of the travel document too: \
             `\"A0000002471001/0150\"`. A file that the travel document has already is replaced; \
             `\"3F00\"` is the master file",
        ),
        needed("kind", Choice(|| names_of(FILE_KINDS)), "what it is"),
        optional("aid", Hex, "the name of a `df`, 1 to 16 bytes, which makes it an application"),
        optional("sfi", Number(1, 30), "short identifier of an EF"),
        HEX,
        TEXT,
        FROM,
        optional(
            "size",
            Number(1, 65_535),
            "bytes of a `transparent` file whose content is shorter: 00 follows",
        ),
        optional(
            "record_size",
            Number(1, 255),
            "most bytes of a record, of fixed and cyclic ones exactly so many (shorter ones are \
             followed by 00); left out: those of the longest",
        ),
        optional("records", Hexes, "the records, the first in front"),
        optional("max_records", Number(1, 254), "most records; left out: as many as there are"),
        otherwise(
            "read",
            Rule,
            "\"always\"",
            "who may read it; of a `df`, select it or enter it by a path",
        ),
        otherwise("update", Rule, "\"never\"", "who may change its content"),
        otherwise("delete", Rule, "\"never\"", "who may delete it"),
        otherwise("activate", Rule, "\"never\"", "who may activate and deactivate it"),
        otherwise("terminate", Rule, "\"never\"", "who may terminate it"),
        otherwise("create", Rule, "\"never\"", "who may create files in this `df`"),
    ],
};

pub(super) const PASSWORD: &Shape = &Shape {
    keys: &[
        needed("reference", Number(1, 0x9F), "P2 of VERIFY: 0x01 to 0x1F or 0x81 to 0x9F"),
        optional("text", Text(None), "its value; or `hex`"),
        optional("hex", Hex, "its value; or `text`"),
        otherwise("tries", Number(1, 15), "3", "tries of a fresh one"),
        optional("unblocked_by", Number(1, 0x9F), "the password that RESET RETRY COUNTER takes"),
        otherwise(
            "pin",
            Flag,
            "false",
            "whether it is the holder's PIN, which the rule `pin` means",
        ),
        optional(
            "min",
            Number(1, 64),
            "fewest bytes of a new value; left out: 4, or as many as there are",
        ),
        optional("max", Number(1, 64), "most bytes; left out: 8, or as many as there are"),
        optional("padding", Number(0, 255), "the byte that pads values to `max`; left out: none"),
    ],
};

pub(super) const KEY: &Shape = &Shape {
    keys: &[
        needed("number", Number(1, 255), "P2, and the number in DO83/84 of MSE"),
        optional("cipher", Choice(|| names_of(CIPHERS)), "of a symmetric key; or `curve`"),
        optional("curve", Choice(|| names_of(CURVES)), "of a private key; or `cipher`"),
        otherwise(
            "hash",
            Choice(|| names_of(HASHES)),
            "\"SHA-256\"",
            "of the signatures of a private key",
        ),
        optional("hex", Hex, "the key; left out: from the seed and the number"),
        needed("uses", Table(USES), "what it may be used for, and by whom"),
    ],
};

const USES: &Shape = &Shape {
    keys: &[
        optional("internal", Rule, "INTERNAL AUTHENTICATE"),
        optional("external", Rule, "EXTERNAL AUTHENTICATE"),
        optional("mutual", Rule, "MUTUAL AUTHENTICATE, with `cipher`"),
        optional("sign", Rule, "PSO:COMPUTE DIGITAL SIGNATURE, with `curve`"),
        optional("cipher", Rule, "PSO:ENCIPHER and DECIPHER, with `cipher`"),
        optional("checksum", Rule, "PSO:COMPUTE and VERIFY CRYPTOGRAPHIC CHECKSUM, with `cipher`"),
    ],
};

pub(super) const DATA_OBJECT: &Shape = &Shape {
    keys: &[
        needed(
            "tag",
            Text(Some("^([0-9A-Fa-f]{2}){1,2}$")),
            "P1-P2 of GET DATA: a tag of one or two bytes",
        ),
        HEX,
        TEXT,
        FROM,
        otherwise("read", Rule, "\"always\"", "who may get it"),
        otherwise("update", Rule, "\"never\"", "who may put it"),
    ],
};
