//! What a fault of the wallet means for a person.

use crate::{
    cli::failure::{self, Failure},
    wallet::WalletError,
};

/// The failure that an error of the wallet is.
pub(super) fn of(error: WalletError) -> Failure {
    let (text, tries_left) = (error.to_string(), error.has_tries_left());
    let new = |code| Failure::new(code, text.clone());
    match error {
        WalletError::Io { step, source, .. } => new(failure::FILE).step(step).of_kind(&source),
        WalletError::InUse { .. } => new(failure::FILE)
            .step("open the wallet")
            .expected("a wallet that nobody uses")
            .help("wait for the other program, or name another file with --wallet"),
        WalletError::Exists { .. } => new(failure::FILE).step("make the wallet"),
        WalletError::NotAWallet { detail, .. } => new(failure::FILE)
            .step("open the wallet")
            .expected("a wallet of this version")
            .got(detail)
            .help("name the right file with --wallet"),
        WalletError::Passphrase { .. } => new(failure::ACCESS)
            .step("open the wallet")
            .expected("its passphrase")
            .got("another")
            .help("nobody can open it without; begin a new one with another --wallet"),
        WalletError::Provider { detail, .. } => new(failure::FILE)
            .step("read the wallet provider")
            .expected("cert.pem and key.pem, as `iccard issuer init` makes them")
            .got(detail)
            .help("give --provider DIR"),
        WalletError::Address { why, .. } => new(failure::USAGE)
            .step("look at the address")
            .expected("https, or http on this machine")
            .got(why),
        WalletError::Network { step, detail, .. } => {
            let help = match detail.contains("certificate") || detail.contains("UnknownIssuer") {
                true => "give --ca with the CA of the issuer's server",
                false => "is the issuer there? `iccard wallet resume` goes on with what was begun",
            };
            new(failure::FILE).step(step).expected("an answer").got(detail).help(help)
        }
        WalletError::Refused { step, status, code, retry_after, .. } => {
            let failure = new(if status >= 500 { failure::FILE } else { failure::NEGATIVE });
            let failure = failure.step(step).expected("a yes").got(format!("{status} {code}"));
            match (retry_after, help(&code)) {
                _ if tries_left => failure.help(TRY_AGAIN),
                (Some(seconds), _) => failure.help(format!("try again in {seconds} s")),
                (None, Some(help)) => failure.help(help),
                (None, None) => failure,
            }
        }
        WalletError::Answer { step, expected, got } => {
            new(failure::PROTOCOL).step(step).expected(expected).got(got)
        }
        WalletError::OtherIssuer { expected, got } => new(failure::NEGATIVE)
            .step("look who the issuer is")
            .expected(expected)
            .got(got)
            .help("nothing was sent there; --issuer names the one that you trust"),
        WalletError::Credential { detail, .. } => new(failure::NEGATIVE)
            .step("read the credential")
            .expected("a credential that a verifier takes")
            .got(detail),
        WalletError::Offer { detail } => new(failure::USAGE)
            .step("read the offer")
            .expected("the text of an office's QR code")
            .got(detail),
        WalletError::Nothing { what } => new(failure::USAGE)
            .step("look into the wallet")
            .expected(what)
            .got("none")
            .help("`iccard wallet enroll` or `claim` fetches a card"),
        WalletError::Pending { seconds } => new(failure::NEGATIVE)
            .step("get the credential")
            .expected("the card")
            .got("a request to wait")
            .help(format!("`iccard wallet resume` asks again, in {seconds} s at the soonest")),
        WalletError::Tap { detail } => {
            new(failure::NEGATIVE).step("tap").got(detail).help("tap again")
        }
    }
}

const TRY_AGAIN: &str = "the digits were wrong, and tries are left: `iccard wallet claim` takes the \
                         same QR code again, or `iccard wallet resume --tx-code DIGITS`";

fn help(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_grant" => {
            "it is used up or over: tap again with `enroll`, or ask the office for another QR code"
        }
        "credential_request_denied" => {
            "another phone took the place, or the card was reported lost; tap again, or go to an office"
        }
        "insufficient_evidence" => "give the PIN with --pin, and leave the card until the end",
        "policy_denied" => "`iccard policy explain` says which rule that is",
        "invalid_request" => "an office's offer needs --tx-code, a tap none",
        "invalid_client" | "invalid_client_attestation" => {
            "this issuer does not believe the wallet provider of --provider"
        }
        _ => return None,
    })
}
