//! The rules, on every database at hand.

mod world;

mod flow;
