//! How many bytes of a file one command asks for, where card or reader turn out to give fewer than
//! they say.
//!
//! Nobody tells a terminal what a reader carries: drivers promise 64 KB for all of them. So as much
//! as one response can hold is asked for, and where that fails there are at most two probes between
//! the extremes: 1,000 bytes, then 2,048 if that came and what every reader carries if not. A reader
//! that cuts an answer has told its limit by that.

/// Responses that cards and readers are known to be built for, in bytes with their status word: the
/// least that a chip with extended length must give (ICAO Doc 9303-10 clause 3.6.4.2), and twice
/// that.
pub(super) const RESPONSES: [usize; 2] = [1_000, 2_048];
/// Bytes of a file that cards are known to need which give no full short response.
const LOW: [usize; 3] = [192, 160, 128];
/// The least to ask for.
const LEAST: usize = 128;
/// Failures of one dialogue after which it is no question of length any more.
const MOST_FAILURES: u32 = 12;

/// What card and reader were found to give at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Bytes of a file that one command may ask for.
    pub read: usize,
    /// Whether commands with extended length fields get to the card.
    pub extended: bool,
}

/// Sizes of one read that the channel in use allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rungs {
    /// All that a response may hold.
    pub(super) top: usize,
    /// What fits [`RESPONSES`].
    pub(super) upper: [usize; 2],
    /// What fits a short response: 223 bytes under AES, 231 under 3DES.
    pub(super) short: usize,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask for less.
    Lower,
    /// Ask for the least once more, over a new channel.
    Anew,
    /// Nothing is left to try.
    Nothing,
}

/// Where a dialogue stands between what came and what did not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ladder {
    // A limit known from before, from the card, or from an answer that was cut.
    cap: usize,
    // The most bytes that came at once, and the fewest that did not.
    good: usize,
    bad: usize,
    failures: u32,
    anew: bool,
    pub(super) extended: Option<bool>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self { cap: usize::MAX, good: 0, bad: usize::MAX, failures: 0, anew: false, extended: None }
    }
}

impl Ladder {
    /// Of what was learnt before.
    pub(super) fn known(lengths: Lengths) -> Self {
        Self { cap: lengths.read, extended: Some(lengths.extended), ..Self::default() }
    }

    /// How many times more was asked for than came.
    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// How many bytes to ask for.
    pub(super) fn size(&self, rungs: Rungs) -> usize {
        self.pick(rungs, true).unwrap_or(LEAST)
    }

    /// How many bytes are safe to ask for; `None` where no limit was met.
    pub(super) fn safe(&self, rungs: Rungs) -> Option<usize> {
        let met = self.failures > 0 || self.cap < rungs.top;
        met.then(|| self.pick(rungs, false).unwrap_or(LEAST))
    }

    /// What is worth being remembered.
    pub(super) fn lengths(&self, rungs: Rungs) -> Option<Lengths> {
        let safe = self.safe(rungs);
        let refused = self.extended == Some(false);
        (safe.is_some() || refused).then(|| Lengths {
            read: safe.unwrap_or_else(|| rungs.short.min(rungs.top)),
            extended: !refused,
        })
    }

    /// So many bytes came at once.
    pub(super) fn came(&mut self, bytes: usize) {
        self.good = self.good.max(bytes);
    }

    /// Whether so many have come at once before.
    pub(super) const fn is_proven(&self, bytes: usize) -> bool {
        bytes <= self.good
    }

    /// So many did not come.
    pub(super) fn failed(&mut self, asked: usize, rungs: Rungs) -> Next {
        self.failures += 1;
        if asked <= self.good {
            // They came before: that says nothing any more.
            self.good = 0;
        }
        self.bad = self.bad.min(asked);
        self.next(rungs)
    }

    /// So many came of an answer that was cut, or are the most by the card's own word; fewer than
    /// any card or reader needs say nothing.
    pub(super) fn exactly(&mut self, bytes: usize, asked: usize, rungs: Rungs) -> Next {
        if bytes < LEAST || bytes >= asked {
            return self.failed(asked, rungs);
        }
        self.failures += 1;
        (self.cap, self.good, self.bad) = (bytes, self.good.min(bytes), usize::MAX);
        self.next(rungs)
    }

    fn next(&mut self, rungs: Rungs) -> Next {
        if self.failures > MOST_FAILURES {
            return Next::Nothing;
        }
        if self.pick(rungs, true).is_some() {
            return Next::Lower;
        }
        if self.anew {
            return Next::Nothing;
        }
        self.anew = true;
        self.bad = self.bad.saturating_add(1).min(LEAST + 1);
        Next::Anew
    }

    // Between what came and what did not. `probe` allows for what is not known to come.
    fn pick(&self, rungs: Rungs, probe: bool) -> Option<usize> {
        let top = rungs.top.min(self.cap);
        if self.bad > top {
            return Some(top);
        }
        let short = rungs.short.min(top);
        let (good, bad) = (self.good.max(short), self.bad);
        if probe && self.failures < 2 {
            let upper = rungs.upper.into_iter().find(|&size| good < size && size < bad);
            if upper.is_some() {
                return upper;
            }
        }
        if bad > short {
            return Some(good);
        }
        let mut low = LOW.into_iter().filter(|&size| self.good < size && size < bad);
        let count = low.clone().count();
        // In the middle, so that two failures find any of the three.
        let middle = low.nth(count / 2).filter(|_| probe || self.good == 0);
        middle.or_else(|| (self.good > 0).then_some(self.good))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENDED: Rungs = Rungs { top: 65_503, upper: [975, 2_015], short: 223 };
    const SHORT: Rungs = Rungs { top: 223, upper: [975, 2_015], short: 223 };

    // Climbs down against a card that gives at most `limit` bytes of an endless file.
    fn sizes(rungs: Rungs, limit: usize) -> (Vec<usize>, u32) {
        let mut ladder = Ladder::default();
        let mut asked = Vec::new();
        while asked.len() < 8 {
            let size = ladder.size(rungs);
            asked.push(size);
            if size <= limit {
                ladder.came(size);
            } else if ladder.failed(size, rungs) == Next::Nothing {
                break;
            }
        }
        (asked, ladder.failures())
    }

    #[test]
    fn two_failures_find_every_row() {
        for (rungs, limit, settled) in [
            (EXTENDED, 65_503, 65_503),
            (EXTENDED, 2_015, 2_015),
            (EXTENDED, 1_900, 975),
            (EXTENDED, 975, 975),
            (EXTENDED, 500, 223),
            (EXTENDED, 223, 223),
            (SHORT, 223, 223),
            (SHORT, 192, 192),
            (SHORT, 170, 160),
            (SHORT, 128, 128),
        ] {
            let (asked, failures) = sizes(rungs, limit);
            assert!(failures <= 2, "{limit}: {asked:?}");
            assert_eq!(asked.last(), Some(&settled), "{limit}: {asked:?}");
        }
    }

    #[test]
    fn what_came_whole_is_asked_for_again() {
        let mut ladder = Ladder::default();
        ladder.came(389);
        assert_eq!(ladder.failed(65_503, EXTENDED), Next::Lower);
        assert_eq!(ladder.size(EXTENDED), 975);
        assert_eq!(ladder.safe(EXTENDED), Some(389));
        ladder.failed(975, EXTENDED);
        assert_eq!(ladder.size(EXTENDED), 389);
        // An answer that was cut tells the limit.
        let mut ladder = Ladder::default();
        assert_eq!(ladder.exactly(495, 65_503, EXTENDED), Next::Lower);
        assert_eq!(ladder.size(EXTENDED), 495);
        let lengths = ladder.lengths(EXTENDED).unwrap();
        assert_eq!(lengths, Lengths { read: 495, extended: true });
        let known = Ladder::known(lengths);
        assert_eq!((known.size(EXTENDED), known.failures()), (495, 0));
        assert_eq!(known.lengths(EXTENDED), Some(lengths));
    }

    #[test]
    fn it_ends_whatever_fails() {
        for rungs in [EXTENDED, SHORT, Rungs { top: 40, ..SHORT }] {
            let mut ladder = Ladder::default();
            let mut rounds = 0;
            let mut anew = 0;
            loop {
                match ladder.failed(ladder.size(rungs), rungs) {
                    Next::Nothing => break,
                    Next::Anew => anew += 1,
                    Next::Lower => {}
                }
                rounds += 1;
                assert!(rounds < 20);
            }
            assert!(anew <= 1);
        }
        // Cut at once to nothing, again and again.
        let mut ladder = Ladder::default();
        let mut rounds = 0;
        while ladder.exactly(3, ladder.size(EXTENDED), EXTENDED) != Next::Nothing {
            rounds += 1;
            assert!(rounds < 20);
        }
        assert_eq!(Ladder::default().lengths(EXTENDED), None);
    }
}
