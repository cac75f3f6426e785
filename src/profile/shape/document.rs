//! The tables of a card and of what makes it a travel document, a licence or a key.

use super::{
    Key,
    Kind::{
        Choice, ChoiceOr, Choices, Date, Flag, Hex, Number, Numbers, OneOrMore, Table, Tables,
        Text, Texts,
    },
    Shape,
    faults::{FAULTS, QUIRKS},
    iso::{DATA_OBJECT, FILE, KEY, PASSWORD},
    names_of, needed, optional, otherwise,
};
use crate::pki::cvc::TerminalType;
use crate::profile::check::{
    SCHEMA,
    names::{CIPHERS, CURVES, ENCODINGS, GROUPS, HASHES, MAPPINGS, RSA_BITS, SEXES, SIGNATURES},
};

/// The document itself.
pub(in crate::profile) const ROOT: &Shape = &Shape {
    keys: &[
        needed("schema", Number(SCHEMA, SCHEMA), "the version of this schema"),
        optional(
            "include",
            Texts,
            "files with shared parts, relative to this one and in its folder or below. Tables merge, \
             this file wins over them and a later one over an earlier; of the lists `file`, \
             `password`, `key` and `data_object` an entry replaces the one of the same path, \
             reference, number or tag",
        ),
        needed("name", Text(None), "what to call it, 60 bytes"),
        needed("title", Text(None), "what the card is, in words for people, 100 bytes"),
        needed("seed", Text(None), "any text: where every key, serial number and face comes from"),
        optional(
            "person",
            Table(PERSON),
            "the holder, synthetic. Needed on a travel document or licence",
        ),
        optional(
            "document",
            Table(DOCUMENT),
            "the document. A card without it is no travel document, and has \
             neither `bac` nor Chip, Active and Terminal Authentication",
        ),
        optional(
            "secrets",
            Table(SECRETS),
            "what opens the card besides the MRZ. Needed where there is PACE",
        ),
        optional("pin", Table(PIN), "the PIN's rules"),
        needed("limits", Table(LIMITS), "the largest APDUs"),
        needed("atr", Table(ATR), "the answer to reset"),
        optional(
            "pace",
            Tables(PACE),
            "the PACE protocols in order of EF.CardAccess; one at least on a travel \
             document without `bac`",
        ),
        otherwise("bac", Flag, "false", "whether the chip has Basic Access Control"),
        optional(
            "chip_authentication",
            OneOrMore(CHIP_AUTHENTICATION),
            "left out: a chip without it. 3DES is \
             agreed by MSE:Set KAT, AES by MSE:Set AT",
        ),
        optional(
            "active_authentication",
            Table(ACTIVE_AUTHENTICATION),
            "left out: no DG15 (a licence's DG13)",
        ),
        optional(
            "terminal_authentication",
            Table(TERMINAL_AUTHENTICATION),
            "left out: a chip without it",
        ),
        optional("face", Table(FACE), "the face, which follows from the seed"),
        optional("fingers", Table(FINGERS), "left out: no DG3. Needs Terminal Authentication"),
        optional(
            "licence",
            Table(LICENCE),
            "makes the card a driving licence, opened by BAP; there are no \
             `secrets`, `pin`, `bac`, `pace`, `fingers` and no Terminal Authentication then",
        ),
        optional(
            "pki",
            Table(PKI),
            "CSCA and document signer. Needed on a travel document or licence",
        ),
        optional(
            "key_only",
            Table(KEY_ONLY),
            "the application of a card that has a key and no personal data",
        ),
        optional("file", Tables(FILE), "files, one by one; a parent may stand behind its children"),
        optional("password", Tables(PASSWORD), "passwords of VERIFY"),
        optional(
            "key",
            Tables(KEY),
            "keys of INTERNAL, EXTERNAL and MUTUAL AUTHENTICATE and of PSO",
        ),
        optional("data_object", Tables(DATA_OBJECT), "data objects of GET DATA"),
        optional("faults", Table(FAULTS), "what goes wrong in a run (docs/faults.md)"),
        optional(
            "quirks",
            Table(QUIRKS),
            "what the chip does otherwise than the standards say (docs/faults.md)",
        ),
    ],
};

const PERSON: &Shape = &Shape {
    keys: &[
        needed(
            "surname",
            Text(Some("^[A-Z ]{1,28}$")),
            "as the MRZ writes it: A to Z and blanks, 28 at most",
        ),
        needed("given_names", Text(Some("^[A-Z ]{1,28}$")), "as the MRZ writes them"),
        needed("national_surname", Text(None), "in national characters (DG11), 30 bytes of UTF-8"),
        needed("national_given_names", Text(None), "in national characters, 30 bytes of UTF-8"),
        needed("birth_date", Date, "from 1900 on"),
        needed("sex", Choice(|| names_of(SEXES)), "as the MRZ has it; X is unspecified"),
        optional(
            "resident_number",
            Text(Some("^[0-9]{6}-[0-9]{7}$")),
            "`YYMMDD-SRRBBNC` that nobody can have: region RR 97 to 99, date, sex and check digit \
             right; every other is refused",
        ),
        optional("address", Text(None), "registered address (DG11), 150 bytes"),
    ],
};

const DOCUMENT: &Shape = &Shape {
    keys: &[
        optional(
            "code",
            Text(Some("^[ACIP][A-Z]?$")),
            "document code, first letter A, C, I (TD1) or P (TD3); needed, and none on a licence",
        ),
        needed("number", Text(Some("^[A-Z0-9]{1,9}$")), "document number"),
        needed("issuing_state", Text(Some("^[A-Z]{3}$")), "three letters"),
        needed("nationality", Text(Some("^[A-Z]{3}$")), "three letters"),
        needed("issued", Date, "date of issue, within the days of the document signer"),
        needed("expires", Date, "date of expiry"),
        needed("authority", Text(None), "issuing authority (DG12), 60 bytes"),
    ],
};

const SECRETS: &Shape = &Shape {
    keys: &[
        optional(
            "can",
            Text(Some("^[0-9]{6}$")),
            "6 digits; needed on a travel document, and where there is PACE \
             and no PIN",
        ),
        optional("pin", Text(Some("^[0-9]{6}$")), "6 digits; left out: a card without a PIN"),
        optional("puk", Text(Some("^[0-9]{10}$")), "10 digits"),
    ],
};

const PIN: &Shape = &Shape {
    keys: &[
        otherwise("tries", Number(2, 15), "3", "tries of a fresh PIN"),
        otherwise("activated", Flag, "true", "false: MSE:Set AT answers 6283"),
        otherwise("puk_uses", Number(0, 255), "10", "how often the PUK unblocks the PIN"),
        otherwise(
            "required",
            Flag,
            "false",
            "whether the PIN alone opens data, and not CAN or MRZ; needs a PIN and PACE, and no BAC",
        ),
    ],
};

const LIMITS: &Shape = &Shape {
    keys: &[
        needed(
            "extended_length",
            Flag,
            "whether the card has extended length fields; must agree with the historical bytes",
        ),
        otherwise(
            "max_command",
            Number(1_000, 65_535),
            "65535",
            "whole command APDU; EF.ATR/INFO states it",
        ),
        otherwise(
            "max_response",
            Number(1_000, 65_535),
            "65535",
            "whole response APDU; EF.ATR/INFO states it",
        ),
    ],
};

const ATR: &Shape =
    &Shape { keys: &[needed("historical", Hex, "historical bytes, of which the ATR is made")] };

const CURVE: Key = optional("curve", Choice(|| names_of(CURVES)), "a curve; or `group`");
const GROUP: Key = optional(
    "group",
    Choice(|| names_of(GROUPS)),
    "a group, by the bits of prime and order; or `curve`",
);
const CIPHER: Key =
    needed("cipher", Choice(|| names_of(CIPHERS)), "the cipher of secure messaging");
const HASH_NAMES: fn() -> Vec<&'static str> = || names_of(HASHES);
const CURVE_NAMES: fn() -> Vec<&'static str> = || names_of(CURVES);

const PACE: &Shape = &Shape {
    keys: &[
        needed(
            "mapping",
            Choice(|| names_of(MAPPINGS)),
            "CAM goes with curves and AES only, and with `document`",
        ),
        CURVE,
        GROUP,
        CIPHER,
    ],
};

const CHIP_AUTHENTICATION: &Shape = &Shape {
    keys: &[
        otherwise(
            "version",
            Number(1, 2),
            "1",
            "1: in DG14; 2: in EF.CardSecurity, for the master file, after Terminal Authentication of \
             version 2",
        ),
        CURVE,
        GROUP,
        CIPHER,
        optional(
            "key_id",
            Number(0, 255),
            "may be left out where there is one key. Where it is the number of the curve of a \
             PACE-CAM, both are one key",
        ),
        otherwise(
            "info",
            Flag,
            "true",
            "false: DG14 has the key and no ChipAuthenticationInfo, so that a reader must infer the \
             protocol; version 1",
        ),
    ],
};

const ACTIVE_AUTHENTICATION: &Shape = &Shape {
    keys: &[
        optional("curve", Choice(CURVE_NAMES), "a curve; or `rsa`"),
        optional(
            "rsa",
            Number(*RSA_BITS.start(), *RSA_BITS.end()),
            "bits, a multiple of 64; or `curve`",
        ),
        needed("hash", Choice(HASH_NAMES), "of its signatures"),
    ],
};

const REFERENCE: Option<&str> = Some("^[A-Z]{2}.{6,14}$");

const TERMINAL_AUTHENTICATION: &Shape = &Shape {
    keys: &[
        needed(
            "version",
            Number(1, 2),
            "1: in the application, after Chip Authentication; 2: in the master file, before it",
        ),
        otherwise("curve", Choice(CURVE_NAMES), "\"brainpoolP256r1\"", "of the three keys, ECDSA"),
        needed("cvca", Text(REFERENCE), "name of the CVCA's key, such as KRCVCATST001"),
        needed("verifier", Text(REFERENCE), "name of the document verifier's key"),
        needed("terminal", Text(REFERENCE), "name of the terminal's key"),
        otherwise(
            "rights",
            Choices(|| {
                let known = TerminalType::InspectionSystem.known_rights();
                known.iter().map(|right| right.name).collect()
            }),
            "[\"read-dg3\", \"read-dg4\"]",
            "of all three",
        ),
    ],
};

const FACE: &Shape = &Shape {
    keys: &[otherwise(
        "dg2_size",
        Number(4_000, 60_000),
        "15000",
        "bytes of EF.DG2 (a licence's DG6)",
    )],
};

const FINGERS: &Shape = &Shape {
    keys: &[otherwise(
        "positions",
        Numbers(1, 10),
        "[2, 7]",
        "positions of ISO/IEC 19794-4 in EF.DG3, 1 right thumb to 10 left little finger",
    )],
};

const LICENCE: &Shape = &Shape {
    keys: &[
        otherwise("encoding", Choice(|| names_of(ENCODINGS)), "\"EU\"", "how DG1 is written"),
        needed("categories", Texts, "categories of DG1, such as `[\"AM\", \"B\"]`"),
        optional("domestic_categories", Texts, "DG11; left out: no such file"),
        optional(
            "place_of_birth",
            Text(None),
            "with EU; `address` goes there too, both in ISO/IEC 8859-1",
        ),
        otherwise("signature", Flag, "false", "whether there is a DG5"),
        otherwise(
            "configuration",
            Text(Some("^1$")),
            "\"1\"",
            "of the machine readable line that opens it",
        ),
        optional(
            "discretionary",
            Text(Some("^[A-Z0-9<]{0,27}$")),
            "the rest of that line; left out: state, number and characters from the seed",
        ),
    ],
};

const TEST_NAME: Option<&str> = Some("TEST");

const PKI: &Shape = &Shape {
    keys: &[
        needed("country", Text(Some("^[A-Z]{2}$")), "two letters, those of the issuing state"),
        needed("organization", Text(TEST_NAME), "in both names, with the word TEST"),
        otherwise(
            "key",
            ChoiceOr(CURVE_NAMES, "^RSA-[0-9]{4}$"),
            "\"P-256\"",
            "kind of key of the CSCA: a curve, or RSA-1024 to RSA-4096",
        ),
        otherwise(
            "signer_key",
            ChoiceOr(CURVE_NAMES, "^RSA-[0-9]{4}$"),
            "\"P-256\"",
            "the same of the document signer",
        ),
        optional(
            "signature",
            Choice(|| names_of(SIGNATURES)),
            "RSA-PKCS1 (which RSA keys make without this key) or RSA-PSS where a key is RSA; \
             elliptic-curve keys sign by ECDSA in any case",
        ),
        otherwise("hash", Choice(HASH_NAMES), "\"SHA-256\"", "of signatures and of EF.SOD"),
        needed("csca", Text(TEST_NAME), "common name, with the word TEST"),
        needed("csca_from", Date, "first day of its certificate"),
        needed("csca_until", Date, "last day"),
        needed("signer", Text(TEST_NAME), "common name, with the word TEST"),
        needed("signer_from", Date, "first day of its certificate, within those of the CSCA"),
        needed("signer_until", Date, "last day"),
    ],
};

const KEY_ONLY: &Shape = &Shape {
    keys: &[
        otherwise("aid", Hex, "\"F049434341524401\"", "its name, 5 to 16 bytes"),
        needed("serial", Text(Some("^[A-Z0-9]{1,16}$")), "the card's number"),
        otherwise("curve", Choice(CURVE_NAMES), "\"P-256\"", "of the card's key and the card CA's"),
        otherwise("hash", Choice(HASH_NAMES), "\"SHA-256\"", "of their signatures"),
        needed("country", Text(Some("^[A-Z]{2}$")), "two letters, in both names"),
        needed("organization", Text(TEST_NAME), "in both names, with the word TEST"),
        needed("ca", Text(TEST_NAME), "common name of the card CA, with the word TEST"),
        needed("ca_from", Date, "first day of the card CA's certificate"),
        needed("ca_until", Date, "last day"),
        needed(
            "card_from",
            Date,
            "first day of the card's certificate, within those of the card CA",
        ),
        needed("card_until", Date, "last day"),
    ],
};
