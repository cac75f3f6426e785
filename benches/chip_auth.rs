//! What do Chip Authentication and BAC cost each side? Version 1 by curve or group, version 2 on
//! one curve.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    apdu::Response,
    crypto::{AgreementSecretKey, Curve, Domain, SeededRng},
    protocol::{
        Initiator, Next, bac,
        chip_auth::{Agreed, Chip, Commands, KeyAgreementTemplate, Suite, Terminal, Version},
    },
};

fn rng(label: &str) -> SeededRng {
    SeededRng::new(b"bench", label)
}

fn key(domain: Domain, label: &str) -> AgreementSecretKey {
    AgreementSecretKey::generate(domain, &mut rng(label))
}

/// A run of the terminal's, with what the chip answers last; the chip's command comes out.
fn run(mut terminal: Terminal, answer: Vec<u8>) -> (Vec<u8>, Next<Agreed>) {
    let mut rng = rng("terminal");
    let mut next = terminal.start(&mut rng).unwrap();
    if terminal.commands() == Commands::SetAt {
        next = terminal.receive(&Response::default(), &mut rng).unwrap();
    }
    let Next::Send(command) = next else { panic!("over") };
    let response = Response { data: answer, ..Response::default() };
    let done = terminal.receive(&response, &mut rng);
    (command.data.clone(), done.unwrap_or(Next::Send(command)))
}

fn chip_authentication(c: &mut Criterion) {
    for domain in (0..32).filter_map(Domain::from_parameter_id) {
        let [by_kat, by_at, ..] = Suite::inferred(domain);
        let key = key(domain, "static");
        let public = key.public();
        let name = domain.to_string().replace('/', "-");
        let mut group = c.benchmark_group(format!("CA/{name}"));
        for (what, suite) in [("3DES by KAT", by_kat), ("AES-128 by AT", by_at)] {
            let terminal = || Terminal::new(suite, public.clone(), None);
            let (data, _) = run(terminal(), Vec::new());
            let chip = Chip::new(suite, key.clone());
            group.bench_function(format!("terminal, {what}"), |b| {
                b.iter_batched(terminal, |t| run(t, Vec::new()), BatchSize::SmallInput);
            });
            group.bench_function(format!("chip, {what}"), |b| {
                b.iter(|| match suite.commands() {
                    Commands::SetKat => {
                        chip.set_kat(&KeyAgreementTemplate::parse(black_box(&data)).unwrap())
                    }
                    Commands::SetAt => {
                        chip.general_authenticate(black_box(&data)).map(|(_, keys)| keys)
                    }
                });
            });
        }
        group.finish();
    }
}

fn version_2(c: &mut Criterion) {
    let domain = Domain::Curve(Curve::BrainpoolP256r1);
    let [_, suite, ..] = Suite::inferred(domain);
    let chip = Chip::new(suite, key(domain, "static"));
    let ephemeral = key(domain, "ephemeral");
    let announced = ephemeral.public().compressed();
    let terminal = || {
        Terminal::new(suite, key(domain, "static").public(), None)
            .with_version(Version::V2)
            .with_ephemeral(ephemeral.clone())
            .unwrap()
    };
    let (data, _) = run(terminal(), Vec::new());
    let answer = || chip.general_authenticate_v2(&data, &announced, &mut rng("chip")).unwrap().0;
    let good = answer();
    let mut group = c.benchmark_group(format!("CA v2/{domain}"));
    group.bench_function("terminal", |b| {
        b.iter_batched(terminal, |t| run(t, good.clone()), BatchSize::SmallInput);
    });
    group.bench_function("chip", |b| b.iter(answer));
    group.finish();
}

fn basic_access_control(c: &mut Criterion) {
    let key = bac::AccessKey::mrz("L898902C<369080619406236");
    let mut chip = bac::Chip::new(key.clone());
    let challenge = chip.get_challenge(&mut rng("chip")).to_vec();
    let start = || {
        let mut terminal = bac::Terminal::new(key.clone());
        let mut rng = rng("terminal");
        terminal.start(&mut rng).unwrap();
        let response = Response { data: challenge.clone(), ..Response::default() };
        let Next::Send(command) = terminal.receive(&response, &mut rng).unwrap() else {
            panic!("over")
        };
        (terminal, command.data.clone())
    };
    let (_, command) = start();
    let (answer, _) = chip.external_authenticate(&command, &mut rng("chip")).unwrap();
    let mut group = c.benchmark_group("BAC");
    group.bench_function("terminal", |b| {
        b.iter(|| {
            let (mut terminal, _) = start();
            let response = Response { data: answer.clone(), ..Response::default() };
            terminal.receive(&response, &mut rng("terminal")).unwrap()
        });
    });
    group.bench_function("chip", |b| {
        b.iter(|| {
            let mut chip = bac::Chip::new(key.clone());
            chip.get_challenge(&mut rng("chip"));
            chip.external_authenticate(&command, &mut rng("chip")).unwrap()
        });
    });
    group.finish();
}

// Many rows: two and a half seconds each.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group!(
    name = group;
    config = short();
    targets = chip_authentication, version_2, basic_access_control
);
criterion_main!(group);
