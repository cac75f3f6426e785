//! The comparison of faces over HTTP.
//!
//! `POST` to the URL with `{"portrait": "..", "picture": ".."}`, both in base64; 200 with
//! `{"same": true, "alive": true}`. Both have to be there: who does not look for a living face says
//! so by `false`, and nobody passes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::{FaceMatch, HttpPort, PortError};

const MAX_ANSWER: u64 = 16 * 1024;
const PORT: &str = "face match";

/// A service that compares faces, asked over HTTP.
#[derive(Debug)]
pub struct HttpFaceMatch(HttpPort);

#[derive(Deserialize)]
struct Answer {
    same: bool,
    alive: bool,
}

impl HttpFaceMatch {
    /// The service there.
    pub const fn new(port: HttpPort) -> Self {
        Self(port)
    }
}

impl FaceMatch for HttpFaceMatch {
    fn same(&self, portrait: &[u8], picture: &[u8]) -> Result<bool, PortError> {
        let question = json!({
            "portrait": STANDARD.encode(portrait),
            "picture": STANDARD.encode(picture),
        });
        let answer = self.0.ask::<Answer>(PORT, &question, MAX_ANSWER)?;
        let missing = || PortError { port: PORT, detail: "200 expected, 404 came".into() };
        let answer = answer.ok_or_else(missing)?;
        Ok(answer.same && answer.alive)
    }
}
