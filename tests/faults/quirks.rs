use std::path::Path;

use iccard::{
    profile::{self, Personalised},
    transport::Loopback,
};

use super::{faulty, told};
use crate::support::card::{of_profile, tap_over};

fn quirk(name: &str) -> Personalised {
    let path = Path::new(env!("ICCARD_Q")).join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    profile::check(&text, &path).unwrap_or_else(|e| panic!("{e}")).personalise().unwrap()
}

#[test]
fn every_quirk() {
    let mut names: Vec<String> = std::fs::read_dir(env!("ICCARD_Q"))
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|n| n.starts_with("quirk-"))
        .collect();
    names.sort();
    for name in names {
        let started = std::time::Instant::now();
        let card = quirk(&name);
        let made = started.elapsed();
        let chip = faulty(&card, "");
        let handle = chip.handle();
        let outcome = tap_over(Box::new(Loopback::new(chip)), &of_profile(&card));
        println!(
            "{name}: {} [{} faults, {made:?} {:?}, {} apdus]",
            told(&card, &outcome),
            handle.fired(),
            started.elapsed(),
            outcome.as_ref().map_or(0, |t| t.stats.apdus)
        );
    }
}
