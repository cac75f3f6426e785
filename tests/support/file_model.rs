//! A model of the card's file system, written from the standard and the documentation: a flat list
//! of files by their whole paths. It reads commands out of any bytes, says what the card has to
//! answer, and sends them. The property test and the fuzz target `files` share it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use iccard::crypto::SeededRng;
use iccard::emulator::fs::Tree;
use iccard::emulator::{Card, Change, Parts, Passwords, Store, StoreError, SystemEnv};
use iccard::profile::{FileKind, FileRules, FileSpec, Layout, Rule, Structure};
use iccard::transport::{Power, Responder};

const MF: u16 = 0x3F00;
/// Few identifiers, so that they meet.
const FIDS: [u16; 6] = [0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006];

/// What every handle sees: the entries, and whether the next changes fail.
type Shared = (BTreeMap<String, Vec<u8>>, bool);

/// Memory that a test looks into, hands to the next card, and lets fail.
#[derive(Clone, Default)]
pub struct Memory {
    here: BTreeMap<String, Vec<u8>>,
    shared: Arc<Mutex<Shared>>,
}

impl Memory {
    /// What a card finds that is made now.
    fn again(&self) -> Self {
        let here = self.shared.lock().unwrap().0.clone();
        Self { here, shared: self.shared.clone() }
    }

    /// Whether the next changes fail.
    pub fn fail(&self, fails: bool) {
        self.shared.lock().unwrap().1 = fails;
    }
}

impl Store for Memory {
    fn entry(&self, name: &str) -> Option<&[u8]> {
        self.here.get(name).map(Vec::as_slice)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut shared = self.shared.lock().unwrap();
        if shared.1 {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(StoreError::Io { path: "nowhere".into(), source });
        }
        for change in changes {
            match &change.value {
                Some(value) => self.here.insert(change.name.clone(), value.clone()),
                None => self.here.remove(&change.name),
            };
        }
        shared.0 = self.here.clone();
        Ok(())
    }
}

/// A card of these files, without document, passwords and keys.
pub fn card(layout: Layout, memory: &Memory) -> Card {
    let mut tree = Tree::default();
    for spec in &layout.files {
        tree.declare(spec).unwrap();
    }
    let parts = Parts {
        atr: vec![0x3B, 0x80],
        historical: Vec::new(),
        tree,
        layout: Layout { files: Vec::new(), ..layout },
        iso: true,
        applets: Vec::new(),
        pace: Vec::new(),
        mapping: BTreeMap::new(),
        chip_auth: None,
        terminal_auth: None,
        passwords: Passwords {
            mrz: None,
            can: None,
            pin: None,
            puk: None,
            pin_tries: 3,
            pin_activated: true,
            puk_uses: 0,
        },
        extended: None,
    };
    let env = SystemEnv::new(&mut SeededRng::new(b"model", "card"));
    Card::new(parts, Box::new(env.with_store(Box::new(memory.again()))))
}

/// Everything may be done by everybody.
pub fn open_rules() -> FileRules {
    let always = || Rule::Always;
    FileRules {
        read: always(),
        update: always(),
        delete: always(),
        activate: always(),
        terminate: always(),
        create: always(),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Held {
    Df { name: Option<Vec<u8>> },
    Bytes(Vec<u8>),
    Records { kind: u8, size: usize, most: usize, all: Vec<Vec<u8>> },
}

#[derive(Clone, Debug)]
struct File {
    path: Vec<u16>,
    sfi: u8,
    life: u8,
    held: Held,
    created: bool,
}

impl File {
    fn is_df(&self) -> bool {
        matches!(self.held, Held::Df { .. })
    }

    fn capacity(&self) -> usize {
        match &self.held {
            Held::Df { .. } => 0,
            Held::Bytes(bytes) => bytes.len(),
            Held::Records { size, most, .. } => size * most,
        }
    }

    fn fcp(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let sum = match &self.held {
            Held::Df { .. } => None,
            Held::Bytes(bytes) => Some(bytes.len()),
            Held::Records { all, .. } => Some(all.concat().len()),
        };
        if let Some(sum) = sum {
            out.extend([0x80, 2, (sum >> 8) as u8, sum as u8]);
        }
        match &self.held {
            Held::Df { .. } => out.extend([0x82, 1, 0x38]),
            Held::Bytes(_) => out.extend([0x82, 1, 0x01]),
            Held::Records { kind, size, all, .. } => {
                out.extend([0x82, 5, *kind, 0x41, 0, *size as u8, all.len() as u8]);
            }
        }
        let fid = self.path.last().copied().unwrap_or(MF);
        out.extend([0x83, 2, (fid >> 8) as u8, fid as u8]);
        if let Held::Df { name: Some(name) } = &self.held {
            out.extend([0x84, name.len() as u8]);
            out.extend(name);
        }
        if self.sfi != 0 {
            out.extend([0x88, 1, self.sfi << 3]);
        }
        out.extend([0x8A, 1, self.life]);
        [vec![0x62, out.len() as u8], out].concat()
    }
}

/// What the card must answer.
type Answer = (Vec<u8>, u16);

fn no(sw: u16) -> Answer {
    (Vec::new(), sw)
}

/// The model and the card beside it.
pub struct Model {
    files: Vec<File>,
    df: Vec<u16>,
    ef: Option<(Vec<u16>, usize)>,
    card: Card,
    memory: Memory,
    fails: bool,
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&first, rest)) => {
                self.0 = rest;
                first
            }
            None => 0,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    fn fid(&mut self) -> u16 {
        FIDS[self.below(FIDS.len())]
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.byte()).collect()
    }
}

fn declared() -> Layout {
    let transparent = |sfi, len: u8| FileKind::Transparent { sfi, content: (0..len).collect() };
    let records = |sfi, structure, record_size: u8, most, n| FileKind::Records {
        sfi,
        structure,
        record_size,
        most,
        records: (0..n).map(|i| vec![i; record_size.into()]).collect(),
    };
    let df = |name: Option<&[u8]>| FileKind::Df { name: name.map(<[u8]>::to_vec) };
    let files = [
        (vec![], df(None)),
        (vec![0x1001], transparent(Some(1), 20)),
        (vec![0x1002], df(Some(&[0xA0, 1]))),
        (vec![0x1002, 0x1001], records(Some(1), Structure::LinearFixed, 4, 5, 2)),
        (vec![0x1003], records(None, Structure::Cyclic, 3, 4, 4)),
        (vec![0x1002, 0x1002], df(Some(&[0xA0, 2]))),
    ];
    let files = files.map(|(path, kind)| FileSpec { path, kind, rules: open_rules() });
    Layout { files: files.to_vec(), ..Layout::default() }
}

impl Default for Model {
    fn default() -> Self {
        let layout = declared();
        let files = layout.files.iter().map(|spec| {
            let (sfi, held) = match &spec.kind {
                FileKind::Df { name } => (0, Held::Df { name: name.clone() }),
                FileKind::Transparent { sfi, content } => {
                    (sfi.unwrap_or(0), Held::Bytes(content.clone()))
                }
                FileKind::Records { sfi, structure, record_size, most, records } => {
                    let kind = match structure {
                        Structure::LinearFixed => 2,
                        Structure::LinearVariable => 4,
                        Structure::Cyclic => 6,
                    };
                    let (size, most) = ((*record_size).into(), (*most).into());
                    (sfi.unwrap_or(0), Held::Records { kind, size, most, all: records.clone() })
                }
            };
            File { path: spec.path.clone(), sfi, life: 5, held, created: false }
        });
        let files = files.collect();
        let memory = Memory::default();
        let card = card(layout, &memory);
        Self { files, df: Vec::new(), ef: None, card, memory, fails: false }
    }
}

impl Model {
    /// Reads commands out of these bytes until they end, and looks at everything then.
    pub fn run(&mut self, data: &[u8]) {
        let mut input = Input(data);
        for _ in 0..400 {
            if input.0.is_empty() {
                break;
            }
            self.step(&mut input);
        }
        self.restart();
        self.look_at_all();
    }

    fn get(&self, path: &[u16]) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn get_mut(&mut self, path: &[u16]) -> &mut File {
        self.files.iter_mut().find(|file| file.path == path).unwrap()
    }

    fn child(&self, df: &[u16], fid: u16) -> Option<&File> {
        self.get(&[df, &[fid]].concat())
    }

    fn in_use(&self, path: &[u16]) -> bool {
        (0..=path.len()).all(|n| self.get(&path[..n]).is_some_and(|f| !matches!(f.life, 4 | 12)))
    }

    fn exchange(&mut self, command: &[u8], expected: &Answer) {
        let mut response = Vec::new();
        self.card.respond(command, &mut response);
        let (data, sw) = response.split_at(response.len() - 2);
        let got = (data.to_vec(), u16::from_be_bytes([sw[0], sw[1]]));
        assert_eq!(
            (hex(&got.0), format!("{:04X}", got.1)),
            (hex(&expected.0), format!("{:04X}", expected.1)),
            "{}, DF {:04X?}, EF {:04X?}",
            hex(command),
            self.df,
            self.ef
        );
    }

    fn restart(&mut self) {
        self.memory.fail(false);
        self.fails = false;
        self.card = card(declared(), &self.memory);
        self.df = Vec::new();
        self.ef = None;
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let what = input.byte() % 20;
        match what {
            0 | 1 => self.select_path(input),
            2 | 3 => self.select_fid(input),
            4 => self.select_name(input),
            5 | 6 => self.read_binary(input),
            7 | 8 => self.write_binary(input),
            9 | 10 => self.read_record(input),
            11 | 12 => self.write_record(input),
            13 | 14 => self.create(input),
            15 => self.delete(input),
            16 => self.change_life(input),
            17 => {
                self.card.power(Power::Reset);
                self.df = Vec::new();
                self.ef = None;
            }
            18 => self.restart(),
            _ => {
                self.fails = !self.fails;
                self.memory.fail(self.fails);
            }
        }
    }

    fn selected(&mut self, path: Option<Vec<u16>>, told: bool) -> Answer {
        let Some(file) = path.and_then(|path| self.get(&path).cloned()) else { return no(0x6A82) };
        let sw = match file.life {
            4 => 0x6283,
            12 => 0x6285,
            _ => 0x9000,
        };
        if file.is_df() {
            self.df = file.path.clone();
            self.ef = None;
        } else {
            self.df = file.path[..file.path.len() - 1].to_vec();
            self.ef = Some((file.path.clone(), 0));
        }
        (if told { file.fcp() } else { Vec::new() }, sw)
    }

    fn select_path(&mut self, input: &mut Input<'_>) {
        let n = input.below(4);
        let fids: Vec<_> = (0..n).map(|_| input.fid()).collect();
        let from_here = input.below(2) == 1 && n > 0;
        let start = if from_here { self.df.clone() } else { Vec::new() };
        let answer = self.selected(Some([start, fids.clone()].concat()), true);
        let p1 = if from_here { 9 } else { 8 };
        let data = if from_here { fids } else { [vec![MF], fids].concat() };
        let data: Vec<_> = data.iter().flat_map(|fid| fid.to_be_bytes()).collect();
        let command = [&[0, 0xA4, p1, 4, data.len() as u8][..], &data, &[0]].concat();
        self.exchange(&command, &answer);
    }

    // What SELECT with P1 00, 01 or 02 and this identifier means.
    fn near(&self, p1: u8, fid: u16) -> Option<Vec<u16>> {
        let child = self.child(&self.df, fid);
        let parent = self.df.split_last().map(|(_, parent)| parent).unwrap_or_default();
        let path = match p1 {
            2 => return child.filter(|f| !f.is_df()).map(|f| f.path.clone()),
            1 => return child.map(|f| f.path.clone()),
            _ => child.map(|f| f.path.clone()),
        };
        path.or_else(|| (self.df.last() == Some(&fid)).then(|| self.df.clone()))
            .or_else(|| (parent.last() == Some(&fid)).then(|| parent.to_vec()))
            .or_else(|| self.child(parent, fid).filter(|f| f.is_df()).map(|f| f.path.clone()))
    }

    fn select_fid(&mut self, input: &mut Input<'_>) {
        let p1 = input.below(4) as u8;
        if p1 == 3 {
            let parent = self.df.split_last().map(|(_, parent)| parent.to_vec());
            let answer = self.selected(Some(parent.unwrap_or_default()), false);
            return self.exchange(&[0, 0xA4, 3, 0x0C], &answer);
        }
        let fid = input.fid();
        let answer = self.selected(self.near(p1, fid), false);
        let [hi, lo] = fid.to_be_bytes();
        self.exchange(&[0, 0xA4, p1, 0x0C, 2, hi, lo], &answer);
    }

    // All DFs, level by level.
    fn levels(&self) -> Vec<Vec<u16>> {
        let mut all = vec![Vec::new()];
        let mut at = 0;
        while at < all.len() {
            let here = all[at].clone();
            let inside = self.files.iter().filter(|f| f.is_df() && !f.path.is_empty());
            all.extend(
                inside
                    .filter(|f| f.path[..f.path.len() - 1] == here)
                    .map(|f| f.path.clone())
                    .collect::<Vec<_>>(),
            );
            at += 1;
        }
        all
    }

    fn select_name(&mut self, input: &mut Input<'_>) {
        let name = match input.below(3) {
            0 => vec![0xA0],
            _ => vec![0xA0, input.below(4) as u8],
        };
        let which = input.below(4) as u8;
        let mut found = self.levels();
        found.retain(|path| match &self.get(path).unwrap().held {
            Held::Df { name: Some(of) } => of.starts_with(&name),
            _ => false,
        });
        let here = found.iter().position(|path| *path == self.df);
        let index = match (which, here) {
            (0, _) | (2, None) => Some(0),
            (1, _) | (3, None) => found.len().checked_sub(1),
            (2, Some(here)) => Some(here + 1),
            (_, Some(here)) => here.checked_sub(1),
            _ => None,
        };
        let path = index.and_then(|index| found.get(index).cloned());
        let answer = self.selected(path, true);
        let head = [0, 0xA4, 4, 4 | which, name.len() as u8];
        self.exchange(&[&head[..], &name, &[0]].concat(), &answer);
    }

    // The EF of a short identifier, 0 the current one, made current; or the status word.
    fn source(&mut self, sfi: u8) -> Result<Vec<u16>, u16> {
        if sfi == 0 {
            return self.ef.as_ref().map(|(path, _)| path.clone()).ok_or(0x6986);
        }
        let in_df =
            |f: &&File| f.sfi == sfi && f.path.split_last().is_some_and(|(_, df)| df == self.df);
        self.files.iter().find(in_df).map(|f| f.path.clone()).ok_or(0x6A82)
    }

    fn open(&mut self, path: &[u16]) {
        self.ef = Some((path.to_vec(), 0));
    }

    fn read_binary(&mut self, input: &mut Input<'_>) {
        let sfi = if input.below(3) == 0 { input.below(4) as u8 } else { 0 };
        let (offset, le) = (input.byte() % 40, input.byte() % 50);
        let answer = self.read_binary_answer(sfi, offset.into(), le);
        let p1 = if sfi == 0 { 0 } else { 0x80 | sfi };
        self.exchange(&[0, 0xB0, p1, offset, le], &answer);
    }

    fn read_binary_answer(&mut self, sfi: u8, offset: usize, le: u8) -> Answer {
        let path = match self.source(sfi) {
            Ok(path) => path,
            Err(sw) => return no(sw),
        };
        let going_on = offset > 0 && self.ef.as_ref().is_some_and(|(ef, _)| *ef == path);
        if sfi != 0 && !going_on {
            self.open(&path);
        }
        let Held::Bytes(bytes) = &self.get(&path).unwrap().held else { return no(0x6981) };
        if !self.in_use(&path) {
            return no(0x6985);
        }
        if offset >= bytes.len() {
            return no(0x6B00);
        }
        let want = if le == 0 { 256 } else { usize::from(le) };
        let part = &bytes[offset..bytes.len().min(offset + want)];
        (part.to_vec(), if le != 0 && part.len() < want { 0x6282 } else { 0x9000 })
    }

    // A change that everything speaks for: it is made, or the memory fails.
    fn done(&mut self, change: impl FnOnce(&mut Self)) -> Answer {
        if self.fails {
            return no(0x6581);
        }
        change(self);
        no(0x9000)
    }

    fn write_binary(&mut self, input: &mut Input<'_>) {
        let sfi = if input.below(3) == 0 { input.below(4) as u8 } else { 0 };
        let instruction = [0xD6, 0xD0, 0x0E][input.below(3)];
        let offset = input.byte() % 40;
        let len = input.below(12);
        let data = match instruction {
            0x0E if len < 6 => Vec::new(),
            0x0E => vec![0, input.byte() % 50],
            _ => input.bytes(len + 1),
        };
        let answer = self.write_binary_answer(sfi, instruction, offset.into(), &data);
        let p1 = if sfi == 0 { 0 } else { 0x80 | sfi };
        let mut command = vec![0, instruction, p1, offset];
        if !data.is_empty() {
            command.push(data.len() as u8);
            command.extend(&data);
        }
        self.exchange(&command, &answer);
    }

    fn write_binary_answer(&mut self, sfi: u8, ins: u8, offset: usize, data: &[u8]) -> Answer {
        let path = match self.source(sfi) {
            Ok(path) => path,
            Err(sw) => return no(sw),
        };
        if sfi != 0 {
            self.open(&path);
        }
        let Held::Bytes(bytes) = &self.get(&path).unwrap().held else { return no(0x6981) };
        let mut bytes = bytes.clone();
        if !self.in_use(&path) {
            return no(0x6985);
        }
        if offset >= bytes.len() {
            return no(0x6B00);
        }
        if ins == 0x0E {
            let end = match data {
                [_, end] => usize::from(*end),
                _ => bytes.len(),
            };
            if end < offset || end > bytes.len() {
                return no(0x6B00);
            }
            bytes[offset..end].fill(0);
        } else {
            if offset + data.len() > bytes.len() {
                return no(0x6A84);
            }
            for (i, byte) in data.iter().enumerate() {
                let old = if ins == 0xD0 { bytes[offset + i] } else { 0 };
                bytes[offset + i] = old | byte;
            }
        }
        self.done(|model| model.get_mut(&path).held = Held::Bytes(bytes))
    }

    // The number of the record, from 1.
    fn locate(mode: u8, p1: usize, current: usize, count: usize) -> Option<usize> {
        let number = match (mode, p1) {
            (0, _) => 1,
            (1, _) => count,
            (2, _) => current + 1,
            (3, _) if current == 0 => count,
            (3, _) => current - 1,
            (_, 0) => current,
            (_, n) => n,
        };
        (1..=count).contains(&number).then_some(number)
    }

    fn record_parameters(input: &mut Input<'_>) -> (u8, u8, u8) {
        let sfi = if input.below(3) == 0 { input.below(4) as u8 } else { 0 };
        let mode = input.below(8) as u8;
        let p1 = match (mode, input.byte()) {
            (0..=3, byte) if byte < 230 => 0,
            (_, byte) if byte > 250 => 0xFF,
            (_, byte) => byte % 7,
        };
        (sfi, mode, p1)
    }

    fn bad_parameters(mode: u8, p1: u8) -> Option<u16> {
        match mode {
            0..=3 if p1 != 0 => Some(0x6A81),
            4.. if p1 == 0xFF => Some(0x6A86),
            7 => Some(0x6A86),
            _ => None,
        }
    }

    fn read_record(&mut self, input: &mut Input<'_>) {
        let (sfi, mode, p1) = Self::record_parameters(input);
        let le = if input.below(2) == 0 { 0 } else { input.byte() % 8 };
        let answer = self.read_record_answer(sfi, mode, p1, le);
        self.exchange(&[0, 0xB2, p1, sfi << 3 | mode, le], &answer);
    }

    fn read_record_answer(&mut self, sfi: u8, mode: u8, p1: u8, le: u8) -> Answer {
        if let Some(sw) = Self::bad_parameters(mode, p1) {
            return no(sw);
        }
        let path = match self.source(sfi) {
            Ok(path) => path,
            Err(sw) => return no(sw),
        };
        if sfi != 0 {
            self.open(&path);
        }
        let Held::Records { all, .. } = self.get(&path).unwrap().held.clone() else {
            return no(0x6981);
        };
        if !self.in_use(&path) {
            return no(0x6985);
        }
        let current = self.ef.as_ref().unwrap().1;
        let Some(number) = Self::locate(mode, p1.into(), current, all.len()) else {
            return no(0x6A83);
        };
        let mut data = match mode {
            5 => all[number - 1..].concat(),
            6 => all[number - 1..].iter().rev().flatten().copied().collect(),
            _ => all[number - 1].clone(),
        };
        if mode < 4 {
            self.ef = Some((path, number));
        }
        let want = if le == 0 { 256 } else { usize::from(le) };
        if data.len() > want {
            let rest = data.len() - want;
            data.truncate(want);
            return (data, 0x6100 | if rest < 256 { rest as u16 } else { 0 });
        }
        let sw = if le != 0 && data.len() < want { 0x6282 } else { 0x9000 };
        (data, sw)
    }

    fn write_record(&mut self, input: &mut Input<'_>) {
        let instruction = [0xDC, 0xD2, 0xE2][input.below(3)];
        let (sfi, mut mode, p1) = Self::record_parameters(input);
        if instruction == 0xE2 && input.below(8) > 0 {
            mode = 0;
        }
        // Mostly of the length that the EF takes.
        let size = match self.ef.as_ref().and_then(|(path, _)| self.get(path)).map(|f| &f.held) {
            Some(Held::Records { size, .. }) if input.below(8) > 0 => *size,
            _ => input.below(9) + 1,
        };
        let data = input.bytes(size);
        let answer = self.write_record_answer(instruction, sfi, mode, p1, &data);
        let head = [0, instruction, p1, sfi << 3 | mode, data.len() as u8];
        self.exchange(&[&head[..], &data].concat(), &answer);
    }

    fn write_record_answer(&mut self, ins: u8, sfi: u8, mode: u8, p1: u8, data: &[u8]) -> Answer {
        if let Some(sw) = Self::bad_parameters(mode, p1) {
            return no(sw);
        }
        if ins == 0xE2 && mode != 0 || matches!(mode, 5 | 6) {
            return no(0x6A86);
        }
        let path = match self.source(sfi) {
            Ok(path) => path,
            Err(sw) => return no(sw),
        };
        if sfi != 0 {
            self.open(&path);
        }
        let held = self.get(&path).unwrap().held.clone();
        let Held::Records { kind, size, most, mut all } = held else { return no(0x6981) };
        if !self.in_use(&path) {
            return no(0x6985);
        }
        if data.len() > size || kind != 4 && data.len() != size {
            return no(0x6700);
        }
        let current = self.ef.as_ref().unwrap().1;
        let pointer;
        if ins == 0xE2 || kind == 6 && mode == 3 {
            if kind == 6 {
                all.insert(0, data.to_vec());
                all.truncate(most);
                pointer = 1;
            } else if all.len() == most {
                return no(0x6A84);
            } else {
                all.push(data.to_vec());
                pointer = all.len();
            }
        } else {
            let Some(number) = Self::locate(mode, p1.into(), current, all.len()) else {
                return no(0x6A83);
            };
            let record = &mut all[number - 1];
            if ins == 0xDC {
                *record = data.to_vec();
            } else if record.len() == data.len() {
                record.iter_mut().zip(data).for_each(|(to, from)| *to |= from);
            } else {
                return no(0x6700);
            }
            pointer = if mode < 4 { number } else { current };
        }
        self.done(|model| {
            model.get_mut(&path).held = Held::Records { kind, size, most, all };
            model.ef = Some((path, pointer));
        })
    }

    fn create(&mut self, input: &mut Input<'_>) {
        let fid = input.fid();
        let sfi = input.below(4) as u8;
        let path = [&self.df[..], &[fid]].concat();
        let mut fcp = Vec::new();
        let (held, sfi) = match input.below(6) {
            0 | 1 => {
                let name = (input.below(2) == 0).then(|| vec![0xA0, input.below(4) as u8]);
                fcp.extend([0x82, 1, 0x38]);
                if let Some(name) = &name {
                    fcp.extend([0x84, 2, name[0], name[1]]);
                }
                (Held::Df { name }, 0)
            }
            2 => {
                // Large ones, for the bound of all together.
                let len = [30, 0xFFFF, 0x8000, 7][input.below(4)];
                fcp.extend([0x80, 2, (len >> 8) as u8, len as u8, 0x82, 1, 0x01]);
                (Held::Bytes(vec![0; len]), sfi)
            }
            kind => {
                let kind = kind as u8 * 2 - 4;
                let (size, most) = (input.below(8) + 1, input.below(5) + 1);
                fcp.extend([0x82, 5, kind, 0x41, 0, size as u8, most as u8]);
                (Held::Records { kind, size, most, all: Vec::new() }, sfi)
            }
        };
        fcp.extend([0x83, 2, (fid >> 8) as u8, fid as u8]);
        if sfi != 0 {
            fcp.extend([0x88, 1, sfi << 3]);
        }
        let file = File { path, sfi, life: 5, held, created: true };
        let answer = self.create_answer(file);
        let head = [0, 0xE0, 0, 0, fcp.len() as u8 + 2, 0x62, fcp.len() as u8];
        self.exchange(&[&head[..], &fcp].concat(), &answer);
    }

    fn create_answer(&mut self, file: File) -> Answer {
        if !self.in_use(&self.df.clone()) {
            return no(0x6985);
        }
        let created: Vec<_> = self.files.iter().filter(|f| f.created).map(File::capacity).collect();
        if created.len() >= 64 || created.iter().sum::<usize>() + file.capacity() > 0x4_0000 {
            return no(0x6A84);
        }
        let siblings: Vec<_> = self
            .files
            .iter()
            .filter(|f| f.path.split_last().is_some_and(|(_, df)| df == self.df))
            .collect();
        if siblings.iter().any(|f| f.path == file.path || f.sfi != 0 && f.sfi == file.sfi) {
            return no(0x6A89);
        }
        if file.is_df() && self.df.len() >= 8 {
            return no(0x6A80);
        }
        let named = matches!(&file.held, Held::Df { name: Some(_) });
        if named && self.files.iter().any(|f| f.held == file.held) {
            return no(0x6A8A);
        }
        self.done(|model| {
            if file.is_df() {
                model.df = file.path.clone();
                model.ef = None;
            } else {
                model.ef = Some((file.path.clone(), 0));
            }
            model.files.push(file);
        })
    }

    // The file that DELETE and its like are for, with the head of the command.
    fn meant(&mut self, input: &mut Input<'_>, instruction: u8) -> (Vec<u8>, Option<Vec<u16>>) {
        let p1 = input.below(4) as u8;
        if p1 == 3 {
            let ef = self.ef.as_ref().map(|(path, _)| path.clone());
            return (vec![0, instruction, 0, 0], Some(ef.unwrap_or_else(|| self.df.clone())));
        }
        let fid = input.fid();
        let [hi, lo] = fid.to_be_bytes();
        (vec![0, instruction, p1, 0, 2, hi, lo], self.near(p1, fid))
    }

    fn delete(&mut self, input: &mut Input<'_>) {
        let (command, path) = self.meant(input, 0xE4);
        let answer = match path {
            None => no(0x6A82),
            Some(path) if path.is_empty() => no(0x6985),
            Some(top) => self.done(|model| {
                model.files.retain(|f| !f.path.starts_with(&top));
                if model.df.starts_with(&top) {
                    model.df = top[..top.len() - 1].to_vec();
                    model.ef = None;
                } else if model.ef.as_ref().is_some_and(|(ef, _)| ef.starts_with(&top)) {
                    model.ef = None;
                }
            }),
        };
        self.exchange(&command, &answer);
    }

    fn change_life(&mut self, input: &mut Input<'_>) {
        // Mostly ACTIVATE, or nothing is in use any more.
        let instruction = [0x44, 0x44, 0x44, 0x04, 0x04, 0xE6, 0xE8][input.below(7)];
        let (command, path) = self.meant(input, instruction);
        let answer = match path.and_then(|path| self.get(&path).cloned()) {
            None => no(0x6A82),
            Some(file) if file.life == 12 => no(0x6985),
            Some(file) if instruction == 0xE6 && !file.is_df() => no(0x6981),
            Some(file) if instruction == 0xE8 && file.is_df() => no(0x6981),
            Some(file) if instruction == 0xE6 && file.path.is_empty() => no(0x6985),
            Some(file) => self.done(|model| {
                model.get_mut(&file.path).life = match instruction {
                    0x44 => 5,
                    0x04 => 4,
                    _ => 12,
                };
            }),
        };
        self.exchange(&command, &answer);
    }

    // Every file of the model is on the card with what it holds.
    fn look_at_all(&mut self) {
        for file in self.files.clone() {
            let answer = self.selected(Some(file.path.clone()), true);
            let data = [vec![MF], file.path.clone()].concat();
            let data: Vec<_> = data.iter().flat_map(|fid| fid.to_be_bytes()).collect();
            let command = [&[0, 0xA4, 8, 4, data.len() as u8][..], &data, &[0]].concat();
            self.exchange(&command, &answer);
            match &file.held {
                Held::Df { .. } => {}
                Held::Bytes(_) => {
                    let answer = self.read_binary_answer(0, 0, 0);
                    self.exchange(&[0, 0xB0, 0, 0, 0], &answer);
                }
                Held::Records { all, .. } => {
                    for number in 1..=all.len() as u8 + 1 {
                        let answer = self.read_record_answer(0, 4, number, 0);
                        self.exchange(&[0, 0xB2, number, 4, 0], &answer);
                    }
                }
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
