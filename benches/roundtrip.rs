//! What does the way to a card cost an APDU? The same chip in the same process, over our vpcd
//! pair, and in a real reader's place behind pcscd and vpcd.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(clippy::panic)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/echo.rs"]
mod echo;
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/pcscd.rs"]
mod pcscd;

use std::thread;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use echo::Echo;
use iccard::transport::pcsc::{self, ConnectOptions};
use iccard::transport::vpcd::{CardLink, Endpoint, VpcdListener};
use iccard::transport::{Deadline, Loopback, Transport};

/// What is asked of the chip in an answer: a status word only, and what EF.DG2 is read with.
const LENGTHS: [u16; 2] = [0, 4_096];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    if pcscd::is_inside() {
        through_pcscd(&mut criterion);
    } else {
        exchanges(&mut criterion, "in process", &mut Loopback::new(Echo::new().0));
        over_vpcd_pair(&mut criterion);
        match pcscd::Pcscd::start() {
            Ok(daemon) => {
                let status = pcscd::rerun_program(&daemon).status().expect("nsenter");
                assert!(status.success(), "{}", daemon.log());
            }
            Err(why) => pcscd::skip("round trip through pcscd", &why),
        }
    }
    criterion.final_summary();
}

fn exchanges(criterion: &mut Criterion, way: &str, card: &mut impl Transport) {
    let mut group = criterion.benchmark_group("roundtrip");
    for length in LENGTHS {
        let [p1, p2] = length.to_be_bytes();
        let mut response = Vec::new();
        group.throughput(Throughput::Bytes(u64::from(length) + 2));
        group.bench_function(format!("{way}, {length} bytes"), |b| {
            b.iter(|| {
                let deadline = Deadline::after(Duration::from_secs(10));
                card.transceive(&[0, 0xB0, p1, p2], &mut response, deadline).unwrap();
            });
        });
    }
    group.finish();
}

fn over_vpcd_pair(criterion: &mut Criterion) {
    let listener = VpcdListener::bind(&Endpoint::new("127.0.0.1", 0)).unwrap();
    let link = CardLink::connecting(listener.local_addr().into());
    let card = thread::spawn(move || link.run(&mut Echo::new().0, &mut |_| {}));
    let mut reader = listener.accept(Deadline::after(Duration::from_secs(10))).unwrap();
    exchanges(criterion, "our vpcd pair", &mut reader);
    drop(reader);
    card.join().unwrap().unwrap();
}

fn through_pcscd(criterion: &mut Criterion) {
    let link = CardLink::connecting(pcscd::VPCD.parse().unwrap());
    let stop = link.stop_handle();
    let card = thread::spawn(move || link.run(&mut Echo::new().0, &mut |_| {}));
    let wait = Some(Duration::from_secs(10));
    let mut reader = pcsc::connect(&ConnectOptions { wait, ..ConnectOptions::default() }).unwrap();
    exchanges(criterion, "pcscd and vpcd", &mut reader);
    reader.close().unwrap();
    stop.stop();
    card.join().unwrap().unwrap();
}
