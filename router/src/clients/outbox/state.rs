//! What is in an outbox, whose turn it is to write it, and who waits for room.

use std::collections::VecDeque;
use std::sync::Weak;
use std::task::Waker;

use bytes::Bytes;
use tokio::time::Instant;

use super::frames::Frame;
use super::{BYTES, MESSAGES};
use crate::clients::websocket::frame::EMPTY_PING;
use crate::streams::{Listener, Round};

/// What is in an outbox, and how its connection is.
#[derive(Default)]
pub(super) struct State {
    pub(super) frames: VecDeque<Frame>,
    /// Bytes of the first frame that are written.
    pub(super) written: usize,
    /// Messages and bytes of all that is not wholly written, whether it is here or just being written.
    pub(super) messages: usize,
    pub(super) bytes: usize,
    pub(super) turn: Turn,
    pub(super) last_write: Option<Instant>,
    /// The socket takes no more: since when the first frame waits.
    pub(super) blocked: Option<Instant>,
    /// Control frames, which go before the next message.
    pub(super) pong: Option<Bytes>,
    pub(super) ping: bool,
    pub(super) life: Life,
    /// Those who wait for room.
    pub(super) waiting: Vec<Waiting>,
    /// The connection's own task.
    pub(super) owner: Option<Waker>,
}

/// Whose turn it is to write.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Turn {
    /// Whoever puts something in.
    #[default]
    Nobody,
    /// Somebody is about to.
    Due,
    /// The connection's own task, once others had their turn.
    Gathering,
    /// Somebody does at this moment.
    Taken,
}

/// Whether anything is sent.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Life {
    #[default]
    Open,
    /// Nothing more is taken; what is there is still written.
    Closed,
    /// Nothing is written any more.
    Broken,
}

/// Who waits for room.
pub(super) enum Waiting {
    Listener(Weak<dyn Listener>),
    Task(Waker),
}

impl State {
    /// Those who wait are let in before it is empty, so that the connection is kept busy, but not for each single place.
    pub(super) fn has_room(&self) -> bool {
        self.messages <= MESSAGES / 2 && self.bytes <= BYTES / 2
    }

    /// There is something to do for the connection's own task.
    pub(super) fn wake_owner(&self) {
        self.owner.iter().for_each(Waker::wake_by_ref);
    }

    /// Puts control frames where they may be.
    pub(super) fn take_up_control(&mut self) {
        // A message that was begun is finished first, and after a close nothing follows.
        let place = usize::from(self.written > 0);
        if self.life != Life::Open {
            return;
        }
        if std::mem::take(&mut self.ping) {
            self.frames.insert(place, Frame::control(Bytes::from_static(EMPTY_PING)));
        }
        if let Some(pong) = self.pong.take() {
            self.frames.insert(place, Frame::control(pong));
        }
    }

    /// Notes that so many more bytes are written, and lets go of what is written wholly.
    pub(super) fn advance(&mut self, batch: &mut VecDeque<Frame>, more: usize) {
        self.written += more;
        let now = Instant::now();
        self.last_write = Some(now);
        while let Some(length) = batch.front().map(Frame::len).filter(|&length| length <= self.written) {
            self.written -= length;
            let frame = batch.pop_front().expect("there is a first");
            self.forget(&frame);
            // The next one waits from now on.
            self.blocked = self.blocked.map(|_| now);
        }
    }

    /// It is written, or taken.
    pub(super) fn forget(&mut self, frame: &Frame) {
        if frame.is_message {
            self.messages -= 1;
            self.bytes -= frame.message.len();
        }
    }
}

impl Waiting {
    /// There is room.
    pub(super) fn tell(self, round: &mut Round) {
        match self {
            Self::Listener(listener) => listener.upgrade().into_iter().for_each(|listener| listener.room(round)),
            Self::Task(waker) => waker.wake(),
        }
    }

    /// Nothing is sent any more: listeners end with their connection.
    pub(super) fn end(self) {
        if let Self::Task(waker) = self {
            waker.wake();
        }
    }
}
