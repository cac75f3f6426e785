//! Terminal Authentication version 2 of the BSI's worked examples, ECDH and DH: certificates,
//! challenge and signature are theirs. The examples print no APDUs of it, so the commands around
//! those figures are checked by the round trip with the chip's half alone, and version 1 by unit
//! tests.

use iccard::{
    apdu::{Command, Response, StatusWord, ins},
    crypto::{Curve, Hash, PublicKey, SeededRng},
    pki::cvc::{CvCertificate, CvcSigner, Issuer, PrivateKey, TaAlgorithm},
    protocol::{
        Initiator, Next,
        terminal_auth::{
            Authenticated, Chip, Credentials, Terminal, TrustStore, Version, compress_dh,
            compress_ecdh,
        },
    },
};
use serde_json::Value;

use crate::support::vectors::{Script, bytes, load};

struct Example {
    values: Value,
    cvca: CvCertificate,
    credentials: Credentials,
    id_picc: Vec<u8>,
    ephemeral: Vec<u8>,
}

impl Example {
    fn new(text: &str, cvca: &str, algorithm: TaAlgorithm) -> Self {
        let values = load(text)["values"].clone();
        let certificate = |name: &str| CvCertificate::parse(&bytes(&values[name])).unwrap();
        let key = PrivateKey::from_bytes(&bytes(&values["ta_pcd_key"])).unwrap();
        let compressed = |name: &str| {
            let key = bytes(&values[name]);
            if algorithm.is_ecdsa() {
                compress_ecdh(&PublicKey::from_sec1(Curve::BrainpoolP256r1, &key).unwrap())
            } else {
                compress_dh(&key)
            }
        };
        Self {
            cvca: certificate(cvca),
            credentials: Credentials {
                chain: vec![certificate("dv_cert"), certificate("ta_cert")],
                key: CvcSigner::new(algorithm, key).unwrap(),
            },
            id_picc: compressed("picc_pub_key"),
            ephemeral: compressed("ca_pcd_pub_key"),
            values,
        }
    }

    fn both() -> [Self; 2] {
        let ecdh = include_str!("vectors/tr03110_eac_ecdh.json");
        let dh = include_str!("vectors/tr03110_eac_dh.json");
        [
            Self::new(ecdh, "cvca_cert", TaAlgorithm::Ecdsa(Hash::Sha512)),
            Self::new(dh, "cvca", TaAlgorithm::RsaPkcs1(Hash::Sha1)),
        ]
    }

    fn chip(&self) -> Chip {
        let point = Issuer::trust_point(&self.cvca).unwrap();
        Chip::new(Version::V2, TrustStore::new([point], self.cvca.effective()).unwrap())
    }

    fn terminal(&self) -> Terminal {
        let (id, key) = (self.id_picc.clone(), self.ephemeral.clone());
        Terminal::v2(self.credentials.clone(), id, key, None)
    }

    // All commands, answered by the chip's half with the example's challenge; the last of them has
    // the terminal's signature.
    fn dialogue(&self, chip: &mut Chip) -> Vec<Command> {
        let mut rng = SeededRng::new(b"terminal", "blinding");
        let mut terminal = self.terminal();
        let mut next = terminal.start(&mut rng).unwrap();
        let mut sent = Vec::new();
        loop {
            let Next::Send(command) = next else { panic!("over without a signature") };
            let data = match (command.header.ins, command.header.p2) {
                (ins::MANAGE_SECURITY_ENVIRONMENT, 0xB6) => {
                    chip.set_dst(&command.data).unwrap();
                    Vec::new()
                }
                (ins::PERFORM_SECURITY_OPERATION, 0xBE) => {
                    chip.verify_certificate(&command.data).unwrap();
                    Vec::new()
                }
                (ins::MANAGE_SECURITY_ENVIRONMENT, 0xA4) => {
                    chip.set_at(&command.data).unwrap();
                    Vec::new()
                }
                (ins::GET_CHALLENGE, _) => {
                    let mut rng = Script::new([bytes(&self.values["ta_nonce"])]);
                    chip.get_challenge(&mut rng).unwrap().to_vec()
                }
                _ => {
                    sent.push(command);
                    return sent;
                }
            };
            sent.push(command);
            let response = Response { data, sw: StatusWord::SUCCESS };
            next = terminal.receive(&response, &mut rng).unwrap();
        }
    }

    fn authenticate(&self, chip: &mut Chip, signature: &[u8]) -> Option<Authenticated> {
        chip.external_authenticate(signature, &self.id_picc, None).ok()
    }
}

#[test]
fn the_chip_believes_the_signatures_of_the_examples() {
    for example in Example::both() {
        let signature = bytes(&example.values["ta_pcd_signature"]);
        let mut chip = example.chip();
        example.dialogue(&mut chip);
        let done = example.authenticate(&mut chip, &signature).expect("their signature");
        assert_eq!(done.holder.to_string(), "DETESTATDE019");
        assert_eq!(done.ephemeral.as_ref(), Some(&example.ephemeral));
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut bad = signature.clone();
            bad[at] ^= 1;
            let mut chip = example.chip();
            example.dialogue(&mut chip);
            assert!(example.authenticate(&mut chip, &bad).is_none());
        }
    }
}

#[test]
fn the_terminal_sends_the_certificates_and_signatures_of_the_examples() {
    for example in Example::both() {
        let mut chip = example.chip();
        let sent = example.dialogue(&mut chip);
        let data = |at: usize| hex::encode_upper(&sent[at].data);
        let value = |name: &str| example.values[name].as_str().unwrap();
        assert_eq!(sent.len(), 7);
        // The frame 7F21 stays behind.
        assert!(value("dv_cert").ends_with(&data(1)) && value("dv_cert").starts_with("7F2182"));
        assert!(value("ta_cert").ends_with(&data(3)));
        assert_eq!(hex::encode_upper(sent[5].to_bytes().unwrap()), "0084000008");
        let signature = data(6);
        if example.credentials.key.public().algorithm.is_ecdsa() {
            // Theirs is random, ours deterministic: the chip says whether it is one.
            assert_ne!(signature, value("ta_pcd_signature"));
        } else {
            assert_eq!(signature, value("ta_pcd_signature"));
        }
        assert!(example.authenticate(&mut chip, &sent[6].data).is_some());
    }
    // MSE:Set DST for the document verifier's certificate, as in their secure messaging example.
    for (text, example) in [
        (include_str!("vectors/tr03110_eac_ecdh.json"), &Example::both()[0]),
        (include_str!("vectors/tr03110_eac_dh.json"), &Example::both()[1]),
    ] {
        let sent = example.dialogue(&mut example.chip());
        assert_eq!(sent[0].data, bytes(&load(text)["sm"]["ssc1_plain"]));
        let header = sent[0].header;
        assert_eq!((header.ins, header.p1, header.p2), (0x22, 0x81, 0xB6));
    }
}
