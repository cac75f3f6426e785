//! Token Status Lists, as JWT and as CWT.
