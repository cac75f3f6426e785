use proptest::prelude::*;

use super::*;

/// The specimens of ICAO Doc 9303-4 to 9303-6 and of Doc 9303-11 appendix D.2, with the
/// MRZ_information that BAC makes of them.
const SPECIMENS: [(&str, &str); 5] = [
    (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "L898902C3674081221204159",
    ),
    (
        "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        "D23145890774081221204159",
    ),
    (
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
        "D23145890774081221204159",
    ),
    (
        "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
        "D23145890734934071279507122",
    ),
    (
        "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8",
        "D23145890734934071279507122",
    ),
];

#[test]
fn check_digits_of_9303_3() {
    for (text, digit) in [
        ("520727", '3'),
        ("AB2134<<<", '5'),
        ("HA672242<658022549601086<<<<<<<<<<<<<<0", '8'),
        ("D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<<", '2'),
        ("HA672242<658022549601086<<<<<<<", '8'),
    ] {
        assert_eq!(check_digit(text), digit, "{text}");
    }
}

#[test]
fn specimens_come_back_as_they_were() {
    for (text, information) in SPECIMENS {
        let mrz = Mrz::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(mrz.to_lines().unwrap().join("\n"), text);
        assert_eq!(mrz.information().unwrap().as_str(), information);
        assert_eq!(mrz.issuing_state, "UTO");
    }
    let long = Mrz::parse(SPECIMENS[4].0).unwrap();
    assert_eq!((long.document_number.as_str(), long.optional_data.as_str()), ("D23145890734", ""));
    let td3 = Mrz::parse(SPECIMENS[0].0).unwrap();
    assert_eq!((td3.document_code.as_str(), td3.sex), ("P", Sex::Female));
    assert_eq!(td3.optional_data, "ZE184226B");
    assert_eq!(format!("{td3:?}"), "Mrz { format: Td3, .. }");
}

#[test]
fn a_korean_td1_is_built() {
    let mrz = Mrz {
        format: Format::Td1,
        document_code: "ID".into(),
        issuing_state: "KOR".into(),
        document_number: "T00000001".into(),
        date_of_birth: MrzDate::new("", "070228").unwrap(),
        sex: Sex::Male,
        date_of_expiry: MrzDate::new("", "341226").unwrap(),
        nationality: "KOR".into(),
        primary: "HONG".into(),
        secondary: "GIL-DONG".into(),
        optional_data: "SEJONG".into(),
        optional_data_2: "TEST".into(),
    };
    let text = mrz.to_text().unwrap();
    assert_eq!(&text[60..], "HONG<<GIL<DONG<<<<<<<<<<<<<<<<");
    let read = Mrz::parse(&text).unwrap();
    assert_eq!(read, Mrz { secondary: "GIL DONG".into(), ..mrz.clone() });

    let too_long = Mrz { primary: "A".repeat(30), ..mrz.clone() };
    assert_eq!(too_long.to_text(), Err(MrzError::TooLong { field: "name", limit: 30, got: 40 }));
    for bad in [
        Mrz { primary: "홍".into(), ..mrz.clone() },
        Mrz { primary: String::new(), ..mrz.clone() },
        Mrz { document_number: "t1".into(), ..mrz.clone() },
        Mrz { document_number: "T00000001<2".into(), ..mrz.clone() },
        Mrz { document_number: "A".repeat(24), ..mrz.clone() },
        Mrz { document_number: "A".repeat(20), optional_data: "SEJONG".into(), ..mrz.clone() },
        Mrz { format: Format::Td2, ..mrz.clone() },
        Mrz {
            format: Format::Td3,
            optional_data_2: String::new(),
            document_number: "A".repeat(10),
            ..mrz
        },
    ] {
        assert!(bad.to_text().is_err(), "{:?}", bad.to_text());
    }
}

#[test]
fn optional_data_of_fillers_is_none() {
    let td3 = Mrz::parse(SPECIMENS[0].0).unwrap();
    assert_eq!(td3.format, Format::Td3);
    let none = Mrz { optional_data: String::new(), ..td3 };
    let fillers = Mrz { optional_data: "<<".into(), ..none.clone() };
    assert_eq!(fillers.to_text(), none.to_text());
    assert_eq!(Mrz::parse(&fillers.to_text().unwrap()), Ok(none));
}

#[test]
fn a_long_number_may_fill_the_optional_data() {
    for (format, room) in [(Format::Td1, 15), (Format::Td2, 7)] {
        for rest in 1..room {
            let number: String =
                "AB1234567".chars().chain(('0'..='9').cycle().take(rest)).collect();
            // The rest, its check digit, and a filler where anything follows.
            let optional = "X".repeat((room - rest - 1_usize).saturating_sub(1));
            let mrz = Mrz {
                format,
                document_number: number.clone(),
                optional_data: optional,
                optional_data_2: String::new(),
                ..Mrz::parse(SPECIMENS[3].0).unwrap()
            };
            let text = mrz.to_text().unwrap_or_else(|e| panic!("{format} {rest}: {e}"));
            assert_eq!(Mrz::parse(&text), Ok(mrz.clone()), "{text}");
            let information = mrz.information().unwrap();
            let digit = check_digit(&number);
            assert!(information.as_str().starts_with(&format!("{number}{digit}")), "{text}");
            let with_more = Mrz { optional_data: "X".repeat(room - rest), ..mrz };
            assert!(matches!(with_more.to_text(), Err(MrzError::TooLong { .. })));
        }
    }
}

#[test]
fn every_wrong_character_is_found_and_named() {
    for (text, _) in SPECIMENS {
        let text: String = text.split('\n').collect();
        let format = Format::from_len(text.len()).unwrap();
        let checked: Vec<usize> = (0..text.len())
            .filter(|at| {
                let (line, column) = (at / format.width() + 1, at % format.width() + 1);
                let over = format.layout().composite_over.iter();
                over.chain([&format.layout().composite]).any(|s| {
                    usize::from(s.0) == line && (s.1 as usize..=s.2 as usize).contains(&column)
                })
            })
            .collect();
        for at in checked {
            // One more modulo 36 always changes the weighted sum, since 7, 3 and 1 have inverses.
            let mut wrong = text.clone().into_bytes();
            wrong[at] = match wrong[at] {
                b'9' => b'8',
                b'Z' => b'Y',
                b'<' => b'1',
                c => c + 1,
            };
            let wrong = String::from_utf8(wrong).unwrap();
            assert!(Mrz::parse(&wrong).is_err(), "{wrong}");
        }
    }
    let wrong = SPECIMENS[1].0.replace("7408122F", "7408123F");
    let error = Mrz::parse(&wrong).unwrap_err();
    assert_eq!(
        error,
        MrzError::CheckDigit {
            field: "date of birth",
            line: 2,
            column: 7,
            expected: '2',
            got: '3'
        }
    );
    assert_eq!(
        error.to_string(),
        "MRZ line 2, column 7: check digit of date of birth 2 expected, 3 came"
    );
    let wrong = SPECIMENS[3].0.replace("<7349<", "<7348<");
    assert_eq!(
        Mrz::parse(&wrong).unwrap_err().to_string(),
        "MRZ line 1, column 19: check digit of document number 9 expected, 8 came"
    );
    let lower = SPECIMENS[0].0.replace("UTOE", "UTOe");
    assert_eq!(
        Mrz::parse(&lower).unwrap_err().to_string(),
        "MRZ line 1, column 6: A-Z, 0-9 or < expected, 'e' came"
    );
    assert_eq!(Mrz::parse("P<UTO"), Err(MrzError::Length { got: 5 }));
    assert_eq!(Mrz::parse(&"<".repeat(1 << 20)), Err(MrzError::Length { got: 100 }));
}

#[test]
fn empty_optional_data_of_td3_have_either_check_digit() {
    let with = |digit: char| {
        let mut text = SPECIMENS[0].0.replace("ZE184226B<<<<<10", "<<<<<<<<<<<<<<");
        text.push(digit);
        let lower = text.split('\n').next_back().unwrap();
        let over: String = [&lower[..10], &lower[13..20], &lower[21..43]].concat();
        text.push(check_digit(&over));
        Mrz::parse(&text)
    };
    assert_eq!(with('<').unwrap(), with('0').unwrap());
    assert!(matches!(with('1'), Err(MrzError::CheckDigit { field: "optional data", .. })));
}

#[test]
fn information_is_a_secret_from_bare_fields() {
    let info = MrzInformation::new("L898902C<", "690806", "940623").unwrap();
    assert_eq!(info.as_str(), "L898902C<369080619406236");
    assert_eq!(info, MrzInformation::new("L898902C", "690806", "940623").unwrap());
    assert_eq!(format!("{info:?}"), "MrzInformation(..)");
    assert!(MrzInformation::new("", "690806", "940623").is_err());
    assert!(MrzInformation::new("L8", "69080", "940623").is_err());
    assert!(MrzInformation::new(&"1".repeat(24), "690806", "940623").is_err());
    let error = MrzInformation::new("L8", "690806", "94O623").unwrap_err();
    assert_eq!(
        error.to_string(),
        "MRZ, date of expiry: six digits, with < for unknown ones expected"
    );
}

proptest! {
    #![proptest_config(crate::lds::testing::fixed(512))]

    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,120}", zone in "[A-Z0-9<]{72}|[A-Z0-9<]{88,90}") {
        let _ = Mrz::parse(&text);
        let _ = Mrz::parse(&zone);
        let _ = MrzInformation::new(&text, "740812", "120415");
    }

    #[test]
    fn what_is_built_is_read_back(
        format in prop_oneof![Just(Format::Td1), Just(Format::Td2), Just(Format::Td3)],
        number in "[A-Z0-9]{1,9}",
        rest in "[A-Z0-9]{0,4}",
        optional in "([A-Z0-9]|[A-Z0-9][A-Z0-9<]{0,5}[A-Z0-9])?",
        primary in "[A-Z]{1,9}( [A-Z]{1,3})?",
        secondary in "([A-Z]{1,6}( [A-Z]{1,4})?)?",
    ) {
        let long = number.len() == 9 && format != Format::Td3;
        let optional: String = optional
            .chars()
            .take(if long && format == Format::Td2 { 7 - 2 - rest.len() } else { 7 })
            .collect();
        let mrz = Mrz {
            format,
            document_code: "I".into(),
            issuing_state: "D".into(),
            document_number: if long { number + &rest } else { number },
            date_of_birth: MrzDate::new("", "<<<<<<").unwrap(),
            sex: Sex::Unspecified,
            date_of_expiry: MrzDate::new("", "300101").unwrap(),
            nationality: "XXA".into(),
            primary,
            secondary,
            optional_data: optional.trim_end_matches('<').into(),
            optional_data_2: String::new(),
        };
        let text = mrz.to_text().unwrap();
        prop_assert_eq!(text.len(), format.len());
        prop_assert_eq!(Mrz::parse(&text).unwrap(), mrz);
    }
}
