//! What does PACE cost each side?
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    apdu::Response,
    crypto::SeededRng,
    protocol::{
        Initiator, Next,
        pace::{Chip, ChipReply, Parameters, Password, Terminal, TerminalOptions},
    },
};

const ID_PACE_ECDH_GM_AES_128: &str = "0.4.0.127.0.7.2.2.4.2.2";

fn benches(c: &mut Criterion) {
    for (name, id) in [("P-256", 12), ("brainpoolP256r1", 13)] {
        let oid = ID_PACE_ECDH_GM_AES_128.parse().unwrap();
        let params = Parameters::new(oid, Some(id)).unwrap();
        let (commands, responses) = dialogue(&params);
        let mut group = c.benchmark_group(format!("PACE-GM/{name}"));
        // The same seed gives the same keys, so recorded answers stay the right ones.
        group.bench_function("terminal", |b| {
            b.iter_batched(
                || terminal(&params),
                |mut terminal| {
                    let mut rng = SeededRng::new(b"bench", "terminal");
                    terminal.start(&mut rng).unwrap();
                    for response in &responses {
                        terminal.receive(response, &mut rng).unwrap();
                    }
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function("chip", |b| {
            b.iter_batched(
                || Chip::new(params.clone(), &Password::can("123456")),
                |mut chip| {
                    let mut rng = SeededRng::new(b"bench", "chip");
                    for (i, data) in commands.iter().enumerate() {
                        chip.general_authenticate(data, i == 3, &mut rng).unwrap();
                    }
                },
                BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

fn terminal(params: &Parameters) -> Terminal {
    Terminal::new(params.clone(), Password::can("123456"), TerminalOptions::default())
}

fn dialogue(params: &Parameters) -> (Vec<Vec<u8>>, Vec<Response>) {
    let mut terminal_rng = SeededRng::new(b"bench", "terminal");
    let mut chip_rng = SeededRng::new(b"bench", "chip");
    let mut terminal = terminal(params);
    let mut chip = Chip::new(params.clone(), &Password::can("123456"));
    let (mut commands, mut responses) = (Vec::new(), vec![Response::default()]);
    terminal.start(&mut terminal_rng).unwrap();
    let mut next = terminal.receive(&responses[0], &mut terminal_rng).unwrap();
    while let Next::Send(command) = next {
        let last = !command.header.is_chained();
        let reply = chip.general_authenticate(&command.data, last, &mut chip_rng).unwrap();
        let (ChipReply::Reply(data) | ChipReply::Done { data, .. }) = reply;
        commands.push(command.data.clone());
        responses.push(Response { data, ..Response::default() });
        next = terminal.receive(responses.last().unwrap(), &mut terminal_rng).unwrap();
    }
    (commands, responses)
}

criterion_group!(group, benches);
criterion_main!(group);
