//! Frames on the wire: two bytes of length, high byte first, then as many bytes.

use std::io::{self, IoSlice, Write};

use zeroize::Zeroizing;

/// The most bytes of a frame's content.
pub(super) const MAX_CONTENT: usize = 0xFFFF;

const HEAD: usize = 2;

/// How the stream of frames ended.
#[derive(Debug)]
pub(super) enum Cut {
    /// Between two frames, as is right.
    Between,
    /// Inside a frame.
    Inside {
        /// Bytes of the frame, its length field included; 2 while that has not come whole.
        expected: usize,
        /// Bytes of it that came.
        got: usize,
    },
    /// The socket failed, or nothing came in time. What has come of a frame is kept.
    Io(io::Error),
}

/// Cuts a stream of bytes into frames. It never holds more than one whole frame, and a read that
/// fails for want of time goes on later where it stopped.
pub(super) struct Frames {
    // Commands may hold a PIN.
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    // Bytes of the frame handed out last; dropped when the next is asked for.
    taken: usize,
}

impl Frames {
    pub(super) fn new() -> Self {
        let buffer = Zeroizing::new(vec![0; HEAD + MAX_CONTENT]);
        Self { buffer, start: 0, end: 0, taken: 0 }
    }

    /// The content of the next frame. `fill` reads into the buffer it is given and says how many
    /// bytes it read, 0 at the end of the stream.
    pub(super) fn next(
        &mut self,
        mut fill: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> Result<&[u8], Cut> {
        self.start += std::mem::take(&mut self.taken);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        loop {
            let have = self.end - self.start;
            let length = self.content_length();
            let want = HEAD + length.unwrap_or(0);
            if length.is_some() && have >= want {
                self.taken = want;
                let content = self.start + HEAD..self.start + want;
                return Ok(self.buffer.get(content).unwrap_or_default());
            }
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, have);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            let room_len = room.len();
            match fill(room) {
                Ok(0) if have == 0 => return Err(Cut::Between),
                Ok(0) => return Err(Cut::Inside { expected: want, got: have }),
                Ok(read) => self.end += read.min(room_len),
                Err(error) => return Err(Cut::Io(error)),
            }
        }
    }

    /// Bytes behind the frame handed out last that have come already.
    pub(super) const fn ahead(&self) -> usize {
        self.end - self.start - self.taken
    }

    fn content_length(&self) -> Option<usize> {
        let unread = self.buffer.get(self.start..self.end)?;
        unread.first_chunk().map(|head| usize::from(u16::from_be_bytes(*head)))
    }
}

/// Writes a frame, in one piece where the system takes it so.
pub(super) fn write(out: &mut impl Write, content: &[u8]) -> io::Result<()> {
    let Ok(length) = u16::try_from(content.len()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "frame of over 65,535 bytes"));
    };
    let head = length.to_be_bytes();
    let mut parts = [IoSlice::new(&head), IoSlice::new(content)];
    let mut left: &mut [IoSlice<'_>] = &mut parts;
    while !left.is_empty() {
        match out.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives `bytes` in pieces of these sizes, a time-out between any two.
    fn drip<'a>(bytes: &'a [u8], sizes: &'a [usize]) -> impl FnMut(&mut [u8]) -> io::Result<usize> {
        let (mut rest, mut turn) = (bytes, 0);
        move |room| {
            turn += 1;
            if turn % 2 == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let size = sizes[turn / 2 % sizes.len()].min(rest.len()).min(room.len());
            let (now, later) = rest.split_at(size);
            room[..size].copy_from_slice(now);
            rest = later;
            Ok(size)
        }
    }

    proptest! {
        #[test]
        fn frames_survive_any_cut(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
            sizes in prop::collection::vec(1_usize..400, 1..8),
        ) {
            let mut wire = Vec::new();
            for content in &contents {
                write(&mut wire, content).unwrap();
            }
            let mut fill = drip(&wire, &sizes);
            let mut frames = Frames::new();
            for content in &contents {
                let got = loop {
                    match frames.next(&mut fill) {
                        Ok(frame) => break frame.to_vec(),
                        Err(Cut::Io(_)) => {}
                        Err(cut) => panic!("{cut:?}"),
                    }
                };
                prop_assert_eq!(&got, content);
            }
            prop_assert_eq!(frames.ahead(), 0);
        }
    }

    #[test]
    fn the_largest_frames_fit_one_after_the_other() {
        let mut wire = Vec::new();
        write(&mut wire, &[1; MAX_CONTENT]).unwrap();
        write(&mut wire, &[2; MAX_CONTENT]).unwrap();
        let mut rest = wire.as_slice();
        let mut frames = Frames::new();
        for byte in [1, 2] {
            let frame = frames.next(|room| io::Read::read(&mut rest, room)).unwrap();
            assert!(frame.len() == MAX_CONTENT && frame.iter().all(|b| *b == byte));
        }
        assert!(write(&mut Vec::new(), &[0; MAX_CONTENT + 1]).is_err());
    }

    #[test]
    fn an_end_is_told_from_a_cut() {
        let cut = |bytes: &[u8]| {
            let mut rest = bytes;
            Frames::new().next(|room| io::Read::read(&mut rest, room)).map(drop).unwrap_err()
        };
        assert!(matches!(cut(&[]), Cut::Between));
        assert!(matches!(cut(&[0]), Cut::Inside { expected: 2, got: 1 }));
        assert!(matches!(cut(&[0, 2]), Cut::Inside { expected: 4, got: 2 }));
        assert!(matches!(cut(&[0, 2, 0x90]), Cut::Inside { expected: 4, got: 3 }));
    }
}
