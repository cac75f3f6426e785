//! The integration tests, one binary: a module a subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

mod support;

mod bad_input;
mod ci_docs;
mod cli;
mod conform;
mod control;
mod control_pcscd;
mod cvc;
mod emulator_files;
mod faults;
mod floors;
mod interop_cvc;
#[cfg(feature = "credentials")]
mod interop_jose;
mod interop_libeac;
mod interop_openssl;
mod interop_openssl_key_only;
mod interop_openssl_keys;
mod interop_openssl_ours;
mod interop_openssl_trust;
#[cfg(feature = "issuer")]
mod issuer_http;
#[cfg(all(feature = "issuer", feature = "wallet"))]
mod issuer_races;
#[cfg(all(feature = "issuer", feature = "wallet"))]
mod issuer_refused;
mod lds_samples;
mod limits;
mod passive_samples;
mod pki_samples;
mod record;
mod scripts_errors;
mod scripts_fmt;
mod scripts_library;
mod scripts_random;
mod scripts_syntax;
mod state;
mod tap;
mod tap_access;
mod tap_chip;
mod tap_key_only;
mod tap_pcscd;
mod tap_vpcd;
mod testing;
mod threat_model;
mod tlv_oracle;
mod traces;
mod transport_pcscd;
mod vectors_aa;
mod vectors_bac;
mod vectors_chip_auth;
mod vectors_cvc;
mod vectors_pace;
mod vectors_primitives;
mod vectors_sm;
mod vectors_ta;
