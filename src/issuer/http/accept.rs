//! What a client wants to have (RFC 9110 clause 12.5).

/// The first of these forms that the client likes best; the first of all where it says nothing,
/// nothing where it takes none of them.
pub(super) fn choose(accept: &[&str], offered: &[&'static str]) -> Option<&'static str> {
    if accept.is_empty() {
        return offered.first().copied();
    }
    let mut best: Option<(u16, &'static str)> = None;
    for form in offered {
        let weight = weight_of(accept, form);
        if weight > best.map_or(0, |(w, _)| w) {
            best = Some((weight, form));
        }
    }
    best.map(|(_, form)| form)
}

/// Whether the client takes that coding, and named it.
pub(super) fn takes_coding(accept_encoding: &[&str], coding: &str) -> bool {
    ranges(accept_encoding).any(|(name, q)| q > 0 && name.eq_ignore_ascii_case(coding))
}

// In thousandths: of the most specific range that fits.
fn weight_of(accept: &[&str], form: &str) -> u16 {
    let form = form.split(';').next().unwrap_or(form);
    let kind = form.split('/').next().unwrap_or(form);
    let fits = |range: &str| {
        if range.eq_ignore_ascii_case(form) {
            Some(3)
        } else if range.strip_suffix("/*").is_some_and(|r| r.eq_ignore_ascii_case(kind)) {
            Some(2)
        } else {
            (range == "*/*").then_some(1)
        }
    };
    let fitting = ranges(accept).filter_map(|(range, q)| fits(range).map(|rank| (rank, q)));
    fitting.max_by_key(|(rank, _)| *rank).map_or(0, |(_, q)| q)
}

fn ranges<'a>(values: &'a [&'a str]) -> impl Iterator<Item = (&'a str, u16)> {
    // So many are enough for any client.
    values.iter().flat_map(|v| v.split(',')).take(32).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().filter(|r| !r.is_empty())?;
        let q = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        Some((range, q.map_or(1000, thousandths)))
    })
}

// What is no weight counts as none.
fn thousandths(text: &str) -> u16 {
    let value: f32 = text.parse().unwrap_or(0.0);
    if (0.0..=1.0).contains(&value) { (value * 1000.0) as u16 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_likes_best() {
        let forms = &["application/json", "application/jwt"];
        for (accept, wanted) in [
            (&[][..], Some("application/json")),
            (&["*/*"], Some("application/json")),
            (&["application/jwt"], Some("application/jwt")),
            (&["Application/JWT ; q=0.1"], Some("application/jwt")),
            (&["application/json;q=0.5, application/jwt"], Some("application/jwt")),
            (&["application/json;q=0.5", "application/jwt"], Some("application/jwt")),
            (&["application/*;q=0.5, application/json;q=0"], Some("application/jwt")),
            (&["text/html, */*;q=0.1"], Some("application/json")),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=NaN"], None),
            (&["application/json;q=-1, ,;;"], None),
            (&[""], None),
        ] {
            assert_eq!(choose(accept, forms), wanted, "{accept:?}");
        }
    }

    #[test]
    fn a_coding_is_used_where_it_was_named() {
        assert!(takes_coding(&["deflate, gzip;q=0.5"], "gzip"));
        assert!(!takes_coding(&["*"], "gzip"));
        assert!(!takes_coding(&["gzip;q=0"], "gzip"));
    }
}
