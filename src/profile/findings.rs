//! All that is wrong with a profile, and what a misspelt key was meant to be.

use super::ProfileError;

/// Everything that is wrong.
#[derive(Default)]
pub(super) struct Findings(Vec<ProfileError>);

impl Findings {
    /// The value, or what is wrong with it for later, once.
    pub(super) fn keep<T>(&mut self, result: Result<T, ProfileError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(error);
                None
            }
        }
    }

    pub(super) fn add(&mut self, error: ProfileError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_all(self) -> Vec<ProfileError> {
        self.0
    }
}

// The known key with the fewest edits between them, where that is a third of its length or less.
pub(super) fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let edits = |known: &str| distance(key, known);
    let best = known.iter().copied().min_by_key(|k| edits(k))?;
    (edits(best) <= best.chars().count().div_ceil(3).max(1)).then_some(best)
}

// Levenshtein distance, of keys that are short: longer ones are cut.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{super::error::Place, *};

    #[test]
    fn a_near_miss_is_named_and_a_far_one_is_not() {
        let known = &["can", "pin", "puk", "pin_tries"];
        assert_eq!(nearest("pinn", known), Some("pin"));
        assert_eq!(nearest("pintries", known), Some("pin_tries"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a = 1\nname = \"홍길동\" # x\n";
        let at = text.find('#').unwrap();
        let place = Place::of(Path::new("p.toml"), text, at);
        assert_eq!(place.to_string(), "p.toml:2:14");
    }
}
