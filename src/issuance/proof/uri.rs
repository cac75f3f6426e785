//! When two spellings are one URL (RFC 3986 clause 6.2.2 and 6.2.3), as RFC 9449 clause 4.3 wants
//! `htu` compared.

/// An absolute http(s) URL in its one spelling, without query and fragment: scheme and host in
/// lower case, no default port, percent-encoding only where it has to be and in upper case, no dot
/// segments, at least `/` as path. Nothing for any other text, one with user information among
/// them.
pub(super) fn normal(url: &str) -> Option<String> {
    let ascii = url.bytes().all(|b| matches!(b, b'!'..=b'~'));
    if !ascii {
        return None;
    }
    let url = url.split(['?', '#']).next()?;
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    // An IPv6 address has colons of its own, in brackets (RFC 3986 clause 3.2.2).
    let end_of_address = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
    let port_at = authority[end_of_address..].find(':').map(|at| end_of_address + at);
    let (host, port) = authority.split_at(port_at.unwrap_or(authority.len()));
    let port = port.trim_start_matches(':');
    let strange = |c: char| matches!(c, '@' | '\\' | '%' | '[' | ']');
    let plain =
        if end_of_address > 0 { host.len() == end_of_address } else { !host.contains(strange) };
    let colons = authority.len() - host.len() - port.len();
    if host.is_empty() || !plain || colons > 1 || !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let host = if port.is_empty() || port == default_port {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    };
    let path = without_dots(&encoded_once(path)?);
    Some(format!("{scheme}://{host}{path}"))
}

// Unreserved characters stand for themselves (RFC 3986 clause 6.2.2.2).
fn encoded_once(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let high = rest.next()?.to_digit(16)?;
        let low = rest.next()?.to_digit(16)?;
        let byte = u8::try_from(high * 16 + low).ok()?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(out)
}

// RFC 3986 clause 5.2.4.
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            segment => out.push(segment),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn one_url_has_one_spelling() {
        let one = "https://issuer.example/a/token";
        for same in [
            "HTTPS://Issuer.EXAMPLE/a/token",
            "https://issuer.example:443/a/token",
            "https://issuer.example:/a/token?x=1#y",
            "https://issuer.example/%61/./b/../%74oken",
        ] {
            assert_eq!(normal(same).as_deref(), Some(one), "{same}");
        }
        for other in [
            "http://issuer.example/a/token",
            "https://issuer.example:8443/a/token",
            "https://issuer.example/A/token",
            "https://issuer.example/a/token/",
            "https://issuer.example/a%2Ftoken",
        ] {
            let spelled = normal(other).unwrap();
            assert_ne!(spelled, one);
            assert_eq!(normal(&spelled).as_ref(), Some(&spelled), "{other}");
        }
        assert_eq!(normal("https://a").as_deref(), Some("https://a/"));
        assert_eq!(normal("https://a/x/..").as_deref(), Some("https://a/"));
        assert_eq!(normal("http://[::1]:80/%c3%a9").as_deref(), Some("http://[::1]/%C3%A9"));
        for none in [
            "",
            "/token",
            "https:///token",
            "ftp://a/",
            "https://u@a/",
            "https://a/%4",
            "https://a/ b",
            "https://a::/",
            "https://a:443:/",
            "https://a:b/",
            "https://[::1/",
            "https://[::1]a/",
        ] {
            assert_eq!(normal(none), None, "{none}");
        }
    }
}
