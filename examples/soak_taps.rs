//! Taps cards 10,000 times in one process, every built-in document in turn, and fails where a tap
//! fails or memory grows.
//!
//! `cargo run --release --example soak_taps [TAPS]`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, Instant},
};

use iccard::{profile::BUILT_IN, testing::Card};

const TAPS: usize = 10_000;
/// What the allocator may keep more at the end than after the first tenth.
const SLACK: u64 = 4 << 20;

fn main() -> ExitCode {
    let taps = std::env::args().nth(1).map_or(TAPS, |taps| taps.parse().unwrap());
    // A card of plain files has nothing to tap.
    let documents = BUILT_IN.iter().filter(|(name, _)| *name != "iso-files");
    let cards: Vec<_> = documents.map(|(name, _)| (*name, Card::new(name).unwrap())).collect();
    let mut spent: BTreeMap<&str, (u32, Duration)> = BTreeMap::new();
    let (mut failed, mut warm) = (0, None);
    let begun = Instant::now();
    for tap in 0..taps {
        let (name, card) = &cards[tap % cards.len()];
        let start = Instant::now();
        match card.tap() {
            Ok(tapped) if tapped.is_verified() => {}
            Ok(_) => {
                failed += 1;
                println!("tap {tap}, {name}: not verified");
            }
            Err(error) => {
                failed += 1;
                println!("tap {tap}, {name}: {error}");
            }
        }
        let (count, time) = spent.entry(name).or_default();
        *count += 1;
        *time += start.elapsed();
        if tap == taps / 10 {
            warm = resident_bytes();
        }
    }
    println!("{taps} taps in {:?}, {failed} failed", begun.elapsed());
    for (name, (count, time)) in spent {
        println!("  {name}: {count}, {:?} each", time / count);
    }
    let grown = match (warm, resident_bytes()) {
        (Some(warm), Some(end)) => {
            println!("memory: {} KiB after a tenth, {} KiB at the end", warm >> 10, end >> 10);
            end.saturating_sub(warm) > SLACK
        }
        _ => {
            println!("memory: not measured, for there is no /proc/self/statm");
            false
        }
    };
    if grown {
        println!("memory has grown by more than {} KiB", SLACK >> 10);
    }
    if failed == 0 && !grown { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Memory of this process that is in use: the second number, in pages.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
