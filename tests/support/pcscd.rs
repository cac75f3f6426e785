//! A PC/SC daemon of the tests' own.
//!
//! It runs in namespaces of its own: with a runtime folder, a configuration and a network of its
//! own, without the machine's USB readers, reached by nobody else, and any number at once. Its
//! two readers are vpcd slots on the usual ports. It ends with the [`Pcscd`] that started it, and
//! with the test process, however that ends.
//!
//! Clients reach it from outside, for its socket is a file: [`Pcscd::client`]. What plugs a card
//! in must be in its network: [`Pcscd::command`]. A test that does both in one process runs
//! itself there: [`inside`].

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The vpcd of the first slot, as a card inside the daemon's network sees it.
pub const VPCD: &str = "127.0.0.1:35963";
/// The first slot's reader.
pub const READER: &str = "Virtual PCD 00 00";
/// Set to make a missing daemon a failure, where it must not be missing.
pub const REQUIRED: &str = "ICCARD_REQUIRE_PCSCD";

/// The environment variable of PC/SC clients that names the daemon's socket.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";
/// In the environment of a test that runs inside.
const INSIDE: &str = "ICCARD_TEST_INSIDE_PCSCD";
const START: Duration = Duration::from_secs(20);
const NAMESPACES_UP: &str = "namespaces are up";
const DAEMON_UP: &str = "daemon ready";

/// The first process in the namespaces; when it ends, all of them end. It starts the daemon, and
/// another in its place, for every line it reads, until its input ends.
const SCRIPT: &str = r#"
set -eu
cd "$1"
ip link set lo up
# No driver for USB readers, so that the machine's own stay with its own daemon.
if [ -d "$2" ]; then mount --bind drivers "$2"; fi
mount -t tmpfs none /run
mkdir /run/pcscd
mount --bind run /run/pcscd
echo "namespaces are up"
shift 2
daemon=
while read -r start; do
    if [ -n "$daemon" ]; then kill "$daemon"; wait "$daemon" || true; fi
    "$@" </dev/null &
    daemon=$!
done
"#;

/// How the reader gets its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// vpcd listens, the card connects.
    Listening,
    /// vpcd connects to cards that listen, one for each of its two slots: vpcd 3.3 takes the daemon
    /// down where there is none.
    Reversed,
}

/// Why there is no daemon here.
#[derive(Debug)]
pub enum Unavailable {
    /// A program or file is missing.
    Missing(String),
    /// The system refuses the namespaces.
    Refused(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "{what} is not there"),
            Self::Refused(detail) => write!(f, "no namespaces: {detail}"),
        }
    }
}

/// A running daemon.
pub struct Pcscd {
    child: Child,
    output: Output,
    folder: tempfile::TempDir,
    own_users: bool,
}

impl Pcscd {
    /// Starts a daemon whose readers wait for cards.
    ///
    /// # Panics
    /// Where the daemon does not come up although all it needs is there.
    pub fn start() -> Result<Self, Unavailable> {
        let mut pcscd = Self::prepare(Mode::Listening)?;
        pcscd.restart();
        Ok(pcscd)
    }

    /// Makes the place for a daemon with readers of this mode; [`Pcscd::restart`] starts it.
    pub fn prepare(mode: Mode) -> Result<Self, Unavailable> {
        let (pcscd, unshare) = (program("pcscd")?, program("unshare")?);
        for needed in ["ip", "mount", "nsenter", "timeout"] {
            program(needed)?;
        }
        let driver = vpcd()?;
        let own_users = needs_own_users(&unshare)?;

        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        for inner in ["run", "drivers"] {
            fs::create_dir(path.join(inner)).expect("a folder");
        }
        let library = path.join("libifdvpcd.so");
        fs::copy(&driver, &library).expect("a copy of the driver");
        let device = match mode {
            Mode::Listening => "/dev/null:0x8C7B",
            Mode::Reversed => "127.0.0.1:0x8C7B",
        };
        let config = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME {device}\nLIBPATH {}\nCHANNELID 0x8C7B\n",
            library.display()
        );
        fs::write(path.join("reader.conf"), config).expect("a configuration");

        let mut command = Command::new(unshare);
        command.args(own_users.then_some("--map-root-user"));
        command.args(["--mount", "--net", "--pid", "--kill-child", "--", "sh", "-c", SCRIPT, "sh"]);
        // Drivers of USB readers lie beside the folder of the serial ones.
        command.arg(path).arg(driver.ancestors().nth(2).unwrap_or_else(|| Path::new("/")));
        command.arg(&pcscd).args(["--foreground", "--info", "--config"]);
        command.arg(path.join("reader.conf"));
        command.args(knows(&pcscd, "--disable-polkit").then_some("--disable-polkit"));
        command.env("PATH", SEARCH).stdin(Stdio::piped()).stdout(Stdio::piped());
        // The script's and the daemon's complaints come the same way as the daemon's log.
        let (reader, writer) = io::pipe().expect("a pipe");
        command.stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        let child = command.spawn().expect("unshare");
        drop(command);

        let output = Output::of(reader);
        let pcscd = Self { child, output, folder, own_users };
        if let Err(ended) = pcscd.output.wait_for(NAMESPACES_UP) {
            return Err(Unavailable::Refused(ended));
        }
        Ok(pcscd)
    }

    /// Ends the daemon, where one runs, and starts another in its place.
    pub fn restart(&mut self) {
        let stdin = self.child.stdin.as_mut().expect("the script's input");
        stdin.write_all(b"start\n").expect("a running script");
        if let Err(ended) = self.output.wait_for(DAEMON_UP) {
            panic!("pcscd did not start:\n{ended}");
        }
        // It says so a moment before its socket is there.
        #[cfg(unix)]
        {
            let end = Instant::now() + START;
            while let Err(error) = std::os::unix::net::UnixStream::connect(self.socket()) {
                assert!(Instant::now() < end, "{error}\n{}", self.log());
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// The socket that clients connect to.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("run").join("pcscd.comm")
    }

    /// A command for a PC/SC client of this daemon.
    pub fn client(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env(SOCKET, self.socket());
        command
    }

    /// A command for a program in the daemon's network, where [`VPCD`] is. It is a client too.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.client("nsenter");
        command.arg("--target").arg(self.child.id().to_string()).arg("--net");
        if self.own_users {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// The last lines of the daemon's log.
    pub fn log(&self) -> String {
        self.output.text()
    }
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        // unshare takes its child with it, and that one all of its namespace.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A child process that ends with this value.
pub struct Running(pub Child);

impl Running {
    /// What it prints from now on. Its output must be piped.
    pub fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        let stdout = self.0.stdout.take().expect("a piped output");
        BufReader::new(stdout).lines().map_while(Result::ok)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the body of the test of this full name in the network of a daemon of its own, in another
/// process; the body finds the daemon as any PC/SC client does, and [`VPCD`].
pub fn inside(test: &str, body: impl FnOnce()) {
    if is_inside() {
        return body();
    }
    let pcscd = match Pcscd::start() {
        Ok(pcscd) => pcscd,
        Err(why) => return skip(test, &why),
    };
    let output = rerun(&pcscd, test).output().expect("nsenter");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // Under a wrong name no test would run, and none fail.
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{test} in a pcscd of its own: {}\n{out}\n{err}\npcscd's log:\n{}",
        output.status,
        pcscd.log()
    );
}

/// A command that runs this test alone in the network of the daemon; there [`is_inside`] is true.
pub fn rerun(pcscd: &Pcscd, test: &str) -> Command {
    let mut command = pcscd.command("timeout");
    command.args(["--kill-after=5", "120"]).arg(std::env::current_exe().expect("this program"));
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(INSIDE, "1");
    command
}

/// Runs this program again in the network of the daemon, with its arguments; there [`is_inside`]
/// is true. For programs that are no tests.
pub fn rerun_program(pcscd: &Pcscd) -> Command {
    let mut command = pcscd.command(std::env::current_exe().expect("this program"));
    command.args(std::env::args_os().skip(1)).env(INSIDE, "1");
    command
}

/// Whether this process was started by [`rerun`] or [`rerun_program`].
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Says that a test was skipped, past the capture of a test's output, and how many were by now.
///
/// # Panics
/// Where [`REQUIRED`] is set.
pub fn skip(test: &str, why: &Unavailable) {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    assert!(std::env::var_os(REQUIRED).is_none(), "{test}: {why}, and {REQUIRED} is set");
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let _ = writeln!(io::stderr(), "SKIPPED {test}: {why} ({count} so far for want of pcscd)");
}

/// Where programs are looked for: an ordinary user's PATH lacks those of the administrator.
const SEARCH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn program(name: &str) -> Result<PathBuf, Unavailable> {
    let found = SEARCH.split(':').map(|folder| Path::new(folder).join(name)).find(|p| p.is_file());
    found.ok_or_else(|| Unavailable::Missing(name.into()))
}

/// vpcd's library: where its own configuration says, or where it usually is.
fn vpcd() -> Result<PathBuf, Unavailable> {
    let config = fs::read_to_string("/etc/reader.conf.d/vpcd").unwrap_or_default();
    let said = config.lines().filter_map(|line| line.trim().strip_prefix("LIBPATH"));
    let usual = ["/usr/lib", "/usr/local/lib", "/usr/lib64"];
    let usual = usual.map(|lib| format!("{lib}/pcsc/drivers/serial/libifdvpcd.so"));
    let candidates = said.map(|path| path.trim().into()).chain(usual);
    let found = candidates.map(PathBuf::from).find(|path| path.is_file());
    found.ok_or_else(|| Unavailable::Missing("vpcd (Debian: vsmartcard-vpcd)".into()))
}

/// Whether the namespaces come only with a user namespace, as for an ordinary user.
fn needs_own_users(unshare: &Path) -> Result<bool, Unavailable> {
    let mut last = String::new();
    for own_users in [false, true] {
        let mut command = Command::new(unshare);
        command.args(own_users.then_some("--map-root-user"));
        command.args(["--mount", "--net", "--pid", "--kill-child", "--", "true"]);
        match command.stdin(Stdio::null()).output() {
            Ok(output) if output.status.success() => return Ok(own_users),
            Ok(output) => last = String::from_utf8_lossy(&output.stderr).trim().into(),
            Err(error) => last = error.to_string(),
        }
    }
    Err(Unavailable::Refused(last))
}

fn knows(program: &Path, option: &str) -> bool {
    let help = Command::new(program).arg("--help").stdin(Stdio::null()).output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains(option))
}

/// What a child process says: read as it comes, the last lines kept.
struct Output {
    kept: Arc<Mutex<VecDeque<String>>>,
    lines: Mutex<Receiver<String>>,
}

impl Output {
    const KEPT: usize = 200;

    fn of(from: impl io::Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, lines) = channel();
        let keep = Arc::clone(&kept);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == Self::KEPT {
                    kept.pop_front();
                }
                kept.push_back(line.clone());
                let _ = sender.send(line);
            }
        });
        Self { kept, lines: Mutex::new(lines) }
    }

    /// Waits for a line that has this in it; the whole output where it ends or takes too long.
    fn wait_for(&self, text: &str) -> Result<(), String> {
        let end = Instant::now() + START;
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return Ok(());
            }
        }
        Err(self.text())
    }

    fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|line| format!("{line}\n")).collect()
    }
}
