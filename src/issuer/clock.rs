//! The issuer's clock.

use time::UtcDateTime;

/// Tells the time. The issuer asks it once a request.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UtcDateTime;

    /// Whether it can be moved: then every answer says so.
    #[cfg(feature = "test-clock")]
    fn can_be_moved(&self) -> bool {
        false
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcDateTime {
        UtcDateTime::now()
    }
}

#[cfg(feature = "test-clock")]
pub use movable::FileClock;

#[cfg(feature = "test-clock")]
mod movable {
    use std::path::PathBuf;
    use std::sync::{Mutex, PoisonError};

    use time::format_description::well_known::Rfc3339;
    use time::{Duration, OffsetDateTime, UtcDateTime};

    use super::Clock;

    /// A clock that a file moves, read anew for each request: a time (`2029-06-01T00:00:00Z`, at
    /// which it stands still) or what is added to the machine's (`+1095d`, `-2h`, `+30s`). Without
    /// the file it is the machine's; a file that says neither leaves it where it was.
    #[derive(Debug)]
    pub struct FileClock {
        path: PathBuf,
        last: Mutex<Setting>,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Setting {
        At(UtcDateTime),
        Off(Duration),
    }

    impl FileClock {
        /// A clock moved by that file.
        pub fn new(path: impl Into<PathBuf>) -> Self {
            Self { path: path.into(), last: Mutex::new(Setting::Off(Duration::ZERO)) }
        }

        fn setting(&self) -> Setting {
            let read = match std::fs::read_to_string(&self.path) {
                Ok(text) => parse(text.trim()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    Some(Setting::Off(Duration::ZERO))
                }
                Err(_) => None,
            };
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = read.unwrap_or(*last);
            *last
        }
    }

    impl Clock for FileClock {
        fn now(&self) -> UtcDateTime {
            let now = UtcDateTime::now();
            match self.setting() {
                Setting::At(at) => at,
                Setting::Off(off) => now.checked_add(off).unwrap_or(now),
            }
        }

        fn can_be_moved(&self) -> bool {
            true
        }
    }

    fn parse(text: &str) -> Option<Setting> {
        if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
            return Some(Setting::At(at.to_utc()));
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let rest = text.strip_prefix(['+', '-'])?;
        let (count, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        let count = i64::from(count.parse::<u32>().ok()?);
        Some(Setting::Off(Duration::seconds(sign * seconds * count)))
    }

    #[cfg(test)]
    mod tests {
        use time::macros::utc_datetime;

        use super::*;

        #[test]
        fn a_file_moves_it_while_it_runs() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("clock");
            let clock = FileClock::new(&path);
            let write = |text: &str| std::fs::write(&path, text).unwrap();
            assert!(clock.can_be_moved());
            assert!((clock.now() - UtcDateTime::now()).abs() < Duration::hours(1));
            write("2029-06-01T09:00:00+09:00\n");
            assert_eq!(clock.now(), utc_datetime!(2029-06-01 0:00));
            // What says nothing leaves it where it was.
            for bad in ["", "tomorrow", "+3", "+d", "3d", "+-3d", "+99999999999d", "+\u{e9}"] {
                write(bad);
                assert_eq!(clock.now(), utc_datetime!(2029-06-01 0:00), "{bad}");
            }
            write("+1095d");
            assert!(clock.now() - UtcDateTime::now() > Duration::days(1094));
            write("-2h");
            assert!(clock.now() < UtcDateTime::now() - Duration::minutes(119));
        }
    }
}
