//! Logical channels (ISO/IEC 7816-4 clause 12.1): each has its own selection and security status.

use super::{
    access::{Numbers, Seen, Shown},
    fs::{NodeId, Place, Tree},
    iso::Environment,
};

/// The highest number of a channel. Those from 4 on have class bytes that no reader sends.
const LAST: u8 = 3;

/// What a card knows on one logical channel, and forgets with it.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// Where the terminal stands.
    pub(super) place: Place,
    /// Passwords that were verified.
    pub(super) verified: Numbers,
    /// Keys that the terminal has shown.
    pub(super) keys: Numbers,
    /// Keys that MSE has chosen.
    pub(super) environment: Environment,
    /// The challenge that EXTERNAL AUTHENTICATE answers; empty where there is none.
    pub(super) challenge: Vec<u8>,
    // Passwords, and as `true` keys, from 80 on, each with the DF in and below which it holds.
    local: Vec<(bool, u8, NodeId)>,
}

impl Channel {
    /// Makes a DF the current one, without an EF. What was shown for another DF is forgotten.
    pub(super) fn enter(&mut self, df: NodeId, tree: &Tree) {
        self.place = Place { df, ef: None };
        self.environment = Environment::default();
        let Self { local, verified, keys, .. } = self;
        local.retain(|&(is_key, number, shown_in)| {
            let stays = tree.upwards(df).any(|(id, _)| id == shown_in);
            if !stays {
                let numbers = if is_key { &mut *keys } else { &mut *verified };
                numbers.set(number, false);
            }
            stays
        });
    }

    /// Notes whether a password is verified. One of 80 and up holds in and below the current DF.
    pub(super) fn verify(&mut self, reference: u8, right: bool) {
        self.note(false, reference, right);
        self.verified.set(reference, right);
    }

    /// Notes whether the terminal has shown a key.
    pub(super) fn show_key(&mut self, number: u8, right: bool) {
        self.note(true, number, right);
        self.keys.set(number, right);
    }

    fn note(&mut self, is_key: bool, number: u8, right: bool) {
        self.local.retain(|(of_key, of, _)| (*of_key, *of) != (is_key, number));
        if right && number & 0x80 != 0 {
            self.local.push((is_key, number, self.place.df));
        }
    }
}

/// The channels of a card.
#[derive(Debug, Default)]
pub(super) struct Channels {
    basic: Channel,
    others: [Option<Channel>; LAST as usize],
    current: u8,
}

impl Channels {
    /// The number of the channel that the command came on.
    pub(super) const fn number(&self) -> u8 {
        self.current
    }

    /// Whether the command came on the basic channel.
    pub(super) const fn is_basic(&self) -> bool {
        self.current == 0
    }

    /// A command comes on this channel. Whether it is open; if not nothing changes.
    pub(super) fn switch(&mut self, number: u8) -> bool {
        let open = self.is_open(number);
        if open {
            self.current = number;
        }
        open
    }

    /// Whether a channel is open.
    pub(super) fn is_open(&self, number: u8) -> bool {
        match number.checked_sub(1) {
            None => true,
            Some(index) => self.others.get(usize::from(index)).is_some_and(Option::is_some),
        }
    }

    /// The channel that the command came on.
    pub(super) fn here(&mut self) -> &mut Channel {
        let index = usize::from(self.current).wrapping_sub(1);
        match self.others.get_mut(index) {
            Some(Some(channel)) => channel,
            _ => &mut self.basic,
        }
    }

    /// All that are open.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Channel> {
        std::iter::once(&mut self.basic).chain(self.others.iter_mut().flatten())
    }

    /// Opens a channel, the lowest that is free or that of this number, at the current DF where the
    /// command came on another than the basic one, else at the MF. `None` where none is free.
    pub(super) fn open(&mut self, number: Option<u8>, tree: &Tree) -> Option<u8> {
        let mut free = (1..=LAST).filter(|n| !self.is_open(*n));
        let number = match number {
            None => free.next()?,
            Some(number) => free.find(|n| *n == number)?,
        };
        let df = if self.is_basic() { NodeId::MF } else { self.here().place.df };
        let mut channel = Channel::default();
        channel.enter(df, tree);
        *self.others.get_mut(usize::from(number) - 1)? = Some(channel);
        Some(number)
    }

    /// Closes a channel; the basic one stays.
    pub(super) fn close(&mut self, number: u8) {
        let index = usize::from(number).wrapping_sub(1);
        if let Some(channel) = self.others.get_mut(index) {
            *channel = None;
        }
    }

    /// Makes the challenges of all channels void, or of all but the one that the command came on.
    pub(super) fn forget_challenges(&mut self, but_here: bool) {
        let here = std::mem::take(&mut self.here().challenge);
        self.all().for_each(|channel| channel.challenge.clear());
        if but_here {
            self.here().challenge = here;
        }
    }

    /// Forgets what was shown on the basic channel; its selection stays.
    pub(super) fn forget_basic_status(&mut self) {
        self.basic = Channel { place: self.basic.place.clone(), ..Channel::default() };
    }

    /// What was shown on the channel of this command, in a session of the basic one. `pins` are the
    /// passwords that are the holder's PIN.
    pub(super) fn seen(
        &mut self,
        session: Option<Shown>,
        pins: impl IntoIterator<Item = u8>,
    ) -> Seen {
        let session = session.filter(|_| self.is_basic());
        let here = self.here();
        let pin = pins.into_iter().any(|reference| here.verified.has(reference));
        Seen { session, verified: here.verified, pin, keys: here.keys }
    }
}
