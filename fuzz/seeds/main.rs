//! Writes a corpus to begin with: `seeds DIR` makes a folder a target of what the library itself
//! builds from synthetic persons. Sample documents are added where `ICCARD_SAMPLES` names some.

// The library is instrumented, and libFuzzer has what the instrumentation calls.
use libfuzzer_sys as _;

mod built;
mod documents;
mod folder;
mod mobile;
mod taps;
mod texts;
mod wallets;

use std::path::PathBuf;

use folder::Folder;

fn main() {
    let dir = std::env::args_os().nth(1).expect("the folder to write to");
    let mut folder = Folder::new(PathBuf::from(dir));
    documents::write(&mut folder);
    built::write(&mut folder);
    texts::write(&mut folder);
    mobile::write(&mut folder);
    taps::write(&mut folder);
    wallets::write(&mut folder);
    if let Some(samples) = std::env::var_os("ICCARD_SAMPLES") {
        documents::samples(&mut folder, samples.as_ref());
    }
    println!("{} seeds", folder.count());
}
