//! Object identifiers of certificates and signed data, by the names that their standards give
//! them. Those of the chip's protocols stand with the card's files.

/// An object identifier (ITU-T X.660).
pub type Oid = const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $dotted:literal;)*) => {
        $($(#[$doc])* pub const $name: Oid = Oid::new_unwrap($dotted);)*
    };
}

// Keys, curves and signatures: RFC 5480, RFC 5758, RFC 5639
oids! {
    /// id-ecPublicKey: an elliptic-curve key in SubjectPublicKeyInfo (RFC 5480 clause 2.1.1).
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    /// dhpublicnumber: a key of a MODP group with prime, generator and order (RFC 3279 clause 2.3.3).
    DH_PUBLIC_NUMBER = "1.2.840.10046.2.1";
    /// dhKeyAgreement: a key of a MODP group with prime and generator (PKCS#3 clause 9).
    DH_KEY_AGREEMENT = "1.2.840.113549.1.3.1";
    /// standardizedDomainParameters, by number (ICAO Doc 9303-11 clause 9.5.1).
    STANDARDIZED_DOMAIN_PARAMETERS = "0.4.0.127.0.7.1.2";
    /// rsaEncryption (RFC 8017 appendix A.1).
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    /// secp192r1, also called prime192v1 and P-192 (RFC 5480 clause 2.1.1.1).
    SECP192R1 = "1.2.840.10045.3.1.1";
    /// secp224r1, also called P-224 (RFC 5480 clause 2.1.1.1).
    SECP224R1 = "1.3.132.0.33";
    /// secp256r1, also called prime256v1 and P-256 (RFC 5480 clause 2.1.1.1).
    SECP256R1 = "1.2.840.10045.3.1.7";
    /// secp384r1, also called P-384 (RFC 5480 clause 2.1.1.1).
    SECP384R1 = "1.3.132.0.34";
    /// secp521r1, also called P-521 (RFC 5480 clause 2.1.1.1).
    SECP521R1 = "1.3.132.0.35";
    /// brainpoolP192r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P192R1 = "1.3.36.3.3.2.8.1.1.3";
    /// brainpoolP224r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P224R1 = "1.3.36.3.3.2.8.1.1.5";
    /// brainpoolP256r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P256R1 = "1.3.36.3.3.2.8.1.1.7";
    /// brainpoolP320r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P320R1 = "1.3.36.3.3.2.8.1.1.9";
    /// brainpoolP384r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P384R1 = "1.3.36.3.3.2.8.1.1.11";
    /// brainpoolP512r1 (RFC 5639 clause 4.1).
    BRAINPOOL_P512R1 = "1.3.36.3.3.2.8.1.1.13";
    /// prime-field: a curve over a prime field, its parameters written out (RFC 3279 clause 2.3.5).
    PRIME_FIELD = "1.2.840.10045.1.1";
    /// ecdsa-with-SHA1 (RFC 3279 clause 2.2.3).
    ECDSA_WITH_SHA1 = "1.2.840.10045.4.1";
    /// ecdsa-with-SHA224 (RFC 5758 clause 3.2).
    ECDSA_WITH_SHA224 = "1.2.840.10045.4.3.1";
    /// ecdsa-with-SHA256 (RFC 5758 clause 3.2).
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    /// ecdsa-with-SHA384 (RFC 5758 clause 3.2).
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    /// ecdsa-with-SHA512 (RFC 5758 clause 3.2).
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4";
    /// ecdsa-with-Specified: the hash function stands in the parameters (ANSI X9.62 clause E.8).
    ECDSA_WITH_SPECIFIED = "1.2.840.10045.4.3";
    /// ecdsa-plain-SHA1 (BSI TR-03111 clause 5.2.1.1).
    ECDSA_PLAIN_SHA1 = "0.4.0.127.0.7.1.1.4.1.1";
    /// ecdsa-plain-SHA224 (BSI TR-03111 clause 5.2.1.1).
    ECDSA_PLAIN_SHA224 = "0.4.0.127.0.7.1.1.4.1.2";
    /// ecdsa-plain-SHA256 (BSI TR-03111 clause 5.2.1.1).
    ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3";
    /// ecdsa-plain-SHA384 (BSI TR-03111 clause 5.2.1.1).
    ECDSA_PLAIN_SHA384 = "0.4.0.127.0.7.1.1.4.1.4";
    /// ecdsa-plain-SHA512 (BSI TR-03111 clause 5.2.1.1).
    ECDSA_PLAIN_SHA512 = "0.4.0.127.0.7.1.1.4.1.5";
    /// sha1WithRSAEncryption (RFC 8017 appendix A.2.4).
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5";
    /// sha1WithRSASignature, the same under the name that OIW gave it.
    SHA1_WITH_RSA_OIW = "1.3.14.3.2.29";
    /// sha224WithRSAEncryption (RFC 8017 appendix A.2.4).
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14";
    /// sha256WithRSAEncryption (RFC 8017 appendix A.2.4).
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
    /// sha384WithRSAEncryption (RFC 8017 appendix A.2.4).
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12";
    /// sha512WithRSAEncryption (RFC 8017 appendix A.2.4).
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13";
    /// id-RSASSA-PSS: hash function, mask and salt stand in the parameters (RFC 8017 appendix
    /// A.2.3).
    RSASSA_PSS = "1.2.840.113549.1.1.10";
    /// id-mgf1, the mask of RSASSA-PSS (RFC 8017 appendix A.2.3).
    MGF1 = "1.2.840.113549.1.1.8";
}

// Hash functions: RFC 3279, FIPS 180-4
oids! {
    /// id-sha1.
    SHA1 = "1.3.14.3.2.26";
    /// id-sha224.
    SHA224 = "2.16.840.1.101.3.4.2.4";
    /// id-sha256.
    SHA256 = "2.16.840.1.101.3.4.2.1";
    /// id-sha384.
    SHA384 = "2.16.840.1.101.3.4.2.2";
    /// id-sha512.
    SHA512 = "2.16.840.1.101.3.4.2.3";
}

// Signed data: RFC 5652
oids! {
    /// id-data: content of no stated type (RFC 5652 clause 4).
    DATA = "1.2.840.113549.1.7.1";
    /// id-signedData (RFC 5652 clause 5.1).
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    /// id-contentType, a signed attribute (RFC 5652 clause 11.1).
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    /// id-messageDigest, a signed attribute (RFC 5652 clause 11.2).
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    /// id-signingTime, a signed attribute (RFC 5652 clause 11.3).
    SIGNING_TIME = "1.2.840.113549.1.9.5";
}

// Certificates: RFC 5280
oids! {
    /// id-ce-subjectKeyIdentifier.
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// id-ce-keyUsage.
    KEY_USAGE = "2.5.29.15";
    /// id-ce-privateKeyUsagePeriod.
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16";
    /// id-ce-subjectAltName.
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// id-ce-issuerAltName.
    ISSUER_ALT_NAME = "2.5.29.18";
    /// id-ce-basicConstraints.
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// id-ce-cRLDistributionPoints.
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// id-ce-certificatePolicies.
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// id-ce-authorityKeyIdentifier.
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// id-ce-extKeyUsage.
    EXT_KEY_USAGE = "2.5.29.37";
    /// id-ce-cRLNumber.
    CRL_NUMBER = "2.5.29.20";
    /// id-ce-cRLReasons: why a certificate was revoked.
    CRL_REASON = "2.5.29.21";
    /// id-ce-invalidityDate: since when its key is not to be trusted.
    INVALIDITY_DATE = "2.5.29.24";
    /// id-ce-deltaCRLIndicator: a list of the changes to another.
    DELTA_CRL_INDICATOR = "2.5.29.27";
    /// id-ce-issuingDistributionPoint: what a revocation list covers.
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    /// anyExtendedKeyUsage.
    ANY_EXT_KEY_USAGE = "2.5.29.37.0";
    /// id-at-commonName.
    COMMON_NAME = "2.5.4.3";
    /// id-at-countryName.
    COUNTRY_NAME = "2.5.4.6";
    /// id-at-organizationName.
    ORGANIZATION_NAME = "2.5.4.10";
}

// Mobile credentials: ISO/IEC 18013-5, Token Status List, RFC 5280
oids! {
    /// id-mdl-kp-mdlDS: signs mobile documents (ISO/IEC 18013-5 clause B.1.4).
    MDL_DS = "1.0.18013.5.1.2";
    /// id-kp-oauthStatusSigning: signs status lists (Token Status List clause 10.1). Its number
    /// below id-kp is not assigned yet (30, which drafts of programs use, is that of BGPsec routers,
    /// RFC 8209), so until then it stands below the enterprise number that is kept for examples.
    OAUTH_STATUS_SIGNING = "1.3.6.1.4.1.32473.1.3";
    /// Signs an issuer's metadata: no standard has an extKeyUsage for it, so this one stands below
    /// the enterprise number that is kept for examples (RFC 5612).
    METADATA_SIGNER = "1.3.6.1.4.1.32473.1.2";
    /// id-kp-serverAuth: answers as a TLS server (RFC 5280 clause 4.2.1.12).
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
}

// Travel documents: ICAO Doc 9303-10, -12
oids! {
    /// id-icao-mrtd-security-ldsSecurityObject: what EF.SOD signs (9303-10 clause 4.6.2).
    LDS_SECURITY_OBJECT = "2.23.136.1.1.1";
    /// What EF.SOD signed before ICAO had an arc of its own: an identifier of early issuers.
    LDS_SECURITY_OBJECT_OLD = "1.3.27.1.1.1";
    /// The same of early Dutch documents.
    LDS_SECURITY_OBJECT_NL = "1.2.528.1.1006.1.20.1";
    /// id-icao-cscaMasterList: what a master list signs (9303-12 clause 9).
    MASTER_LIST = "2.23.136.1.1.2";
    /// id-icao-cscaMasterListSigningKey, the extKeyUsage of who may sign one (9303-12 clause 7.1).
    MASTER_LIST_SIGNER = "2.23.136.1.1.3";
    /// The extKeyUsage of a key-only card's certificate and of its CA (docs/applet.md), below the
    /// enterprise number that is kept for examples (RFC 5612).
    KEY_ONLY_CARD = "1.3.6.1.4.1.32473.1.1";
    /// id-icao-mrtd-security: the arc under which ICAO's identifiers stand.
    MRTD_SECURITY = "2.23.136.1.1";
    /// id-icao-mrtd-security-extensions-nameChange (9303-12 clause 7.1.1).
    NAME_CHANGE = "2.23.136.1.1.6.1";
    /// id-icao-mrtd-security-extensions-documentTypeList (9303-12 clause 7.1.1).
    DOCUMENT_TYPE_LIST = "2.23.136.1.1.6.2";
}
