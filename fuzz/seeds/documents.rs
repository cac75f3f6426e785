//! The files of the emulated cards, of a country and its terminals, and sample documents.

use std::path::Path;

use iccard::pki::cvc::encode_ef_cvca;
use iccard::profile::BUILT_IN;
use iccard::protocol::terminal_auth::{AuxiliaryData, AuxiliaryItem};
use iccard_fuzz::cards::personalised;
use iccard_fuzz::country::country;
use iccard_fuzz::terminals::terminals;

use crate::folder::Folder;

/// Larger files make slow runs.
const MOST: usize = 20_000;

pub fn write(folder: &mut Folder) {
    for (name, _) in BUILT_IN {
        let card = personalised(name);
        for (file, bytes) in &card.files {
            folder.add_file(bytes);
            match file.name() {
                "EF.ATR/INFO" => folder.add("lds", 9, bytes),
                "EF.DIR" => folder.add("lds", 8, bytes),
                _ => {}
            }
        }
        let atr = card.profile.atr.as_bytes();
        folder.add("lds", 19, atr);
        folder.add("explain", 0, atr);
        folder.add("lds", 21, card.profile.atr.historical());
    }
    folder.add("lds", 20, &[0x05, 0x78, 0x80, 0x70, 0x02]);

    let country = country();
    for certificate in [&country.csca, &country.link, &country.signer, &country.list_signer] {
        folder.add_file(certificate.der());
        folder.add("x509", 1, certificate.to_pem().as_bytes());
        folder.add("x509", 4, certificate.subject_name().der());
        let pem = certificate.to_pem();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let entry = format!("dn: c=KR\ncACertificate;binary:: {base64}\n");
        folder.add("x509", 7, entry.as_bytes());
    }
    for bytes in
        [country.crl.der(), &country.master_list, &country.signed, &country.signed_with_time]
    {
        folder.add_file(bytes);
    }

    let cv = terminals();
    let all = [&cv.cvca, &cv.link, &cv.verifier, &cv.terminal];
    for certificate in all {
        folder.add_file(&certificate.to_bytes());
        folder.add("cvc", 1, certificate.content());
        folder.add("cvc", 6, certificate.holder().as_bytes());
        folder.add("cvc", 6, &certificate.effective().to_bytes());
    }
    let chain: Vec<u8> = cv.chain().iter().flat_map(|c| c.to_bytes()).collect();
    folder.add("cvc", 2, &chain);
    folder.add("cvc", 3, &encode_ef_cvca(&cv.store().references()));
    folder.add("cvc", 4, &cv.store().encode());
    let item = AuxiliaryItem { oid: AuxiliaryData::DATE_OF_BIRTH, data: b"20071231".to_vec() };
    folder.add("cvc", 5, AuxiliaryData::new([item]).as_bytes());
    folder.add("cvc", 8, &cv.key.to_pkcs8_der());
    folder.add("cvc", 8, cv.key.to_pem().as_bytes());

    // MSE:Set DST and PSO:VERIFY CERTIFICATE down the chain, then the rest of the dialogue.
    let mut dialogue = vec![0];
    let mut command = |what: u8, data: &[u8]| {
        dialogue.extend([what, u8::try_from(data.len()).expect("short")]);
        dialogue.extend(data);
    };
    let reference = |bytes: &[u8]| [&[0x83, bytes.len() as u8], bytes].concat();
    for certificate in &cv.chain() {
        if certificate.content().len() < 256 {
            command(0, &reference(certificate.authority().as_bytes()));
            command(1, certificate.content());
        }
    }
    command(2, &reference(cv.terminal.holder().as_bytes()));
    command(3, &[]);
    command(4, &[0x5A; 64]);
    folder.add("cvc", 7, &dialogue);
}

pub fn samples(folder: &mut Folder, path: &Path) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            samples(folder, &path);
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.len() <= MOST
        {
            folder.add_file(&bytes);
        }
    }
}
