//! How fast scripts are read, checked and formatted.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iccard::script::{
    Files, Program,
    check::{Known, check},
    format::format,
    syntax::{SourceId, parse},
};

fn benches(c: &mut Criterion) {
    let lines = 1000;
    let mut group = c.benchmark_group("script/1,000 lines");
    group.throughput(Throughput::Elements(lines));
    let sends: String = (0..lines).map(|line| format!("00B0 {line:04X} A0 (9000)\n")).collect();
    group.bench_function("read commands", |b| {
        b.iter(|| parse(SourceId(0), black_box(&sends), false).script.body.len());
    });
    let part = "let a = resp[0..8]\nif sw == 6282\n  echo \"short\" %a\nend\nassert len(%a) == 8\n";
    let mixed = part.repeat(usize::try_from(lines).unwrap() / 5);
    group.bench_function("read statements", |b| {
        b.iter(|| parse(SourceId(0), black_box(&mixed), false).script.body.len());
    });
    let program = Program::load("mixed.apdu", &mixed, &mut Files, false).unwrap();
    group.bench_function("check statements", |b| {
        b.iter(|| check(black_box(&program), &Known::default()).len());
    });
    group.bench_function("format statements", |b| {
        b.iter(|| format(black_box(&mixed), false).unwrap().len());
    });
    group.finish();
}

criterion_group!(group, benches);
criterion_main!(group);
