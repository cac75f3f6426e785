//! `HOST:PORT`.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// Where a vpcd is, or where to listen like one. A literal IPv6 address stands in brackets:
/// `[::1]:35963`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    host: String,
    port: u16,
}

/// Why a text is no `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No colon between host and port.
    #[error("{got:?} has no port: HOST:PORT expected")]
    NoPort {
        /// The text.
        got: String,
    },
    /// Nothing before the colon, or an IPv6 address without brackets.
    #[error("{got:?} is no host name or address (an IPv6 address stands in brackets)")]
    BadHost {
        /// What stands for the host.
        got: String,
    },
    /// The port is no number of 16 bits.
    #[error("{got:?} is no port: 0 to 65535 expected")]
    BadPort {
        /// What stands for the port.
        got: String,
    },
    /// The slot's port lies past the last one.
    #[error("slot {slot} of port {port} lies past port 65535")]
    SlotPastEnd {
        /// The first slot's port.
        port: u16,
        /// The slot.
        slot: u16,
    },
}

impl Endpoint {
    /// The port on which a vpcd listens for the card of its first slot.
    pub const DEFAULT_PORT: u16 = 0x8C7B;

    /// This host and port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0, to listen, lets the system choose one.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The endpoint of another slot of the same vpcd: slot n listens on port + n.
    ///
    /// # Errors
    /// [`EndpointError::SlotPastEnd`].
    pub fn slot(&self, slot: u16) -> Result<Self, EndpointError> {
        match self.port.checked_add(slot) {
            Some(port) => Ok(Self::new(self.host.clone(), port)),
            None => Err(EndpointError::SlotPastEnd { port: self.port, slot }),
        }
    }

    /// The socket addresses that the host stands for.
    pub(super) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let all: Vec<_> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        if all.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{self} has no address")));
        }
        Ok(all)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::new(address.ip().to_string(), address.port())
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(EndpointError::NoPort { got: text.into() });
        };
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let fits = match bare {
            Some(v6) => v6.contains(':'),
            None => !host.is_empty() && !host.contains([':', '[', ']', ' ']),
        };
        if !fits {
            return Err(EndpointError::BadHost { got: host.into() });
        }
        match port.parse() {
            Ok(number) => Ok(Self::new(bare.unwrap_or(host), number)),
            Err(_) => Err(EndpointError::BadPort { got: port.into() }),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for text in ["localhost:35963", "127.0.0.1:0", "[::1]:65535"] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.to_string(), text);
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let fault = |text: &str| text.parse::<Endpoint>().unwrap_err();
        assert!(matches!(fault("localhost"), EndpointError::NoPort { .. }));
        assert!(matches!(fault(":35963"), EndpointError::BadHost { .. }));
        assert!(matches!(fault("::1:35963"), EndpointError::BadHost { .. }));
        assert!(matches!(fault("[]:1"), EndpointError::BadHost { .. }));
        assert!(matches!(fault("localhost:65536"), EndpointError::BadPort { .. }));
        assert!(matches!(fault("localhost:"), EndpointError::BadPort { .. }));
    }

    #[test]
    fn a_slot_is_a_port_further_on() {
        let first = Endpoint::new("localhost", 65_534);
        assert_eq!(first.slot(1).unwrap().port(), 65_535);
        assert_eq!(first.slot(2), Err(EndpointError::SlotPastEnd { port: 65_534, slot: 2 }));
    }
}
