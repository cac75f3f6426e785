//! The token request (clause 6.1, RFC 6749 clause 6).

use zeroize::Zeroizing;

use super::error::{ErrorCode, MessageError};
use super::form::Form;
use super::{MAX_TEXT, PRE_AUTHORIZED_CODE, REFRESH_TOKEN};

const MESSAGE: &str = "token request";
const MAX_FORM: usize = 64 << 10;

/// A token request.
pub struct TokenRequest {
    /// What is shown for the tokens.
    pub grant: GrantType,
    /// `client_id`, where the wallet sends it.
    pub client_id: Option<String>,
}

/// What is shown for tokens.
pub enum GrantType {
    /// A pre-authorised code.
    PreAuthorizedCode {
        /// The code.
        code: Zeroizing<String>,
        /// The transaction code that came another way.
        tx_code: Option<Zeroizing<String>>,
    },
    /// A refresh token.
    RefreshToken {
        /// The token.
        token: Zeroizing<String>,
    },
}

impl TokenRequest {
    /// Reads a request. Parameters that are not known are passed over.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`], [`ErrorCode::UnsupportedGrantType`].
    pub fn parse(form: &[u8]) -> Result<Self, MessageError> {
        let wrong = |detail: &str| MessageError::new(ErrorCode::InvalidRequest, MESSAGE, detail);
        if form.len() > MAX_FORM {
            return Err(wrong(&format!("at most {MAX_FORM} bytes are taken, {} came", form.len())));
        }
        let form = Form::parse(form).map_err(|detail| wrong(&detail))?;
        let optional = |name: &str| match form.get(name) {
            Some(value) if value.len() > MAX_TEXT => {
                Err(wrong(&format!("{name}: at most {MAX_TEXT} bytes are taken")))
            }
            value => Ok(value.map(|value| Zeroizing::new(value.to_owned()))),
        };
        let needed =
            |name: &str| optional(name)?.ok_or_else(|| wrong(&format!("{name} is missing")));
        let grant = match needed("grant_type")?.as_str() {
            PRE_AUTHORIZED_CODE => GrantType::PreAuthorizedCode {
                code: needed("pre-authorized_code")?,
                tx_code: optional("tx_code")?,
            },
            REFRESH_TOKEN => GrantType::RefreshToken { token: needed("refresh_token")? },
            _ => {
                let detail = "grant_type: pre-authorized_code or refresh_token expected";
                let code = ErrorCode::UnsupportedGrantType;
                return Err(MessageError::new(code, MESSAGE, detail));
            }
        };
        let client_id = optional("client_id")?.map(|id| id.to_string());
        Ok(Self { grant, client_id })
    }

    /// Writes a request.
    pub fn build(&self) -> Zeroizing<String> {
        let mut all: Vec<(&str, &str)> = Vec::new();
        match &self.grant {
            GrantType::PreAuthorizedCode { code, tx_code } => {
                all.push(("grant_type", PRE_AUTHORIZED_CODE));
                all.push(("pre-authorized_code", code));
                if let Some(tx_code) = tx_code {
                    all.push(("tx_code", tx_code));
                }
            }
            GrantType::RefreshToken { token } => {
                all.push(("grant_type", REFRESH_TOKEN));
                all.push(("refresh_token", token));
            }
        }
        if let Some(client_id) = &self.client_id {
            all.push(("client_id", client_id));
        }
        Form::build(&all)
    }
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRequest").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for GrantType {
    // Codes and tokens are secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PreAuthorizedCode { .. } => PRE_AUTHORIZED_CODE,
            Self::RefreshToken { .. } => REFRESH_TOKEN,
        })
    }
}
