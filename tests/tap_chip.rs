//! Taps of chips that prove themselves in every way, and of chips that only seem to.

use iccard::{
    crypto::{AgreementSecretKey, SecretKey, SeededRng},
    lds::{File, edl},
    profile::Personalised,
    tap::{Options, Passwords, Tapped},
    transport::{Deadline, Limits, Loopback, Reset, Transport, TransportError},
    trust::{ChipRun, Evidence, Judging, KeyFile, Level, Verdict, judge},
};

use crate::support::card::{
    Desk, Meddler, anchors, built_in, can, card, judged, of_profile, pin, tap_card, tap_over,
    with_file,
};

fn tapped(card: &Personalised) -> (Tapped, Verdict) {
    let tapped = tap_card(card, &of_profile(card)).unwrap();
    let verdict = judged(&tapped, &anchors(card));
    (tapped, verdict)
}

fn other_curve_key(like: &SecretKey) -> SecretKey {
    SecretKey::generate(like.curve(), &mut SeededRng::new(b"a clone", "key"))
}

/// The same files on a chip without the key of the mapping.
fn clone_of(genuine: &Personalised) -> Personalised {
    let mut clone = genuine.clone();
    for key in clone.keys.mapping.values_mut() {
        *key = other_curve_key(key);
    }
    clone
}

/// A reader on which the card is exchanged when it is reset for the first time.
struct Exchanged {
    first: Box<Meddler<Meddling>>,
    second: Loopback<iccard::emulator::Card>,
    resets: usize,
    limits: Limits,
}

fn exchanged(first: Box<Meddler<Meddling>>, second: &Personalised, limits: Limits) -> Exchanged {
    Exchanged { first, second: Loopback::new(card(second)), resets: 0, limits }
}

/// Another identity card, of the same passwords, whose chip believes the terminals of the first.
fn like_eid(seed: &str, own: &Personalised) -> Personalised {
    let text = profile_text("eid-pin").replace("\"eid 1\"", &format!("{seed:?}"));
    let other = iccard::profile::check(&text, "other".as_ref()).unwrap().personalise().unwrap();
    assert_ne!(own.files[&File::Sod], other.files[&File::Sod]);
    Personalised { cvca: own.cvca.clone(), ..other }
}

fn anchors_of_both(a: &Personalised, b: &Personalised) -> iccard::trust::Anchors {
    let mut both = anchors(a);
    for (name, der) in iccard::profile::anchors(b) {
        both.add(&format!("2 {name}"), &der).unwrap();
    }
    both
}

type Meddling = fn(usize, &[u8], &mut Vec<u8>) -> Result<(), TransportError>;

impl Transport for Exchanged {
    fn atr(&self) -> &[u8] {
        self.second.atr()
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn transceive(
        &mut self,
        command: &[u8],
        response: &mut Vec<u8>,
        deadline: Deadline,
    ) -> Result<(), TransportError> {
        match self.resets {
            0 => self.first.transceive(command, response, deadline),
            _ => self.second.transceive(command, response, deadline),
        }
    }

    fn reset(&mut self, kind: Reset) -> Result<(), TransportError> {
        self.resets += 1;
        self.second.reset(kind)
    }

    fn name(&self) -> &str {
        "exchanged"
    }
}

#[test]
fn the_mapping_proves_the_chip_and_saves_chip_authentication() {
    let genuine = built_in("passport-pace-cam");
    let (taken, verdict) = tapped(&genuine);
    assert!(verdict.verified && verdict.level == Level::L3, "{verdict:?}");
    assert!(verdict.chip.chip_authentication_mapping.passed());
    assert_eq!(taken.chip_authentication, ChipRun::NotOffered);
    assert!(taken.stats.apdus <= 16, "{} APDUs", taken.stats.apdus);

    let (_, verdict) = tapped(&clone_of(&genuine));
    assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
    assert!(verdict.chip.chip_authentication_mapping.failed());
    assert!(verdict.passive.check.passed());
}

#[test]
fn the_mapping_takes_a_genuine_ef_cardsecurity() {
    let genuine = built_in("passport-pace-cam");
    // A stranger's, who has signed the key of a clone.
    let text = profile_text("passport-pace-cam").replace("passport cam 1", "another seed");
    let stranger = iccard::profile::check(&text, "stranger".as_ref()).unwrap();
    let stranger = stranger.personalise().unwrap();
    let mut forged =
        with_file(&genuine, File::CardSecurity, stranger.files[&File::CardSecurity].clone());
    forged.keys.mapping.clone_from(&stranger.keys.mapping);
    let tapped = tap_card(&forged, &of_profile(&genuine)).unwrap();
    let verdict = judged(&tapped, &anchors(&genuine));
    assert!(!verdict.verified && !verdict.chip.chip_authentication_mapping.passed());
    assert!(verdict.card_security.unwrap().failed());
    // And none at all.
    let mut without = genuine.clone();
    without.files.remove(&File::CardSecurity);
    let tapped = tap_card(&without, &of_profile(&genuine)).unwrap();
    let verdict = judged(&tapped, &anchors(&genuine));
    assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
    // One bit of it.
    let mut bytes = genuine.files[&File::CardSecurity].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    if let Ok(tapped) =
        tap_card(&with_file(&genuine, File::CardSecurity, bytes), &of_profile(&genuine))
    {
        assert!(!judged(&tapped, &anchors(&genuine)).verified);
    }
}

#[test]
fn a_card_that_is_exchanged_between_two_channels_is_found() {
    // Each half of the swindle in its turn: the copy gives the files and the genuine chip the proof.
    // The first chip answers one read with a naked "wrong length", so that a new channel is opened.
    let genuine = built_in("passport-pace-cam");
    let stumble: Meddling = |n, command, response| {
        if n > 10 && command[0] == 0x0C && command[1] == 0xB0 {
            *response = vec![0x67, 0x00];
        }
        Ok(())
    };
    let run = |first: &Personalised, second: &Personalised| {
        let transport = Exchanged {
            first: Meddler::new(card(first), stumble),
            second: Loopback::new(card(second)),
            resets: 0,
            limits: Limits::EXTENDED,
        };
        let tapped = tap_over(Box::new(transport), &of_profile(&genuine)).unwrap();
        judged(&tapped, &anchors(&genuine))
    };
    assert!(run(&genuine, &genuine).verified);
    let clone = clone_of(&genuine);
    assert!(!run(&clone, &genuine).verified);
    assert!(!run(&genuine, &clone).verified);
}

#[test]
fn fingers_open_to_terminals_of_the_chips_country_alone() {
    let genuine = built_in("passport-eac");
    let (taken, verdict) = tapped(&genuine);
    assert!(verdict.verified, "{verdict:?}");
    let rights = taken.terminal_authentication.unwrap().unwrap();
    assert!(rights.rights().any(|right| right.name == "read-dg3"));
    assert!(verdict.passive.groups.matched.contains(&File::Dg3));

    let without = Options { terminal: None, ..of_profile(&genuine) };
    let taken = tap_card(&genuine, &without).unwrap();
    let verdict = judged(&taken, &anchors(&genuine));
    assert!(verdict.verified && taken.terminal_authentication.is_none());
    assert_eq!(verdict.passive.groups.unread, [File::Dg3]);

    // Another country's certificates, under the same names: the chip does not believe them.
    let text = profile_text("passport-eac").replace("passport eac 1", "another seed");
    let other = iccard::profile::check(&text, "other".as_ref()).unwrap().personalise().unwrap();
    let strangers = Options { terminal: of_profile(&other).terminal, ..of_profile(&genuine) };
    let taken = tap_card(&genuine, &strangers).unwrap();
    let why = taken.terminal_authentication.clone().unwrap().unwrap_err();
    assert!(why.contains("KRDVTST00001"), "{why}");
    let verdict = judged(&taken, &anchors(&genuine));
    assert!(verdict.verified, "the document is what it was: {verdict:?}");
    assert_eq!(verdict.passive.groups.unread, [File::Dg3]);
}

#[test]
fn fingers_are_read_in_small_pieces_over_new_channels() {
    for name in ["passport-eac", "eid-pin"] {
        let genuine = built_in(name);
        let mut naked = 0;
        let transport = Meddler::new(card(&genuine), move |_, command, response| {
            if command[0] == 0x0C && command[1] == 0xB0 && response.len() > 1_100 {
                naked += 1;
                *response = vec![0x67, 0x00];
            }
            assert!(naked <= 4);
            Ok(())
        });
        let taken = tap_over(transport, &of_profile(&genuine)).unwrap();
        let verdict = judged(&taken, &anchors(&genuine));
        assert!(verdict.verified && verdict.level == Level::L3, "{name}: {verdict:?}");
        assert_eq!(verdict.passive.groups.unread, [], "{name}");
    }
}

#[test]
fn version_2_proves_the_chip_with_the_key_in_ef_cardsecurity() {
    let genuine = built_in("eid-pin");
    let (taken, verdict) = tapped(&genuine);
    assert!(verdict.verified && verdict.level == Level::L3, "{verdict:?}");
    let run = taken.evidence.chip_authentication.as_ref().unwrap();
    assert_eq!((run.key_file, run.key_id), (KeyFile::CardSecurity, Some(41)));
    assert!(verdict.holder_verification.unwrap().check.passed());
    // A record that claims another file's key of another number is not believed.
    let mut forged = taken.evidence.clone();
    forged.chip_authentication.as_mut().unwrap().key_file = KeyFile::Dg14;
    let verdict = judge(&forged, &anchors(&genuine), &taken.judging());
    assert!(verdict.chip.chip_authentication.failed());

    // Without certificates of a terminal it is version 1, with the key in EF.DG14.
    let without = Options { terminal: None, ..of_profile(&genuine) };
    let taken = tap_card(&genuine, &without).unwrap();
    assert!(judged(&taken, &anchors(&genuine)).verified);
    let run = taken.evidence.chip_authentication.as_ref().unwrap();
    assert_eq!((run.key_file, run.key_id), (KeyFile::Dg14, Some(2)));

    // A clone has neither key.
    let mut clone = genuine.clone();
    for key in &mut clone.keys.chip_authentication {
        *key = AgreementSecretKey::generate(key.domain(), &mut SeededRng::new(b"a clone", "key"));
    }
    for options in [of_profile(&genuine), without] {
        let taken = tap_card(&clone, &options).unwrap();
        let verdict = judged(&taken, &anchors(&genuine));
        assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
        assert!(verdict.chip.chip_authentication.failed());
    }
}

#[test]
fn a_key_without_an_info_is_tried_by_every_cipher() {
    let genuine = built_in("passport-rsa-legacy");
    let (taken, verdict) = tapped(&genuine);
    assert!(verdict.verified && taken.chip_authentication == ChipRun::Proven, "{verdict:?}");
    let mut clone = genuine.clone();
    for key in &mut clone.keys.chip_authentication {
        *key = AgreementSecretKey::generate(key.domain(), &mut SeededRng::new(b"a clone", "key"));
    }
    let taken = tap_card(&clone, &of_profile(&genuine)).unwrap();
    let verdict = judged(&taken, &anchors(&genuine));
    assert!(verdict.chip.chip_authentication.failed() && !verdict.verified, "{verdict:?}");
    assert_eq!(verdict.passive.groups.unread, []);
}

#[test]
fn a_licence_is_judged_by_its_own_files() {
    let genuine = built_in("driving-licence-bap");
    let (taken, verdict) = tapped(&genuine);
    assert!(verdict.verified && verdict.chip.active_authentication.passed(), "{verdict:?}");
    for file in [edl::File::Sod, edl::File::Dg1, edl::File::Dg6, edl::File::Dg13] {
        assert!(taken.evidence.file(File::Edl(file)).is_some(), "{file:?}");
    }
    let dg1 = File::Edl(edl::File::Dg1);
    let mut bytes = genuine.files[&dg1].clone();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let taken = tap_card(&with_file(&genuine, dg1, bytes), &of_profile(&genuine)).unwrap();
    let verdict = judged(&taken, &anchors(&genuine));
    assert!(!verdict.verified && verdict.passive.groups.mismatched == [dg1]);
}

#[test]
fn one_application_does_not_pass_for_the_other() {
    // Copies whose keys of Active Authentication have another number there.
    let other = |file: File| match file {
        File::Sod => Some(File::Edl(edl::File::Sod)),
        File::Dg1 => Some(File::Edl(edl::File::Dg1)),
        File::Dg14 => Some(File::Edl(edl::File::Dg14)),
        File::Edl(edl::File::Sod) => Some(File::Sod),
        File::Edl(edl::File::Dg1) => Some(File::Dg1),
        File::Edl(edl::File::Dg14) => Some(File::Dg14),
        _ => None,
    };
    let live = Judging::live(ChipRun::NotOffered, None);
    for name in ["passport-bac", "driving-licence-bap"] {
        let genuine = built_in(name);
        let (taken, verdict) = tapped(&genuine);
        assert!(verdict.verified, "{name}");
        let mut evidence = taken.evidence.clone();
        let files = taken.evidence.files.into_iter();
        evidence.files = files.filter_map(|(file, bytes)| Some((other(file)?, bytes))).collect();
        assert!(evidence.files.len() >= 2, "{name}");
        let verdict = judge(&evidence, &anchors(&genuine), &live);
        assert!(!verdict.verified && verdict.level == Level::L0, "{name}: {verdict:?}");
        // Nor without the file that tells.
        evidence.files.remove(&File::Dg1);
        evidence.files.remove(&File::Edl(edl::File::Dg1));
        assert!(!judge(&evidence, &anchors(&genuine), &live).verified, "{name}");
    }
    // Nor does the holder of one stand beside what the other shows.
    let genuine = built_in("driving-licence-bap");
    let mut evidence = tapped(&genuine).0.evidence;
    evidence.files.insert(File::Dg1, built_in("passport-bac").files[&File::Dg1].clone());
    let verdict = judge(&evidence, &anchors(&genuine), &live);
    assert!(!verdict.verified && verdict.passive.groups.unlisted == [File::Dg1], "{verdict:?}");
}

#[test]
fn offline_a_readers_own_proofs_are_not_done() {
    for (name, _) in iccard::profile::BUILT_IN {
        let genuine = built_in(name);
        if genuine.profile.travel.is_none() {
            continue;
        }
        let (taken, live) = tapped(&genuine);
        let json = taken.evidence.to_json().unwrap();
        let evidence = Evidence::from_json(json.as_bytes()).unwrap();
        assert_eq!(evidence, taken.evidence, "{name}");
        let offline = judge(&evidence, &anchors(&genuine), &Judging::offline(None));
        assert!(offline.passive.check.passed(), "{name}");
        assert!(!offline.chip.answered_the_judge(), "{name}");
        let (then, now) = (&live.chip.active_authentication, &offline.chip.active_authentication);
        assert_eq!(then.passed(), now.passed(), "{name}");
        // What only the reader saw proves nothing to others, and its reason says so.
        assert_eq!(offline.verified, now.passed(), "{name}: {offline:?}");
        if !now.passed() {
            let reason = offline.chip.check.reason().unwrap().to_string();
            assert!(reason.starts_with("not provable to a third party"), "{name}: {reason}");
        }
    }
}

fn profile_text(name: &str) -> String {
    let found = iccard::profile::BUILT_IN.iter().find(|(built_in, _)| *built_in == name);
    found.unwrap().1.to_owned()
}

#[test]
fn what_fits_no_protected_response_comes_in_parts() {
    // Signatures of 2,048 bits under 3DES, where a short response holds 231 bytes of data; and PACE
    // with the PIN inside a channel that the CAN opened, over a group whose elements are as long.
    let text = profile_text("passport-rsa-legacy").replace("rsa = 1792", "rsa = 2048");
    let long = iccard::profile::check(&text, "long".as_ref()).unwrap().personalise().unwrap();
    let (taken, verdict) = tapped(&long);
    assert!(verdict.verified && verdict.chip.active_authentication.passed(), "{verdict:?}");
    assert_eq!(taken.evidence.active_authentication.unwrap().signature.len(), 256);

    let text = profile_text("eid-pin").replacen(
        "curve = \"brainpoolP256r1\"\ncipher",
        "group = \"MODP-2048-256\"\ncipher",
        1,
    );
    let groups = iccard::profile::check(&text, "groups".as_ref()).unwrap().personalise().unwrap();
    let mut desk = Desk::new(&groups);
    let wrong = Options { passwords: pin("000000"), ..of_profile(&groups) };
    for _ in 0..2 {
        desk.tap(&wrong).unwrap_err();
    }
    let passwords =
        Passwords { can: can(&groups.profile.secrets.can).can, ..of_profile(&groups).passwords };
    let resumed = Options { passwords, last_try: true, ..of_profile(&groups) };
    assert!(judged(&desk.tap(&resumed).unwrap(), &anchors(&groups)).verified);
}

#[test]
fn a_new_channel_is_no_answer_under_the_old_keys() {
    // A copy agrees to Chip Authentication, cannot read what follows, and says that it was too long:
    // the channel that is opened then proves nothing.
    let genuine = built_in("passport-eac");
    let mut clone = genuine.clone();
    for key in &mut clone.keys.chip_authentication {
        *key = AgreementSecretKey::generate(key.domain(), &mut SeededRng::new(b"a clone", "key"));
    }
    let by_pace = Options { terminal: None, ..of_profile(&genuine) };
    let passwords = Passwords::from_mrz(genuine.mrz.as_ref().unwrap().as_str());
    let by_bac = Options { passwords, allow_bac: true, ..by_pace.clone() };
    for options in [by_pace, by_bac] {
        let transport = Meddler::new(card(&clone), |_, command, response| {
            if command[0] == 0x0C && response.len() == 2 {
                *response = vec![0x67, 0x00];
            }
            Ok(())
        });
        let taken = tap_over(transport, &options).unwrap();
        let verdict = judged(&taken, &anchors(&genuine));
        assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
        assert!(verdict.chip.chip_authentication.failed());
    }
}

#[test]
fn another_cards_proof_does_not_speak_for_copied_files() {
    // Version 2 proves the swindler's own card; the copy that answers the next channel knows no
    // Terminal Authentication, and gives somebody else's files.
    let own = built_in("eid-pin");
    let text = profile_text("eid-pin").replace("\"eid 1\"", "\"another seed\"");
    let copied = iccard::profile::check(&text, "copied".as_ref()).unwrap().personalise().unwrap();
    assert_ne!(own.files[&File::Sod], copied.files[&File::Sod]);
    let mut copy = copied.clone();
    for key in &mut copy.keys.chip_authentication {
        *key = AgreementSecretKey::generate(key.domain(), &mut SeededRng::new(b"a clone", "key"));
    }
    let mut anchors = anchors(&own);
    for (name, der) in iccard::profile::anchors(&copied) {
        anchors.add(&format!("2 {name}"), &der).unwrap();
    }
    let stumble: Meddling = |_, command, response| {
        if command[..3] == [0x0C, 0xB0, 0x8E] {
            *response = vec![0x67, 0x00];
        }
        Ok(())
    };
    let first = Meddler::new(card(&own), stumble);
    let transport = exchanged(first, &copy, Limits::EXTENDED);
    let taken = tap_over(Box::new(transport), &of_profile(&own)).unwrap();
    assert_eq!(taken.evidence.file(File::Sod), Some(&*copied.files[&File::Sod]));
    let verdict = judged(&taken, &anchors);
    assert!(verdict.passive.check.passed(), "{verdict:?}");
    assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
}

#[test]
fn a_proof_does_not_outlive_the_channel_in_which_nothing_came_under_it() {
    // The swindler's own card proves itself; the selection then seems too long for the reader, and
    // a copy of somebody else's files answers the next channel.
    let own = built_in("eid-pin");
    let copied = like_eid("another seed", &own);
    let mut copy = Personalised { cvca: None, ..copied.clone() };
    for key in &mut copy.keys.chip_authentication {
        *key = AgreementSecretKey::generate(key.domain(), &mut SeededRng::new(b"a clone", "key"));
    }
    let stumble: Meddling = |_, command, response| {
        static FIRST: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        if command[..2] == [0x0C, 0xA4] {
            let before = FIRST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if before > 0 {
                let waited = std::time::Duration::ZERO;
                return Err(TransportError::Timeout { step: "answer", waited });
            }
            *response = vec![0x67, 0x00];
        }
        Ok(())
    };
    // Extended length fields, and no read that needs them before the selection.
    let first = Meddler::new(card(&own), stumble);
    let transport = exchanged(first, &copy, Limits::within(262));
    let taken = tap_over(Box::new(transport), &of_profile(&own)).unwrap();
    assert_eq!(taken.evidence.file(File::Sod), Some(&*copied.files[&File::Sod]));
    let verdict = judged(&taken, &anchors_of_both(&own, &copied));
    assert!(verdict.passive.check.passed(), "{verdict:?}");
    assert!(!verdict.verified && verdict.level == Level::L1, "{verdict:?}");
}

#[test]
fn version_2_in_a_further_channel_speaks_for_the_same_ef_cardsecurity_alone() {
    // A chip of the swindler's making gives somebody else's files with an EF.CardSecurity of its
    // own; a genuine card proves itself in the next channel, where nothing is read but what it
    // does not have.
    let mut genuine = built_in("eid-pin");
    genuine.files.remove(&File::Dg3);
    let victim = like_eid("another seed", &genuine);
    let mut made = like_eid("swindler", &genuine);
    for (file, bytes) in &victim.files {
        if *file != File::CardSecurity && *file != File::CardAccess {
            made.files.insert(*file, bytes.clone());
        }
    }
    // EF.DG14 of the victim names a key that the made chip does not have.
    let stumble: Meddling = |_, command, response| {
        if command[..3] == [0x0C, 0xB0, 0x83] {
            *response = vec![0x67, 0x00];
        }
        Ok(())
    };
    let first = Meddler::new(card(&made), stumble);
    let transport = exchanged(first, &genuine, Limits::EXTENDED);
    let taken = tap_over(Box::new(transport), &of_profile(&genuine)).unwrap();
    assert_eq!(taken.evidence.file(File::Sod), Some(&*victim.files[&File::Sod]));
    assert_eq!(taken.evidence.file(File::CardSecurity), Some(&*made.files[&File::CardSecurity]));
    let verdict = judged(&taken, &anchors_of_both(&genuine, &victim));
    assert!(!verdict.verified && verdict.level <= Level::L1, "{verdict:?}");
}

#[test]
fn a_proof_that_was_not_there_at_first_does_not_come_later() {
    // The first channel, in which files are read, has no EF.CardSecurity for version 2; the second
    // has one, and would prove another chip.
    let genuine = built_in("eid-pin");
    let mut without = genuine.clone();
    without.files.remove(&File::CardSecurity);
    let stumble: Meddling = |_, command, response| {
        if command[..3] == [0x0C, 0xB0, 0x81] {
            *response = vec![0x67, 0x00];
        }
        Ok(())
    };
    let first = Meddler::new(card(&without), stumble);
    let transport = exchanged(first, &genuine, Limits::EXTENDED);
    let taken = tap_over(Box::new(transport), &of_profile(&genuine)).unwrap();
    assert_eq!(taken.evidence.file(File::CardSecurity), None);
    assert!(taken.terminal_authentication.as_ref().unwrap().is_err());
    // What EF.SOD binds the key of stays proven.
    let run = taken.evidence.chip_authentication.as_ref().unwrap();
    assert_eq!(run.key_file, KeyFile::Dg14);
    assert!(judged(&taken, &anchors(&genuine)).verified);
}

#[test]
fn a_naked_wrong_length_costs_a_genuine_card_nothing() {
    // At the first files that are read inside a channel, and at EF.CVCA, the last before the fingers.
    for (name, at) in
        [("passport-pace-cam", 0), ("eid-pin", 0), ("eid-pin", 1), ("passport-eac", 9)]
    {
        let genuine = built_in(name);
        let mut reads = 0;
        let transport = Meddler::new(card(&genuine), move |_, command, response| {
            if command[..2] == [0x0C, 0xB0] {
                reads += 1;
                if reads == at + 1 {
                    *response = vec![0x67, 0x00];
                }
            }
            Ok(())
        });
        let taken = tap_over(transport, &of_profile(&genuine)).unwrap();
        let verdict = judged(&taken, &anchors(&genuine));
        assert!(verdict.verified && verdict.level == Level::L3, "{name}, {at}: {verdict:?}");
        assert_eq!(verdict.passive.groups.unread, [], "{name}, {at}");
    }
}
