//! What does Basic Access Control cost each side?
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    apdu::{Command, Response, StatusWord},
    crypto::SeededRng,
    protocol::{
        Initiator, Next,
        bac::{AccessKey, Chip, Terminal},
    },
};

// ICAO Doc 9303-11 appendix D.2.
const MRZ_INFORMATION: &str = "L898902C<369080619406236";

fn benches(c: &mut Criterion) {
    let key = AccessKey::mrz(MRZ_INFORMATION);
    let rng = |side| SeededRng::new(b"bench", side);
    let (of_chip, of_terminal) = (|| rng("chip"), || rng("terminal"));
    let (command, challenge, answer) = {
        let mut chip = Chip::new(key.clone());
        let mut of_chip = of_chip();
        let mut terminal = Terminal::new(key.clone());
        let challenge = chip.get_challenge(&mut of_chip).to_vec();
        let command = authenticate(&mut terminal, &challenge, &mut of_terminal());
        let (answer, _) = chip.external_authenticate(&command.data, &mut of_chip).unwrap();
        (command, challenge, answer)
    };
    let mut group = c.benchmark_group("basic access control");
    group.bench_function("terminal", |b| {
        b.iter_batched(
            || (Terminal::new(key.clone()), of_terminal()),
            |(mut terminal, mut rng)| {
                authenticate(&mut terminal, &challenge, &mut rng);
                let response = Response { data: answer.clone(), sw: StatusWord::SUCCESS };
                terminal.receive(&response, &mut rng).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("chip", |b| {
        b.iter_batched(
            || (Chip::new(key.clone()), of_chip()),
            |(mut chip, mut rng)| {
                chip.get_challenge(&mut rng);
                chip.external_authenticate(&command.data, &mut rng).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn authenticate(terminal: &mut Terminal, challenge: &[u8], rng: &mut SeededRng) -> Command {
    terminal.start(rng).unwrap();
    let response = Response { data: challenge.to_vec(), sw: StatusWord::SUCCESS };
    match terminal.receive(&response, rng).unwrap() {
        Next::Send(command) => command,
        Next::Done(_) => panic!("EXTERNAL AUTHENTICATE comes next"),
    }
}

criterion_group!(group, benches);
criterion_main!(group);
