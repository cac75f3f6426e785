//! Kills a card's process in the middle of its writes, 200 times, and reads its state each time:
//! fails where one cannot be read, mixes two commits, or lacks one that was acknowledged.
//!
//! `cargo run --release --example soak_kill [KILLS]`; ICCARD_SOAK_SEED changes the moments.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use iccard::{
    crypto::{Hash, SeededRng},
    emulator::{CardId, Change, Counter, FileStore, Store, StoreError},
};
use rand_core::Rng as _;

const KILLS: usize = 200;

fn card() -> CardId {
    CardId::new("soak", &[b"kill"])
}

/// The entries of the commit of this number, which belong together: a counter, a file of any size
/// up to 8 KiB, and one that is there every other time.
fn commit(number: u64) -> Vec<Change> {
    let digest = Hash::Sha256.digest(&[&number.to_be_bytes()]);
    let size = 1 + usize::from(u16::from_be_bytes([digest[0], digest[1]]) % 8192);
    let file: Vec<u8> = digest.iter().copied().cycle().take(size).collect();
    let sometimes = number.is_multiple_of(2).then(|| digest.clone());
    vec![
        Change::set(Counter::PinTries.name(), number.to_be_bytes()),
        Change::set("fs/3F00/0101", file),
        Change { name: "fs/3F00/0102".into(), value: sometimes },
    ]
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, path] if word == "write" => write(Path::new(path)),
        [kills] => run(kills.parse().unwrap()),
        _ => run(KILLS),
    }
}

/// The process that is killed: commits without end and says each number when it is done, with the
/// microseconds it took.
fn write(path: &Path) -> ! {
    let mut store = FileStore::open(path, &card()).unwrap();
    let mut number = store.counter(Counter::PinTries).unwrap_or(0);
    let mut out = std::io::stdout();
    loop {
        number += 1;
        let start = Instant::now();
        store.commit(&commit(number)).unwrap();
        writeln!(out, "{number} {}", start.elapsed().as_micros()).unwrap();
    }
}

fn run(kills: usize) -> ExitCode {
    let seed = std::env::var("ICCARD_SOAK_SEED").unwrap_or_else(|_| "7816".into());
    let mut rng = SeededRng::new(seed.as_bytes(), "kills");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.state");
    let (mut unread, mut mixed, mut lost) = (0, 0, 0);
    let (mut unsaid, mut halves, mut last) = (0, 0, 0);
    let mut times = Vec::new();
    let begun = Instant::now();
    for _ in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("write")
            .arg(&path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // So many commits, and then a moment: anywhere in the next ones.
        let wait = rng.next_u32() % 12;
        let moment = Duration::from_micros(u64::from(rng.next_u32() % 3000));
        let mut said = last;
        let mut hear = |line: std::io::Result<String>| {
            let line = line.unwrap();
            let (number, micros) = line.split_once(' ').unwrap();
            said = number.parse().unwrap();
            times.push(micros.parse::<u64>().unwrap());
        };
        lines.by_ref().take(wait as usize + 1).for_each(&mut hear);
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(&mut hear);

        halves += usize::from(folder.path().join("card.state.new").exists());
        match FileStore::open(&path, &card()) {
            Ok(store) => {
                let number = store.counter(Counter::PinTries).unwrap_or(0);
                let whole =
                    commit(number).iter().all(|c| store.entry(&c.name) == c.value.as_deref());
                mixed += usize::from(!whole);
                lost += usize::from(number < said);
                unsaid += usize::from(number > said);
                last = number;
            }
            Err(error) => {
                unread += 1;
                println!("unreadable: {error}");
                if matches!(error, StoreError::Malformed { .. }) {
                    std::fs::remove_file(&path).unwrap();
                    last = 0;
                }
            }
        }
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "{kills} kills in {:?}, seed {seed}: {unread} unreadable, {mixed} mixed, {lost} lost",
        begun.elapsed()
    );
    println!("{halves} left half a replacement, {unsaid} kept a commit not yet said to be done");
    println!("{} commits, median {median} µs", times.len());
    if unread + mixed + lost == 0 && !times.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
