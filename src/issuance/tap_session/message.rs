//! The messages, as JSON. Every one is read with a limit, and a member that is not known is
//! refused.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::UtcDateTime;
use zeroize::Zeroizing;

use super::super::{MAX_REQUEST, Session, SessionId};
use crate::trust::encoding::{base64url, json_fault, rfc3339};

/// Most bytes of [`Open`].
pub const MAX_OPEN: usize = 64 << 10;
/// Most bytes of the picture in [`Evidence`], a JPEG.
pub const MAX_PICTURE: usize = 512 << 10;
/// Most bytes of [`Evidence`]: the request, the picture in base64url, and what is around them.
pub const MAX_EVIDENCE: usize = MAX_REQUEST + MAX_PICTURE / 3 * 4 + (4 << 10);
/// Most bytes of [`Answer`]: a protected response is far shorter.
pub const MAX_ANSWER: usize = 4 << 10;

/// Why bytes are none of these messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// More bytes than the message may have.
    #[error("{what}: at most {limit} bytes are taken, {got} came")]
    TooLarge {
        /// Which message.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// JSON that is not of this form.
    #[error("{what}: {detail}")]
    Malformed {
        /// Which message.
        what: &'static str,
        /// What is wrong, and where.
        detail: String,
    },
}

/// The wallet opens a session: `POST /tap/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// A key attestation (OpenID4VCI appendix D) of the holder keys, over a fresh c_nonce.
    pub key_attestation: String,
}

/// What the wallet gets: the session, drawn after its keys were known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The session.
    pub session: Session,
}

/// What the tap brought home: `POST /tap/evidence`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The request, signed by the wallet's DPoP key
    /// ([`CredentialRequest::sign_for`](crate::issuance::CredentialRequest::sign_for)).
    pub request: String,
    /// The holder's face as the phone has just seen it, a JPEG.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional")]
    pub picture: Option<Vec<u8>>,
}

/// The issuer's reply to evidence and to answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// A command for the card.
    Frame(Frame),
    /// The tap is verified.
    Done(Done),
}

/// A command for the card, to be answered with [`Answer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// The session.
    pub session: SessionId,
    /// Its number, from 1: one is under way at a time.
    pub step: u32,
    /// The command APDU.
    #[serde(with = "base64url")]
    pub command: Vec<u8>,
    /// Whether the phone sends it in the channel that it has with the card itself. Else the issuer
    /// protected it, and it goes to the card as it is.
    pub protect: bool,
}

/// What the card said to a [`Frame`]: `POST /tap/frame`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The session.
    pub session: SessionId,
    /// The number of the frame.
    pub step: u32,
    /// The response APDU, of a command of the phone's channel in plain.
    #[serde(with = "base64url")]
    pub response: Vec<u8>,
}

/// The end of a tap: what the wallet goes on with at the token endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The pre-authorized code. Only this wallet's DPoP key can use it.
    #[serde(rename = "pre-authorized_code")]
    pub code: Zeroizing<String>,
    /// The same as a credential offer (OpenID4VCI clause 4.1.1).
    pub credential_offer: serde_json::Value,
    /// Until when the code is good.
    #[serde(with = "rfc3339")]
    pub expires_at: UtcDateTime,
}

macro_rules! readable {
    ($name:ident, $what:literal, $limit:expr) => {
        impl $name {
            /// Reads the JSON form.
            ///
            /// # Errors
            /// [`MessageError`].
            pub fn from_json(json: &[u8]) -> Result<Self, MessageError> {
                read($what, $limit, json)
            }
        }
    };
}

readable!(Open, "tap session", MAX_OPEN);
readable!(Opened, "tap session opened", MAX_OPEN);
readable!(Evidence, "tap evidence", MAX_EVIDENCE);
readable!(Reply, "tap reply", MAX_OPEN);
readable!(Answer, "tap frame", MAX_ANSWER);

fn read<T: DeserializeOwned>(
    what: &'static str,
    limit: usize,
    json: &[u8],
) -> Result<T, MessageError> {
    let got = json.len();
    if got > limit {
        return Err(MessageError::TooLarge { what, limit, got });
    }
    serde_json::from_slice(json)
        .map_err(|e| MessageError::Malformed { what, detail: json_fault(&e) })
}

// The face and the files are personal, the code is a secret.
macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden!(Evidence, Answer, Done);

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Frame(frame) => frame.fmt(f),
            Self::Done(done) => done.fmt(f),
        }
    }
}

mod optional {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::trust::encoding::base64url;

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => s.serialize_str(&base64url::encode(bytes)),
            None => s.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        let bytes = text.map(|text| base64url::decode(&text)).transpose();
        bytes.map_err(|e| serde::de::Error::custom(format!("base64url: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_documented_shape_and_nothing_else() {
        let id = SessionId::new([1; 16]);
        let frame = Frame { session: id, step: 1, command: vec![0, 0x22], protect: true };
        let json = serde_json::to_value(Reply::Frame(frame.clone())).unwrap();
        let text = r#"{"frame":{"session":"AQEBAQEBAQEBAQEBAQEBAQ","step":1,"command":"ACI","protect":true}}"#;
        assert_eq!(json, serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(Reply::from_json(text.as_bytes()), Ok(Reply::Frame(frame)));
        let answer = r#"{"session":"AQEBAQEBAQEBAQEBAQEBAQ","step":1,"response":"kAA"}"#;
        let read = Answer::from_json(answer.as_bytes()).unwrap();
        assert_eq!((read.step, read.response.as_slice()), (1, &[0x90, 0][..]));
        for bad in [
            answer.replace("kAA", "kA="),
            answer.replace("\"step\":1", "\"step\":-1"),
            answer.replace("\"step\":1", "\"step\":1,\"step\":2"),
            answer.replace("}", ",\"more\":0}"),
            answer.replace("AQEB", "AQE"),
            String::new(),
        ] {
            let error = Answer::from_json(bad.as_bytes()).unwrap_err();
            assert!(matches!(error, MessageError::Malformed { .. }), "{bad}");
        }
        let long = vec![b' '; MAX_ANSWER + 1];
        assert!(matches!(Answer::from_json(&long), Err(MessageError::TooLarge { .. })));
        // A picture may be missing or null, and what is secret is not shown.
        for more in ["", r#","picture":null"#, r#","picture":"_9j_2Q""#] {
            let json = format!(r#"{{"request":"secret.one"{more}}}"#);
            let read = Evidence::from_json(json.as_bytes()).unwrap();
            assert_eq!(read.picture.is_some(), more.contains('_'));
            assert!(!format!("{read:?}").contains("secret"));
        }
    }
}
