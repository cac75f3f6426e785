//! Physical cards that are lost, and found again.
//!
//! A card is known by two hashes: of its number, and of what its chip proved to have. What a loss
//! marks bears the mark of that loss, so that another loss, or the same one told again, leaves it
//! alone, and a card that is found has its own mark taken away.

use serde_json::json;
use time::UtcDateTime;

use super::database::values;
use super::work::Work;
use super::{
    CardId, Denied, EndReason, EventKind, LostCard, PersonId, RegistryError, StatusChange,
};

/// The mark of cards whose holder has left: nobody finds them again.
const LEFT: i64 = -1;

impl Work<'_> {
    /// The card is lost, and with it those of the person that were known before; nothing where that
    /// was known.
    pub(super) fn card_lost(
        &mut self,
        person: &PersonId,
        card: &LostCard,
        now: UtcDateTime,
    ) -> Result<Option<Vec<StatusChange>>, RegistryError> {
        let known = self.rows("SELECT id, lost FROM cards WHERE person = $1", values![person])?;
        let (mut lost, mut good) = (Vec::new(), Vec::new());
        for row in &known {
            let of_both = if row.flag(1)? { &mut lost } else { &mut good };
            of_both.push(CardId(row.array(0)?));
        }
        let live = self.device_within_term(person, now)?;
        let (number, alone) = match card {
            LostCard::Named { number, .. } | LostCard::Current(number) if lost.contains(number) => {
                return Ok(None);
            }
            LostCard::Named { number, current } => {
                if *current == Some(false) && !good.contains(number) {
                    return Err(Denied::Unknown { what: "card" }.into());
                }
                (Some(number), *current == Some(false))
            }
            // The person has had another: which of them was lost, nobody said.
            LostCard::Current(number)
                if !lost.is_empty() || !(good.is_empty() || good.contains(number)) =>
            {
                return Err(Denied::WhichCard.into());
            }
            LostCard::Current(number) => (Some(number), false),
            LostCard::Unnamed if lost.is_empty() => (None, false),
            LostCard::Unnamed if good.is_empty() && live.is_none() => return Ok(None),
            LostCard::Unnamed => return Err(Denied::WhichCard.into()),
        };
        self.next_epoch(person)?;
        self.withdraw_offers(person)?;
        let detail = json!({ "card": number.map(ToString::to_string) });
        let event = self.event(now, EventKind::CardReportedLost, Some(person), None, &detail)?;
        let mark = event.saturating_add(1);
        if let Some(number) = number {
            let row = self.one(
                "INSERT INTO cards (id, person, counter, lost) VALUES ($1, $2, NULL, $3) \
                 ON CONFLICT (id) DO UPDATE SET lost = CASE WHEN cards.person = $2 THEN $3 \
                 ELSE cards.lost END RETURNING person",
                values![number, person, mark],
            )?;
            if row.array(0)? != person.0 {
                return Err(Denied::CardNotCurrent.into());
            }
        }
        if !alone {
            self.mark_cards(person, i64::try_from(mark).unwrap_or(i64::MAX))?;
        }
        self.end_live(live, EndReason::CardLost, now).map(Some)
    }

    /// The card of that number is found again, and with it what was marked by its loss; whether it
    /// was lost. What had ended stays so.
    pub(super) fn card_found(
        &mut self,
        person: &PersonId,
        number: &CardId,
        now: UtcDateTime,
    ) -> Result<bool, RegistryError> {
        let sql = "SELECT lost FROM cards WHERE id = $1 AND person = $2";
        let row = self.row(sql, values![number, person])?;
        let mark = row.ok_or(Denied::Unknown { what: "card" })?.int(0)?;
        match mark {
            0 => return Ok(false),
            LEFT => return Err(Denied::CardNotCurrent.into()),
            _ => {}
        }
        self.change(
            "UPDATE cards SET lost = 0 WHERE person = $1 AND lost = $2",
            values![person, mark],
        )?;
        let detail = json!({ "card": number.to_string() });
        self.event(now, EventKind::CardFound, Some(person), None, &detail)?;
        Ok(true)
    }

    /// None of the person's cards is current any more.
    pub(super) fn cards_left(&mut self, person: &PersonId) -> Result<(), RegistryError> {
        self.mark_cards(person, LEFT)
    }

    fn mark_cards(&mut self, person: &PersonId, mark: i64) -> Result<(), RegistryError> {
        let sql = "UPDATE cards SET lost = $2 WHERE person = $1 AND lost = 0";
        self.change(sql, values![person, mark]).map(drop)
    }
}
