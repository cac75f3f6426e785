//! What stands behind the door.

use super::Route;
use crate::issuer::{Call, Limits, Metrics, Refusal};

/// A request that was let in: its method, size, type and form are right.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked for.
    pub route: Route,
    /// What its proofs are about.
    pub call: Call,
    /// The variable part of the path.
    pub id: Option<String>,
    /// The query, as it came.
    pub query: Vec<(String, String)>,
    /// The form that the client wants, where it has a choice.
    pub form: Option<&'static str>,
    /// The content type of the body, one of [`Route::takes`].
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status, below 400: whatever is refused is a [`Refusal`].
    pub status: u16,
    /// Content type; nothing where there is no body.
    pub content_type: Option<&'static str>,
    /// Body.
    pub body: Vec<u8>,
    /// How many seconds it may be kept; nothing is kept without.
    pub max_age: Option<u32>,
}

impl Reply {
    /// JSON, good once.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::of(status, super::route::JSON, value.to_string().into_bytes())
    }

    /// Bytes of that type, good once.
    pub fn of(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: Some(content_type), body: body.into(), max_age: None }
    }

    /// No content.
    pub const fn nothing() -> Self {
        Self { status: 204, content_type: None, body: Vec::new(), max_age: None }
    }

    /// The same, to be kept so many seconds.
    #[must_use]
    pub const fn kept(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }
}

/// What answers requests. Calls block, and come from many threads at once.
pub trait Service: Send + Sync + 'static {
    /// Answers.
    ///
    /// # Errors
    /// [`Refusal`], which the client gets.
    fn answer(&self, request: Request) -> Result<Reply, Refusal>;

    /// Whether it can answer now: its register is there.
    ///
    /// # Errors
    /// [`Refusal`].
    fn ready(&self) -> Result<(), Refusal>;

    /// Forgets what is over; called now and then.
    fn tend(&self) {}

    /// How often somebody may ask.
    fn limits(&self) -> &Limits;

    /// What is counted.
    fn metrics(&self) -> &Metrics;

    /// What a clock that can be moved says; nothing where the clock is the machine's.
    fn test_clock(&self) -> Option<String> {
        None
    }
}
