//! What may be asked for, and how: one table.

/// A place at which the issuer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Route {
    IssuerMetadata,
    ServerMetadata,
    Offer,
    Challenge,
    Nonce,
    Token,
    Credential,
    Deferred,
    Notification,
    Status,
    StatusLists,
    TapSession,
    TapEvidence,
    TapFrame,
    OfficeOffers,
    OfficeReports,
    OfficeConfirmations,
    OfficeHistory,
    LedgerCheckpoint,
    LedgerProof,
    LedgerConsistency,
    OpenApi,
    Healthy,
    Ready,
}

pub(super) const JSON: &str = "application/json";
pub(super) const JWT: &str = "application/jwt";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const STATUS_JWT: &str = "application/statuslist+jwt";
pub(super) const STATUS_CWT: &str = "application/statuslist+cwt";

/// The most bytes of a body.
pub(super) const BODY: usize = 32 << 10;
/// Of proofs of many holder keys.
pub(super) const PROOFS: usize = 128 << 10;
/// Of evidence, which carries the files of a card with a face.
pub(super) const EVIDENCE: usize = 3 << 19;

impl Route {
    pub(super) const ALL: [Self; 24] = [
        Self::IssuerMetadata,
        Self::ServerMetadata,
        Self::Offer,
        Self::Challenge,
        Self::Nonce,
        Self::Token,
        Self::Credential,
        Self::Deferred,
        Self::Notification,
        Self::Status,
        Self::StatusLists,
        Self::TapSession,
        Self::TapEvidence,
        Self::TapFrame,
        Self::OfficeOffers,
        Self::OfficeReports,
        Self::OfficeConfirmations,
        Self::OfficeHistory,
        Self::LedgerCheckpoint,
        Self::LedgerProof,
        Self::LedgerConsistency,
        Self::OpenApi,
        Self::Healthy,
        Self::Ready,
    ];

    /// Its name in metrics and logs.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The method: `GET`, with which `HEAD` goes, or `POST`.
    pub const fn method(self) -> &'static str {
        self.row().1
    }

    /// The path below the issuer's URL, `{}` for what is variable. Those of metadata stand between
    /// host and path (OpenID4VCI 1.0 clause 12.2.2, RFC 8414 clause 3.1).
    pub const fn path(self) -> &'static str {
        self.row().2
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::IssuerMetadata => {
                ("issuer_metadata", "GET", "/.well-known/openid-credential-issuer")
            }
            Self::ServerMetadata => {
                ("server_metadata", "GET", "/.well-known/oauth-authorization-server")
            }
            Self::Offer => ("offer", "GET", "/offers/{id}"),
            Self::Challenge => ("challenge", "POST", "/challenge"),
            Self::Nonce => ("nonce", "POST", "/nonce"),
            Self::Token => ("token", "POST", "/token"),
            Self::Credential => ("credential", "POST", "/credential"),
            Self::Deferred => ("deferred", "POST", "/deferred"),
            Self::Notification => ("notification", "POST", "/notification"),
            Self::Status => ("status", "GET", "/status/{number}"),
            Self::StatusLists => ("status_lists", "GET", "/status"),
            Self::TapSession => ("tap_session", "POST", "/tap/session"),
            Self::TapEvidence => ("tap_evidence", "POST", "/tap/evidence"),
            Self::TapFrame => ("tap_frame", "POST", "/tap/frame"),
            Self::OfficeOffers => ("office_offers", "POST", "/office/offers"),
            Self::OfficeReports => ("office_reports", "POST", "/office/reports"),
            Self::OfficeConfirmations => ("office_confirmations", "POST", "/office/confirmations"),
            Self::OfficeHistory => ("office_history", "GET", "/office/history"),
            Self::LedgerCheckpoint => ("ledger_checkpoint", "GET", "/ledger/checkpoint"),
            Self::LedgerProof => ("ledger_proof", "GET", "/ledger/proof"),
            Self::LedgerConsistency => ("ledger_consistency", "GET", "/ledger/consistency"),
            Self::OpenApi => ("openapi", "GET", "/openapi.json"),
            Self::Healthy => ("healthy", "GET", "/healthz"),
            Self::Ready => ("ready", "GET", "/readyz"),
        }
    }

    /// The content types of a body; none where no body is looked at.
    pub const fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Token => &[FORM],
            Self::Credential | Self::Deferred => &[JSON, JWT],
            Self::Notification
            | Self::TapSession
            | Self::TapEvidence
            | Self::TapFrame
            | Self::OfficeOffers
            | Self::OfficeReports
            | Self::OfficeConfirmations => &[JSON],
            _ => &[],
        }
    }

    /// The most bytes of a body.
    pub const fn most(self) -> usize {
        match self {
            Self::TapEvidence => EVIDENCE,
            // Up to sixteen proofs or attested keys, each with certificates.
            Self::Credential | Self::Deferred | Self::TapSession => PROOFS,
            _ => BODY,
        }
    }

    /// The forms of which a client may choose by `Accept`, the usual one first; none where it has
    /// no choice.
    pub(super) const fn offers(self) -> &'static [&'static str] {
        match self {
            // OpenID4VCI 1.0 clause 12.2.2.
            Self::IssuerMetadata => &[JSON, JWT],
            // Token Status List clause 8.1.
            Self::Status => &[STATUS_JWT, STATUS_CWT],
            _ => &[],
        }
    }

    /// Whether a page of another origin may read it (Token Status List clause 8.1).
    pub(super) const fn is_public(self) -> bool {
        matches!(
            self,
            Self::IssuerMetadata
                | Self::ServerMetadata
                | Self::Status
                | Self::StatusLists
                | Self::LedgerCheckpoint
                | Self::LedgerProof
                | Self::LedgerConsistency
                | Self::OpenApi
        )
    }

    /// Whether a clerk's token is needed.
    pub(super) const fn is_office(self) -> bool {
        matches!(
            self,
            Self::OfficeOffers
                | Self::OfficeReports
                | Self::OfficeConfirmations
                | Self::OfficeHistory
        )
    }

    /// Whether a supervisor asks it, which is not counted.
    pub(super) const fn is_probe(self) -> bool {
        matches!(self, Self::Healthy | Self::Ready)
    }

    /// The whole path of an issuer whose URL has that path, without a slash at the end.
    pub(super) fn full_path(self, base: &str) -> String {
        match self {
            Self::IssuerMetadata | Self::ServerMetadata => format!("{}{base}", self.path()),
            _ => format!("{base}{}", self.path()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_place_once() {
        let all: std::collections::BTreeSet<_> = Route::ALL.map(Route::name).into();
        let paths: std::collections::BTreeSet<_> = Route::ALL.map(Route::path).into();
        assert_eq!((all.len(), paths.len()), (Route::ALL.len(), Route::ALL.len()));
        for route in Route::ALL {
            assert!(route.takes().is_empty() || route.method() == "POST", "{route:?}");
        }
    }

    #[test]
    fn metadata_of_an_issuer_with_a_path_stands_between_host_and_path() {
        let metadata = Route::IssuerMetadata.full_path("/kr");
        assert_eq!(metadata, "/.well-known/openid-credential-issuer/kr");
        assert_eq!(Route::Token.full_path("/kr"), "/kr/token");
        assert_eq!(Route::Token.full_path(""), "/token");
    }
}
