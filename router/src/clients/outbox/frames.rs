//! What is written: messages behind their heads, and control frames between them.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::Bytes;

use crate::clients::envelope::Message;
use crate::clients::websocket::frame::Head;

/// A frame, or a message of a protocol without frames.
pub(super) struct Frame {
    pub(super) head: Head,
    pub(super) message: Message,
    /// A message counts towards the limits, a control frame does not.
    pub(super) is_message: bool,
}

impl Frame {
    /// One that goes beside the messages.
    pub(super) fn control(bytes: Bytes) -> Self {
        Self { head: Head::default(), message: Message::from(bytes), is_message: false }
    }

    fn parts(&self) -> [&[u8]; 4] {
        let [head, payload, tail] = self.message.parts();
        [self.head.as_slice(), head, payload, tail]
    }

    /// Its bytes on the wire.
    pub(super) fn len(&self) -> usize {
        self.head.as_slice().len() + self.message.len()
    }
}

/// The bytes of frames of which so many are written.
pub(super) fn slices(frames: &VecDeque<Frame>, written: usize) -> Vec<IoSlice<'_>> {
    let mut slices = Vec::with_capacity(frames.len() * 4);
    let mut skip = written;
    for part in frames.iter().flat_map(Frame::parts) {
        let skipped = skip.min(part.len());
        skip -= skipped;
        if skipped < part.len() {
            slices.push(IoSlice::new(&part[skipped..]));
        }
    }
    slices
}
