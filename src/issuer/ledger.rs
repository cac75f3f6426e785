//! The log, to whoever wants to audit it: nobody has to prove anything to ask.

use serde_json::{Value, json};

use super::{Code, Issuer, Refusal};
use crate::ledger::{Hash, LedgerError, Receipt};
use crate::trust::encoding::base64url;

/// How many events are taken from the register at once.
const PAGE: u64 = 4096;

impl Issuer {
    /// A signed checkpoint of all events so far, as C2SP tlog-checkpoint has it.
    ///
    /// # Errors
    /// [`Code::TemporarilyUnavailable`] where the register does not answer.
    pub fn ledger_checkpoint(&self) -> Result<String, Refusal> {
        self.log_events()?;
        self.ledger.checkpoint().map_err(|e| refused(&e))
    }

    /// The proof that an event is in the log: `index` or `leaf` (base64url) says which one, `size`
    /// of which tree; without it of all that there is.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], [`Code::NotFound`] for what the log does not have.
    pub fn ledger_proof(&self, query: &[(String, String)]) -> Result<Value, Refusal> {
        let [index, leaf, size] = parameters(query, ["index", "leaf", "size"])?;
        self.log_events()?;
        let index = match (index, leaf) {
            (Some(index), None) => number("index", index)?,
            (None, Some(leaf)) => {
                let leaf = base64url::decode(leaf).ok().and_then(|leaf| Hash::try_from(leaf).ok());
                let leaf = leaf.ok_or_else(|| invalid("leaf: 32 bytes in base64url expected"))?;
                self.ledger.index_of(&leaf).map_err(|e| refused(&e))?
            }
            _ => return Err(invalid("either index or leaf expected")),
        };
        let size = size.map_or_else(|| Ok(self.ledger.size()), |size| number("size", size))?;
        let (leaf, proof) = self.ledger.inclusion(index, size).map_err(|e| refused(&e))?;
        let leaf = base64url::encode(leaf);
        Ok(json!({ "index": index, "size": size, "leaf": leaf, "proof": texts(&proof) }))
    }

    /// The proof that the log of the size `to` begins with that of the size `from`.
    ///
    /// # Errors
    /// As [`Issuer::ledger_proof`].
    pub fn ledger_consistency(&self, query: &[(String, String)]) -> Result<Value, Refusal> {
        let [from, to] = parameters(query, ["from", "to"])?;
        let from = number("from", from.ok_or_else(|| invalid("from: a size expected"))?)?;
        self.log_events()?;
        let to = to.map_or_else(|| Ok(self.ledger.size()), |to| number("to", to))?;
        let proof = self.ledger.consistency(from, to).map_err(|e| refused(&e))?;
        Ok(json!({ "from": from, "to": to, "proof": texts(&proof) }))
    }

    /// What a wallet keeps of an event: its hash, and the proof that it is in the log.
    ///
    /// # Errors
    /// As [`Issuer::ledger_checkpoint`].
    pub(in crate::issuer) fn ledger_receipt(&self, event: u64) -> Result<Receipt, Refusal> {
        self.log_events()?;
        self.ledger.receipt(event).map_err(|e| refused(&e))
    }

    // What the register has and the log does not yet: other processes write events too.
    fn log_events(&self) -> Result<(), Refusal> {
        let later = |_| Refusal::new(Code::TemporarilyUnavailable, "the register does not answer");
        // In this order: others log meanwhile.
        let mut have = self.ledger.size();
        let count = self.registry.event_count().map_err(later)?;
        if count < have {
            tracing::error!(count, have, "the register has fewer events than the log");
            let text = "the register has fewer events than the log; the operator has to look";
            return Err(Refusal::new(Code::ServerError, text));
        }
        while have < count {
            let hashes = self.registry.event_hashes(have, PAGE.min(count - have)).map_err(later)?;
            if hashes.is_empty() {
                break;
            }
            self.ledger.append(have, &hashes).map_err(|error| {
                tracing::error!(%error, "the register is not what was logged");
                refused(&error)
            })?;
            have += hashes.len() as u64;
        }
        Ok(())
    }
}

fn refused(error: &LedgerError) -> Refusal {
    let code = match error {
        LedgerError::NoLeaf | LedgerError::Range { .. } => Code::NotFound,
        _ => Code::ServerError,
    };
    Refusal::new(code, error)
}

fn invalid(text: &str) -> Refusal {
    Refusal::new(Code::InvalidRequest, text)
}

fn number(name: &str, text: &str) -> Result<u64, Refusal> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| plain);
    number.ok_or_else(|| Refusal::new(Code::InvalidRequest, format!("{name}: a number expected")))
}

/// The parameters of these names, each once and no others.
pub(super) fn parameters<'a, const N: usize>(
    query: &'a [(String, String)],
    names: [&str; N],
) -> Result<[Option<&'a str>; N], Refusal> {
    let mut found = [None; N];
    for (name, value) in query {
        let known = names.iter().position(|known| known == name);
        let place = known.and_then(|i| found.get_mut(i)).filter(|place| place.is_none());
        let text = || format!("parameters expected, each once: {}", names.join(", "));
        *place.ok_or_else(|| Refusal::new(Code::InvalidRequest, text()))? = Some(value.as_str());
    }
    Ok(found)
}

fn texts(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(base64url::encode).collect()
}
