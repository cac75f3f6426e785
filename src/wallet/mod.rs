//! The phone's side, for developers and CI.
