//! A TCP socket that acknowledges at once.

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Duration;

use super::frame;
use crate::transport::Deadline;

/// The stream of one connection.
///
/// vpcd sends a frame's length and its content in two segments, and Nagle's algorithm holds the
/// second back until the first is acknowledged, which the kernel here puts off for 40 ms. On
/// Linux, `TCP_QUICKACK` ends that; it does not last, so it is set around each read and write.
pub(super) struct Socket(TcpStream);

impl Socket {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        // Some systems hand the listener's mode down to the stream.
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Another handle to the same connection, to end it from elsewhere.
    pub(super) fn handle(&self) -> io::Result<TcpStream> {
        self.0.try_clone()
    }

    /// Most time that one read and one write take.
    pub(super) fn limit(&self, read: Duration, write: Duration) -> io::Result<()> {
        self.0.set_read_timeout(Some(read))?;
        self.0.set_write_timeout(Some(write))
    }

    /// Reads what is there, 0 bytes at the end.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.acknowledge_at_once();
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// The same, until the deadline.
    pub(super) fn receive_by(&mut self, buffer: &mut [u8], by: Deadline) -> io::Result<usize> {
        self.0.set_read_timeout(Some(left(by)?))?;
        self.receive(buffer)
    }

    /// Sends one frame.
    pub(super) fn send(&mut self, content: &[u8]) -> io::Result<()> {
        frame::write(&mut self.0, content)?;
        self.acknowledge_at_once();
        Ok(())
    }

    /// The same, until the deadline; a frame may then be cut.
    pub(super) fn send_by(&mut self, content: &[u8], by: Deadline) -> io::Result<()> {
        self.0.set_write_timeout(Some(left(by)?))?;
        self.send(content)
    }

    // Where it is refused, the answers are only slower.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn acknowledge_at_once(&self) {
        let _ = socket2::SockRef::from(&self.0).set_tcp_quickack(true);
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    #[allow(clippy::unused_self)]
    fn acknowledge_at_once(&self) {}
}

fn left(by: Deadline) -> io::Result<Duration> {
    let left = by.left();
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Whether nothing came in time: Unix says it in another way than Windows.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// Whether the other side has gone.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}
