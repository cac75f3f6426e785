//! The holder as the card describes them, for text and JSON. What comes from a card may hold
//! anything, so control characters are escaped before they reach a terminal.

use serde_json::{Value, json};
use time::UtcDateTime;

use crate::{
    lds::{Df, Dg1, Dg11, Dg12, File, FullDate, edl},
    trust::Evidence,
};

/// What the data groups say.
#[derive(Debug, Default)]
pub(super) struct Holder {
    name: Option<String>,
    name_latin: Option<String>,
    birth_date: Option<String>,
    address: Option<String>,
    issue_date: Option<String>,
    expiry_date: Option<String>,
    document_number: Option<String>,
    categories: Vec<String>,
}

impl Holder {
    /// Reads EF.DG1, EF.DG11 and EF.DG12, or EF.DG1 of a driving licence, as far as they are there
    /// and well-formed.
    pub(super) fn of(evidence: &Evidence, now: UtcDateTime) -> Self {
        if evidence.application() == Df::Edl {
            let dg1 = evidence.file(File::Edl(edl::File::Dg1)).map(edl::Dg1::parse);
            return dg1.and_then(Result::ok).map_or_else(Self::default, |dg1| Self::licence(&dg1));
        }
        let mut holder = Self::default();
        if let Some(Ok(dg1)) = evidence.file(File::Dg1).map(Dg1::parse) {
            let mrz = dg1.mrz();
            holder.name_latin = Some(shown(&format!("{} {}", mrz.primary, mrz.secondary)));
            holder.birth_date = mrz.date_of_birth.birth(now.date()).map(|d| d.to_string());
            holder.expiry_date = mrz.date_of_expiry.expiry(now.date()).map(|d| d.to_string());
            holder.document_number = Some(shown(&mrz.document_number));
        }
        if let Some(Ok(dg11)) = evidence.file(File::Dg11).map(Dg11::parse) {
            holder.name = dg11.name_parts().map(|(primary, secondary)| {
                // Hangul names are written without a space.
                let space = if primary.is_ascii() { " " } else { "" };
                shown(&format!("{primary}{space}{secondary}"))
            });
            holder.birth_date = dg11.date_of_birth.and_then(date).or(holder.birth_date);
            holder.address = dg11.address.map(|address| shown(&address.replace('<', " ")));
        }
        if let Some(Ok(dg12)) = evidence.file(File::Dg12).map(Dg12::parse) {
            holder.issue_date = dg12.date_of_issue.and_then(date);
        }
        holder
    }

    fn licence(dg1: &edl::Dg1) -> Self {
        let whom = &dg1.demographic;
        let text = |text: &edl::Text| Some(shown(text.as_str()));
        let names = format!("{} {}", whom.surname.as_str(), whom.given_names.as_str());
        // A restriction has no code of its own and says something about another category.
        let codes = dg1.categories.iter().map(|category| &category.code);
        let mut categories: Vec<_> =
            codes.filter(|code| !code.is_empty()).map(|code| shown(code)).collect();
        categories.dedup();
        Self {
            name: Some(shown(&names)),
            name_latin: None,
            birth_date: date(whom.date_of_birth.full()),
            address: whom.residence.as_ref().and_then(text),
            issue_date: date(whom.date_of_issue.full()),
            expiry_date: date(whom.date_of_expiry.full()),
            document_number: text(&whom.document_number),
            categories,
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let names: Vec<_> = [&self.name, &self.name_latin].into_iter().flatten().cloned().collect();
        let issued = self.issue_date.as_ref().map(|date| format!("issued {date}"));
        let drives = self.categories.join(" ");
        let drives = (!drives.is_empty()).then_some(drives);
        let rest = [self.birth_date.clone(), self.address.clone(), issued, drives];
        let parts: Vec<_> =
            std::iter::once(names.join(" ")).chain(rest.into_iter().flatten()).collect();
        parts.join("   ").trim().to_owned()
    }

    /// What is known, a label each, the name first.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        let categories = self.categories.join(" ");
        let rows = [
            ("name", self.name.clone()),
            ("name in Latin letters", self.name_latin.clone()),
            ("date of birth", self.birth_date.clone()),
            ("address", self.address.clone()),
            ("document number", self.document_number.clone()),
            ("issued", self.issue_date.clone()),
            ("expires", self.expiry_date.clone()),
            ("categories", (!categories.is_empty()).then_some(categories)),
        ];
        rows.into_iter().filter_map(|(label, value)| Some((label, value?))).collect()
    }

    /// The same for programs.
    pub(super) fn value(&self) -> Value {
        json!({
            "name": self.name,
            "name_latin": self.name_latin,
            "birth_date": self.birth_date,
            "address": self.address,
            "issue_date": self.issue_date,
            "expiry_date": self.expiry_date,
            "document_number": self.document_number,
            "categories": self.categories,
        })
    }
}

fn date(date: FullDate) -> Option<String> {
    date.date().map(|date| date.to_string())
}

/// Text from a card with control characters escaped.
pub(super) fn shown(text: &str) -> String {
    text.trim().chars().fold(String::new(), |mut out, c| {
        if c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_cannot_write_to_the_terminal() {
        assert_eq!(shown("A\x1b[2JB\u{202E}C"), "A\\u{1b}[2JB\\u{202e}C");
        assert_eq!(shown("홍길동 "), "홍길동");
    }
}
