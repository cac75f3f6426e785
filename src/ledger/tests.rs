//! Published vectors: the tree of eight leaves that the Certificate Transparency implementations
//! share, and the note and keys of golang.org/x/mod/sumdb/note.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SKEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2\
                         pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn hash(text: &str) -> Hash {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn eight() -> Tree {
    let mut tree = Tree::new();
    for leaf in LEAVES {
        tree.push(&hex::decode(leaf).unwrap());
    }
    tree
}

fn at(root: Hash, size: u64) -> Checkpoint {
    Checkpoint { origin: "log.test".into(), size, root }
}

/// The hash of the event of that number.
fn event(number: u64) -> Hash {
    tree::leaf_hash(&number.to_be_bytes())
}

fn log(size: u64) -> LocalLedger {
    let mut rng = crate::crypto::SeededRng::new(b"log", "key");
    let log = LocalLedger::new(NoteSigner::generate("issuer.test/log", &mut rng).unwrap());
    let events: Vec<_> = (0..size).map(event).collect();
    log.append(0, &events).unwrap();
    log
}

#[test]
fn the_tree_of_eight_leaves_is_that_of_certificate_transparency() {
    let tree = eight();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(tree.root(0).unwrap(), hash(empty));
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(tree.root(size).unwrap(), hash(root), "{size}");
    }
    let path = |index, size| tree.inclusion(index, size).unwrap();
    assert!(path(0, 1).is_empty());
    let first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(path(0, 8), first.map(hash));
    let sixth = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(path(5, 8), sixth.map(hash));
    let grown = |from, to| tree.consistency(from, to).unwrap();
    assert_eq!(grown(1, 8), first.map(hash));
    let from_6 = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(grown(6, 8), from_6.map(hash));
    let from_2 = [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ];
    assert_eq!(grown(2, 5), from_2.map(hash));
    assert!(grown(8, 8).is_empty() && grown(0, 8).is_empty());
}

#[test]
fn every_size_up_to_70_agrees_with_ct_merkle_and_proves_its_past() {
    let (mut tree, mut other) = (Tree::new(), MemoryBackedTree::<Sha256, Hash>::new());
    let mut roots = vec![tree.root(0).unwrap()];
    for number in 0..70 {
        tree.push(&event(number));
        other.push(event(number));
        roots.push(tree.root(number + 1).unwrap());
        assert_eq!(roots.last().unwrap().as_slice(), other.root().as_bytes().as_slice());
    }
    for size in 1..=70_u64 {
        let new = at(roots[size as usize], size);
        for old in 0..=size {
            let proof = tree.consistency(old, size).unwrap();
            let before = at(roots[old as usize], old);
            verify_consistency(&before, &new, &proof).unwrap();
            let other = at(event(99), old);
            assert!(verify_consistency(&other, &new, &proof).is_err(), "{old} {size}");
        }
        for index in 0..size {
            let proof = tree.inclusion(index, size).unwrap();
            verify_inclusion(&event(index), index, &proof, &new).unwrap();
            assert!(verify_inclusion(&event(index + 1), index, &proof, &new).is_err());
            assert!(verify_inclusion(&event(index), index ^ 1, &proof, &new).is_err() || size == 1);
        }
    }
    assert_eq!(tree.root(71), Err(LedgerError::Range { size: 70, got: 71 }));
    assert!(tree.inclusion(70, 70).is_err() && tree.consistency(71, 70).is_err());
}

#[test]
fn a_note_is_that_of_the_reference_implementation() {
    let signer = NoteSigner::from_text(SKEY).unwrap();
    let verifier = NoteVerifier::from_text(VKEY).unwrap();
    assert_eq!(signer.verifier(), &verifier);
    assert_eq!(verifier.to_string(), VKEY);
    assert_eq!(signer.to_text().as_str(), SKEY);
    let note = signer.sign(TEXT);
    assert_eq!(note, format!("{TEXT}\n{SIGNATURE}"));
    assert_eq!(open_note(&note, &verifier).unwrap(), TEXT);
}

#[test]
fn a_note_with_another_text_key_or_form_is_refused() {
    let verifier = NoteVerifier::from_text(VKEY).unwrap();
    let note = format!("{TEXT}\n{SIGNATURE}");
    let open = |note: &str| open_note(note, &verifier).map(ToOwned::to_owned);
    let key = "PeterNeumann+c74f20a3".to_owned();
    let signature = Err(LedgerError::Signature { key: key.clone() });
    assert_eq!(open(&note.replace("crypto", "Crypto")), signature);
    // A witness that nobody here knows, before and after.
    let witness = "— witness.example AAAAAAE=\n";
    assert_eq!(open(&format!("{TEXT}\n{witness}{SIGNATURE}{witness}")).as_deref(), Ok(TEXT));
    assert_eq!(open(&format!("{TEXT}\n{witness}")), Err(LedgerError::NotSigned { key }));
    // Good once does not make up for bad once.
    let forged = SIGNATURE.replace("x08go/ZJ", "x08go/ZK");
    assert_eq!(open(&format!("{TEXT}\n{SIGNATURE}{forged}")), signature);
    for wrong in [
        "",
        TEXT,
        &format!("{TEXT}\n"),
        &note[..note.len() - 1],
        &note.replace("— ", "- "),
        &note.replace('\u{2014}', "\u{2014} "),
        &note.replace("crypto", "crypto\t"),
        &format!("{TEXT}\n— PeterNeumann x08g\n"),
        &format!("{TEXT}\n— Peter+Neumann x08go/ZJ\n"),
        &format!("{TEXT}\n— PeterNeumann ????\n"),
    ] {
        assert!(matches!(open(wrong), Err(LedgerError::Form { .. })), "{wrong:?}");
    }
    let long = " ".repeat(MAX_NOTE + 1);
    assert!(matches!(open(&long), Err(LedgerError::TooLarge { .. })));
    // Every part of the key alone, and every other letter in it, is none.
    for from in 0..VKEY.len() {
        for to in from + 1..=VKEY.len() {
            assert!(to - from == VKEY.len() || NoteVerifier::from_text(&VKEY[from..to]).is_err());
        }
        let mut other = VKEY.as_bytes().to_vec();
        other[from] += 1;
        assert!(NoteVerifier::from_text(std::str::from_utf8(&other).unwrap()).is_err());
    }
    assert!(!format!("{:?}", NoteSigner::from_text(SKEY).unwrap()).contains("AYEKFALV"));
}

#[test]
fn a_log_extends_its_checkpoints_and_says_where_it_was_rewritten() {
    let log = log(5);
    let key = log.verifier().clone();
    let old = Checkpoint::open(&log.checkpoint().unwrap(), &key).unwrap();
    assert_eq!((old.size, old.origin.as_str()), (5, "issuer.test/log"));
    // What is there already may come again with what is new.
    log.append(3, &[event(3), event(4), event(5), event(6)]).unwrap();
    let new = Checkpoint::open(&log.checkpoint().unwrap(), &key).unwrap();
    let proof = log.consistency(5, 7).unwrap();
    verify_consistency(&old, &new, &proof).unwrap();
    assert_eq!(log.append(9, &[event(9)]), Err(LedgerError::Gap { size: 7, got: 9 }));
    let rewritten = log.append(2, &[event(2), event(8)]);
    assert_eq!(rewritten, Err(LedgerError::Rewritten { index: 3 }));
    assert_eq!(log.index_of(&event(6)), Ok(6));
    assert_eq!(log.index_of(&event(7)), Err(LedgerError::NoLeaf));
    // Another log with one event changed cannot show that it is the same.
    let other = self::log(0);
    let mut events: Vec<_> = (0..7).map(event).collect();
    events[1] = event(99);
    other.append(0, &events).unwrap();
    let forked = Checkpoint::open(&other.checkpoint().unwrap(), &key).unwrap();
    let proof = other.consistency(5, 7).unwrap();
    assert!(verify_consistency(&old, &forked, &proof).is_err());
}

#[test]
fn a_receipt_holds_for_its_leaf_and_log_alone() {
    let log = log(11);
    let key = log.verifier();
    let receipt = log.receipt(7).unwrap();
    let text = serde_json::to_vec(&receipt).unwrap();
    assert_eq!(Receipt::from_json(&text).unwrap(), receipt);
    let (index, checkpoint) = receipt.verify(key).unwrap();
    assert_eq!((index, checkpoint.size), (7, 11));
    let with = |proof: String| Receipt { proof, ..receipt.clone() };
    let extra = receipt.proof.replace("\nindex", "\nextra AAAA\nindex");
    assert!(with(extra).verify(key).is_ok());
    for (from, to) in [
        ("@v1", "@v2"),
        ("index 7", "index 6"),
        ("index 7", "index 07"),
        ("index 7\n", "index 7\nAAAA\n"),
        ("\n11\n", "\n12\n"),
        ("\n\n", "\n"),
    ] {
        assert!(receipt.proof.contains(from));
        assert!(with(receipt.proof.replacen(from, to, 1)).verify(key).is_err(), "{from} {to}");
    }
    // Whatever letter of it is another one.
    for (at, letter) in receipt.proof.char_indices() {
        let other = if letter == 'A' { "B" } else { "A" };
        let mut proof = receipt.proof.clone();
        proof.replace_range(at..at + letter.len_utf8(), other);
        assert!(with(proof).verify(key).is_err(), "{at}");
    }
    assert!(Receipt { leaf: event(8), ..receipt.clone() }.verify(key).is_err());
    assert!(receipt.verify(&NoteVerifier::from_text(VKEY).unwrap()).is_err());
    assert!(Receipt::from_json(&vec![b' '; MAX_RECEIPT + 1]).is_err());
    assert!(Receipt::from_json(b"{\"leaf\":\"AA\",\"proof\":\"\"}").is_err());
}

#[test]
fn a_checkpoint_of_another_log_or_form_is_refused() {
    let signer = NoteSigner::from_text(SKEY).unwrap();
    let open = |text: &str| Checkpoint::open(&signer.sign(text), signer.verifier());
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let good = open(&format!("PeterNeumann\n20852163\n{root}\n")).unwrap();
    assert_eq!(good.size, 20_852_163);
    assert!(open(&format!("PeterNeumann\n1\n{root}\nextension\n")).is_ok());
    assert!(matches!(open(&format!("other\n1\n{root}\n")), Err(LedgerError::Origin { .. })));
    for text in [
        "\n".to_owned(),
        "PeterNeumann\n".into(),
        format!("PeterNeumann\n01\n{root}\n"),
        format!("PeterNeumann\n+1\n{root}\n"),
        format!("PeterNeumann\n-1\n{root}\n"),
        format!("PeterNeumann\n18446744073709551615\n{root}\n"),
        format!("PeterNeumann\n1\n{root}\n\nx\n"),
        "PeterNeumann\n1\nAAAA\n".into(),
    ] {
        assert!(matches!(open(&text), Err(LedgerError::Form { .. })), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn proofs_of_strangers_prove_nothing(
        sizes in (any::<u64>(), any::<u64>()),
        proof in prop::collection::vec(any::<Hash>(), 0..70),
        index in any::<u64>(),
    ) {
        let (old, new) = (at(event(0), sizes.0 >> 2), at(event(1), sizes.1 >> 2));
        prop_assert!(verify_inclusion(&event(2), index, &proof, &new).is_err());
        prop_assert!(verify_consistency(&old, &new, &proof).is_err());
    }

    #[test]
    fn a_note_is_opened_or_refused(note in "\\PC{0,40}\n\n— \\PC{0,60}\n") {
        let _ = open_note(&note, &NoteVerifier::from_text(VKEY).unwrap());
    }
}
