//! What does secure messaging cost an APDU, by cipher and size?
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use iccard::{
    apdu::{Command, CommandView, Header, Response, StatusWord},
    crypto::Cipher,
    sm::{SecureChannel, SessionKeys},
};

fn benches(c: &mut Criterion) {
    for cipher in [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes256] {
        let channel = SecureChannel::new(&SessionKeys::derive(cipher, b"a bench")).unwrap();
        let mut group = c.benchmark_group(format!("secure messaging/{cipher}"));
        for len in [223, 15_000] {
            let command = Command::new(Header::new(0, 0xB0, 0x82, 0)).with_ne(len);
            let response = Response { data: vec![0x5A; len as usize], sw: StatusWord::SUCCESS };
            let mut wire = Vec::new();
            channel.clone().protect_command(&command, &mut wire).unwrap();
            let mut answer = Vec::new();
            let mut chip = channel.clone();
            chip.unprotect_command(&CommandView::parse(&wire).unwrap()).unwrap();
            chip.clone().protect_response(&response, false, &mut answer);
            let mut terminal = channel.clone();
            terminal.protect_command(&command, &mut Vec::new()).unwrap();

            group.throughput(Throughput::Bytes(u64::from(len)));
            let mut out = Vec::with_capacity(20_000);
            group.bench_function(format!("terminal, READ BINARY of {len}"), |b| {
                b.iter(|| {
                    let mut terminal = channel.clone();
                    out.clear();
                    terminal.protect_command(black_box(&command), &mut out).unwrap();
                    terminal.unprotect_response(black_box(&answer)).unwrap().data.len()
                });
            });
            group.bench_function(format!("chip, READ BINARY of {len}"), |b| {
                b.iter(|| {
                    let mut chip = channel.clone();
                    let view = CommandView::parse(black_box(&wire)).unwrap();
                    chip.unprotect_command(&view).unwrap();
                    out.clear();
                    chip.protect_response(black_box(&response), false, &mut out);
                    out.len()
                });
            });
        }
        group.finish();
    }
}

criterion_group!(group, benches);
criterion_main!(group);
