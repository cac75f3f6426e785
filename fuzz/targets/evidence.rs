//! What comes as a text: evidence, requests, sessions, device keys and the record of used
//! sessions in JSON, card profiles in TOML. No evidence is verified but what a card gave, and no
//! other request accepted than the one its device signed.
#![no_main]

use std::cell::Cell;

use iccard::issuance::{
    CredentialRequest, Decision, DeviceKeys, Session, SessionError, SessionStore, UsedSessions,
    verify,
};
use iccard::profile;
use iccard::trust::{Evidence, Judging, judge};
use iccard_fuzz::cards::{NOW, tapped};
use iccard_fuzz::{parsed, pick, scratch};
use libfuzzer_sys::fuzz_target;
use time::UtcDateTime;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 6) else { return };
    match choice {
        0 => evidence(data),
        1 => request(&String::from_utf8_lossy(data)),
        2 => {
            let text = String::from_utf8_lossy(data);
            // Drawing RSA keys takes seconds, and an included profile may have them.
            if let Some(profile) = parsed(profile::check(&text, "a profile".as_ref()))
                && !text.contains("RSA")
                && !text.contains("include")
            {
                parsed(profile.personalise());
            }
        }
        3 => {
            if let Some(session) = parsed(Session::load(&scratch::file("session", data))) {
                let path = scratch::folder().join("saved");
                let _ = std::fs::remove_file(&path);
                session.save(&path).expect("a file");
                assert!(Session::load(&path).expect("a session that was saved") == session);
                let _ = session.binding(&tapped().keys.jkt());
            }
        }
        4 => {
            if let Some(keys) = parsed(DeviceKeys::load(&scratch::file("keys", data))) {
                assert!(!keys.public().is_empty());
                assert_eq!(keys.jkt(), iccard::issuance::thumbprint(&keys.public()[0]));
            }
        }
        _ => {
            let used = UsedSessions::new(scratch::file("used", data));
            parsed(used.used_at(&tapped().session));
        }
    }
});

fn evidence(data: &[u8]) {
    let Some(evidence) = parsed(Evidence::from_json(data)) else { return };
    let json = evidence.to_json().expect("evidence that was read");
    let again = Evidence::from_json(json.as_bytes()).expect("evidence that was written");
    assert!(again == evidence);
    let real = tapped();
    for bind in [None, Some([0; 32])] {
        let verdict = judge(&evidence, &real.anchors, &Judging::offline(bind));
        let groups = &verdict.passive.groups;
        if verdict.passive.check.passed() {
            assert!(groups.mismatched.is_empty() && groups.unlisted.is_empty());
            for file in &groups.matched {
                assert_eq!(evidence.file(*file), real.evidence.file(*file), "forged {file}");
            }
        }
        assert!(!verdict.verified || verdict.passive.check.passed());
        assert!(serde_json::to_string(&verdict).is_ok());
    }
}

#[derive(Default)]
struct Once(Cell<Option<UtcDateTime>>);

impl SessionStore for Once {
    fn used_at(&self, _: &Session) -> Result<Option<UtcDateTime>, SessionError> {
        Ok(self.0.get())
    }

    fn consume(&self, _: &Session, now: UtcDateTime) -> Result<Option<UtcDateTime>, SessionError> {
        Ok(self.0.replace(Some(now)))
    }
}

fn request(token: &str) {
    let real = tapped();
    let opened = parsed(CredentialRequest::open(token));
    let store = Once::default();
    let verdict = verify(token, &real.session, &store, &real.anchors, NOW);
    let verdict = verdict.expect("a store in memory");
    assert_eq!(opened.is_some(), verdict.signature.passed());
    if verdict.binding.passed() {
        assert!(store.0.get().is_some(), "bound, and the session not used");
        let request = verdict.request.as_ref().expect("a request that was opened");
        assert_eq!(request.jkt(), real.keys.jkt(), "bound to another device");
        assert!(request.evidence == real.evidence, "a forged request");
    }
    if verdict.verdict == Decision::Accept {
        assert!(verdict.binding.passed() && verdict.data.passed() && verdict.chip.passed());
        let again = verify(token, &real.session, &store, &real.anchors, NOW);
        assert_eq!(again.expect("the same store").verdict, Decision::Refuse, "accepted twice");
    }
}
