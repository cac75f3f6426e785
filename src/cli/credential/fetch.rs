//! Fetching a status list, where the program was built with a client of HTTP.

use std::path::Path;

use anyhow::Result;

use super::super::failure::Failure;

/// The list of that address, or in words why there is none: that is no failure of the command.
#[cfg(feature = "wallet")]
pub(super) fn get(
    uri: &str,
    media_type: &'static str,
    tls_ca: Option<&Path>,
) -> Result<Result<Vec<u8>, String>> {
    use super::super::trust;
    use crate::wallet::Http;

    const STEP: &str = "fetch the status list";
    const MAX_PEM: usize = 1 << 20;
    let pem = tls_ca.map(|path| trust::read_bounded(path, "read the TLS CA", MAX_PEM));
    let pem = pem.transpose()?;
    let http = Http::new(pem.as_deref())
        .map_err(|e| Failure::usage(e.to_string()).step(STEP).help("give --tls-ca a PEM file"))?;
    Ok(match http.get(STEP, uri, media_type) {
        Ok(reply) if reply.status == 200 => Ok(reply.body),
        Ok(reply) => Err(format!("the server answered {}", reply.status)),
        Err(error) => Err(error.to_string()),
    })
}

/// Says how to get it.
#[cfg(not(feature = "wallet"))]
pub(super) fn get(_: &str, _: &'static str, _: Option<&Path>) -> Result<Result<Vec<u8>, String>> {
    Err(Failure::usage("this program was built without a client of HTTP")
        .step("fetch the status list")
        .help("build it with --features wallet, or fetch the list yourself and give --status FILE")
        .into())
}
