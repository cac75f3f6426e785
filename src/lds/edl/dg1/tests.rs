use proptest::prelude::*;

use super::*;
use crate::lds::DataObject;
use crate::lds::edl::LicenceDate;
use crate::lds::testing::{fixed, mutate, unhex};

/// The example of ISO/IEC 18013-2 annex C.
const ISO_EXAMPLE: &str = "6181B15F1F818D\
    0F536D697468652D57696C6C69616D73\
    17416C6578616E6465722047656F7267652054686F6D6173\
    197003012002091520070930\
    4A504E\
    43484F4B4B4149444F20505245464543545552414C20504F4C4943452041534148494B41\
    5741204152454120534146455459205055424C494320434F4D4D495353494F4E\
    114132393036353433393531363432373358\
    7F631D020102870143871543313B200003153B201003143B39333B3C3D3B8000";

fn date(digits: &str) -> LicenceDate {
    LicenceDate::day_first(digits).unwrap()
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn demographic() -> Demographic {
    Demographic {
        issuing_state: "UTO".into(),
        surname: text("Âëriksson"),
        given_names: text("Anna Maria"),
        date_of_birth: date("12081974"),
        place_of_birth: Some(text("Zenith")),
        nationality: Some("UTO".into()),
        gender: Some('F'),
        date_of_issue: date("16042007"),
        date_of_expiry: date("15042012"),
        issuing_authority: text("Ministry of Roads"),
        administrative_number: Some(text("1")),
        document_number: text("L898902C3"),
        residence: Some(text("1 Test Street")),
        other: vec![DataObject { tag: Tag::new(0x5F50), value: vec![0] }],
    }
}

fn licence() -> Dg1 {
    let dates = (Some(date("16042007")), Some(date("15042012")));
    let restricted = Category {
        restriction: "01.06".into(),
        sign: "<=".into(),
        value: b"20".to_vec(),
        ..Category::new("B", dates.0, dates.1).unwrap()
    };
    let for_all =
        Category { code: String::new(), issued: None, expires: None, ..restricted.clone() };
    let dg1 = Dg1::eu(
        demographic(),
        [
            Category::new("AM", dates.0, dates.1).unwrap(),
            Category::new("A", None, dates.1).unwrap(),
            restricted,
            for_all,
        ],
    );
    Dg1 { type_approval: Some(text("e1-DL00 00001")), ..dg1 }
}

#[test]
fn the_example_of_18013_2() {
    let bytes = unhex(ISO_EXAMPLE);
    let dg1 = Dg1::parse(&bytes).unwrap();
    let Demographic { surname, given_names, issuing_authority, .. } = &dg1.demographic;
    assert_eq!(dg1.encoding, Encoding::Iso);
    assert_eq!(
        (surname.as_str(), given_names.as_str()),
        ("Smithe-Williams", "Alexander George Thomas")
    );
    assert_eq!(
        issuing_authority.as_str(),
        "HOKKAIDO PREFECTURAL POLICE ASAHIKAWA AREA SAFETY PUBLIC COMMISSION"
    );
    assert_eq!(dg1.demographic.issuing_state, "JPN");
    assert_eq!(dg1.demographic.date_of_birth.full().as_str(), "19700301");
    assert_eq!(dg1.demographic.date_of_expiry.full().as_str(), "20070930");
    assert_eq!(dg1.demographic.document_number.as_str(), "A290654395164273X");
    let [c, c1] = dg1.categories.as_slice() else { panic!("{dg1:?}") };
    assert_eq!((c.code.as_str(), c.issued), ("C", None));
    assert_eq!((c1.code.as_str(), c1.restriction.as_str(), c1.sign.as_str()), ("C1", "93", "<="));
    assert_eq!(c1.issued.unwrap().full().as_str(), "20000315");
    assert_eq!(
        (c1.expires.unwrap().full().as_str(), c1.value.as_slice()),
        ("20100314", &[0x80, 0][..])
    );
    assert_eq!(dg1.encode(), bytes);
    mutate(&bytes, |bytes| {
        let _ = Dg1::parse(bytes).map(|dg| assert_eq!(Dg1::parse(&dg.encode()), Ok(dg)));
    });
}

#[test]
fn a_licence_of_the_eu_comes_back() {
    let dg1 = licence();
    let bytes = dg1.encode();
    assert_eq!(Dg1::parse(&bytes), Ok(dg1.clone()));
    assert!(!format!("{dg1:?}").contains("Anna"));
    mutate(&bytes, |bytes| {
        let _ = Dg1::parse(bytes).map(|dg| assert_eq!(Dg1::parse(&dg.encode()), Ok(dg)));
    });
    let iso = Dg1::iso(demographic(), []);
    let read = Dg1::parse(&iso.encode()).unwrap();
    assert_eq!(read.demographic.document_number, iso.demographic.document_number);
    assert_eq!(read.demographic.place_of_birth, None);
}

#[test]
fn errors_name_the_field() {
    let good = hex::encode_upper(licence().encode());
    let error = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        Dg1::parse(&unhex(&good.replacen(from, to, 1))).unwrap_err().to_string()
    };
    for (from, to, expected) in [
        (
            "5F060412081974",
            "5F06041208197A",
            "date of birth: a date in four bytes of BCD expected, four other bytes came",
        ),
        ("5F060412081974", "5F0E0412081974", "document number: it is there twice"),
        (
            "5F060412081974",
            "5F500412081974",
            "date of birth: it to be there expected, nothing came",
        ),
        ("5F090146", "5F090158", "gender: M, F or U expected, something else came"),
        (
            "5F030355544F",
            "5F030355746F",
            "issuing State: three capital letters expected, 3 other bytes came",
        ),
        ("020104", "020105", "number of categories: how many there are expected, 5 for 4 came"),
        (
            "414D3B16042007",
            "414D3B16043B07",
            "date of issue of a category: a date in four bytes of BCD expected, four other bytes came",
        ),
        (
            "414D3B160420073B",
            "414D3B160420072C",
            "date of expiry of a category: a semicolon before it expected, something else came",
        ),
        (
            "870F414D",
            "870F3B3B",
            "restriction of a category: printable ASCII expected, something else came",
        ),
        (
            "870F414D3B",
            "870F41203B",
            "code of a category: up to three letters and digits expected, 2 other bytes came",
        ),
    ] {
        let error = error(from, to);
        assert!(error.starts_with("eDL EF.DG1, ") && error.contains(expected), "{error}");
    }
    assert_eq!(
        Dg1::parse(&unhex("6100")).unwrap_err().to_string(),
        "eDL EF.DG1, demographic data: tag 5F02 or 5F1F expected, neither came"
    );
    let flood = "870142".repeat(65);
    let flood = format!("7F6381C6020141{flood}");
    let file = format!("6181CA{flood}");
    assert!(matches!(Dg1::parse(&unhex(&file)), Err(LdsError::TooMany { limit: 64, .. })));
}

proptest! {
    #![proptest_config(fixed(256))]

    #[test]
    fn what_is_built_is_read_back(
        names in prop::collection::vec("[ -~\u{A0}-\u{FF}]{0,40}", 5),
        days in prop::collection::vec((1_u8..=31, 1_u8..=12, 1900_u16..2100), 5),
        code in "[A-Z][A-Z0-9]{0,2}",
        restriction in "[0-9.]{0,5}",
        value in prop::collection::vec(any::<u8>(), 0..8),
        year_first: bool,
    ) {
        let date = |i: usize| {
            let (day, month, year) = days[i];
            if year_first {
                LicenceDate::year_first(&format!("{year:04}{month:02}{day:02}")).unwrap()
            } else {
                LicenceDate::day_first(&format!("{day:02}{month:02}{year:04}")).unwrap()
            }
        };
        let category = Category {
            restriction,
            value,
            ..Category::new(&code, Some(date(3)), Some(date(4))).unwrap()
        };
        let demographic = Demographic {
            issuing_state: "D<<".into(),
            surname: text(&names[0]),
            given_names: text(&names[1]),
            issuing_authority: text(&names[2]),
            document_number: text(&names[3]),
            date_of_birth: date(0),
            date_of_issue: date(1),
            date_of_expiry: date(2),
            ..Demographic::default()
        };
        let iso = Dg1::iso(demographic.clone(), [category.clone()]);
        prop_assert_eq!(Dg1::parse(&iso.encode()), Ok(iso));
        let demographic = Demographic { place_of_birth: Some(text(&names[4])), ..demographic };
        let eu = Dg1::eu(demographic, [category]);
        prop_assert_eq!(Dg1::parse(&eu.encode()), Ok(eu));
    }
}
