//! What does Passive Authentication cost each side, by algorithm? The issuer signs EF.SOD; the
//! terminal reads it, checks its signature and the certificate above it, and hashes 17,000 bytes of
//! data groups. CSCA and document signer have keys of one kind.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use iccard::crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng};
use iccard::lds::sod::{self, DataGroupHash, LdsSecurityObject};
use iccard::lds::{File, oids};
use iccard::pki::{
    Certificate, DistinguishedName, Profile, SignatureAlgorithm, SignedData, SigningKey, oid,
};
use iccard::trust::{Access, Anchors, Card, Evidence, Judging, judge};
use time::macros::utc_datetime;

fn benches(c: &mut Criterion) {
    let mut rng = SeededRng::new(b"bench", "passive authentication");
    for (curve, hash) in [
        (Curve::P256, Hash::Sha256),
        (Curve::P384, Hash::Sha384),
        (Curve::BrainpoolP256r1, Hash::Sha256),
        (Curve::BrainpoolP384r1, Hash::Sha384),
    ] {
        let (ca, signer) =
            (SecretKey::generate(curve, &mut rng), SecretKey::generate(curve, &mut rng));
        let [ca, signer] = [&ca, &signer].map(|key| SigningKey::Ec { key, hash });
        bench(c, &curve.to_string(), ca, signer);
    }
    let hash = Hash::Sha256;
    let pss = SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len: hash.len() };
    let pkcs1 = SignatureAlgorithm::RsaPkcs1(hash);
    for (bits, algorithms) in [
        (2048, &[("RSA-2048 PKCS#1", pkcs1), ("RSA-2048 PSS", pss)][..]),
        (4096, &[("RSA-4096 PKCS#1", pkcs1)]),
    ] {
        let ca = RsaPrivateKey::generate(bits, &mut rng).unwrap();
        let signer = RsaPrivateKey::generate(bits, &mut rng).unwrap();
        for (name, algorithm) in algorithms {
            let [ca, signer] = [&ca, &signer].map(|key| SigningKey::Rsa {
                key,
                algorithm: *algorithm,
                seed: b"bench",
            });
            bench(c, name, ca, signer);
        }
    }
}

fn bench(c: &mut Criterion, name: &str, ca: SigningKey<'_>, signer: SigningKey<'_>) {
    let profile = |name: &str, serial| Profile {
        subject: DistinguishedName::new("KR", "TEST", name),
        serial: vec![serial],
        not_before: utc_datetime!(2025-01-01 0:00),
        not_after: utc_datetime!(2040-01-01 0:00),
    };
    let csca = profile("TEST CSCA", 1).csca(ca).unwrap();
    let certificate =
        profile("TEST Document Signer", 2).document_signer_of(&signer.public(), &csca, ca).unwrap();

    let groups = BTreeMap::from([
        (File::Dg1, group(0x61, 93)),
        (File::Dg2, group(0x75, 15_000)),
        (File::Dg11, group(0x6B, 1_500)),
        (File::Dg14, group(0x6E, 407)),
    ]);
    let content = hashes(&groups);
    let card = Card { source: "bench".into(), atr: vec![0x3B, 0x80, 0x80, 0x01] };
    let mut evidence = Evidence::new(card, utc_datetime!(2025-03-28 9:00), Access::PaceCan);
    evidence.files = groups;
    evidence.files.insert(File::Sod, sign(&content, &certificate, signer));
    let mut anchors = Anchors::new("bench");
    anchors.add("csca", csca.der()).unwrap();
    let judging = Judging::offline(None);
    assert!(judge(&evidence, &anchors, &judging).passive.check.passed());

    let mut group = c.benchmark_group(format!("passive authentication/{name}"));
    group.bench_function("issuer signs", |b| {
        b.iter(|| sign(black_box(&content), &certificate, signer));
    });
    group.bench_function("terminal judges", |b| {
        b.iter(|| judge(black_box(&evidence), &anchors, &judging));
    });
    group.finish();
}

// A data group of that many bytes, three or four of which are tag and length.
fn group(tag: u8, len: u16) -> Vec<u8> {
    let [high, low] = (len - 4).to_be_bytes();
    let mut bytes = vec![tag, 0x82, high, low];
    bytes.resize(usize::from(len), 0x5A);
    bytes
}

fn hashes(groups: &BTreeMap<File, Vec<u8>>) -> Vec<u8> {
    let hashes = groups.iter().map(|(file, bytes)| DataGroupHash {
        number: file.data_group().unwrap(),
        hash: Hash::Sha256.digest(&[bytes]),
    });
    let object = LdsSecurityObject {
        hash_algorithm: oids::SHA256,
        null_parameters: false,
        hashes: hashes.collect(),
        versions: None,
    };
    object.encode()
}

fn sign(content: &[u8], certificate: &Certificate, key: SigningKey<'_>) -> Vec<u8> {
    let signed = SignedData::sign_by(oid::LDS_SECURITY_OBJECT, content, certificate, key);
    sod::wrap(&signed.unwrap())
}

criterion_group!(group_of_benches, benches);
criterion_main!(group_of_benches);
