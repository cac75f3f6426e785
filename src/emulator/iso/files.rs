//! Commands to the content of EFs.

use crate::{
    apdu::{CommandView, StatusWord},
    emulator::{
        applet::Reply,
        card::{Card, Parts},
        fs::{
            Body, Content, Node, NodeId, ReadRecord, WriteBinary, WriteRecord, decode, encode,
            entry_name,
        },
        store::Change,
    },
};

impl Card {
    /// UPDATE, WRITE and ERASE BINARY.
    pub(super) fn write_binary(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let write = WriteBinary::parse(command)?;
        let status = self.seen(command.header);
        let Self { parts: Parts { tree, .. }, channels, .. } = self;
        let (id, bytes) = tree.write_binary(write, &mut channels.here().place, &status)?;
        self.change(id, |body| {
            if let Body::Transparent { content, .. } = body {
                *content = Content::Bytes(bytes);
            }
        })?;
        Ok(Reply::data(Vec::new()))
    }

    /// READ RECORD.
    pub(super) fn read_record(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let read = ReadRecord::parse(command)?;
        let status = self.seen(command.header);
        let Self { parts: Parts { tree, .. }, channels, .. } = self;
        tree.read_record(read, &mut channels.here().place, &status)
    }

    /// UPDATE, WRITE and APPEND RECORD.
    pub(super) fn write_record(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        let write = WriteRecord::parse(command)?;
        let status = self.seen(command.header);
        let Self { parts: Parts { tree, .. }, channels, .. } = self;
        let recorded = tree.write_record(write, &mut channels.here().place, &status)?;
        self.change(recorded.id, |body| {
            if let Body::Records { records, .. } = body {
                *records = recorded.records;
            }
        })?;
        if let Some(ef) = &mut self.channels.here().place.ef {
            ef.record = recorded.current;
        }
        Ok(Reply::data(Vec::new()))
    }

    fn change(&mut self, id: NodeId, to: impl FnOnce(&mut Body)) -> Result<(), StatusWord> {
        let mut node = self.parts.tree.node(id).cloned().ok_or(StatusWord::NOT_FOUND)?;
        to(&mut node.body);
        self.replace(id, node)
    }

    /// Keeps a file that has changed, then changes it.
    ///
    /// # Errors
    /// `6581` where it cannot be kept, or could not be read again.
    pub(super) fn replace(&mut self, id: NodeId, node: Node) -> Result<(), StatusWord> {
        let kept = encode(&node);
        if decode(&kept).is_none() {
            return Err(StatusWord::MEMORY_FAILURE);
        }
        self.keep(&[Change::set(entry_name(&self.parts.tree, id), kept)])?;
        if let Some(old) = self.parts.tree.node_mut(id) {
            *old = node;
        }
        Ok(())
    }
}
