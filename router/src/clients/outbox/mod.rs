//! What is to be sent on a connection that many operations share: bounded, and written by whoever puts something into it.
//!
//! Who has something to send writes it to the socket at once, without waking anybody. What the socket does not take stays, and
//! the connection's own task goes on with it as soon as the socket takes more. While one writes, others add to what is written
//! next; the order of what was put in is kept, and a message that was begun is finished before another begins.

mod frames;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use frames::{Frame, slices};
use state::{Life, State, Turn, Waiting};

use super::envelope::Message;
use super::websocket::bytes::ByteStream;
use super::websocket::frame::Head;
use crate::streams::{Gathered, Listener, Round};

/// Messages that wait for a slow client; operations hold back while there are so many.
const MESSAGES: usize = 64;
/// Bytes of messages that wait for a slow client; a single message may be larger.
const BYTES: usize = 1024 * 1024;

/// A connection that was written so recently gathers what else comes in this turn of the scheduler: where many streams have
/// events for one connection, they come at once.
const GATHER: Duration = Duration::from_millis(1);

/// What waits to be sent on one connection.
pub struct Outbox {
    state: Mutex<State>,
    /// Where it is written; absent: somebody takes the messages and does that.
    stream: Option<ByteStream>,
}

/// What became of a message.
pub enum Pushed {
    /// It is in; whoever put it in sees to it that it is written, by [`Outbox::flush`].
    Due,
    /// It is in, and is written without further ado.
    Queued,
    /// There is no room.
    Full(Message),
    /// Nothing is sent any more.
    Gone,
}

impl Outbox {
    /// Empty, before a WebSocket.
    pub fn of_socket(stream: ByteStream) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), stream: Some(stream) })
    }

    /// Empty, for somebody who takes the messages.
    pub fn of_messages() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), stream: None })
    }

    /// The bytes below it.
    pub fn stream(&self) -> Option<&ByteStream> {
        self.stream.as_ref()
    }

    /// Puts a message in.
    pub fn push(&self, message: Message) -> Pushed {
        let mut state = self.state.lock();
        if state.life != Life::Open {
            return Pushed::Gone;
        }
        if state.messages >= MESSAGES || (state.messages > 0 && state.bytes + message.len() > BYTES) {
            return Pushed::Full(message);
        }
        let head = if self.stream.is_some() { Head::of_text(message.len()) } else { Head::default() };
        state.messages += 1;
        state.bytes += message.len();
        state.frames.push_back(Frame { head, message, is_message: true });
        if state.turn != Turn::Nobody || state.blocked.is_some() {
            return Pushed::Queued;
        }
        state.turn = Turn::Due;
        Pushed::Due
    }

    /// Puts a message in and writes it, or waits until there is room; false when nothing is sent any more.
    pub async fn send(&self, message: Message) -> bool {
        let mut message = Some(message);
        poll_fn(|context| {
            let Some(next) = message.take() else { return Poll::Ready(false) };
            match self.push(next) {
                Pushed::Due => {
                    self.flush();
                    Poll::Ready(true)
                }
                Pushed::Queued => Poll::Ready(true),
                Pushed::Gone => Poll::Ready(false),
                Pushed::Full(back) => {
                    message = Some(back);
                    self.wait(Waiting::Task(context.waker().clone()));
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Puts a message in if there is room; false otherwise.
    pub fn try_send(&self, message: Message) -> bool {
        match self.push(message) {
            Pushed::Due => {
                self.flush();
                true
            }
            Pushed::Queued => true,
            Pushed::Full(_) | Pushed::Gone => false,
        }
    }

    /// Tells this one when there is room.
    pub fn tell_of_room(&self, listener: Weak<dyn Listener>) {
        self.wait(Waiting::Listener(listener));
    }

    fn wait(&self, waiting: Waiting) {
        let mut state = self.state.lock();
        state.waiting.push(waiting);
        // It may have come before one could be told.
        if state.has_room() || state.life != Life::Open {
            state.wake_owner();
        }
    }

    /// Asks the client whether it is there.
    pub fn ping(&self) {
        self.state.lock().ping = true;
        self.write_now();
    }

    /// Answers a ping; only the newest is answered (RFC 6455 §5.5.3), so that a flood of them gathers nothing.
    pub fn pong(&self, frame: Bytes) {
        self.state.lock().pong = Some(frame);
        self.write_now();
    }

    /// Takes nothing any more but this last frame.
    pub fn close(&self, last: Bytes) {
        let mut state = self.state.lock();
        if state.life == Life::Open {
            state.life = Life::Closed;
            state.frames.push_back(Frame::control(last));
        }
        drop(state);
        self.write_now();
    }

    /// Nobody takes or writes anything any more.
    pub fn abandon(&self) {
        let mut state = self.state.lock();
        state.life = Life::Broken;
        state.frames = VecDeque::new();
        state.wake_owner();
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waiting::end);
    }

    /// Since when the first message waits for a socket that takes nothing.
    pub fn blocked_since(&self) -> Option<Instant> {
        self.state.lock().blocked
    }

    /// Whether everything is written, so far as it can be.
    pub fn is_done(&self) -> bool {
        let state = self.state.lock();
        state.life == Life::Broken || (state.frames.is_empty() && state.turn != Turn::Taken)
    }

    /// Writes what the socket did not take before and lets in those who wait; the connection's own task calls it, and is woken
    /// when there is more to do. Ready when the connection is broken.
    pub fn poll_write(&self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            {
                let mut state = self.state.lock();
                if state.owner.as_ref().is_none_or(|owner| !owner.will_wake(context.waker())) {
                    state.owner = Some(context.waker().clone());
                }
            }
            if self.gathers_on(context) {
                return Poll::Pending;
            }
            if let Some(stream) = &self.stream {
                let attempt = |slices: &[IoSlice<'_>]| match stream.poll_write(context, slices) {
                    Poll::Ready(written) => written,
                    Poll::Pending => Err(ErrorKind::WouldBlock.into()),
                };
                self.write(true, attempt);
                if let Poll::Ready(Err(_)) = stream.poll_flush(context) {
                    self.state.lock().life = Life::Broken;
                }
            }
            let mut state = self.state.lock();
            if state.life == Life::Broken {
                let waiting = std::mem::take(&mut state.waiting);
                drop(state);
                waiting.into_iter().for_each(Waiting::end);
                return Poll::Ready(());
            }
            if state.waiting.is_empty() || !state.has_room() {
                return Poll::Pending;
            }
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            let mut round = Round::default();
            for one in waiting {
                one.tell(&mut round);
            }
        }
    }

    /// The next message, for somebody who takes them; none when nothing comes any more.
    pub async fn next(&self) -> Option<Bytes> {
        poll_fn(|context| {
            if let Some(message) = self.try_next() {
                return Poll::Ready(Some(message));
            }
            self.poll_write(context).map(|()| None)
        })
        .await
    }

    /// The next message, if there is one already.
    pub fn try_next(&self) -> Option<Bytes> {
        let mut state = self.state.lock();
        state.turn = Turn::Nobody;
        let frame = state.frames.pop_front()?;
        state.forget(&frame);
        if state.has_room() && !state.waiting.is_empty() {
            state.wake_owner();
        }
        Some(frame.message.into_bytes())
    }

    /// Writes as much as goes without waiting.
    pub fn write_now(&self) {
        match &self.stream {
            Some(stream) => self.write(false, |slices| stream.try_write(slices)),
            None => self.state.lock().wake_owner(),
        }
    }

    /// Whether the owner lets others go first, who have more for it.
    fn gathers_on(&self, context: &Context<'_>) -> bool {
        let mut state = self.state.lock();
        let gathers = state.turn == Turn::Gathering;
        if gathers {
            state.turn = Turn::Due;
            // A task that wakes itself goes behind all that are ready.
            context.waker().wake_by_ref();
        }
        gathers
    }

    /// Writes by `attempt` until nothing is left or no more is taken.
    fn write(&self, by_owner: bool, mut attempt: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) {
        let mut state = self.state.lock();
        if state.turn == Turn::Taken {
            return;
        }
        state.turn = Turn::Nobody;
        if state.life == Life::Broken || (state.blocked.is_some() && !by_owner) {
            return;
        }
        state.turn = Turn::Taken;
        let mut batch = VecDeque::new();
        loop {
            state.take_up_control();
            if state.frames.is_empty() {
                state.blocked = None;
                break;
            }
            std::mem::swap(&mut batch, &mut state.frames);
            let written = state.written;
            // Others may put more in meanwhile.
            let outcome = MutexGuard::unlocked(&mut state, || attempt(&slices(&batch, written)));
            let refused = match &outcome {
                Ok(0) => true,
                Ok(more) => {
                    state.advance(&mut batch, *more);
                    false
                }
                Err(error) => error.kind() != ErrorKind::Interrupted,
            };
            // What is left goes before what came meanwhile.
            batch.append(&mut state.frames);
            std::mem::swap(&mut batch, &mut state.frames);
            if refused {
                if !outcome.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                    state.life = Life::Broken;
                }
                state.blocked.get_or_insert_with(Instant::now);
                break;
            }
        }
        state.turn = Turn::Nobody;
        if state.frames.is_empty() {
            // A connection on which nothing happens holds no room for it.
            state.frames = VecDeque::new();
        }
        let owner_has_work = state.life == Life::Broken || state.blocked.is_some() || !state.waiting.is_empty();
        if owner_has_work && !by_owner {
            state.wake_owner();
        }
    }
}

impl Gathered for Outbox {
    fn flush(&self) {
        let mut state = self.state.lock();
        if state.turn == Turn::Gathering {
            return;
        }
        let recently = state.last_write.is_some_and(|last| last.elapsed() < GATHER);
        if recently && state.turn == Turn::Due && state.owner.is_some() {
            state.turn = Turn::Gathering;
            return state.wake_owner();
        }
        drop(state);
        self.write_now();
    }
}
