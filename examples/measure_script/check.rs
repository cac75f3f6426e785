//! How long a script of a million lines takes to be read and checked.

use std::fmt::Write;
use std::time::{Duration, Instant};

use iccard::script::{
    Program,
    check::{Known, check},
};

const LINES: usize = 1_000_000;

/// What it should take.
const AIM: Duration = Duration::from_secs(2);

/// Prints what it took. Whether that is at most three times what it should be.
pub(crate) fn measure() -> bool {
    let text = script();
    let begun = Instant::now();
    let Ok(program) = Program::load("million.apdu", &text, &mut NoFiles, false) else {
        println!("the script has errors");
        return false;
    };
    let read = begun.elapsed();
    let found = check(&program, &Known::default());
    let took = begun.elapsed();
    let late = took > 3 * AIM || !found.is_empty();
    let word = if late { ", TOO LONG OR WRONG" } else { "" };
    println!(
        "1,000,000 lines checked in {took:.2?} (read in {read:.2?}), aim {AIM:?}, {} findings{word}",
        found.len()
    );
    !late
}

// What office scripts are made of: commands above all, and something of the rest.
fn script() -> String {
    let mut text = String::from("let aid = A0000002471001\n");
    for line in 1..LINES / 10 {
        let _ = write!(
            text,
            "# record {line}\n\
             00A4 040C #(%aid) (9000)\n\
             00B0 9E00 00 [61 XX *] (9000|6282)\n\
             00B0 {:04X} A0 (9000)\n\
             let part{} = resp[0..8]\n\
             if sw == 6282\n\
             \x20 echo \"short\" %part{}\n\
             end\n\
             00D6 0000 08 0102030405060708 (9000)   # update\n\
             expect time < 300ms\n",
            line & 0x7FFF,
            line % 100,
            line % 100,
        );
    }
    text.push_str("exit\n\n\n\n\n\n\n\n\n");
    text
}

struct NoFiles;

impl iccard::script::Loader for NoFiles {
    fn load(&mut self, _: &str, path: &str) -> Result<(String, String), String> {
        Err(format!("no file {path} is here"))
    }
}
