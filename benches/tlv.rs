//! How fast are data objects read, beside the crate iso7816-tlv?
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use iccard::tlv::{Reader, Tag, Writer, find};

fn benches(c: &mut Criterion) {
    let dg2 = dg2(15_000);
    let mut group = c.benchmark_group("tlv/EF.DG2 of 15,000 bytes");
    group.bench_function("find the picture", |b| {
        let path = [0x75, 0x7F61, 0x7F60, 0x5F2E].map(Tag::new);
        b.iter(|| find(black_box(&dg2), &path).unwrap().unwrap().value.len());
    });
    group.bench_function("walk every object", |b| b.iter(|| walk(black_box(&dg2))));
    group.bench_function("iso7816-tlv parses", |b| {
        b.iter(|| iso7816_tlv::ber::Tlv::from_bytes(black_box(&dg2)).unwrap());
    });
    group.finish();

    let mut w = Writer::new();
    w.constructed(Tag::new(0x30), |w| {
        for i in 0..1000_u16 {
            w.primitive(Tag::new(0x04), &i.to_be_bytes());
        }
    });
    let siblings = w.finish();
    let mut group = c.benchmark_group("tlv/1,000 siblings");
    group.bench_function("walk", |b| b.iter(|| walk(black_box(&siblings))));
    group.bench_function("iso7816-tlv parses", |b| {
        b.iter(|| iso7816_tlv::ber::Tlv::from_bytes(black_box(&siblings)).unwrap());
    });
    group.finish();
}

// Depth first with an explicit stack.
fn walk(data: &[u8]) -> usize {
    let mut seen = 0;
    let mut open = vec![Reader::new(data)];
    while let Some(reader) = open.last_mut() {
        match reader.next() {
            None => drop(open.pop()),
            Some(tlv) => {
                let tlv = tlv.unwrap();
                seen += 1;
                if tlv.tag.is_constructed() {
                    open.push(tlv.children().unwrap());
                }
            }
        }
    }
    seen
}

fn dg2(picture: usize) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(Tag::new(0x75), |w| {
        w.constructed(Tag::new(0x7F61), |w| {
            w.primitive(Tag::new(0x02), &[1]);
            w.constructed(Tag::new(0x7F60), |w| {
                w.constructed(Tag::new(0xA1), |w| {
                    w.primitive(Tag::new(0x80), &[1, 1]);
                    w.primitive(Tag::new(0x87), &[1, 1]);
                });
                w.primitive(Tag::new(0x5F2E), &vec![0xAB; picture]);
            });
        });
    });
    w.finish()
}

criterion_group!(group, benches);
criterion_main!(group);
