//! What does PACE cost each side, by mapping and by curve or group?
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    apdu::Response,
    crypto::{Curve, Domain, Group, SecretKey, SeededRng},
    protocol::{
        Initiator, Next,
        pace::{Chip, ChipReply, Parameters, Password, Terminal, TerminalOptions, cam},
    },
};

/// `id-PACE` (ICAO Doc 9303-11 clause 9.2.3); the arcs behind it name mapping and cipher.
const ID_PACE: &str = "0.4.0.127.0.7.2.2.4";
/// AES-128 in all of them.
const AES_128: u8 = 2;

fn benches(c: &mut Criterion) {
    for kind in [2, 4, 6] {
        for curve in Curve::ALL {
            // P-224 has no integrated mapping.
            if let Some(params) = parameters(kind, curve.into()) {
                bench(c, &params);
            }
        }
    }
    for kind in [1, 3] {
        for group in Group::ALL {
            if let Some(params) = parameters(kind, group.into()) {
                bench(c, &params);
            }
        }
    }
}

fn parameters(kind: u8, domain: Domain) -> Option<Parameters> {
    let oid = format!("{ID_PACE}.{kind}.{AES_128}").parse().unwrap();
    Parameters::new(oid, Some(domain.parameter_id())).ok()
}

fn bench(c: &mut Criterion, params: &Parameters) {
    let (commands, responses) = dialogue(params);
    let name = format!("{}/{}", params.suite(), params.domain().to_string().replace('/', "-"));
    let mut group = c.benchmark_group(name);
    // The same seed gives the same keys, so recorded answers stay the right ones.
    group.bench_function("terminal", |b| {
        b.iter_batched(
            || terminal(params),
            |mut terminal| {
                let mut rng = SeededRng::new(b"bench", "terminal");
                terminal.start(&mut rng).unwrap();
                for response in &responses {
                    if let Next::Done(established) = terminal.receive(response, &mut rng).unwrap()
                        && let Some(proof) = established.chip_authentication
                    {
                        cam::verify(&proof, &static_key(params).unwrap().public()).unwrap();
                    }
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("chip", |b| {
        b.iter_batched(
            || chip(params),
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

fn static_key(params: &Parameters) -> Option<SecretKey> {
    match params.domain() {
        Domain::Curve(curve) => {
            Some(SecretKey::generate(curve, &mut SeededRng::new(b"bench", "static")))
        }
        Domain::Group(_) => None,
    }
}

fn chip(params: &Parameters) -> Chip {
    let chip = Chip::new(params.clone(), &Password::can("123456"));
    match static_key(params) {
        Some(key) => chip.with_static_key(key).unwrap(),
        None => chip,
    }
}

fn terminal(params: &Parameters) -> Terminal {
    Terminal::new(params.clone(), Password::can("123456"), TerminalOptions::default())
}

fn dialogue(params: &Parameters) -> (Vec<Vec<u8>>, Vec<Response>) {
    let mut terminal_rng = SeededRng::new(b"bench", "terminal");
    let mut chip_rng = SeededRng::new(b"bench", "chip");
    let mut terminal = terminal(params);
    let mut chip = chip(params);
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

// Many rows: two and a half seconds each.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group!(name = group; config = short(); targets = benches);
criterion_main!(group);
