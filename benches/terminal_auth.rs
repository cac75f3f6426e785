//! What does Terminal Authentication cost each side? A chain of two certificates: the chip verifies
//! both and the terminal's signature, the terminal signs once.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    apdu::{Command, Response, StatusWord, ins},
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng},
    pki::cvc::{Chat, CvcProfile, CvcSigner, Issuer, PrivateKey, Role, TaAlgorithm, TerminalType},
    protocol::{
        Initiator, Next,
        terminal_auth::{Chip, Credentials, Terminal, TrustStore, Version},
    },
};

const ID_PICC: &[u8] = &[0x1D; 32];
const EPHEMERAL: &[u8] = &[0xE1; 32];

fn benches(c: &mut Criterion) {
    let ec = |curve, hash| {
        move |rng: &mut SeededRng| {
            let key = PrivateKey::Ec(SecretKey::generate(curve, rng));
            CvcSigner::new(TaAlgorithm::Ecdsa(hash), key).unwrap()
        }
    };
    let rsa = |rng: &mut SeededRng| {
        let key = PrivateKey::Rsa(Box::new(RsaPrivateKey::generate(2048, rng).unwrap()));
        CvcSigner::new(TaAlgorithm::RsaPss(Hash::Sha256), key).unwrap()
    };
    bench(c, "P-256", ec(Curve::P256, Hash::Sha256));
    bench(c, "brainpoolP256r1", ec(Curve::BrainpoolP256r1, Hash::Sha256));
    bench(c, "brainpoolP384r1", ec(Curve::BrainpoolP384r1, Hash::Sha384));
    bench(c, "RSA-2048", rsa);
}

fn bench(c: &mut Criterion, name: &str, key: impl Fn(&mut SeededRng) -> CvcSigner) {
    let (credentials, store) = country(key);
    let (commands, responses) = dialogue(&credentials, &store);
    let mut group = c.benchmark_group(format!("terminal authentication/{name}"));
    group.bench_function("terminal", |b| {
        b.iter_batched(
            || terminal(&credentials),
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
            || Chip::new(Version::V1, store.clone()),
            |mut chip| {
                for command in &commands {
                    answer(&mut chip, command);
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn country(key: impl Fn(&mut SeededRng) -> CvcSigner) -> (Credentials, TrustStore) {
    let rng = &mut SeededRng::new(b"bench", "country");
    let (first, second, own) = (key(rng), key(rng), key(rng));
    let profile = |holder: &str, role| CvcProfile {
        holder: holder.parse().unwrap(),
        chat: Chat::new(TerminalType::InspectionSystem, role).with_rights(3),
        effective: "2025-01-01".parse().unwrap(),
        expires: "2025-12-31".parse().unwrap(),
        extensions: Vec::new(),
    };
    let cvca = profile("KRCVCA00001", Role::Cvca).self_signed(&first, rng).unwrap();
    let dv = profile("KRDV00001", Role::DvDomestic);
    let dv = dv.issue(&second.public(), &cvca, &first, rng).unwrap();
    let terminal = profile("KRIS00001", Role::Terminal);
    let terminal = terminal.issue(&own.public(), &dv, &second, rng).unwrap();
    let point = Issuer::trust_point(&cvca).unwrap();
    let store = TrustStore::new([point], cvca.effective()).unwrap();
    (Credentials { chain: vec![dv, terminal], key: own }, store)
}

fn terminal(credentials: &Credentials) -> Terminal {
    Terminal::v1(credentials.clone(), ID_PICC, EPHEMERAL)
}

fn dialogue(credentials: &Credentials, store: &TrustStore) -> (Vec<Command>, Vec<Response>) {
    let mut rng = SeededRng::new(b"bench", "terminal");
    let mut terminal = terminal(credentials);
    let mut chip = Chip::new(Version::V1, store.clone());
    let (mut commands, mut responses) = (Vec::new(), Vec::new());
    let mut next = terminal.start(&mut rng).unwrap();
    while let Next::Send(command) = next {
        let data = answer(&mut chip, &command);
        commands.push(command);
        responses.push(Response { data, sw: StatusWord::SUCCESS });
        next = terminal.receive(responses.last().unwrap(), &mut rng).unwrap();
    }
    (commands, responses)
}

fn answer(chip: &mut Chip, command: &Command) -> Vec<u8> {
    let data = &command.data;
    match (command.header.ins, command.header.p2) {
        (ins::MANAGE_SECURITY_ENVIRONMENT, 0xB6) => chip.set_dst(data).unwrap(),
        (ins::MANAGE_SECURITY_ENVIRONMENT, _) => chip.set_at(data).unwrap(),
        (ins::PERFORM_SECURITY_OPERATION, _) => drop(chip.verify_certificate(data).unwrap()),
        (ins::GET_CHALLENGE, _) => {
            let mut rng = SeededRng::new(b"bench", "chip");
            return chip.get_challenge(&mut rng).unwrap().to_vec();
        }
        _ => drop(chip.external_authenticate(data, ID_PICC, Some(EPHEMERAL)).unwrap()),
    }
    Vec::new()
}

criterion_group!(group, benches);
criterion_main!(group);
