//! What was meant, perhaps.

/// Words that are longer are not compared: nobody means one of ours by them.
const MAX: usize = 40;

/// The known word that is nearest to this one, where one is near enough to have been meant.
pub(in crate::script) fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > MAX {
        return None;
    }
    let far = word.chars().count() / 3 + 1;
    let near = known.into_iter().filter(|known| known.len() <= MAX).map(|known| {
        let words = (word.to_lowercase(), known.to_lowercase());
        (distance(&words.0, &words.1), known)
    });
    near.filter(|(distance, _)| *distance <= far).min_by_key(|(distance, _)| *distance).map(|n| n.1)
}

/// `; did you mean ..?` as a sentence of its own, where there is such a word.
pub(in crate::script) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

// Insertions, deletions, changes and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&row, j) + usize::from(x != y))
                .min(at(&row, j + 1) + 1)
                .min(next.last().map_or(0, |left| left + 1));
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_none_that_is_far() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("conenct", "connect"), 1);
        assert_eq!(nearest("conect", ["connect", "control"]), Some("connect"));
        assert_eq!(nearest("LET", ["let", "reset"]), Some("let"));
        assert_eq!(nearest("zzz", ["let", "reset"]), None);
    }
}
