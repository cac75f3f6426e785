//! The stream under a control channel, and its lines.

use std::{
    fs::{self, OpenOptions},
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{ControlAddress, ControlError};
use crate::transport::Deadline;

/// The most bytes of a line.
pub(super) const MAX_LINE: usize = 64 << 10;
/// Bytes of a token.
const TOKEN: usize = 32;

/// A connected stream of either kind.
#[derive(Debug)]
pub(super) enum Stream {
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    pub(super) fn connect(address: &ControlAddress) -> Result<Self, ControlError> {
        let nobody = |source| ControlError::NoEmulator { address: address.to_string(), source };
        match address {
            #[cfg(unix)]
            ControlAddress::Socket(path) => {
                std::os::unix::net::UnixStream::connect(path).map(Self::Unix).map_err(nobody)
            }
            #[cfg(not(unix))]
            ControlAddress::Socket(_) => Err(nobody(io::ErrorKind::Unsupported.into())),
            ControlAddress::Token(path) => {
                let (port, token) = read_token(path).map_err(nobody)?;
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(nobody)?;
                let line = Zeroizing::new(format!("{}\n", &*token));
                stream.write_all(line.as_bytes()).map_err(nobody)?;
                Ok(Self::Tcp(stream))
            }
        }
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_clone().map(Self::Unix),
            Self::Tcp(stream) => stream.try_clone().map(Self::Tcp),
        }
    }

    /// Most time of one read and one write.
    pub(super) fn limit(&self, read: Duration, write: Duration) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(read))?;
                stream.set_write_timeout(Some(write))
            }
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(read))?;
                stream.set_write_timeout(Some(write))
            }
        }
    }

    /// Ends the reading side: what waits for a line gets the end.
    pub(super) fn hang_up(&self) {
        let _ = match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Read),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Read),
        };
    }
}

/// What a client says: in all until a deadline at first, and then each read on its own.
#[derive(Debug)]
pub(super) struct Inbound {
    stream: Stream,
    by: Option<Deadline>,
}

impl Inbound {
    pub(super) const fn new(stream: Stream, by: Deadline) -> Self {
        Self { stream, by: Some(by) }
    }

    /// The client may take its time from now on.
    pub(super) fn admitted(&mut self, read: Duration, write: Duration) -> io::Result<()> {
        self.by = None;
        self.stream.limit(read, write)
    }
}

impl Read for Inbound {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(by) = &self.by {
            if by.passed() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // Zero would be no limit.
            let left = Some(by.left().max(Duration::from_millis(1)));
            match &self.stream {
                #[cfg(unix)]
                Stream::Unix(stream) => stream.set_read_timeout(left)?,
                Stream::Tcp(stream) => stream.set_read_timeout(left)?,
            }
        }
        self.stream.read(buffer)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            #[cfg(unix)]
            Self::Unix(stream) => stream.write(bytes),
            Self::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The next line, without its end; `None` where there is no more.
pub(super) fn line(from: &mut BufReader<impl Read>) -> Result<Option<String>, ControlError> {
    let step = "read a line";
    let wrong = |expected: &str, got: &str| ControlError::Line {
        step,
        expected: expected.into(),
        got: got.into(),
    };
    let mut bytes = Vec::new();
    from.by_ref()
        .take(MAX_LINE as u64 + 1)
        .read_until(b'\n', &mut bytes)
        .map_err(|source| ControlError::Io { step, address: "the channel".into(), source })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.pop() != Some(b'\n') {
        return Err(if bytes.len() >= MAX_LINE {
            wrong("at most 65,536 bytes", "a longer line")
        } else {
            wrong("a whole line", "a part of one")
        });
    }
    String::from_utf8(bytes).map(Some).map_err(|_| wrong("UTF-8", "other bytes"))
}

/// Who listens.
#[derive(Debug)]
pub(super) enum Listener {
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener, (u64, u64)),
    Tcp(TcpListener, Zeroizing<String>),
}

impl Listener {
    /// Listens where nobody does. The file appears when all is ready, for its owner alone.
    pub(super) fn bind(address: &ControlAddress, token: [u8; TOKEN]) -> Result<Self, ControlError> {
        let failed =
            |step| move |source| ControlError::Io { step, address: address.to_string(), source };
        let path = address.path();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.exists() {
            private_folder(folder).map_err(failed("make the folder"))?;
        }
        free(address)?;
        // Made in a folder of its owner's, so that nobody else reaches it before its mode is set.
        let own = tempfile::Builder::new().prefix(".i").tempdir_in(folder);
        let own = own.map_err(failed("make the socket"))?;
        let made = own.path().join("s");
        let listener = match address {
            #[cfg(unix)]
            ControlAddress::Socket(_) => {
                use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
                let listener = std::os::unix::net::UnixListener::bind(&made)
                    .map_err(failed("make the socket"))?;
                fs::set_permissions(&made, fs::Permissions::from_mode(0o600))
                    .map_err(failed("make the socket private"))?;
                listener.set_nonblocking(true).map_err(failed("listen"))?;
                let own = fs::metadata(&made).map_err(failed("make the socket"))?;
                Self::Unix(listener, (own.dev(), own.ino()))
            }
            #[cfg(not(unix))]
            ControlAddress::Socket(_) => {
                return Err(failed("make the socket")(io::ErrorKind::Unsupported.into()));
            }
            ControlAddress::Token(_) => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                    .map_err(failed("listen on the loopback interface"))?;
                listener.set_nonblocking(true).map_err(failed("listen"))?;
                let port = listener.local_addr().map_err(failed("listen"))?.port();
                let token = Zeroizing::new(hex::encode(token));
                let text = Zeroizing::new(format!("{port} {}\n", &*token));
                private_file(&made, text.as_bytes()).map_err(failed("write the token"))?;
                Self::Tcp(listener, token)
            }
        };
        fs::rename(&made, path).map_err(failed("make the socket"))?;
        Ok(listener)
    }

    /// The next connection, where one waits.
    pub(super) fn accept(&self) -> io::Result<Stream> {
        // Some systems hand the listener's mode on.
        match self {
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(false)?;
                Ok(Stream::Unix(stream))
            }
            Self::Tcp(listener, _) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(false)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }

    /// Takes the file away, unless another emulator has taken its place.
    pub(super) fn remove(&self, path: &Path) {
        let is_ours = match self {
            // The number is no other file's as long as the socket is open.
            #[cfg(unix)]
            Self::Unix(_, own) => {
                use std::os::unix::fs::MetadataExt as _;
                fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == *own)
            }
            Self::Tcp(listener, token) => match (read_token(path), listener.local_addr()) {
                (Ok((port, said)), Ok(own)) => {
                    port == own.port() && bool::from(said.as_bytes().ct_eq(token.as_bytes()))
                }
                _ => false,
            },
        };
        if is_ours {
            let _ = fs::remove_file(path);
        }
    }

    /// Whether who connected may speak. Of a token's, the first line must be the token.
    pub(super) fn admits(&self, from: &mut BufReader<impl Read>) -> Result<(), ControlError> {
        match self {
            #[cfg(unix)]
            Self::Unix(..) => Ok(()),
            Self::Tcp(_, token) => {
                let said = Zeroizing::new(line(from)?.unwrap_or_default());
                if bool::from(said.as_bytes().ct_eq(token.as_bytes())) {
                    return Ok(());
                }
                Err(ControlError::Line {
                    step: "admit a client",
                    expected: "the token as the first line".into(),
                    got: "another line".into(),
                })
            }
        }
    }
}

// What a killed emulator has left gives way; a living one and any other file do not.
fn free(address: &ControlAddress) -> Result<(), ControlError> {
    let text = address.to_string();
    let found = match fs::symlink_metadata(address.path()) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(ControlError::Io { step: "listen", address: text, source });
        }
    };
    let (is_ours, expected) = match address {
        #[cfg(unix)]
        ControlAddress::Socket(_) => {
            use std::os::unix::fs::FileTypeExt as _;
            (found.file_type().is_socket(), "no file, or a socket")
        }
        #[cfg(not(unix))]
        ControlAddress::Socket(_) => (false, "no file"),
        ControlAddress::Token(path) => {
            (found.is_file() && read_token(path).is_ok(), "no file, or a token's")
        }
    };
    if !is_ours {
        return Err(ControlError::NotOurs { address: text, expected });
    }
    match Stream::connect(address) {
        Ok(_) => Err(ControlError::InUse { address: text }),
        Err(_) => Ok(()),
    }
}

fn read_token(path: &Path) -> io::Result<(u16, Zeroizing<String>)> {
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)?.take(128).read_to_string(&mut text)?;
    let none = || io::Error::new(io::ErrorKind::InvalidData, "no port and token in it");
    let (port, token) = text.trim_end().split_once(' ').ok_or_else(none)?;
    let is_token = token.len() == 2 * TOKEN && token.bytes().all(|b| b.is_ascii_hexdigit());
    let port = port.parse().ok().filter(|_| is_token).ok_or_else(none)?;
    Ok((port, Zeroizing::new(token.to_owned())))
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn private_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
