//! The server's certificate.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{HttpError, TlsFiles};

/// TLS 1.2 and 1.3 with that certificate, and HTTP/1.1 within.
pub(super) fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>, HttpError> {
    let wrong = |path: &Path, detail: &dyn std::fmt::Display| HttpError::Tls {
        path: path.to_owned(),
        detail: detail.to_string(),
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| HttpError::File { path: path.to_owned(), source })
    };
    let (certificate, key) = (&files.certificate, &files.key);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|e| wrong(certificate, &e))?;
    if chain.is_empty() {
        return Err(wrong(certificate, &"a certificate in PEM expected, none came"));
    }
    let text = zeroize::Zeroizing::new(read(key)?);
    let private = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| wrong(key, &"a private key in PEM expected"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|e| wrong(certificate, &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
