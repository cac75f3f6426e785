//! The rules, each on every database at hand.

mod backends;
mod world;

mod cards;
mod crashes;
mod denials;
mod flow;
mod life;
mod offers;
mod plans;
mod races;
mod stored;
mod tokens;
