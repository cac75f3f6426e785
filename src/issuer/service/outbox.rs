//! What the register wants told to the outside. A line stays until it was told, so that a crash
//! between a transaction and its consequences is made good at the next turn.

use serde_json::Value;

use super::super::{Code, Issuer, Refusal};
use super::refused;

/// Lines of one turn.
const LINES: u32 = 256;

impl Issuer {
    /// Tells what is waiting: publishes lists that changed, and hands notices to whoever reads the
    /// log. A notice names a phone by its random identifier.
    ///
    /// # Errors
    /// Where the register does not answer or a list cannot be signed; what was told is struck off.
    pub(in crate::issuer) fn tell(&self) -> Result<(), Refusal> {
        let lines = self.registry.outbox(LINES).map_err(|e| refused(&e, |_| Code::ServerError))?;
        for (number, line) in lines {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(list) = line["status_list"].as_u64().and_then(|n| u32::try_from(n).ok()) {
                self.publish_list(list)?;
            } else if let (Some(notice), Some(phone)) =
                (line["notice"].as_str(), line["device"].as_str())
            {
                tracing::info!(notice, phone, "a phone's holder is to be told");
            }
            self.registry.outbox_done(number).map_err(|e| refused(&e, |_| Code::ServerError))?;
        }
        Ok(())
    }
}
