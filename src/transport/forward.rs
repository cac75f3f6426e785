//! What a layer leaves to the reader below it.

/// The calls of a [`Transport`](super::Transport) that are the reader's own affair, as they are:
/// `forward_to_reader!(self => self.inner);`. A layer without them would hide that there is a reader.
macro_rules! forward_to_reader {
    ($this:ident => $below:expr) => {
        fn begin_transaction(
            &mut $this,
            deadline: $crate::transport::Deadline,
        ) -> Result<(), $crate::transport::TransportError> {
            $below.begin_transaction(deadline)
        }

        fn end_transaction(&mut $this) -> Result<(), $crate::transport::TransportError> {
            $below.end_transaction()
        }

        fn leave_card(
            &mut $this,
            end: $crate::transport::pcsc::End,
        ) -> Result<(), $crate::transport::TransportError> {
            $below.leave_card(end)
        }

        fn control(
            &mut $this,
            code: u32,
            data: &[u8],
            response: &mut Vec<u8>,
            deadline: $crate::transport::Deadline,
        ) -> Result<(), $crate::transport::TransportError> {
            $below.control(code, data, response, deadline)
        }
    };
}
pub(super) use forward_to_reader;
