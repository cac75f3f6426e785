//! Signed notes (C2SP signed-note), with Ed25519 (RFC 8032).

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::LedgerError;

/// The largest note: room for the cosignatures of many witnesses.
pub const MAX_NOTE: usize = 128 * 1024;

/// The signature type of Ed25519.
const ED25519: u8 = 1;
/// How a signing key begins as a text.
const PRIVATE: &str = "PRIVATE+KEY+";

/// A key that signs notes, with its name.
pub struct NoteSigner {
    key: SigningKey,
    verifier: NoteVerifier,
}

/// A key that notes are verified with: its name, and what the name alone does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

const fn form(what: &'static str, expected: &'static str) -> LedgerError {
    LedgerError::Form { what, expected }
}

impl NoteSigner {
    /// A new key of that name: a URL without its scheme, such as `example.com/log`.
    ///
    /// # Errors
    /// [`LedgerError::Form`]: an empty name, or one with a space or a plus sign.
    pub fn generate(name: &str, rng: &mut dyn CryptoRng) -> Result<Self, LedgerError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::of(name, &seed)
    }

    fn of(name: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = NoteVerifier { name: checked(name)?, key: key.verifying_key() };
        Ok(Self { key, verifier })
    }

    /// Reads a key as [`NoteSigner::to_text`] writes it.
    ///
    /// # Errors
    /// [`LedgerError::Form`].
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        const WHAT: &str = "signing key of the log";
        const EXPECTED: &str = "PRIVATE+KEY+NAME+HASH+KEY";
        let rest = text.trim().strip_prefix(PRIVATE).ok_or_else(|| form(WHAT, EXPECTED))?;
        let (name, id, key) = parts(rest).ok_or_else(|| form(WHAT, EXPECTED))?;
        let key = Zeroizing::new(key);
        let seed = seed(&key).ok_or_else(|| form(WHAT, "an Ed25519 key"))?;
        let signer = Self::of(name, seed)?;
        if signer.verifier.id() != id {
            return Err(form(WHAT, "the hash of this key"));
        }
        Ok(signer)
    }

    /// The key as a text, to be kept secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut key = Zeroizing::new(vec![ED25519]);
        key.extend_from_slice(self.key.as_bytes());
        let key = Zeroizing::new(STANDARD.encode(key.as_slice()));
        let id = hex::encode(self.verifier.id());
        Zeroizing::new(format!("{PRIVATE}{}+{id}+{}", self.verifier.name, key.as_str()))
    }

    /// The key that verifies.
    pub const fn verifier(&self) -> &NoteVerifier {
        &self.verifier
    }

    /// The text as a signed note. It has to end with a newline.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = self.verifier.id().to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.verifier.name, STANDARD.encode(signature))
    }
}

impl std::fmt::Debug for NoteSigner {
    // The name and the public key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

impl NoteVerifier {
    /// Reads a key as it is shown: `NAME+HASH+KEY`.
    ///
    /// # Errors
    /// [`LedgerError::Form`].
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        const WHAT: &str = "key of the log";
        let (name, id, key) = parts(text).ok_or_else(|| form(WHAT, "NAME+HASH+KEY"))?;
        let wrong = || form(WHAT, "an Ed25519 key");
        let key = VerifyingKey::from_bytes(seed(&key).ok_or_else(wrong)?);
        let key = key.ok().filter(|key| !key.is_weak()).ok_or_else(wrong)?;
        let verifier = Self { name: checked(name)?, key };
        if verifier.id() != id {
            return Err(form(WHAT, "the hash of this key"));
        }
        Ok(verifier)
    }

    /// The key's name; a log's is its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        [a, b, c, d]
    }

    fn short(&self) -> String {
        format!("{}+{}", self.name, hex::encode(self.id()))
    }
}

impl std::fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}", self.short(), STANDARD.encode(key))
    }
}

/// The text of a note that the key signed. Signatures of keys that are not known are passed over.
///
/// # Errors
/// [`LedgerError`]: another form, no signature of the key, or one that does not verify.
pub fn open_note<'a>(note: &'a str, verifier: &NoteVerifier) -> Result<&'a str, LedgerError> {
    const WHAT: &str = "note";
    if note.len() > MAX_NOTE {
        return Err(LedgerError::TooLarge { what: WHAT, most: MAX_NOTE, got: note.len() });
    }
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(form(WHAT, "no control characters"));
    }
    let at = note.rfind("\n\n").ok_or_else(|| form(WHAT, "a text, an empty line, signatures"))?;
    let (text, signatures) = note.split_at(at + 1);
    let signatures = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
    let signatures = signatures.ok_or_else(|| form(WHAT, "signature lines that end"))?;
    let mut signed = false;
    for line in signatures.split('\n') {
        let expected = || form(WHAT, "an em dash, a key's name and a signature");
        let rest = line.strip_prefix("\u{2014} ").ok_or_else(expected)?;
        let (name, signature) = rest.split_once(' ').ok_or_else(expected)?;
        let bytes = STANDARD.decode(signature).map_err(|_| expected())?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(expected)?;
        checked(name)?;
        if signature.is_empty() {
            return Err(expected());
        }
        if name != verifier.name || *id != verifier.id() {
            continue;
        }
        let wrong = || LedgerError::Signature { key: verifier.short() };
        let signature = Signature::from_slice(signature).map_err(|_| wrong())?;
        verifier.key.verify_strict(text.as_bytes(), &signature).map_err(|_| wrong())?;
        signed = true;
    }
    if signed { Ok(text) } else { Err(LedgerError::NotSigned { key: verifier.short() }) }
}

fn checked(name: &str) -> Result<String, LedgerError> {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > 256 || name.contains(wrong) {
        return Err(form("name of a key", "a name without spaces and plus signs"));
    }
    Ok(name.to_owned())
}

/// NAME+HASH+KEY.
fn parts(text: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let mut hash = [0; 4];
    hex::decode_to_slice(id, &mut hash).ok()?;
    // Hexadecimal letters are small ones.
    if id.contains(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    Some((name, hash, STANDARD.decode(key).ok()?))
}

fn seed(key: &[u8]) -> Option<&[u8; 32]> {
    let (kind, key) = key.split_first()?;
    if *kind != ED25519 {
        return None;
    }
    key.try_into().ok()
}
