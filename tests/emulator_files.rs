//! The card's file system against a model of it (tests/support/file_model.rs), which the fuzz target
//! `files` runs for longer.

use proptest::prelude::*;

use crate::support::file_model::Model;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_card_does_what_the_model_says(data in prop::collection::vec(any::<u8>(), 0..800)) {
        Model::default().run(&data);
    }
}
