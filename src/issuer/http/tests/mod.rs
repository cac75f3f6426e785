//! The door over real sockets, with a service behind it that says what came in.

mod door;
mod end;
mod openapi;
mod pace;
mod support;
