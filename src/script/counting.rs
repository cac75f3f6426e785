//! The numbers that `for` goes through.

/// `from .. to` or `from ..= to` by steps, which may go down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    next: Option<i64>,
    to: i64,
    inclusive: bool,
    step: i64,
}

impl Counting {
    /// `None` where the step is zero: that comes to no end.
    pub(super) const fn new(from: i64, to: i64, inclusive: bool, step: i64) -> Option<Self> {
        if step == 0 { None } else { Some(Self { next: Some(from), to, inclusive, step }) }
    }
}

impl Iterator for Counting {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let now = self.next?;
        let has = match (self.step > 0, self.inclusive) {
            (true, false) => now < self.to,
            (true, true) => now <= self.to,
            (false, false) => now > self.to,
            (false, true) => now >= self.to,
        };
        self.next = if has { now.checked_add(self.step) } else { None };
        has.then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_up_and_down_to_their_end() {
        let all = |from, to, inclusive, step| -> Vec<i64> {
            Counting::new(from, to, inclusive, step).unwrap().take(10).collect()
        };
        assert_eq!(all(0, 3, false, 1), [0, 1, 2]);
        assert_eq!(all(0, 3, true, 2), [0, 2]);
        assert_eq!(all(0, 4, true, 2), [0, 2, 4]);
        assert_eq!(all(2, 0, false, -1), [2, 1]);
        assert_eq!(all(2, 0, true, -1), [2, 1, 0]);
        assert!(all(3, 3, false, 1).is_empty());
        assert_eq!(all(i64::MAX, i64::MAX, true, 1), [i64::MAX]);
        assert_eq!(all(i64::MIN, i64::MIN, true, -1), [i64::MIN]);
        assert!(Counting::new(0, 1, false, 0).is_none());
    }
}
