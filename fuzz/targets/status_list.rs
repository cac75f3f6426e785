//! Status lists as JWT and CWT, and the array behind them. No list opens but the one that was
//! signed, and nothing inflates beyond the largest list.
#![no_main]

use iccard::issuance::status_list::{MAX_ENTRIES, StatusList, open, open_cwt, open_jwt};
use iccard_fuzz::mobile::{NOW, URI, mobile};
use iccard_fuzz::{parsed, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, 6) else { return };
    let real = mobile();
    let opened = match choice {
        0 => parsed(open_jwt(&String::from_utf8_lossy(data), URI, &real.anchors, NOW)),
        1 => parsed(open_cwt(data, URI, &real.anchors, NOW)),
        2 => parsed(open(data, URI, &real.anchors, NOW)),
        bits => {
            let bits = [1, 2, 8][usize::from(bits) - 3];
            let Some(list) = parsed(StatusList::decompress(bits, data)) else { return };
            assert!(list.entries() <= MAX_ENTRIES && list.entries() % (8 / bits) == 0);
            for idx in [0, 1, list.entries() / 2, list.entries().wrapping_sub(1), u64::MAX] {
                assert_eq!(parsed(list.get(idx)).is_some(), idx < list.entries());
            }
            let again = list.compress().expect("a list that was read");
            assert_eq!(StatusList::decompress(bits, &again).expect("a list"), list);
            return;
        }
    };
    if let Some(opened) = opened {
        assert_eq!(opened.list, real.list, "a forged list");
        assert_eq!(opened.uri, URI);
    }
});
