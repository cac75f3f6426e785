//! The card's file system against a model of it that was written on its own: every answer of any
//! list of commands is foretold, restarts and failing memory among them.
#![no_main]

#[path = "../../tests/support/file_model.rs"]
mod file_model;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| file_model::Model::default().run(data));
