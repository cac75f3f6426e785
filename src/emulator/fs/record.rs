//! READ, UPDATE, WRITE and APPEND RECORD (ISO/IEC 7816-4 clause 11.4).

use super::{Body, NodeId, Place, Source, Tree};
use crate::{
    apdu::{CommandView, StatusWord, ins},
    emulator::applet::Reply,
    profile::{Status, Structure},
};

/// Which record is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    First,
    Last,
    Next,
    Previous,
    /// The one of this number, of 0 the current one.
    Number(usize),
    /// This one and all behind it.
    From(usize),
    /// The last and all down to this one.
    DownTo(usize),
}

// P1-P2 of the commands to records.
fn reference(p1: u8, p2: u8) -> Result<(Source, Which), StatusWord> {
    let source = match p2 >> 3 {
        0 => Source::Current,
        0x1F => return Err(StatusWord::WRONG_P1P2),
        sfi => Source::Sfi(sfi),
    };
    let number = usize::from(p1);
    let which = match p2 & 0x07 {
        // Records here have no identifiers.
        0..=3 if p1 != 0 => return Err(StatusWord::FUNCTION_UNSUPPORTED),
        0 => Which::First,
        1 => Which::Last,
        2 => Which::Next,
        3 => Which::Previous,
        _ if p1 == 0xFF => return Err(StatusWord::WRONG_P1P2),
        4 => Which::Number(number),
        5 => Which::From(number),
        6 => Which::DownTo(number),
        _ => return Err(StatusWord::WRONG_P1P2),
    };
    Ok((source, which))
}

// The number of a record, from 1.
fn locate(which: Which, current: usize, count: usize) -> Result<usize, StatusWord> {
    let number = match which {
        Which::First => 1,
        Which::Last => count,
        Which::Next => current + 1,
        Which::Previous if current == 0 => count,
        Which::Previous => current - 1,
        Which::Number(0) | Which::From(0) | Which::DownTo(0) => current,
        Which::Number(n) | Which::From(n) | Which::DownTo(n) => n,
    };
    if (1..=count).contains(&number) { Ok(number) } else { Err(StatusWord::RECORD_NOT_FOUND) }
}

/// A READ RECORD command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRecord {
    source: Source,
    which: Which,
    ne: u32,
}

impl ReadRecord {
    /// Reads the command's parameters.
    ///
    /// # Errors
    /// `6700` without Le or with data; `6A81` for a record identifier, `6A86` for other parameters
    /// that name no record.
    pub fn parse(command: &CommandView<'_>) -> Result<Self, StatusWord> {
        let ne = command.ne.filter(|_| command.data.is_empty()).ok_or(StatusWord::WRONG_LENGTH)?;
        let (source, which) = reference(command.header.p1, command.header.p2)?;
        Ok(Self { source, which, ne })
    }
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Update(Which),
    Or(Which),
    Append,
}

/// A command that changes an EF of records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WriteRecord<'a> {
    source: Source,
    change: Change,
    data: &'a [u8],
}

impl std::fmt::Debug for WriteRecord<'_> {
    // What is written may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteRecord").field("change", &self.change).finish_non_exhaustive()
    }
}

impl<'a> WriteRecord<'a> {
    /// Reads the parameters of UPDATE, WRITE and APPEND RECORD.
    ///
    /// # Errors
    /// `6700` without data; `6A81` for a record identifier, `6A86` for other parameters that name
    /// no record.
    pub fn parse(command: &CommandView<'a>) -> Result<Self, StatusWord> {
        let [_, instruction, p1, p2] = command.header.to_bytes();
        let (source, which) = reference(p1, p2)?;
        let change = match (instruction, which) {
            (ins::APPEND_RECORD, Which::First) => Change::Append,
            (ins::APPEND_RECORD, _) | (_, Which::From(_) | Which::DownTo(_)) => {
                return Err(StatusWord::WRONG_P1P2);
            }
            (ins::WRITE_RECORD, which) => Change::Or(which),
            (_, which) => Change::Update(which),
        };
        if command.data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        Ok(Self { source, change, data: command.data })
    }
}

/// What a command makes of an EF of records.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Which EF.
    pub id: NodeId,
    /// Its records afterwards.
    pub records: Vec<Vec<u8>>,
    /// The current record afterwards.
    pub current: usize,
}

impl std::fmt::Debug for Recorded {
    // Records are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded").field("records", &self.records.len()).finish_non_exhaustive()
    }
}

impl Tree {
    /// Reads a record, or several one behind the other.
    ///
    /// # Errors
    /// Those of [`Tree::source`]; `6982` where the session may not read the EF, `6981` where it has
    /// no records, `6985` where it is out of use, `6A83` where it has no such record.
    pub fn read_record(
        &self,
        read: ReadRecord,
        place: &mut Place,
        status: &dyn Status,
    ) -> Result<Reply, StatusWord> {
        let id = self.source(read.source, place)?;
        let node = self.permitted(id, |node| &node.rules.read, status)?;
        if read.source != Source::Current {
            place.open(id);
        }
        let Body::Records { records, .. } = &node.body else {
            return Err(StatusWord::INCOMPATIBLE_FILE);
        };
        self.in_use(id)?;
        let ef = place.ef.as_mut().ok_or(StatusWord::NO_CURRENT_EF)?;
        let number = locate(read.which, ef.record, records.len())?;
        let behind = records.get(number - 1..).ok_or(StatusWord::RECORD_NOT_FOUND)?;
        let data = match read.which {
            Which::From(_) => behind.concat(),
            Which::DownTo(_) => behind.iter().rev().flatten().copied().collect(),
            _ => behind.first().cloned().unwrap_or_default(),
        };
        // A number does not move the pointer (ISO/IEC 7816-4 clause 7.3.4).
        if matches!(read.which, Which::First | Which::Last | Which::Next | Which::Previous) {
            ef.record = number;
        }
        let named = read.ne != 0x100 && read.ne != 0x1_0000;
        let short = named && u32::try_from(data.len()).is_ok_and(|len| len < read.ne);
        let sw = if short { StatusWord::END_OF_FILE } else { StatusWord::SUCCESS };
        Ok(Reply { data, sw })
    }

    /// Which EF a command changes, and its records afterwards, which are for the caller to change.
    ///
    /// # Errors
    /// As [`Tree::read_record`] by the other rule; `6700` for a record of a length that the EF does
    /// not take, `6A84` where it is full.
    pub fn write_record(
        &self,
        write: WriteRecord<'_>,
        place: &mut Place,
        status: &dyn Status,
    ) -> Result<Recorded, StatusWord> {
        let id = self.source(write.source, place)?;
        let node = self.permitted(id, |node| &node.rules.update, status)?;
        if write.source != Source::Current {
            place.open(id);
        }
        let Body::Records { structure, size, most, records, .. } = &node.body else {
            return Err(StatusWord::INCOMPATIBLE_FILE);
        };
        self.in_use(id)?;
        let (size, most) = (usize::from(*size), usize::from(*most));
        let fits = match structure {
            Structure::LinearVariable => write.data.len() <= size,
            Structure::LinearFixed | Structure::Cyclic => write.data.len() == size,
        };
        if !fits {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let current = place.ef.as_ref().map_or(0, |ef| ef.record);
        let mut records = records.clone();
        let (which, or) = match write.change {
            Change::Append => return append(id, records, write.data, *structure, most),
            // The one before the newest is the oldest: it makes room (clause 7.3.3).
            Change::Update(Which::Previous) | Change::Or(Which::Previous)
                if *structure == Structure::Cyclic =>
            {
                return append(id, records, write.data, *structure, most);
            }
            Change::Update(which) => (which, false),
            Change::Or(which) => (which, true),
        };
        let number = locate(which, current, records.len())?;
        let record = records.get_mut(number - 1).ok_or(StatusWord::RECORD_NOT_FOUND)?;
        if !or {
            *record = write.data.to_vec();
        } else if record.len() == write.data.len() {
            record.iter_mut().zip(write.data).for_each(|(to, from)| *to |= from);
        } else {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let moves = !matches!(which, Which::Number(_));
        Ok(Recorded { id, records, current: if moves { number } else { current } })
    }
}

fn append(
    id: NodeId,
    mut records: Vec<Vec<u8>>,
    data: &[u8],
    structure: Structure,
    most: usize,
) -> Result<Recorded, StatusWord> {
    let current = if structure == Structure::Cyclic {
        records.insert(0, data.to_vec());
        records.truncate(most);
        1
    } else if records.len() < most {
        records.push(data.to_vec());
        records.len()
    } else {
        return Err(StatusWord::NOT_ENOUGH_MEMORY);
    };
    Ok(Recorded { id, records, current })
}
