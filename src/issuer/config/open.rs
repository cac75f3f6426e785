//! From a configuration to an issuer: its keys are read, its register is opened.

use std::path::PathBuf;

use super::read::{self, content};
use super::{Config, ConfigError};
use crate::issuer::ports::{
    CsvPopulation, FaceMatch, HttpFaceMatch, HttpPopulation, HttpPort, MAX_CSV, Population,
};
use crate::issuer::{Clock, Issuer, Keys, Limits, Metrics};
use crate::ledger::{Ledger, LocalLedger, NoteSigner};
use crate::pki::Certificate;
use crate::policy::Policy;
use crate::registry::{Registry, RegistryKeys};
use crate::trust::Anchors;

use super::file::Port;

/// The most wallet providers.
const MAX_PROVIDERS: usize = 1000;

impl Config {
    /// The issuer. Its register is made where it is missing. What it is to sign is tried first, so
    /// that a certificate that ended or is for something else is no surprise later.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn open(&self, clock: Box<dyn Clock>) -> Result<Issuer, ConfigError> {
        let issuer = Issuer {
            settings: self.settings.clone(),
            keys: self.keys()?,
            registry: self.registry()?,
            policy: self.policy()?,
            clock,
            population: self.population()?,
            face: self.face()?,
            ledger: self.ledger()?,
            card_anchors: self.card_anchors()?,
            wallet_anchors: self.wallet_anchors()?,
            limits: Limits::new(&self.rates),
            metrics: Metrics::default(),
            published: crate::issuer::Published::default(),
            chips: Default::default(),
        };
        super::trial::try_out(&issuer)?;
        Ok(issuer)
    }

    /// The IACA, and where the document signer stands.
    pub(in crate::issuer) fn iaca_and_document(
        &self,
    ) -> Result<(Certificate, PathBuf), ConfigError> {
        let path = self.beside(&self.file.keys.iaca);
        match <[Certificate; 1]>::try_from(read::certificates(&path)?) {
            Ok([iaca]) => Ok((iaca, self.beside(&self.file.keys.document))),
            Err(all) => {
                let detail = format!("{} came", all.len());
                Err(content(&path, "one certificate, PEM", &detail))
            }
        }
    }

    /// A private key, of a path that is not the configuration's.
    #[cfg(feature = "emulator")]
    pub(in crate::issuer) fn private_key(
        &self,
        path: &std::path::Path,
    ) -> Result<crate::crypto::SecretKey, ConfigError> {
        read::key(path)
    }

    fn keys(&self) -> Result<Keys, ConfigError> {
        let k = &self.file.keys;
        let iaca = self.iaca_and_document()?.0;
        let signer = |path| {
            let path = self.beside(path);
            let signer = read::signer(&path)?;
            // Verifiers pin the IACA: what does not stand under it would be believed by nobody.
            let last = signer.chain().last().unwrap_or_else(|| signer.certificate());
            if !last.names_as_issuer(&iaca) || last.verify_signature(&iaca).is_err() {
                return Err(content(&path, "a chain under the IACA", &"another issuer"));
            }
            Ok(signer)
        };
        Ok(Keys {
            document: signer(&k.document)?,
            status: signer(&k.status)?,
            metadata: signer(&k.metadata)?,
            encryption: read::key(&self.beside(&k.encryption))?,
            nonce: read::key32(&self.beside(&k.nonce))?,
            iaca,
        })
    }

    /// The register, for what needs nothing else.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn registry(&self) -> Result<Registry, ConfigError> {
        let k = &self.file.keys;
        let keys = RegistryKeys {
            seal: read::key32(&self.beside(&k.seal))?,
            names: read::key32(&self.beside(&k.names))?,
        };
        let database = self.file.database.get_ref();
        let registry = match (&database.sqlite, &database.postgres, &database.postgres_env) {
            (Some(path), None, None) => Registry::sqlite(&self.beside(path), &keys)?,
            (None, Some(url), None) => self.postgres(url, &keys)?,
            (None, None, Some(variable)) => {
                let url = std::env::var(variable);
                let missing = |_| ConfigError::Environment { variable: variable.clone() };
                self.postgres(&url.map_err(missing)?, &keys)?
            }
            _ => return Err(self.database("one of sqlite, postgres and postgres_env")),
        };
        Ok(registry.with_list_size(self.settings.status_list_size))
    }

    #[cfg(feature = "postgres")]
    fn postgres(&self, url: &str, keys: &RegistryKeys) -> Result<Registry, ConfigError> {
        Ok(Registry::postgres(url, keys)?)
    }

    #[cfg(not(feature = "postgres"))]
    fn postgres(&self, _: &str, _: &RegistryKeys) -> Result<Registry, ConfigError> {
        Err(self.database("sqlite: this build has no PostgreSQL (feature postgres)"))
    }

    fn database(&self, expected: &str) -> ConfigError {
        self.value(self.file.database.span(), "database", expected)
    }

    fn policy(&self) -> Result<Policy, ConfigError> {
        let path = self.beside(&self.file.policy);
        let text = read::text(&path, 1 << 20)?;
        Policy::from_toml(&text).map_err(|e| content(&path, "a policy", &e))
    }

    fn population(&self) -> Result<Box<dyn Population>, ConfigError> {
        let population = self.file.population.get_ref();
        match (&population.csv, &population.http) {
            (Some(path), None) => {
                let path = self.beside(path);
                let bytes = zeroize::Zeroizing::new(read::bytes(&path, MAX_CSV)?);
                let people = CsvPopulation::from_csv(&bytes);
                Ok(Box::new(people.map_err(|e| content(&path, "persons in CSV", &e))?))
            }
            (None, Some(port)) => Ok(Box::new(HttpPopulation::new(self.port(port)?))),
            _ => {
                let at = self.file.population.span();
                Err(self.value(at, "population", "one of csv and http"))
            }
        }
    }

    fn face(&self) -> Result<Option<Box<dyn FaceMatch>>, ConfigError> {
        let Some(port) = &self.file.face else { return Ok(None) };
        Ok(Some(Box::new(HttpFaceMatch::new(self.port(port)?))))
    }

    fn port(&self, port: &Port) -> Result<HttpPort, ConfigError> {
        let token = read::secret(&self.beside(&port.token))?;
        let token = zeroize::Zeroizing::new(token.trim().to_owned());
        let ca = port.ca.as_ref().map(|ca| read::bytes(&self.beside(ca), 1 << 20)).transpose()?;
        Ok(HttpPort::new(&port.url, token, ca.as_deref())?)
    }

    fn ledger(&self) -> Result<Box<dyn Ledger>, ConfigError> {
        let path = self.beside(&self.file.keys.log);
        let signer = NoteSigner::from_text(&read::secret(&path)?);
        let signer = signer.map_err(|e| content(&path, "the signing key of the log", &e))?;
        Ok(Box::new(LocalLedger::new(signer)))
    }

    fn card_anchors(&self) -> Result<Anchors, ConfigError> {
        let path = self.beside(&self.file.trust);
        let anchors = Anchors::from_dir(&path);
        anchors.map_err(|e| content(&path, "CSCAs and card CAs", &e))
    }

    fn wallet_anchors(&self) -> Result<Vec<Certificate>, ConfigError> {
        let folder = self.beside(&self.file.wallet.providers);
        let wrong = |source| ConfigError::File { path: folder.clone(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(wrong)?.take(MAX_PROVIDERS) {
            let path = entry.map_err(wrong)?.path();
            if path.extension().is_some_and(|e| e == "pem") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut anchors = Vec::new();
        for path in &paths {
            anchors.extend(read::certificates(path)?);
        }
        if anchors.is_empty() {
            return Err(content(&folder, "wallet providers' CAs, *.pem", &"there is none"));
        }
        Ok(anchors)
    }

    fn value(&self, at: std::ops::Range<usize>, key: &'static str, expected: &str) -> ConfigError {
        let text = read::text(&self.path, super::MAX_CONFIG).unwrap_or_default();
        super::error::Place { path: &self.path, text: &text }.value(at, key, expected)
    }
}
