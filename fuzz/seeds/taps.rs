//! The messages of a tap session, and what chips say in one.

use iccard::lds::{HolderVerification, Password};

use crate::folder::Folder;

pub fn write(folder: &mut Folder) {
    let session = "AQEBAQEBAQEBAQEBAQEBAQ";
    for message in [
        r#"{"key_attestation":"a.b.c"}"#.to_string(),
        r#"{"request":"a.b.c","picture":"_9j_2Q"}"#.to_string(),
        format!(r#"{{"session":"{session}","step":1,"response":"kAA"}}"#),
        format!(r#"{{"frame":{{"session":"{session}","step":1,"command":"ACI","protect":true}}}}"#),
    ] {
        folder.add("tap_frames", 0, message.as_bytes());
    }
    let holder = HolderVerification { password: Password::Pin, pin_tries_left: 3, counter: 7 };
    let file = holder.encode();
    // An answer behind its length; those of Chip Authentication are passed over.
    let said = |parts: &[&[u8]]| -> Vec<u8> {
        let parts = parts.iter().flat_map(|part| [&[part.len() as u8][..], part].concat());
        [0, 0].into_iter().chain(parts).collect()
    };
    let ok = |data: &[u8]| [data, &[0x90, 0x00]].concat();
    folder.add("tap_frames", 1, &said(&[&[0x6A, 0x82]]));
    folder.add("tap_frames", 3, &said(&[&ok(&file)]));
    folder.add("tap_frames", 3, &said(&[&ok(&file[..9]), &ok(&file[9..])]));
    folder.add("tap_frames", 3, &said(&[&[0x6A, 0x86], &[0x90, 0x00], &ok(&file)]));
    folder.add("tap_frames", 2, &said(&[&[0x69, 0x82], &[0x6A, 0x82]]));
    folder.add("tap_frames", 4, &[1, 0x00, 0x22, 0x41, 0xA4]);
    folder.add("tap_frames", 4, &[0, 0x0C, 0xB0, 0x91, 0x00, 0x00]);
}
