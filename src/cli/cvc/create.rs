//! `iccard cvc create`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Args, ValueEnum};
use rand_core::CryptoRng;
use serde_json::json;

use super::super::{
    failure::Failure,
    files::{write_new, write_new_private},
    output::Output,
};
use super::show;
use crate::{
    crypto::{Curve, Hash, RsaPrivateKey, SecretKey, SeededRng, SystemRng},
    pki::cvc::{
        Chat, CvCertificate, CvcDate, CvcError, CvcProfile, CvcSigner, PrivateKey, Reference, Role,
        TaAlgorithm, TerminalType,
    },
};

#[derive(Debug, Args)]
pub(in super::super) struct CreateArgs {
    /// What the holder is
    #[arg(long, value_enum)]
    role: RoleArg,
    /// The holder's reference: country, mnemonic, and a sequence number of 5 characters
    #[arg(long, value_name = "REFERENCE")]
    holder: Reference,
    /// For which terminals; as the issuer's certificate without it, is for a CVCA
    #[arg(long, value_enum, value_name = "TYPE")]
    r#type: Option<TypeArg>,
    /// Rights by name, separated by commas, `all` or `none`; a wrong name lists them
    #[arg(long, value_name = "RIGHTS", default_value = "none")]
    rights: String,
    /// The first day; today without it
    #[arg(long, value_name = "YYYY-MM-DD")]
    effective: Option<CvcDate>,
    /// The last day
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: CvcDate,
    /// The issuer's certificate; without it a CVCA signs itself
    #[arg(long, value_name = "FILE", requires = "issuer_key")]
    issuer: Option<PathBuf>,
    /// The issuer's private key
    #[arg(long, value_name = "FILE", requires = "issuer")]
    issuer_key: Option<PathBuf>,
    /// The holder's private key, if there is one already
    #[arg(long, value_name = "FILE", conflicts_with = "out_key")]
    key: Option<PathBuf>,
    /// Where to write a new private key of the holder; never over a file that is there
    #[arg(long, value_name = "FILE", required_unless_present = "key")]
    out_key: Option<PathBuf>,
    /// The new key: a curve, or rsa with a number of bits. As the issuer's without it,
    /// brainpoolP256r1 for a CVCA
    #[arg(long, value_name = "KIND", conflicts_with = "key")]
    new: Option<String>,
    /// What the holder signs with, as in id-TA-ECDSA-SHA-256; without it as the key allows
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Option<String>,
    /// Make the key follow from this text; random without it
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Where to write the certificate; never over a file that is there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Cvca,
    DvDomestic,
    DvForeign,
    Terminal,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypeArg {
    /// Inspection system
    Is,
    /// Authentication terminal
    At,
    /// Signature terminal
    St,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Cvca => Self::Cvca,
            RoleArg::DvDomestic => Self::DvDomestic,
            RoleArg::DvForeign => Self::DvForeign,
            RoleArg::Terminal => Self::Terminal,
        }
    }
}

impl From<TypeArg> for TerminalType {
    fn from(terminal: TypeArg) -> Self {
        match terminal {
            TypeArg::Is => Self::InspectionSystem,
            TypeArg::At => Self::AuthenticationTerminal,
            TypeArg::St => Self::SignatureTerminal,
        }
    }
}

/// Who signs: certificate and key.
struct IssuedBy {
    certificate: CvCertificate,
    key: CvcSigner,
}

pub(super) fn run(out: &Output, args: &CreateArgs) -> Result<ExitCode> {
    let issuer = issuer(args)?;
    let mut seeded = args.seed.as_deref().map(|seed| SeededRng::new(seed.as_bytes(), "cvc"));
    let mut system = SystemRng::default();
    let rng: &mut dyn CryptoRng = match &mut seeded {
        Some(seeded) => seeded,
        None => &mut system,
    };
    let key = match &args.key {
        Some(file) => super::private_key(file)?,
        None => new_key(args.new.as_deref(), issuer.as_ref(), rng)?,
    };
    let algorithm = algorithm(args.algorithm.as_deref(), &key)?;
    let key = CvcSigner::new(algorithm, key).map_err(|error| cannot(&error))?;
    let issuers = issuer.as_ref().map(|by| by.certificate.chat().terminal());
    let terminal = args.r#type.map_or(issuers, |own| Some(own.into()));
    let chat = Chat::new(terminal.unwrap_or(TerminalType::InspectionSystem), args.role.into());
    let profile = CvcProfile {
        holder: args.holder,
        chat: chat.with_rights(rights(chat, &args.rights)?),
        effective: args.effective.map_or_else(super::today, Ok)?,
        expires: args.expires,
        extensions: Vec::new(),
    };
    let certificate = match &issuer {
        Some(by) => profile.issue(&key.public(), &by.certificate, &by.key, rng),
        None => profile.self_signed(&key, rng),
    };
    let certificate = certificate.map_err(|error| cannot(&error))?;
    // The key first: a certificate of a key that is lost is worth nothing.
    if let Some(file) = &args.out_key {
        write_new_private(file, "write the private key", key.private().to_pem().as_bytes())?;
    }
    write_new(&args.out, "write the certificate", &certificate.to_bytes())?;
    let written = |path: &Path| path.display().to_string();
    out.line(format!("{} of {} written", written(&args.out), certificate.holder()));
    if let Some(file) = &args.out_key {
        out.line(format!("{} has its private key", written(file)));
    }
    out.object(json!({
        "file": args.out,
        "key": args.out_key.as_ref().or(args.key.as_ref()),
        "certificate": show::to_json(&certificate),
    }));
    Ok(ExitCode::SUCCESS)
}

fn issuer(args: &CreateArgs) -> Result<Option<IssuedBy>> {
    let (Some(file), Some(key)) = (&args.issuer, &args.issuer_key) else {
        if !matches!(args.role, RoleArg::Cvca) {
            return Err(Failure::usage("only a CVCA signs itself")
                .step("read the issuer")
                .help("give --issuer and --issuer-key")
                .into());
        }
        return Ok(None);
    };
    let certificate = super::certificate(file)?;
    let algorithm = certificate.public_key().algorithm;
    let key =
        CvcSigner::new(algorithm, super::private_key(key)?).map_err(|error| cannot(&error))?;
    Ok(Some(IssuedBy { certificate, key }))
}

fn cannot(error: &CvcError) -> Failure {
    Failure::usage(error.to_string()).step("issue the certificate")
}

fn new_key(
    kind: Option<&str>,
    issuer: Option<&IssuedBy>,
    rng: &mut dyn CryptoRng,
) -> Result<PrivateKey> {
    let curve = |curve, rng: &mut dyn CryptoRng| PrivateKey::Ec(SecretKey::generate(curve, rng));
    let Some(kind) = kind else {
        return Ok(match issuer.map(|by| by.key.private()) {
            Some(PrivateKey::Rsa(key)) => rsa(key.public().bits(), rng)?,
            Some(PrivateKey::Ec(key)) => curve(key.curve(), rng),
            _ => curve(Curve::BrainpoolP256r1, rng),
        });
    };
    let plain = |name: &str| name.to_lowercase().replace('-', "");
    if let Some(bits) = plain(kind).strip_prefix("rsa") {
        let bits = bits.parse().map_err(|_| unknown_kind(kind))?;
        return rsa(bits, rng);
    }
    let known = Curve::ALL.into_iter().find(|c| plain(&c.to_string()) == plain(kind));
    Ok(curve(known.ok_or_else(|| unknown_kind(kind))?, rng))
}

fn rsa(bits: usize, rng: &mut dyn CryptoRng) -> Result<PrivateKey> {
    let key = RsaPrivateKey::generate(bits, rng).map_err(|error| cannot(&error.into()))?;
    Ok(PrivateKey::Rsa(Box::new(key)))
}

fn unknown_kind(kind: &str) -> Failure {
    let curves: Vec<_> = Curve::ALL.iter().map(Curve::to_string).collect();
    Failure::usage(format!("--new {kind}: no such kind of key"))
        .step("make the key")
        .expected(format!("rsa and a number of bits, as in rsa2048, or {}", curves.join(", ")))
        .got(kind)
}

fn algorithm(name: Option<&str>, key: &PrivateKey) -> Result<TaAlgorithm> {
    let Some(name) = name else {
        // A hash function no longer than the key (BSI TR-03111 clause 4.1.1).
        return Ok(match key {
            PrivateKey::Rsa(_) => TaAlgorithm::RsaPss(Hash::Sha256),
            PrivateKey::Ec(key) => TaAlgorithm::Ecdsa(match key.curve().bits() {
                0..225 => Hash::Sha224,
                225..321 => Hash::Sha256,
                321..385 => Hash::Sha384,
                _ => Hash::Sha512,
            }),
        });
    };
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], "");
    let wanted = plain(name.trim_start_matches("id-TA-"));
    let known = TaAlgorithm::ALL
        .into_iter()
        .find(|a| plain(a.to_string().trim_start_matches("id-TA-")) == wanted);
    Ok(known.ok_or_else(|| {
        let all: Vec<_> = TaAlgorithm::ALL.iter().map(TaAlgorithm::to_string).collect();
        Failure::usage(format!("--algorithm {name}: no such algorithm"))
            .step("choose the algorithm")
            .expected(all.join(", "))
            .got(name)
    })?)
}

fn rights(chat: Chat, names: &str) -> Result<u64> {
    let known = chat.terminal().known_rights();
    let mut bits = 0;
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name {
            "none" => {}
            "all" => bits |= known.iter().fold(0, |bits, right| bits | 1 << right.bit),
            name => {
                let right = known.iter().find(|right| right.name == name);
                let right = right.ok_or_else(|| {
                    let all: Vec<_> = known.iter().map(|right| right.name).collect();
                    Failure::usage(format!("--rights {name}: no right of {}s", chat.terminal()))
                        .step("choose the rights")
                        .expected(format!("all, none, {}", all.join(", ")))
                        .got(name)
                        .help(format!("rights: {}", all.join(", ")))
                })?;
                bits |= 1 << right.bit;
            }
        }
    }
    Ok(bits)
}
