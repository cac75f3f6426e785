//! A case: what it is called, what it needs and what it does.

use super::{
    Capabilities, Capability,
    terminal::{Stop, Terminal},
};

/// Where what a case expects comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The case's title and command as the standard has them; a status that it leaves open is the
    /// class that its purpose gives.
    Standard,
    /// The title is known, the status follows from its purpose and ICAO Doc 9303-11.
    Purpose,
    /// The title was not read: the id stands for what is likeliest in its place.
    TitleNotRead,
    /// A check of the unit that has no number of the standard's here.
    Unit,
}

impl Basis {
    /// The word for it in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Purpose => "purpose",
            Self::TitleNotRead => "title not read",
            Self::Unit => "unit",
        }
    }
}

type Check = Box<dyn Fn(&mut Terminal<'_>) -> Result<(), Stop> + Send + Sync>;

/// One case.
pub struct Case {
    /// Its id: `ISO7816_P_35`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// What a card must declare for it.
    pub needs: Vec<Capability>,
    /// Where what it expects comes from.
    pub basis: Basis,
    pub(super) check: Check,
}

impl Case {
    pub(super) fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        needs: &[Capability],
        check: impl Fn(&mut Terminal<'_>) -> Result<(), Stop> + Send + Sync + 'static,
    ) -> Self {
        // What several parts of a case need is told once.
        let mut once = Vec::new();
        for need in needs {
            if !once.contains(need) {
                once.push(*need);
            }
        }
        Self {
            id: id.into(),
            title: title.into(),
            needs: once,
            basis: Basis::Standard,
            check: Box::new(check),
        }
    }

    pub(super) const fn basis(mut self, basis: Basis) -> Self {
        self.basis = basis;
        self
    }

    /// Its unit: the id without what stands behind the second underscore.
    pub fn unit(&self) -> &str {
        let mut ends = self.id.match_indices('_').map(|(at, _)| at);
        ends.nth(1).and_then(|at| self.id.get(..at)).unwrap_or(&self.id)
    }

    /// What it needs and the card does not declare.
    pub fn missing(&self, card: &Capabilities) -> Vec<Capability> {
        self.needs.iter().copied().filter(|need| !card.has(*need)).collect()
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("id", &self.id).finish_non_exhaustive()
    }
}
