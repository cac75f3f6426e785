//! Kills an issuer's process (SIGKILL) 200 times while phones enrol, starts it again each time, and
//! counts by the register: fails where a credential is lost, double or half issued, where a phone
//! is refused, or where two phones of one person are live.
//!
//! `cargo run --release --all-features --example soak_issuer_kill [KILLS]`; ICCARD_SOAK_SEED changes
//! the moments. On SQLite, and on PostgreSQL too where ICCARD_POSTGRES names an empty database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use iccard::{
    crypto::SeededRng,
    issuer::config::Config,
    registry::DeviceState,
    wallet::{Client, EnrollError, Patience, WalletError},
};
use rand_core::Rng as _;

#[allow(dead_code)]
#[path = "../tests/support/rig.rs"]
mod rig;

use rig::{Person, Phone, Rig};

const KILLS: usize = 200;
/// Phones at once, each with a person of its own.
const PHONES: usize = 6;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, folder] if word == "serve" => {
            let _running = rig::serve(Path::new(folder));
            println!("ready");
            loop {
                std::thread::park();
            }
        }
        [kills] => run_all(kills.parse().unwrap()),
        _ => run_all(KILLS),
    }
}

fn run_all(kills: usize) -> ExitCode {
    let postgres = std::env::var("ICCARD_POSTGRES").ok().filter(|url| !url.is_empty());
    let mut good = run("SQLite", None, kills);
    match postgres {
        Some(url) => good &= run("PostgreSQL", Some(&url), kills),
        None => println!("PostgreSQL: not run, ICCARD_POSTGRES names no database"),
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn start(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n", "the issuer does not start");
    child
}

/// What the phones saw.
#[derive(Default)]
struct Counts {
    enrolments: AtomicUsize,
    retries: AtomicUsize,
    refused: AtomicUsize,
}

// Enrols one new phone after the other with that person's card, each until it has its credentials,
// however often it has to try. Gives the last one.
fn enrol(rig: &Rig, person: &Person, client: &Client, end: &AtomicBool, counts: &Counts) -> Phone {
    let roots = rig.roots();
    let mut number = 0;
    loop {
        number += 1;
        let mut phone = Phone::new(&format!("{} {number}", person.id));
        loop {
            let step = match phone.wallet.state.pending {
                None => phone.tap(client, person).map_err(|error| match error {
                    EnrollError::Wallet(error) => error,
                    other => panic!("{other}"),
                }),
                Some(_) => phone.go_on(client, &roots),
            };
            let done =
                phone.wallet.state.credentials.len() == 2 && phone.wallet.state.pending.is_none();
            match step {
                Ok(()) if done => break,
                Ok(()) => {}
                Err(error) if is_of_the_kill(&error) => {
                    counts.retries.fetch_add(1, Ordering::Relaxed);
                    if done {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => {
                    println!("refused: {error}");
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    if done {
                        break;
                    }
                }
            }
        }
        counts.enrolments.fetch_add(1, Ordering::Relaxed);
        if end.load(Ordering::Relaxed) {
            return phone;
        }
    }
}

// No answer; an issuer that is just starting or ending; a session that was with a chip, whose keys
// were in the process and nowhere else.
fn is_of_the_kill(error: &WalletError) -> bool {
    let lost = ["invalid_tap_session", "invalid_tap_frame", "temporarily_unavailable"];
    error.is_unanswered() || error.code().is_some_and(|code| lost.contains(&code))
}

fn run(name: &str, postgres: Option<&str>, kills: usize) -> bool {
    let seed = std::env::var("ICCARD_SOAK_SEED").unwrap_or_else(|_| "18013".into());
    let mut rng = SeededRng::new(seed.as_bytes(), "kills");
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), PHONES, postgres);
    let mut child = start(&rig.folder);
    let client = rig.client(Patience { again: 0, pause: Duration::ZERO }).unwrap();
    let (end, counts, begun) = (AtomicBool::new(false), Counts::default(), Instant::now());
    let phones: Vec<Phone> = std::thread::scope(|scope| {
        let phones: Vec<_> = rig
            .people
            .iter()
            .map(|person| {
                let (rig, client, end, counts) = (&rig, &client, &end, &counts);
                scope.spawn(move || enrol(rig, person, client, end, counts))
            })
            .collect();
        for _ in 0..kills {
            // So many steps of the phones, and then a moment: anywhere in the next request.
            let until = rig::STEPS.load(Ordering::Relaxed) + 2 + (rng.next_u32() % 24) as usize;
            let patience = Instant::now() + Duration::from_secs(5);
            while rig::STEPS.load(Ordering::Relaxed) < until && Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(u64::from(rng.next_u32() % 20_000)));
            child.kill().unwrap();
            child.wait().unwrap();
            child = start(&rig.folder);
        }
        end.store(true, Ordering::Relaxed);
        phones.into_iter().map(|phone| phone.join().unwrap()).collect()
    });
    child.kill().unwrap();
    child.wait().unwrap();

    let config = Config::load(&rig.folder.join("issuer.toml")).unwrap();
    let registry = config.registry().unwrap();
    let (mut lost, mut double, mut half, mut live, mut devices, mut issued) = (0, 0, 0, 0, 0, 0);
    for (person, phone) in rig.people.iter().zip(&phones) {
        let all = registry.devices_of(&registry.person_id(&person.id)).unwrap();
        devices += all.len();
        let active: Vec<_> = all.iter().filter(|d| d.state == DeviceState::Active).collect();
        live += active.len();
        double += active.len().saturating_sub(1);
        let mut released = Vec::new();
        for device in &all {
            let credentials = registry.credentials_of(&device.id).unwrap();
            issued += credentials.len();
            let is_live = device.state == DeviceState::Active;
            half += 2_usize.saturating_sub(credentials.len());
            double += credentials.len().saturating_sub(2);
            for credential in &credentials {
                double += usize::from(!is_live && credential.status.value() == 0);
                lost += usize::from(is_live && credential.status.value() != 0);
                match registry.released(&credential.id) {
                    Ok(text) => released.push(text.to_vec()),
                    Err(_) => half += usize::from(is_live),
                }
            }
        }
        let held = phone.wallet.state.credentials.iter();
        lost += held.filter(|h| !released.contains(&h.credential.as_bytes().to_vec())).count();
    }
    let (enrolments, retries, refused) =
        (counts.enrolments.into_inner(), counts.retries.into_inner(), counts.refused.into_inner());
    lost += enrolments.abs_diff(devices);
    println!(
        "{name}: {kills} kills in {:.1?}, seed {seed}: {lost} lost, {double} double, {half} half \
         issued, {refused} refused",
        begun.elapsed()
    );
    println!(
        "{name}: {enrolments} enrolments of {PHONES} persons, {retries} retries; the register has \
         {devices} phones, {live} live, {issued} credentials"
    );
    lost + double + half + refused == 0 && live == PHONES && enrolments > kills / 10
}
