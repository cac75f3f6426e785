//! Chains: who may issue what, when, and to whom.

use super::*;

#[test]
fn a_chain_of_every_algorithm_and_curve_verifies() {
    let ec = Curve::ALL.into_iter().flat_map(|curve| {
        [Hash::Sha1, Hash::Sha512].map(|hash| (TaAlgorithm::Ecdsa(hash), Some(curve)))
    });
    let rsa = TaAlgorithm::ALL.into_iter().filter(|a| !a.is_ecdsa()).map(|a| (a, None));
    for (algorithm, curve) in ec.chain(rsa) {
        let key = |label: &str| match curve {
            Some(curve) => self::ec(curve, algorithm.hash(), label),
            None => self::rsa(algorithm, label),
        };
        let pki = Pki::new(key);
        let holder = verify_chain(&pki.trust(), &pki.chain(), date(TODAY)).unwrap();
        assert_eq!(holder.holder, name("KRIS00001"));
        assert_eq!(holder.public_key, key("is").public());
        // Reserved bits are carried, and mean nothing; rights that one above lacks are gone.
        assert_eq!(holder.authorization.right_bits(), 1);
        for certificate in [&pki.cvca, &pki.link, &pki.dv, &pki.terminal] {
            let again = CvCertificate::parse(&certificate.to_bytes()).unwrap();
            assert_eq!(&again, certificate);
        }
        // Without the link certificate nobody knows who signed the document verifier.
        assert!(matches!(
            verify_chain(&pki.trust(), &pki.chain()[1..], date(TODAY)),
            Err(CvcError::Untrusted { known: 1, .. })
        ));
    }
}

#[test]
fn the_same_keys_give_the_same_certificate() {
    let make = || Pki::new(p256).terminal.to_bytes();
    assert_eq!(make(), make());
    let text = hex::encode(make());
    assert!(text.starts_with("7f2181") && text.contains("5f290100"), "{text}");
    // A document verifier's certificate has a point and no domain parameters, a CVCA's has all.
    let pki = Pki::new(p256);
    assert!(matches!(pki.dv.public_key().key, CvcKey::Point(_)));
    assert_eq!(pki.link.public_key().curve(), Some(Curve::P256));
    assert_eq!(pki.dv.public_key().to_string(), "id-TA-ECDSA-SHA-256, on its issuer's curve");
    assert_eq!(pki.cvca.public_key().to_string(), "id-TA-ECDSA-SHA-256, P-256");
}

#[test]
fn days_count_from_the_first_to_the_last() {
    let pki = Pki::new(p256);
    let on = |day: &str| verify_chain(&pki.trust(), &pki.chain(), date(day)).map(|_| ());
    on("2025-01-01").unwrap();
    on("2025-12-31").unwrap();
    assert!(matches!(on("2024-12-31"), Err(CvcError::NotYetValid { .. })));
    assert_eq!(
        on("2026-01-01").unwrap_err().to_string(),
        "KRCVCA00002 expired on 2025-12-31; it is 2026-01-01"
    );
    // A link certificate may be old, as long as the key that it leads to is not used.
    verify_chain(&pki.trust(), &pki.chain()[..1], date("2030-01-01")).unwrap();
    // Each has days of its own.
    let rng = &mut rng();
    let short =
        CvcProfile { expires: date("2025-03-01"), ..profile("KRIS00002", Role::Terminal, 1) };
    let short = short.issue(&p256("is").public(), &pki.dv, &p256("dv"), rng).unwrap();
    let chain = [pki.link.clone(), pki.dv.clone(), short];
    verify_chain(&pki.trust(), &chain, date("2025-03-01")).unwrap();
    assert!(matches!(
        verify_chain(&pki.trust(), &chain, date("2025-03-02")),
        Err(CvcError::Expired { holder, .. }) if holder == name("KRIS00002")
    ));
}

#[test]
fn nobody_issues_what_it_must_not() {
    let pki = Pki::new(p256);
    let rng = &mut rng();
    let key = p256("is").public();
    let mut issue = |profile: CvcProfile, issuer, label: &str| {
        profile.issue(&key, issuer, &p256(label), rng).unwrap_err()
    };
    for (role, issuer, label) in [
        (Role::Terminal, &pki.cvca, "old"),
        (Role::Cvca, &pki.dv, "dv"),
        (Role::DvForeign, &pki.dv, "dv"),
        (Role::DvDomestic, &pki.terminal, "is"),
        (Role::Terminal, &pki.terminal, "is"),
    ] {
        let error = issue(profile("KRXX00001", role, 0), issuer, label);
        assert!(matches!(error, CvcError::MustNotIssue { .. }), "{error}");
    }
    let other = CvcProfile {
        chat: Chat::new(TerminalType::SignatureTerminal, Role::Terminal),
        ..profile("KRST00001", Role::Terminal, 0)
    };
    assert_eq!(
        issue(other, &pki.dv, "dv").to_string(),
        "KRST00001 is for signature terminals, its issuer for inspection systems"
    );
    for (error, expected) in [
        (
            issue(profile("KRIS00001", Role::Terminal, 0), &pki.dv, "is"),
            "issuing KRIS00001: the key is not that of the issuer's certificate",
        ),
        (
            issue(profile("KRDV00001", Role::Terminal, 0), &pki.dv, "dv"),
            "issuing KRDV00001: its issuer has the same name",
        ),
        (
            issue(
                CvcProfile {
                    expires: date("2024-01-01"),
                    ..profile("KRIS00001", Role::Terminal, 0)
                },
                &pki.dv,
                "dv",
            ),
            "issuing KRIS00001: it ends before it begins",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
    let rng = &mut self::rng();
    let p384 = ec(Curve::P384, Hash::Sha384, "is").public();
    let error = profile("KRIS00001", Role::Terminal, 0).issue(&p384, &pki.dv, &p256("dv"), rng);
    assert!(matches!(error, Err(CvcError::CannotIssue { .. })));
    // A CVCA may change its curve: its certificate says which.
    profile("KRCVCA00003", Role::Cvca, 0).issue(&p384, &pki.link, &p256("new"), rng).unwrap();
    assert!(profile("KRDV00001", Role::DvDomestic, 0).self_signed(&p256("dv"), rng).is_err());
    assert!(
        CvcSigner::new(
            TaAlgorithm::Ecdsa(Hash::Sha1),
            rsa(TaAlgorithm::ALL[0], "x").private().clone()
        )
        .is_err()
    );
    assert!(
        CvcSigner::new(TaAlgorithm::RsaPss(Hash::Sha256), p256("x").private().clone()).is_err()
    );
    let undefined = TaAlgorithm::RsaPss(Hash::Sha384);
    assert!(CvcSigner::new(undefined, rsa(TaAlgorithm::ALL[0], "x").private().clone()).is_err());
}

#[test]
fn forged_chains_are_refused() {
    let (ours, theirs) = (Pki::new(p256), Pki::new(|label| p256(&format!("their {label}"))));
    let verify =
        |chain: &[CvCertificate]| verify_chain(&ours.trust(), chain, date(TODAY)).unwrap_err();
    let bad = |error| matches!(error, CvcError::BadSignature { .. });
    assert!(bad(verify(&theirs.chain())));
    assert!(bad(verify(&[ours.link.clone(), theirs.dv.clone()])));
    assert!(bad(verify(&[ours.link.clone(), ours.dv.clone(), theirs.terminal.clone()])));
    // Out of order, or with a gap.
    let swapped = [ours.dv.clone(), ours.link.clone()];
    assert!(matches!(verify(&swapped), CvcError::Untrusted { .. }));
    let gap = [ours.link.clone(), ours.terminal.clone()];
    assert!(matches!(verify(&gap), CvcError::NotIssuedBy { .. }));
    assert!(matches!(verify(&[]), CvcError::NoTerminal));
    assert!(matches!(verify(&vec![ours.link.clone(); MAX_CHAIN + 1]), CvcError::TooMuch { .. }));
    // A trust point signs itself, and is a CVCA.
    for (certificate, why) in
        [(&ours.dv, "its role is not that of a CVCA"), (&ours.link, "it names another issuer")]
    {
        let error = Issuer::trust_point(certificate).unwrap_err();
        assert!(matches!(&error, CvcError::NoTrustPoint { why: w, .. } if w.starts_with(why)));
    }
    let mut bytes = ours.cvca.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let altered = CvCertificate::parse(&bytes).unwrap();
    assert!(bad(Issuer::trust_point(&altered).unwrap_err()));
}

#[test]
fn circles_end() {
    // Two CVCA keys that vouch for each other, and for nobody else.
    let rng = &mut rng();
    let a = profile("KRCVCA00001", Role::Cvca, 0).self_signed(&p256("a"), rng).unwrap();
    let b = profile("KRCVCA00002", Role::Cvca, 0)
        .issue(&p256("b").public(), &a, &p256("a"), rng)
        .unwrap();
    let back = profile("KRCVCA00001", Role::Cvca, 0)
        .issue(&p256("a").public(), &b, &p256("b"), rng)
        .unwrap();
    let dv = profile("KRDV00001", Role::DvForeign, 0)
        .issue(&p256("dv").public(), &b, &p256("b"), rng)
        .unwrap();
    let terminal = profile("KRIS00001", Role::Terminal, 0)
        .issue(&p256("is").public(), &dv, &p256("dv"), rng)
        .unwrap();
    let trust = Issuer::trust_point(&a).unwrap();
    let circle = [b.clone(), back.clone(), b.clone()];
    let error = verify_chain(&[trust], &circle, date(TODAY)).unwrap_err();
    assert_eq!(error, CvcError::Loop { holder: name("KRCVCA00001") });
    let all = [terminal.clone(), b.clone(), dv.clone(), back, a.clone()];
    let unknown = find_chain(&[name("KRCVCA00009")], &all, None).unwrap_err();
    assert_eq!(unknown, CvcError::Loop { holder: name("KRCVCA00002") });
    let found = find_chain(&[name("KRCVCA00001")], &all, None).unwrap();
    assert_eq!(found, [b.clone(), dv.clone(), terminal.clone()]);
    let named = find_chain(&[name("KRCVCA00002")], &all, Some(name("KRIS00001"))).unwrap();
    assert_eq!(named, [dv, terminal]);
    for (list, named) in [(&all[1..], None), (&all[..], Some(name("KRIS00002"))), (&[], None)] {
        let none = find_chain(&[name("KRCVCA00001")], list, named);
        assert_eq!(none, Err(CvcError::NoTerminal));
    }
}

#[test]
fn long_chains_are_cut() {
    let rng = &mut rng();
    let holder = |i: usize| format!("KRCVCA{i:05}");
    let mut links = vec![profile(&holder(0), Role::Cvca, 0).self_signed(&p256("k"), rng).unwrap()];
    for i in 1..=MAX_CHAIN {
        let next = profile(&holder(i), Role::Cvca, 0);
        let next = next.issue(&p256("k").public(), &links[i - 1], &p256("k"), rng).unwrap();
        links.push(next);
    }
    let dv = profile("KRDV00001", Role::DvForeign, 0)
        .issue(&p256("dv").public(), &links[MAX_CHAIN], &p256("k"), rng)
        .unwrap();
    let terminal = profile("KRIS00001", Role::Terminal, 0)
        .issue(&p256("is").public(), &dv, &p256("dv"), rng)
        .unwrap();
    let mut all = links.clone();
    all.extend([dv, terminal]);
    assert!(matches!(find_chain(&[name(&holder(0))], &all, None), Err(CvcError::TooMuch { .. })));
    let reach = find_chain(&[name(&holder(2))], &all, None).unwrap();
    assert_eq!(reach.len(), MAX_CHAIN);
    verify_chain(
        &[Issuer { holder: name(&holder(2)), ..Issuer::trust_point(&links[0]).unwrap() }],
        &reach,
        date(TODAY),
    )
    .unwrap();
}
