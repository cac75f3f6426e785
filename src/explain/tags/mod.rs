//! Trees of data objects, with the names that their tags have where they stand.

mod names;
mod values;

use super::{Node, names::count};
use crate::tlv::{Reader, Tag, TlvError};

pub(super) use names::{Context, Template, name};

/// The most nodes of one tree.
const MAX_NODES: usize = 2000;
/// The most levels, those within octet strings included.
const MAX_DEPTH: usize = 32;

/// The data objects of some bytes, as a tree with the names of their tags.
pub fn tlv(bytes: &[u8]) -> Node {
    tree("data objects", bytes, Context::Open)
}

/// The data objects of some bytes where they stand in this context, below a node of that label.
pub(super) fn tree(label: &str, bytes: &[u8], context: Context) -> Node {
    let mut walk = Walk { left: MAX_NODES };
    let node = Node::new(label, "");
    let (children, error) = walk.level(bytes, context, 0);
    let node = node.children(children);
    match error {
        None if node.children.is_empty() => Node { value: "empty".into(), ..node },
        None => node,
        Some(error) => node.child(wrong(&error, bytes, context)),
    }
}

fn wrong(error: &TlvError, bytes: &[u8], context: Context) -> Node {
    let node = Node::new("no data object", error.to_string());
    // Of a command that only claims to be protected the data may be a password.
    if context == Context::Secure {
        return Node::new("no data object", format!("{error}; {}", count(bytes.len(), "byte")));
    }
    let (TlvError::Truncated { offset, .. }
    | TlvError::BadTag { offset }
    | TlvError::BadLength { offset, .. }
    | TlvError::TooLarge { offset, .. }) = *error
    else {
        return node;
    };
    node.bytes(bytes.get(offset..).unwrap_or_default())
}

/// Whether bytes are data objects from the first to the last, and how many of the outermost.
pub(super) fn well_formed(bytes: &[u8]) -> Option<usize> {
    fn walk(bytes: &[u8], depth: usize, left: &mut usize) -> Option<usize> {
        let mut objects = 0;
        for tlv in Reader::new(bytes) {
            let tlv = tlv.ok()?;
            *left = left.checked_sub(1)?;
            objects += 1;
            if tlv.tag.is_constructed() && depth < MAX_DEPTH {
                walk(tlv.value, depth + 1, left)?;
            }
        }
        Some(objects)
    }
    walk(bytes, 0, &mut { MAX_NODES }).filter(|objects| *objects > 0)
}

struct Walk {
    left: usize,
}

impl Walk {
    // The data objects of one level, and what is wrong behind them.
    fn level(
        &mut self,
        bytes: &[u8],
        context: Context,
        depth: usize,
    ) -> (Vec<Node>, Option<TlvError>) {
        let mut nodes = Vec::new();
        let mut inner = context;
        for tlv in Reader::new(bytes) {
            let tlv = match tlv {
                Ok(tlv) => tlv,
                Err(error) => return (nodes, Some(error)),
            };
            let Some(left) = self.left.checked_sub(1) else {
                nodes.push(Node::new("…", "more data objects follow"));
                return (nodes, None);
            };
            self.left = left;
            // What a list is about is said by its first entry.
            if nodes.is_empty() {
                inner = context.refined(tlv.tag, tlv.value);
            }
            nodes.push(self.object(tlv.tag, tlv.value, inner, depth));
        }
        (nodes, None)
    }

    fn object(&mut self, tag: Tag, value: &[u8], context: Context, depth: usize) -> Node {
        let name = name(context, tag);
        let label = name.map_or_else(|| tag.to_string(), |name| format!("{tag} {name}"));
        let below = context.within(tag, value);
        if depth >= MAX_DEPTH {
            return Node::new(label, "nested too deep to be shown").bytes(value);
        }
        if tag.is_constructed() {
            let (children, error) = self.level(value, below, depth + 1);
            let node = Node::new(label, "").children(children);
            return match error {
                None if node.children.is_empty() => Node { value: "empty".into(), ..node },
                None => node,
                Some(error) => node.child(wrong(&error, value, below)),
            };
        }
        if wraps(context, tag, value) {
            let (children, _) = self.level(value, Context::Asn1, depth + 1);
            return Node::new(label, "wraps").children(children);
        }
        values::leaf(label, context, tag, value)
    }
}

// Octet strings that hold DER again, as those of extensions do.
fn wraps(context: Context, tag: Tag, value: &[u8]) -> bool {
    context == Context::Asn1
        && tag.value() == 0x04
        && value.len() > 2
        && matches!(value.first(), Some(0x03 | 0x04 | 0x30 | 0x31))
        && well_formed(value) == Some(1)
}

/// Text of a card as a value, and bytes where it is none.
pub(super) fn text_or_bytes(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    text.chars().all(|c| !c.is_control()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn draw(hex: &str) -> String {
        tlv(&hex::decode(hex.replace(' ', "")).unwrap()).draw()
    }

    #[test]
    fn a_tag_is_named_by_where_it_stands() {
        assert_eq!(
            draw("6F 10 84 07 A0000002471001 82 01 38 83 02 3F00"),
            "\
data objects
  6F FCI template
    84 DF name          A0000002471001 (eMRTD application)
    82 file descriptor  DF   38
    83 file identifier  3F00 (master file)
"
        );
        assert_eq!(
            draw("60 14 5F01 04 30313037 5F36 06 303430303030 5C 02 6175"),
            "\
data objects
  60 EF.COM
    5F01 LDS version      0107
    5F36 Unicode version  040000
    5C tag list           61 EF.DG1, 75 EF.DG2
"
        );
        assert_eq!(
            draw("7C 06 80 04 01020304"),
            "\
data objects
  7C dynamic authentication data
    80 encrypted nonce, or ephemeral key of Chip Authentication  01020304
"
        );
        assert_eq!(
            draw("31 0D 30 0B 06 09 04007F000702020301"),
            "\
data objects
  31 SET
    30 SEQUENCE
      06 OBJECT IDENTIFIER  id-CA-DH (0.4.0.127.0.7.2.2.3.1)
"
        );
    }

    #[test]
    fn what_is_wrong_is_said_and_the_rest_is_shown() {
        let text = draw("02 01 05 30 05 04 01 FF");
        assert!(text.contains("02 INTEGER      5"), "{text}");
        assert!(
            text.contains("no data object  TLV at byte 3: 7 bytes expected, 5 there   30050401FF"),
            "{text}"
        );
    }

    #[test]
    fn nesting_and_number_are_bounded() {
        let mut deep = Vec::new();
        for _ in 0..60 {
            deep = [&[0x30, 0x82][..], &(deep.len() as u16).to_be_bytes(), &deep].concat();
        }
        assert!(tlv(&deep).draw().len() < 10_000);
        let many = [0x05, 0x00].repeat(100_000);
        let drawn = tlv(&many).draw();
        assert!(drawn.lines().count() < MAX_NODES + 10 && drawn.contains("more data objects"));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(8825),
            ..ProptestConfig::with_cases(512)
        })]

        #[test]
        fn any_bytes_make_a_bounded_tree(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let drawn = tlv(&bytes).draw();
            prop_assert!(drawn.len() < 4096 + 300 * bytes.len());
        }
    }
}
