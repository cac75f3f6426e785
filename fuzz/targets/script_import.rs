//! Files of other programs: whatever is imported is a script, and what an export of it says is one
//! line of text.
#![no_main]

use iccard::script::{
    export::{Target, export},
    import::{Format, import},
    syntax::{SourceId, parse},
};
use iccard_fuzz::{is_told, pick};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, data)) = pick(data, Format::ALL.len() as u8) else { return };
    let _ = Format::recognise("f", data);
    let made = match import(Format::ALL[usize::from(choice)], "f", data) {
        Ok(made) => made,
        Err(error) => return is_told(&error),
    };
    let parsed = parse(SourceId::default(), &made.text, false);
    assert!(parsed.diagnostics.is_empty(), "what was imported is no script");
    for target in Target::ALL {
        if let Err(wrong) = export(&parsed.script, &made.text, target) {
            is_told(&wrong.message);
        }
    }
});
