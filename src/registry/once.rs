//! What is good once.

use time::UtcDateTime;

use super::{Once, Registry, RegistryError};

impl Registry {
    /// Uses something up that is good once. `false`: it was used before, or its time is over.
    ///
    /// # Errors
    /// [`RegistryError::Database`]: then it has to count as used.
    pub fn consume(
        &self,
        kind: Once,
        id: &[u8; 32],
        expires: UtcDateTime,
        now: UtcDateTime,
    ) -> Result<bool, RegistryError> {
        // What is over may have been used and swept away.
        if expires < now {
            return Ok(false);
        }
        self.write("using up a value that is good once", |work| work.use_up(kind, id, expires))
    }
}
