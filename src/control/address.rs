//! Where a control channel is.

use std::{
    convert::Infallible,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Where a control channel is. Systems without Unix sockets have the other kind only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlAddress {
    /// A Unix socket. Who may open the file may speak.
    Socket(PathBuf),
    /// A TCP port of the loopback interface. This file has it and a secret: who may read the file
    /// may speak.
    Token(PathBuf),
}

impl ControlAddress {
    /// The address in a text: `tcp:FILE` is a token's, any other path a socket's where the system
    /// has them.
    pub fn of(text: &str, has_sockets: bool) -> Self {
        match text.strip_prefix("tcp:") {
            Some(file) => Self::Token(file.into()),
            None if has_sockets => Self::Socket(text.into()),
            None => Self::Token(text.into()),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Socket(path) | Self::Token(path) => path,
        }
    }
}

impl FromStr for ControlAddress {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::of(text, cfg!(unix)))
    }
}

impl fmt::Display for ControlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Token(path) => write!(f, "tcp:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_socket_where_there_are_sockets() {
        let socket = |path: &str| ControlAddress::Socket(path.into());
        let token = |path: &str| ControlAddress::Token(path.into());
        assert_eq!(ControlAddress::of("run/card", true), socket("run/card"));
        assert_eq!(ControlAddress::of("run/card", false), token("run/card"));
        for has_sockets in [true, false] {
            assert_eq!(ControlAddress::of("tcp:card", has_sockets), token("card"));
        }
        assert_eq!(token("card").to_string(), "tcp:card");
    }
}
