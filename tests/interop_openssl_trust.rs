//! OpenSSL as the outside issuer of a whole country: CSCA, link certificate, document signer,
//! revocation list, master list and EF.SOD are all its work, and we judge them.

use std::path::PathBuf;
use std::process::Command;

use iccard::crypto::Hash;
use iccard::lds::File;
use iccard::lds::sod::{self, DataGroupHash, LdsSecurityObject};
use iccard::pki::{hash_of, oid, oid_of_hash};
use iccard::tlv::{Tag, Writer};
use iccard::trust::{
    Access, Anchors, Card, Check, Evidence, Judging, Reason, Store, Verdict, Weakness, judge,
};
use tempfile::TempDir;
use time::UtcDateTime;

const DG1: &[u8] = b"\x61\x03\x5f\x1f\x00";

struct Place(TempDir);

impl Place {
    fn new(test: &str) -> Option<Self> {
        match Command::new("openssl").arg("version").output() {
            Ok(out) if out.stdout.starts_with(b"OpenSSL 3") => {
                Some(Self(tempfile::tempdir().unwrap()))
            }
            _ => {
                crate::support::skipped(test, "there is no OpenSSL 3");
                None
            }
        }
    }

    fn run(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(&self.0);
        let out = command.output().unwrap();
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "openssl {arguments}: {error}");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    // A certificate NAME.pem with the key NAME.key, by itself or by a CA.
    fn certificate(&self, name: &str, key: &str, ca: Option<&str>, options: &str) {
        self.run(&format!("genpkey {key} -out {name}.key"));
        let by = ca.map_or_else(String::new, |ca| format!("-CA {ca}.pem -CAkey {ca}.key"));
        self.run(&format!(
            "req -x509 -key {name}.key -out {name}.pem -days 30 -subj /C=KR/O=TEST/CN={name} {by} \
             {options}"
        ));
    }

    fn sign(&self, name: &str, signer: &str, kind: &str, content: &[u8], options: &str) -> Vec<u8> {
        self.write("content", content);
        self.run(&format!(
            "cms -sign -binary -nodetach -in content -outform DER -out {name} -econtent_type {kind} \
             -signer {signer}.pem -inkey {signer}.key {options}"
        ));
        self.read(name)
    }

    fn crl(&self, name: &str, ca: &str, revoked: &str, options: &str) {
        let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\n\
                      default_md=sha256\ndefault_crl_days=9\ncrl_extensions=e\n[e]\n\
                      authorityKeyIdentifier=keyid\n";
        self.write("ca.cnf", config);
        self.write("index.txt", revoked);
        self.write("number", "1001\n");
        self.run(&format!(
            "ca -config ca.cnf -gencrl -keyfile {ca}.key -cert {ca}.pem -out {name} {options}"
        ));
    }

    fn evidence(&self, signer: &str, hash: Hash, options: &str) -> Evidence {
        let object = LdsSecurityObject {
            hash_algorithm: oid_of_hash(hash),
            null_parameters: true,
            hashes: vec![DataGroupHash { number: 1, hash: hash.digest(&[DG1]) }],
            versions: None,
        };
        let sod = self.sign("sod.der", signer, "2.23.136.1.1.1", &object.encode(), options);
        let card = Card { source: "test".into(), atr: vec![0x3B] };
        let mut evidence = Evidence::new(card, UtcDateTime::now(), Access::PaceCan);
        evidence.files.extend([(File::Sod, sod::wrap(&sod)), (File::Dg1, DG1.to_vec())]);
        evidence
    }
}

fn judged(evidence: &Evidence, anchors: &Anchors) -> Verdict {
    judge(evidence, anchors, &Judging::offline(None))
}

fn anchors(place: &Place, names: &[&str]) -> Anchors {
    let mut anchors = Anchors::new("openssl");
    for name in names {
        anchors.add(name, &place.read(name)).unwrap();
    }
    anchors
}

const CA: &str = "-addext keyUsage=critical,keyCertSign,cRLSign";
const SIGNER: &str = "-addext basicConstraints=CA:FALSE -addext keyUsage=critical,digitalSignature \
                      -set_serial 0x42";
const PSS: &str = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";

#[test]
fn a_country_of_openssls_is_judged_whatever_it_signs_with() {
    let Some(place) = Place::new("a_country_of_openssls_is_judged_whatever_it_signs_with") else {
        return;
    };
    let rsa = |bits: u32| format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
    let ec = |curve: &str| {
        format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve} -pkeyopt ec_param_enc:explicit")
    };
    for (ca_key, signer_key, hash, certificates, cms, weak) in [
        (rsa(2048), rsa(2048), Hash::Sha256, "-sha256".to_owned(), "-md sha256", 0),
        (
            rsa(2048),
            rsa(1024),
            Hash::Sha512,
            format!("-sha512 {PSS}"),
            "-md sha384 -keyopt rsa_padding_mode:pss -keyid",
            1, // the short key
        ),
        (ec("brainpoolP384r1"), ec("secp224r1"), Hash::Sha224, "-sha384".into(), "-md sha224", 0),
        (ec("P-521"), rsa(2048), Hash::Sha1, "-sha1".into(), "-md sha1", 3),
    ] {
        let case = format!("{ca_key} {signer_key} {hash}");
        place.certificate("csca", &ca_key, None, &format!("{CA} {certificates}"));
        place.certificate("ds", &signer_key, Some("csca"), &format!("{SIGNER} {certificates}"));
        let evidence = place.evidence("ds", hash, cms);
        let verdict = judged(&evidence, &anchors(&place, &["csca.pem"]));
        assert!(verdict.verified, "{case}: {verdict:#?}");
        assert_eq!(verdict.weak.len(), weak, "{case}: {:?}", verdict.weak);
        assert!(verdict.passive.signed_at.is_some());
        assert_eq!(hash_of("test", oid_of_hash(hash)), Ok(hash));

        // Altered data, and the same names with other keys.
        let mut altered = evidence.clone();
        altered.files.insert(File::Dg1, b"\x61\x03\x5f\x1f\x01".to_vec());
        let verdict = judged(&altered, &anchors(&place, &["csca.pem"]));
        assert_eq!(verdict.passive.groups.mismatched, [File::Dg1]);
        place.certificate("csca", &ca_key, None, &format!("{CA} {certificates}"));
        let verdict = judged(&evidence, &anchors(&place, &["csca.pem"]));
        assert!(verdict.passive.chain.failed() && !verdict.verified, "{case}");
    }
}

#[test]
fn revocation_lists_of_openssl_revoke_and_acquit() {
    let Some(place) = Place::new("revocation_lists_of_openssl_revoke_and_acquit") else { return };
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    place.certificate("csca", rsa, None, CA);
    place.certificate("ds", rsa, Some("csca"), SIGNER);
    let evidence = place.evidence("ds", Hash::Sha256, "");
    let entry = |serial: &str| {
        format!("R\t350101000000Z\t250301000000Z,keyCompromise\t{serial}\tunknown\t/C=KR/CN=x\n")
    };
    for (serial, options) in [("42", ""), ("42", PSS), ("43", ""), ("43", PSS)] {
        place.crl("crl.pem", "csca", &entry(serial), options);
        let verdict = judged(&evidence, &anchors(&place, &["csca.pem", "crl.pem"]));
        let revocation = &verdict.passive.revocation;
        assert_eq!(verdict.verified, serial == "43", "{revocation}");
        if serial == "42" {
            let Check::Failed(Reason::Revoked { reason, .. }) = revocation else {
                panic!("{revocation}")
            };
            assert_eq!(reason.unwrap().to_string(), "keyCompromise");
        }
        assert_eq!(verdict.passive.crl.unwrap().number.as_deref(), Some("1001"));
    }
    // Last year's list.
    let last_year = "-crl_lastupdate 250101000000Z -crl_nextupdate 250201000000Z";
    place.crl("crl.pem", "csca", "", last_year);
    let verdict = judged(&evidence, &anchors(&place, &["csca.pem", "crl.pem"]));
    assert!(matches!(verdict.passive.revocation, Check::NotDone(Reason::CrlOutdated { .. })));
}

#[test]
fn a_link_certificate_and_a_master_list_of_openssl_are_believed_with_their_root() {
    const TEST: &str =
        "a_link_certificate_and_a_master_list_of_openssl_are_believed_with_their_root";
    let Some(place) = Place::new(TEST) else { return };
    let ec = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    place.certificate("old", rsa, None, &format!("{CA} -sha256 {PSS}"));
    place.certificate("new", ec, Some("old"), &format!("{CA} -sha256 {PSS}"));
    place.certificate("ds", ec, Some("new"), SIGNER);
    let evidence = place.evidence("ds", Hash::Sha384, "");
    assert!(judged(&evidence, &anchors(&place, &["old.pem", "new.pem"])).verified);
    let alone = judged(&evidence, &anchors(&place, &["new.pem"]));
    assert!(matches!(alone.passive.chain, Check::Failed(Reason::LinkNotAnchored { .. })));

    let lists = "-addext basicConstraints=CA:FALSE -addext keyUsage=critical,digitalSignature \
                 -addext extendedKeyUsage=critical,2.23.136.1.1.3";
    place.certificate("mls", ec, Some("new"), lists);
    let der = |name: &str| {
        iccard::pki::Certificate::from_pem_or_der(&place.read(name)).unwrap().der().to_vec()
    };
    let mut list = Writer::new();
    list.constructed(Tag::new(0x30), |w| {
        w.primitive(Tag::new(0x02), &[0]);
        w.primitive(Tag::new(0x31), &[der("old.pem"), der("new.pem")].concat());
    });
    // As a stream, which OpenSSL writes with indefinite lengths.
    let kind = oid::MASTER_LIST.to_string();
    let options = "-keyid -stream -certfile new.pem";
    place.sign("list.ml", "mls", &kind, &list.finish(), options);
    let store = Store::new(place.path("store"));
    let report = store.import(&[place.path("list.ml")], false).unwrap();
    assert_eq!((report.added, report.faults.len()), (2, 0), "{report:?}");
    assert!(report.lists[0].vouched.for_lists);
    let verdict = judged(&evidence, &store.anchors().unwrap());
    assert!(verdict.verified && verdict.passive.links.len() == 1, "{verdict:#?}");
    assert!(!verdict.weak.iter().any(|w| matches!(w, Weakness::Sha1 { .. })));
}
