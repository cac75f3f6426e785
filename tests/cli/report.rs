//! `iccard tap --report`: a page that is whole in itself, harmless and its owner's alone.

use std::{collections::BTreeMap, path::Path};

use super::{json, text};

fn page(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap()
}

/// Every attribute that could fetch, run or submit something, and every element that could run.
fn dangerous(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap().to_lowercase();
        let name = tag.split([' ', '\n', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        if ["script", "iframe", "object", "embed", "link", "base", "form", "foreignobject", "use"]
            .contains(&name)
        {
            found.push(tag.clone());
        }
        let attributes = [" src=", " href=", " action=", " on", " srcset=", " xlink:href="];
        if attributes.iter().any(|a| tag.contains(a))
            && !tag.contains(" src=\"data:image/jpeg;base64,")
        {
            found.push(tag);
        }
    }
    found
}

#[test]
fn the_page_says_what_was_found_and_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let printed = text(dir, &["tap", "--card", "emulated", "--report", "r.html"], 0);
    assert!(printed.contains("report    r.html"), "{printed}");
    let html = page(dir, "r.html");
    for words in [
        "<h1>VERIFIED</h1>",
        "홍길동",
        "HONG GILDONG",
        "세종특별자치시",
        "data:image/jpeg;base64,/9j/",
        "alt=\"Face of 홍길동, from the card\"",
        "TEST Document Signer 1",
        "trust anchor (CSCA)",
        "as EF.SOD lists it",
        "GENERAL AUTHENTICATE, PACE 2 of 4: map nonce",
        "READ BINARY, short EF identifier 1C",
        "Emulated card: open resident-card profile (not the government&#39;s)",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert_eq!(dangerous(&html), Vec::<String>::new());
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("@import"));
    assert_eq!(html.matches("<table").count(), html.matches("<caption>").count());
    // What opens the card is not what the page is about.
    assert!(!html.contains("500540") && !html.contains("271224"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.join("r.html")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // Not over a file that is there, but by --force; and that is said before the card is touched.
    std::fs::write(dir.join("r.html"), "mine").unwrap();
    let error = json(dir, &["tap", "--card", "emulated:none-such", "--report", "r.html"], 7);
    assert_eq!(error["error"]["step"], "write the report");
    assert_eq!(page(dir, "r.html"), "mine");
    let tap = json(dir, &["tap", "--card", "emulated", "--report", "r.html", "--force"], 0);
    assert_eq!(tap["report"], "r.html");
    assert!(page(dir, "r.html").ends_with("</html>"));
    text(dir, &["tap", "--card", "emulated", "--report", "r.pdf"], 2);
}

#[test]
fn a_card_cannot_write_markup_into_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let profile = include_str!("../../card-profiles/resident.toml")
        .replace("TEST Document Signer 1", "TEST <script>alert(1)</script>")
        .replace("\"길동\"", "\"\\\">& onerror=alert(2)>\"")
        .replace("open resident-card", "<b onclick='x'>open</b> resident-card");
    std::fs::write(dir.join("hostile.toml"), profile).unwrap();
    text(dir, &["tap", "--card", "emulated:hostile.toml", "--report", "r.html"], 0);
    let html = page(dir, "r.html");
    for shown in ["&#60;script", "홍&#34;&#62;&#38; onerror=alert(2)&#62;", "&#60;b onclick"] {
        assert!(html.contains(shown), "{shown}");
    }
    assert_eq!(dangerous(&html), Vec::<String>::new());
    // The judge above sees what it is to see.
    assert_eq!(dangerous("<p><img src=x onerror=y><SCRIPT></p><a href='z'>").len(), 3);
}

#[test]
fn a_tap_that_fails_has_a_page_that_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let tap =
        ["tap", "--card", "emulated:passport-pace-gm", "--can", "000001", "--report", "r.html"];
    let error = json(dir, &tap, 5);
    assert_eq!(error["error"]["code"], 5);
    let html = page(dir, "r.html");
    for words in [
        "<h1>NOT READ</h1>",
        "access refused",
        "<dt>step</dt><dd>PACE</dd>",
        "the CAN is wrong",
        "GENERAL AUTHENTICATE, PACE 4 of 4",
        "<span class=\"state bad\">6300</span>",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert_eq!(dangerous(&html), Vec::<String>::new());
    assert!(!html.contains("000001") && html.ends_with("</html>"));

    // A card that leaves: what it answered until then.
    let left =
        ["tap", "--card", "emulated", "--fault", "tear after 12 apdus", "--report", "l.html"];
    text(dir, &left, 4);
    let html = page(dir, "l.html");
    assert!(html.contains("the way to the card failed") && html.contains("put it back"), "{html}");
    assert!(html.contains("<dt>answered commands</dt><dd>12</dd>"), "{html}");
    assert!(!html.contains("HONG") && !html.contains("길동"), "{html}");
}

#[test]
fn other_cards_have_a_page_too() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let cards: BTreeMap<_, _> = [
        ("resident-key-only", "signature of the card"),
        ("passport-bac", "BAC, 3DES"),
        ("driving-licence-bap", "categories"),
    ]
    .into();
    for (card, words) in cards {
        let file = format!("{card}.html");
        text(dir, &["tap", "--card", &format!("emulated:{card}"), "--report", &file], 0);
        let html = page(dir, &file);
        assert!(html.contains("<h1>VERIFIED</h1>") && html.contains(words), "{card}");
        assert_eq!(dangerous(&html), Vec::<String>::new(), "{card}");
    }
    // Nobody is believed here: the page says so, and the person on it stands under a warning.
    text(dir, &["profile", "anchors", "driving-licence-bap", "--out", "other"], 0);
    text(dir, &["tap", "--card", "emulated", "--trust", "other", "--report", "n.html"], 1);
    let html = page(dir, "n.html");
    assert!(html.contains("<h1>NOT VERIFIED</h1>") && html.contains("Not shown to be genuine"));
}
