//! The other files of a card: data groups, EF.COM, EF.DIR, EF.ATR/INFO, EF.SOD's frame and
//! content, EF.HolderVerification, the driving licence's files, those of a key-only card and its
//! answer, ATR and ATS.
#![no_main]

use std::hint::black_box;

use iccard::atr::{Atr, Ats, HistoricalBytes};
use iccard::lds::{
    AtrInfo, CardLabel, Com, Df, Dg1, Dg11, Dg12, Dg13, Dg14, Dg15, Dg16, Dir, File,
    HolderVerification, LdsSecurityObject, edl, sod,
};
use iccard::protocol::key_only::Answer;
use iccard_fuzz::{parsed, pick, round_trip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 26) else { return };
    match choice {
        0 => drop(round_trip(data, Dg1::parse, Dg1::encode)),
        1 => {
            if let Some(dg11) = round_trip(data, Dg11::parse, Dg11::encode) {
                black_box(dg11.name_parts());
                assert!(format!("{dg11:?}").len() < 100, "personal data in a message");
            }
        }
        2 => {
            if let Some(dg12) = round_trip(data, Dg12::parse, Dg12::encode) {
                assert!(format!("{dg12:?}").len() < 200, "personal data in a message");
            }
        }
        3 => drop(round_trip(data, Dg13::parse, Dg13::encode)),
        4 => drop(round_trip(data, Dg14::parse, Dg14::encode)),
        5 => drop(round_trip(data, Dg15::parse, Dg15::encode)),
        6 => drop(round_trip(data, Dg16::parse, Dg16::encode)),
        7 => {
            if let Some(com) = round_trip(data, Com::parse, Com::encode) {
                assert!(com.files().all(|file| file.df() == Df::Lds));
            }
        }
        8 => {
            if let Some(dir) = round_trip(data, Dir::parse, Dir::encode) {
                assert!(dir.applications.iter().all(|a| dir.lists(&a.aid)));
            }
        }
        9 => {
            if let Some(info) = round_trip(data, AtrInfo::parse, AtrInfo::encode) {
                black_box((info.card_service_data(), info.card_capabilities()));
                black_box(info.extended_length());
            }
        }
        10 => drop(round_trip(data, HolderVerification::parse, HolderVerification::encode)),
        11 => {
            if let Some(object) =
                round_trip(data, LdsSecurityObject::parse, LdsSecurityObject::encode)
            {
                assert!((1..=16).contains(&object.hashes.len()), "more hashes than data groups");
                for entry in &object.hashes {
                    assert_eq!(object.hash(entry.number), Some(entry.hash.as_slice()));
                }
                assert!(object.files_in(Df::Edl).count() <= object.hashes.len());
            }
        }
        12 => {
            if let Some(inner) = parsed(sod::unwrap(data)) {
                assert_eq!(sod::unwrap(&sod::wrap(inner)).ok(), Some(inner));
            }
        }
        13 => {
            if let Some(dg1) = round_trip(data, edl::Dg1::parse, edl::Dg1::encode) {
                assert!(format!("{dg1:?}").len() < 20_000);
            }
        }
        14 => drop(round_trip(data, edl::Dg11::parse, edl::Dg11::encode)),
        15 => {
            if let Some(dg12) = round_trip(data, edl::Dg12::parse, edl::Dg12::encode) {
                black_box(dg12.line());
            }
        }
        16 => drop(round_trip(data, edl::Dg13::parse, edl::Dg13::encode)),
        17 => drop(round_trip(data, edl::Dg14::parse, edl::Dg14::encode)),
        18 => {
            if let Some(com) = round_trip(data, edl::Com::parse, edl::Com::encode) {
                assert!(com.files().all(|file| file.df() == Df::Edl));
            }
        }
        19 => atr(data),
        20 => {
            if let Some(ats) = parsed(Ats::parse(data)) {
                black_box((ats.fsc(), ats.fwi(), ats.sfgi(), ats.frame_waiting_time()));
                black_box((ats.start_up_frame_guard_time(), ats.cid(), ats.nad()));
                black_box(ats.max_kbit_from_card());
                let bytes = parsed(ats.to_bytes()).expect("an ATS that was read");
                assert!(parsed(Ats::parse(&bytes)) == Some(ats));
            }
        }
        21 => {
            if let Some(historical) = parsed(HistoricalBytes::parse(data)) {
                black_box((historical.card_service_data(), historical.aid()));
                if let Some(can) = historical.card_capabilities() {
                    black_box((can.logical_channels(), can.extended_length(), can.to_bytes()));
                }
            }
        }
        22 => {
            if let Some(name) = std::str::from_utf8(data).ok().and_then(File::from_name) {
                assert_eq!(File::from_name(name.name()), Some(name));
            }
        }
        23 => drop(round_trip(data, CardLabel::parse, CardLabel::encode)),
        24 => {
            if let Some(answer) = round_trip(data, Answer::parse, Answer::encode) {
                // One encoding only: another would be another signature to show.
                assert_eq!(answer.encode(), data);
            }
        }
        _ => {
            if let [df, number, rest @ ..] = data {
                let df = [Df::MasterFile, Df::Lds, Df::Edl, Df::KeyOnly][usize::from(df % 4)];
                let found = [
                    File::from_data_group_in(df, *number),
                    File::from_sfi(df, *number),
                    rest.first_chunk().and_then(|b| File::from_fid(df, u16::from_be_bytes(*b))),
                ];
                assert!(found.into_iter().flatten().all(|file| file.df() == df));
            }
        }
    }
});

fn atr(data: &[u8]) {
    if let Some(atr) = parsed(Atr::parse(data)) {
        assert_eq!(atr.as_bytes(), data);
        assert!(atr.historical().len() <= 15);
        black_box((atr.protocols(), atr.contactless(), atr.looks_like()));
        black_box(atr.contactless().and_then(|c| c.max_frame()));
    }
    if let Some(atr) = parsed(Atr::from_historical(data)) {
        assert_eq!(atr.historical(), data);
    }
}
