//! What an operator counts: nothing of it says who.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use time::{Duration, UtcDateTime};

use super::Code;

// A label with its name; the values are few, for each is a row of its own.
type Label<T> = [(&'static str, T); 1];
type Request = [(&'static str, String); 3];

/// Counts of what the issuer did, in the text form of OpenMetrics 1.0.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    durations: Family<Label<&'static str>, Histogram, Buckets>,
    refusals: Family<Label<&'static str>, Counter>,
    issued: Family<Label<String>, Counter>,
    taps: Family<Label<&'static str>, Counter>,
    status: Family<Label<String>, Gauge>,
    signer: Gauge,
    connections: Gauge,
}

#[derive(Clone, Copy, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("iccard");
        let requests = Family::default();
        let durations = Family::new_with_constructor(Buckets);
        let (refusals, issued) = (Family::default(), Family::default());
        let (taps, status) = (Family::default(), Family::default());
        let (connections, signer) = (Gauge::default(), Gauge::<i64>::default());
        let r = &mut registry;
        r.register("http_requests", "Requests by route, method and status", requests.clone());
        r.register("http_request_seconds", "Time to the answer by route", durations.clone());
        r.register("http_connections", "Open connections", connections.clone());
        r.register("refusals", "Refusals by code", refusals.clone());
        r.register("credentials_issued", "Credentials by configuration", issued.clone());
        r.register("taps", "Tap sessions by how they ended", taps.clone());
        let text = "When the status list was last signed, seconds since 1970";
        r.register("status_list_signed_timestamp_seconds", text, status.clone());
        let text = "When the document signer ends, seconds since 1970";
        r.register("document_signer_not_after_timestamp_seconds", text, signer.clone());
        Self { registry, requests, durations, refusals, issued, taps, status, signer, connections }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, route: &'static str, method: &str, status: u16, took: Duration) {
        // Whoever calls chooses the method.
        let method = match method {
            "GET" | "HEAD" | "POST" | "OPTIONS" => method,
            _ => "other",
        };
        let label = [
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&label).inc();
        self.durations.get_or_create(&[("route", route)]).observe(took.as_seconds_f64());
    }

    /// A request was refused.
    pub fn refused(&self, code: Code) {
        self.refusals.get_or_create(&[("code", code.name())]).inc();
    }

    /// Credentials were released.
    pub fn issued(&self, configuration: &str, count: u64) {
        self.issued.get_or_create(&[("configuration", configuration.to_owned())]).inc_by(count);
    }

    /// A tap session ended: `verified`, or the code of the refusal.
    pub fn tap(&self, outcome: &'static str) {
        self.taps.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// A status list was signed.
    pub fn status_signed(&self, list: u32, at: UtcDateTime) {
        self.status.get_or_create(&[("list", list.to_string())]).set(at.unix_timestamp());
    }

    /// When the document signer's certificate ends.
    pub fn document_signer_ends(&self, at: UtcDateTime) {
        self.signer.set(at.unix_timestamp());
    }

    /// How many connections are open.
    pub fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// The text to be scraped, and its content type.
    pub fn text(&self) -> (&'static str, String) {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn what_was_counted_stands_in_the_text() {
        let metrics = Metrics::default();
        metrics.answered("token", "POST", 400, Duration::milliseconds(3));
        metrics.answered("token", "BREW", 405, Duration::milliseconds(3));
        metrics.refused(Code::InvalidGrant);
        metrics.issued("resident_mdoc", 10);
        metrics.tap("verified");
        metrics.status_signed(7, utc_datetime!(2026-01-01 0:00));
        metrics.document_signer_ends(utc_datetime!(2026-01-01 0:00));
        let (_, text) = metrics.text();
        for line in [
            r#"iccard_http_requests_total{route="token",method="POST",status="400"} 1"#,
            r#"iccard_http_requests_total{route="token",method="other",status="405"} 1"#,
            r#"iccard_http_request_seconds_bucket{le="0.005",route="token"} 2"#,
            r#"iccard_refusals_total{code="invalid_grant"} 1"#,
            r#"iccard_credentials_issued_total{configuration="resident_mdoc"} 10"#,
            r#"iccard_taps_total{outcome="verified"} 1"#,
            r#"iccard_status_list_signed_timestamp_seconds{list="7"} 1767225600"#,
            "iccard_document_signer_not_after_timestamp_seconds 1767225600",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
