//! What wallets say became of their credentials (OpenID4VCI clause 11).

use time::UtcDateTime;

use super::database::values;
use super::{
    Denied, DeviceId, EndReason, GrantId, Registry, RegistryError, StatusChange, TokenHash,
};
use crate::issuance::Status;

impl Registry {
    /// What the wallet says became of its credentials. `deleted` ends the phone's card; where they
    /// were renewed since, only they become invalid.
    ///
    /// # Errors
    /// [`Denied::Unknown`], also for another grant's notification.
    pub fn notified(
        &self,
        notification: &TokenHash,
        grant: &GrantId,
        deleted: bool,
        now: UtcDateTime,
    ) -> Result<Vec<StatusChange>, RegistryError> {
        let unknown = Denied::Unknown { what: "notification_id" };
        self.write("noting what became of credentials", |work| {
            let row = work.row(
                "SELECT r.id, r.device, r.configuration, r.event FROM notifications n \
                 JOIN reservations r ON r.id = n.reservation \
                 WHERE n.hash = $1 AND n.grant_id = $2",
                values![notification, grant],
            )?;
            let row = row.ok_or_else(|| unknown.clone())?;
            if !deleted {
                return Ok(Vec::new());
            }
            let device = work.device(&DeviceId(row.array(1)?))?;
            let later = work.row(
                "SELECT 1 FROM reservations WHERE device = $1 AND configuration = $2 \
                 AND event > $3 AND kept = 1",
                values![&device.id, row.text(2)?, row.int(3)?],
            )?;
            if later.is_some() {
                return work.set_statuses_of_reservation(&row.array(0)?, Status::Invalid);
            }
            if !device.state.is_live() {
                return work.statuses(&device.id);
            }
            work.next_epoch(&device.person)?;
            work.end_device(&device, EndReason::Deleted, now)
        })
    }
}
