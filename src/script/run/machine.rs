//! What a run knows while it goes on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use rand_core::CryptoRng;
use regex::Regex;
use zeroize::Zeroizing;

use super::{Code, Failure, Host, Options, Shade, Value, card::Link};
use crate::{
    apdu::{Header, StatusWord, ins},
    script::{
        report::Report,
        syntax::{Name, Span, Stmt, SwPattern},
    },
};

/// Most levels of statements within statements, those of calls and included files counted.
const MAX_DEPTH: u32 = 96;

/// Everything but the text: variables, the card, what was answered, what is reported.
pub struct Machine<'h> {
    pub(super) host: Box<dyn Host + 'h>,
    pub(super) options: Options,
    pub(super) rng: Box<dyn CryptoRng>,
    pub(super) globals: HashMap<Arc<str>, Value>,
    /// The parameters of the calls that are going on.
    pub(super) frames: Vec<HashMap<Arc<str>, Value>>,
    pub(super) blocks: HashMap<Arc<str>, Arc<Block>>,
    pub(super) link: Link,
    pub(super) last: Last,
    /// What is expected where no status is written.
    pub(super) default: Default,
    /// Whether answers are shown as they come, as scriptor does.
    pub(super) lenient: bool,
    pub(super) raw: u32,
    pub(super) transactions: u32,
    pub(super) loops: u32,
    /// Whether what a person types is a secret.
    pub(super) asks_secret: bool,
    pub(super) report: Report,
    steps: u64,
    depth: u32,
    pub(super) buffer: Bytes,
    pub(super) regexes: BTreeMap<Arc<str>, Regex>,
}

/// A block that can be called.
pub(super) struct Block {
    pub(super) params: Vec<Name>,
    pub(super) body: Arc<Vec<Stmt>>,
}

/// Bytes that grow, and who may see them.
#[derive(Default)]
pub(super) struct Bytes {
    pub(super) data: Zeroizing<Vec<u8>>,
    pub(super) shade: Shade,
}

/// What is expected where a script says nothing.
#[derive(Clone, Debug)]
pub(super) enum Default {
    Success,
    Anything,
    Pattern(Arc<SwPattern>),
}

/// The last answer.
#[derive(Default)]
pub(super) struct Last {
    pub(super) data: Zeroizing<Vec<u8>>,
    pub(super) sw: StatusWord,
    pub(super) time: Duration,
    /// The command, to be named in messages.
    pub(super) command: Zeroizing<Vec<u8>>,
    pub(super) span: Span,
    pub(super) any: bool,
    /// Whether what is expected stands on the line of the command.
    pub(super) inline: bool,
    /// Whether it came outside of the secure channel, which is closed by that.
    pub(super) naked: bool,
    /// That of a file which was read whole.
    pub(super) shade: Option<Shade>,
}

impl Last {
    /// Whether the answer may be personal. Files are, but those that every reader may read before it
    /// knows whose card it is.
    pub(super) fn shade(&self) -> Shade {
        if let Some(shade) = self.shade {
            return shade;
        }
        let Some(&[_, code, p1, _]) = self.command.first_chunk::<4>() else { return Shade::Open };
        match code {
            ins::SELECT
            | ins::MANAGE_SECURITY_ENVIRONMENT
            | ins::GENERAL_AUTHENTICATE
            | ins::GET_CHALLENGE
            | ins::INTERNAL_AUTHENTICATE => Shade::Open,
            // By short identifier: EF.CardAccess or EF.CVCA, EF.DIR or EF.COM, EF.DG14.
            ins::READ_BINARY if matches!(p1, 0x9C | 0x9E | 0x8E) => Shade::Open,
            _ => Shade::Personal,
        }
    }

    pub(super) fn header(&self) -> Option<Header> {
        let &[cla, ins, p1, p2] = self.command.first_chunk::<4>()?;
        Some(Header::new(cla, ins, p1, p2))
    }
}

impl<'h> Machine<'h> {
    pub(super) fn new(host: Box<dyn Host + 'h>, rng: Box<dyn CryptoRng>, options: Options) -> Self {
        let globals =
            options.variables.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone()));
        Self {
            globals: globals.collect(),
            host,
            rng,
            frames: Vec::new(),
            blocks: HashMap::new(),
            link: Link::default(),
            last: Last::default(),
            default: Default::Success,
            lenient: false,
            raw: 0,
            transactions: 0,
            loops: 0,
            asks_secret: false,
            report: Report::default(),
            steps: 0,
            depth: 0,
            buffer: Bytes::default(),
            regexes: BTreeMap::new(),
            options,
        }
    }

    /// The variables that have a value now, by name; the shell shows them.
    pub fn variables(&self) -> BTreeMap<&str, &Value> {
        self.globals.iter().map(|(name, value)| (&**name, value)).collect()
    }

    /// How many steps were taken.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Counts a statement, or a round of a loop.
    pub(super) fn step(&mut self, span: Span) -> Result<(), Failure> {
        self.steps += 1;
        if self.steps > self.options.max_steps {
            let limit = self.options.max_steps;
            return Err(Failure::script(
                Code::STEPS,
                span,
                format!("more than {limit} steps: the script does not come to an end"),
            )
            .expected(format!("at most {limit} steps"))
            .help("is the loop's condition ever false? --max-steps allows more")
            .ending_file());
        }
        self.go_on(span)
    }

    /// Fails where the run is to end.
    pub(super) fn go_on(&self, span: Span) -> Result<(), Failure> {
        if self.host.is_stopped() { Err(Failure::stopped(span)) } else { Ok(()) }
    }

    /// Goes a level down, for as long as `act` takes.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        act: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.depth >= MAX_DEPTH {
            return Err(Failure::script(
                Code::OVERSIZE,
                span,
                format!("more than {MAX_DEPTH} levels of statements, calls and included files"),
            )
            .help("does a block call itself?")
            .ending_file());
        }
        self.depth += 1;
        let done = act(self);
        self.depth -= 1;
        done
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Value> {
        self.frames.last().and_then(|frame| frame.get(name)).or_else(|| self.globals.get(name))
    }

    pub(super) fn variable(&self, name: &Name) -> Result<&Value, Failure> {
        self.lookup(&name.text).ok_or_else(|| {
            let failure = Failure::script(
                Code::UNSET,
                name.span,
                format!("%{} has no value here", name.text),
            );
            failure
                .help(format!("set it before: `let {} = ..`, or --set {}=..", name.text, name.text))
        })
    }

    pub(super) fn set(&mut self, name: &Name, value: Value) {
        let frame = self.frames.last_mut().filter(|frame| frame.contains_key(&*name.text));
        let variables = frame.unwrap_or(&mut self.globals);
        // The name is there already in most rounds of a loop.
        match variables.get_mut(&*name.text) {
            Some(old) => *old = value,
            None => drop(variables.insert(Arc::clone(&name.text), value)),
        }
    }

    /// The status words that are expected where none is written; `None` is any.
    pub(super) fn default_matches(&self, sw: u16) -> bool {
        match &self.default {
            Default::Success => sw == StatusWord::SUCCESS.0,
            Default::Anything => true,
            Default::Pattern(pattern) => pattern.matches(sw),
        }
    }
}

impl std::fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("steps", &self.steps)
            .field("variables", &self.globals.len())
            .finish_non_exhaustive()
    }
}
