//! Each sentence of the announcement of 26 November 2024, and each rule that later facts fixed, is
//! one test.

use time::macros::{date, datetime, utc_datetime};
use time::{Date, UtcDateTime};

use super::*;

const SEJONG: &str = "세종특별자치시 시험로 1 (TEST)";
const SEOUL: &str = "서울특별시 종로구 시험로 2 (TEST)";

fn korea() -> Policy {
    Policy::korea_2024()
}

/// Noon in Korea.
fn noon(day: Date) -> UtcDateTime {
    day.with_hms(3, 0, 0).unwrap().as_utc()
}

/// Somebody of 30 with a card, by a way.
fn ask(way: Way, address: &str, day: Date) -> Question<'_> {
    Question {
        birth: date!(1994 - 05 - 05),
        address,
        at: noon(day),
        way,
        has_card: true,
        first_card: false,
        level: None,
        pin: None,
        face: None,
    }
}

fn allowed(way: Way, address: &str, day: Date) -> bool {
    korea().decide(&ask(way, address, day)).allowed
}

#[test]
fn mobile_cards_are_issued_from_27_december_2024() {
    for way in [Way::Ic, Way::Qr] {
        assert!(!allowed(way, SEJONG, date!(2024 - 12 - 26)));
        assert!(allowed(way, SEJONG, date!(2024 - 12 - 27)));
    }
    // The day is Korea's: 15:00 UTC of the day before is its midnight.
    let mut question = ask(Way::Ic, SEJONG, date!(2024 - 12 - 27));
    question.at = utc_datetime!(2024-12-26 14:59:59);
    assert!(!korea().decide(&question).allowed);
    question.at = utc_datetime!(2024-12-26 15:00:00);
    assert!(korea().decide(&question).allowed);
}

#[test]
fn citizens_aged_17_and_over_get_one_on_the_korean_day() {
    let mut question = ask(Way::Ic, SEJONG, date!(2025 - 04 - 10));
    question.birth = date!(2008 - 04 - 11);
    let answer = korea().decide(&question);
    assert!(!answer.allowed);
    assert_eq!(answer.reasons, ["age: under 17 on 2025-04-10 (UTC+9)"]);
    question.at = utc_datetime!(2025-04-10 15:00:00);
    assert!(korea().decide(&question).allowed, "the birthday has begun in Korea");
    question.birth = date!(2008 - 02 - 29);
    question.at = noon(date!(2025 - 02 - 28));
    assert!(!korea().decide(&question).allowed);
    question.at = noon(date!(2025 - 03 - 01));
    assert!(korea().decide(&question).allowed);
}

#[test]
fn who_gets_one_already_holds_a_resident_card() {
    for way in [Way::Ic, Way::Qr] {
        let mut question = ask(way, SEJONG, date!(2025 - 04 - 01));
        question.has_card = false;
        let answer = korea().decide(&question);
        assert!(!answer.allowed);
        assert_eq!(answer.reasons, ["card: a resident card is needed first"]);
    }
}

#[test]
fn without_an_ic_card_one_visits_an_office_for_a_qr_code() {
    let answer = korea().decide(&ask(Way::Qr, SEJONG, date!(2025 - 04 - 01)));
    assert!(answer.allowed && answer.visit);
    assert_eq!((answer.fee, answer.fees), (0, vec![]));
}

#[test]
fn with_an_ic_card_one_taps_and_visits_nobody() {
    let mut question = ask(Way::Ic, SEJONG, date!(2025 - 04 - 01));
    (question.level, question.pin) = (Some(Level::L3), Some(true));
    let answer = korea().decide(&question);
    assert!(answer.allowed && !answer.visit);
}

#[test]
fn another_phone_needs_a_tap_or_another_visit() {
    // The same question again, on a later day: nothing in it says that it is the first phone.
    let (first, second) = (date!(2025 - 04 - 01), date!(2026 - 04 - 01));
    for (way, visit) in [(Way::Ic, false), (Way::Qr, true)] {
        for day in [first, second] {
            let answer = korea().decide(&ask(way, SEOUL, day));
            assert!(answer.allowed);
            assert_eq!(answer.visit, visit);
        }
    }
}

#[test]
fn the_chip_of_an_ic_card_costs_5000_won_and_reissuing_5000_more() {
    let answer = korea().decide(&ask(Way::Ic, SEJONG, date!(2025 - 04 - 01)));
    let fee = |what: &str, won| Fee { what: what.into(), won };
    assert_eq!(answer.fees, [fee("reissue", 5000), fee("chip", 5000)]);
    assert_eq!(answer.fee, 10_000);
}

#[test]
fn the_first_resident_card_is_an_ic_card_for_free() {
    let mut question = ask(Way::Ic, SEJONG, date!(2025 - 04 - 01));
    question.first_card = true;
    // One of those born in 2008, who are 17 in 2025; but it is the first card that counts.
    for birth in [date!(2008 - 01 - 01), date!(1980 - 01 - 01)] {
        question.birth = birth;
        let answer = korea().decide(&question);
        assert!(answer.allowed);
        assert_eq!(answer.fee, 0);
    }
}

#[test]
fn a_term_is_three_years_to_the_end_of_the_korean_day() {
    let until = |at: UtcDateTime| korea().term_until(at);
    // A real credential of that day had this end.
    let end = datetime!(2027-12-19 23:59:59 +9).to_utc();
    assert_eq!(until(datetime!(2024-12-19 00:00 +9).to_utc()), end);
    assert_eq!(until(datetime!(2024-12-19 23:59:59 +9).to_utc()), end);
    let leap = datetime!(2028-02-29 12:00 +9).to_utc();
    assert_eq!(until(leap), datetime!(2031-02-28 23:59:59 +9).to_utc());
    let answer = korea().decide(&ask(Way::Qr, SEJONG, date!(2025 - 04 - 01)));
    assert_eq!(answer.term_until, datetime!(2028-04-01 23:59:59 +9).to_utc());
}

#[test]
fn a_phone_that_is_lost_is_locked_and_a_card_that_is_lost_ends_both() {
    assert_eq!(korea().on_lost_phone(), Change::Suspend);
    assert_eq!(korea().on_lost_card(), Change::Revoke);
}

#[test]
fn another_address_leaves_the_mobile_card_good() {
    assert_eq!(korea().on_new_address(), Change::Renew);
    assert_eq!(korea().on_leaving(), Change::Revoke);
}

#[test]
fn the_pilot_is_for_residents_of_nine_municipalities() {
    let areas = [
        (SEJONG, "Sejong"),
        ("경기도 고양시 덕양구 시험로 1", "1 Test-ro, Deogyang-gu, Goyang-si, Gyeonggi-do"),
        ("강원특별자치도 홍천군 홍천읍 1", "1 Test-ro, Hongcheon-gun, Gangwon State 25100, Korea"),
        ("경상남도 거창군 1", "Geochang, Gyeongnam"),
        ("대전광역시 서구 1", "1 Test-ro, Seo-gu, Daejeon, Republic of Korea"),
        ("대구 군위군 1", "Gunwi-gun, Daegu"),
        ("울산 울주군 1", "Ulju"),
        ("전라남도 여수시 1", "여수시"),
        ("전남 영암군 1", "YEONGAM-GUN, JEOLLANAM-DO"),
    ];
    let (first, last) = (date!(2024 - 12 - 27), date!(2025 - 02 - 13));
    for (hangul, latin) in areas {
        for address in [hangul, latin] {
            for way in [Way::Ic, Way::Qr] {
                assert!(!allowed(way, address, date!(2024 - 12 - 26)), "{address}");
                assert!(allowed(way, address, first), "{address}");
                assert!(allowed(way, address, last), "{address}");
            }
        }
    }
    let others = [
        SEOUL,
        "경기도 수원시 1",
        "부산광역시 서구 1",
        "Seo-gu, Incheon",
        "서구",
        "1 Sejong-daero, Jung-gu, Seoul",
        "서울특별시 중구 세종",
        "경기도 광주시 고양",
        "",
        "Atlantis",
    ];
    for address in others {
        assert!(!allowed(Way::Qr, address, first), "{address}");
        assert!(!allowed(Way::Ic, address, last), "{address}");
    }
}

#[test]
fn then_it_is_the_whole_country_in_three_waves() {
    let waves: [(Date, &[&str]); 3] = [
        (
            date!(2025 - 02 - 14),
            &[
                "대구 중구",
                "대전 중구",
                "울산 남구",
                "강원도 춘천시",
                "전북 전주시",
                "전남 목포시",
                "경상북도 안동시",
                "경남 창원시",
                "제주특별자치도 제주시",
                "Daegu",
                "Jeju-do",
            ],
        ),
        (
            date!(2025 - 02 - 28),
            &["인천광역시 서구", "경기도 광주시", "충북 청주시", "충청남도 천안시", "Gyeonggi"],
        ),
        (date!(2025 - 03 - 14), &["서울 종로구", "부산 서구", "광주광역시 서구", "Gwangju"]),
    ];
    for (from, addresses) in waves {
        for address in addresses {
            let before = from.previous_day().unwrap();
            for way in [Way::Ic, Way::Qr] {
                assert!(!allowed(way, address, before), "{address}");
                assert!(allowed(way, address, from), "{address}");
            }
        }
    }
    assert!(!allowed(Way::Ic, "Atlantis", date!(2025 - 03 - 27)));
    assert!(allowed(Way::Ic, "Atlantis", date!(2025 - 03 - 28)));
}

#[test]
fn until_28_march_2025_only_the_own_office_serves_and_then_any() {
    let at = |day, office| {
        let question = ask(Way::Qr, SEOUL, day);
        korea().decide_at(&question, Some(office)).allowed
    };
    let (last, first) = (date!(2025 - 03 - 27), date!(2025 - 03 - 28));
    assert!(at(last, "서울특별시 종로구"));
    assert!(!at(last, "부산광역시 서구"));
    assert!(!at(last, ""));
    assert!(at(first, "부산광역시 서구"));
    // Nobody who taps asks which office that is near.
    let question = ask(Way::Ic, SEOUL, last);
    assert!(korea().decide_at(&question, Some("부산광역시 서구")).allowed);
}

#[test]
fn a_tap_shows_the_chip_the_pin_and_where_it_can_the_face() {
    let decide = |level, pin, face| {
        let mut question = ask(Way::Ic, SEJONG, date!(2025 - 04 - 01));
        (question.level, question.pin, question.face) = (Some(level), pin, face);
        korea().decide(&question).allowed
    };
    assert!(decide(Level::L2, Some(true), None));
    assert!(decide(Level::L3, Some(true), Some(true)));
    assert!(!decide(Level::L1, Some(true), Some(true)), "a copy of the files");
    assert!(!decide(Level::L0, Some(true), Some(true)));
    assert!(!decide(Level::L3, Some(false), None), "no PIN");
    assert!(!decide(Level::L3, None, None), "a card that does not say so");
    assert!(!decide(Level::L3, Some(true), Some(false)), "another face");
    let text = include_str!("../../policy/korea-2024.toml");
    let strict = text.replace("face = \"when-available\"", "face = \"required\"");
    let strict = Policy::from_toml(&strict).unwrap();
    let mut question = ask(Way::Ic, SEJONG, date!(2025 - 04 - 01));
    (question.level, question.pin) = (Some(Level::L3), Some(true));
    assert!(!strict.decide(&question).allowed);
    question.face = Some(true);
    assert!(strict.decide(&question).allowed);
}

#[test]
fn reasons_are_ascii_and_name_their_rule() {
    let mut question = ask(Way::Qr, SEOUL, date!(2024 - 12 - 27));
    question.birth = date!(2010 - 01 - 01);
    question.has_card = false;
    let refused = korea().decide_at(&question, Some("부산"));
    let rules: Vec<_> = refused.reasons.iter().map(|r| r.split(':').next().unwrap()).collect();
    assert_eq!(rules, ["age", "card", "place", "office"]);
    let granted = korea().decide(&ask(Way::Qr, SEOUL, date!(2025 - 04 - 01)));
    assert!(granted.reasons.iter().chain(&refused.reasons).all(|reason| reason.is_ascii()));
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let text = include_str!("../../policy/korea-2024.toml");
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from));
        Policy::from_toml(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let line = |part: &str| {
        let before = text.split(part).next().unwrap();
        format!("policy, line {}: ", before.matches('\n').count() + 1)
    };
    let said = changed("min_age = 17", "min_age = 17\nmax_age = 90");
    assert!(said.contains("max_age") && said.contains("unknown"), "{said}");
    let number = text.split("min_age").next().unwrap().matches('\n').count() + 2;
    assert!(said.starts_with(&format!("policy, line {number}: ")), "{said}");
    assert!(changed("min_age = 17", "min_age = \"17\"").starts_with(&line("min_age")));
    assert!(changed("from = 2024-12-27", "from = 2024-02-30").starts_with("policy, line "));
    for (from, to, key) in [
        ("schema = 1", "schema = 2", "schema"),
        ("per_person = 1", "per_person = 2", "phones.per_person"),
        ("card = \"revoke\"", "card = \"suspend\"", "loss.card"),
        ("level = \"L2\"", "level = \"L1\"", "way.ic.level"),
        ("years = 3", "years = 0", "term.years"),
        ("\"chip\"]", "\"chips\"]", "way.ic.fees"),
        ("offset_hours = 9", "offset_hours = 90", "zone.offset_hours"),
    ] {
        let said = changed(from, to);
        assert!(said.starts_with(&format!("policy, {key}: ")), "{said}");
    }
    // What nobody would enforce.
    for (from, to, key) in [
        ("visit = false", "visit = true", "way.ic.visit"),
        ("pin = \"no\"", "pin = \"required\"", "way.qr.pin"),
        ("face = \"no\"", "face = \"required\"", "way.qr.face"),
    ] {
        let said = changed(from, to);
        assert!(said.starts_with(&format!("policy, {key}: ")), "{said}");
    }
    assert!(matches!(
        Policy::from_toml(&" ".repeat(MAX_POLICY + 1)),
        Err(PolicyError::TooLarge { .. })
    ));
}
