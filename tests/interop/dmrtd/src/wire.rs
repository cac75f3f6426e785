//! The reader's side of vpcd: frames of a big-endian u16 length and that many bytes. One byte to
//! the card is a control: 00 off, 01 on, 02 reset, 04 asks for the ATR.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use dmrtd::com::{TransceiveError, Transceiver};

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const GET_ATR: u8 = 0x04;

/// How long a card may think about one command.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Wire(TcpStream);

impl Wire {
    /// Listens, says where, and waits for one card.
    pub fn accept(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        println!("listening on {}", listener.local_addr()?);
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Power off and on, as between two taps.
    pub fn power_up(&self) -> io::Result<Self> {
        let mut wire = Self(self.0.try_clone()?);
        wire.send(&[POWER_OFF])?;
        wire.send(&[POWER_ON])?;
        wire.send(&[GET_ATR])?;
        let atr = wire.receive()?;
        if !(2..=33).contains(&atr.len()) {
            return Err(io::Error::other(format!("an ATR of {} bytes", atr.len())));
        }
        Ok(wire)
    }

    fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        let len = u16::try_from(payload.len()).map_err(io::Error::other)?;
        self.0.write_all(&[&len.to_be_bytes()[..], payload].concat())
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut len = [0; 2];
        self.0.read_exact(&mut len)?;
        let mut payload = vec![0; usize::from(u16::from_be_bytes(len))];
        self.0.read_exact(&mut payload)?;
        Ok(payload)
    }
}

impl Transceiver for Wire {
    fn transceive(&mut self, apdu: &[u8]) -> Result<Vec<u8>, TransceiveError> {
        self.send(apdu)
            .and_then(|()| self.receive())
            .map_err(|error| TransceiveError::new(format!("the card is gone: {error}")))
    }
}
