//! The way of one subscription's events to its connection: by whoever made them, without a task in between.
//!
//! An event goes from its stream into the connection's outbox in the task that made it. Only what has to wait gets a task for
//! that time: to begin anew under other rights or by another plan, and to say the last word.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::Inner;
use crate::clients::envelope::{Envelope, Message};
use crate::clients::outbox::{Outbox, Pushed};
use crate::streams::{Listener, Round, Step, StreamEnd, Subscription};

/// A subscription on its connection.
pub(super) struct Delivery {
    /// Whose it is.
    operations: Weak<Inner>,
    out: Arc<Outbox>,
    pub(super) envelope: Envelope,
    /// Which of the connection's operations it is.
    pub(super) number: u64,
    course: Mutex<Course>,
}

#[derive(Default)]
struct Course {
    /// Absent while a task has it.
    subscription: Option<Box<Subscription>>,
    /// What there was no room for; boxed, as most have nothing here.
    held: Option<Box<Message>>,
    /// It is told when there is room.
    waits: bool,
    /// The client wants no more of it.
    stopped: bool,
}

/// What takes a task.
pub(super) enum Turn {
    /// It must be opened again.
    Reopen(Box<Subscription>),
    /// It has ended.
    End(StreamEnd),
}

impl Delivery {
    pub(super) fn new(operations: &Arc<Inner>, envelope: Envelope, number: u64) -> Arc<Self> {
        Arc::new(Self {
            operations: Arc::downgrade(operations),
            out: Arc::clone(&operations.out),
            envelope,
            number,
            course: Mutex::default(),
        })
    }

    /// Delivers from now on.
    pub(super) fn begin(self: &Arc<Self>, mut subscription: Box<Subscription>) {
        let listener: Weak<Self> = Arc::downgrade(self);
        subscription.listen(listener);
        let mut course = self.course.lock();
        if course.stopped {
            return;
        }
        course.subscription = Some(subscription);
        drop(course);
        // What came before it could listen.
        Arc::clone(self).news(&mut Round::default());
    }

    /// Delivers nothing any more.
    pub(super) fn stop(&self) {
        let mut course = self.course.lock();
        course.stopped = true;
        let left = (course.subscription.take(), course.held.take());
        drop(course);
        // Leaving a stream may end it, with all that this takes.
        drop(left);
    }

    /// Hands on what there is, until there is no more of it or no room. None when all is well.
    fn hand_on(self: &Arc<Self>, course: &mut Course, round: &mut Round) -> Option<Turn> {
        loop {
            let subscription = course.subscription.as_mut()?;
            // What was held is not told beyond the rights under which it was made.
            let held = course.held.take().filter(|_| !subscription.is_outdated());
            let message = match held {
                Some(message) => *message,
                None => match subscription.step() {
                    Step::Event(event) => self.envelope.next(event.body()),
                    Step::Nothing => return None,
                    Step::Reopen => return course.subscription.take().map(Turn::Reopen),
                    Step::End(end) => {
                        course.subscription = None;
                        return Some(Turn::End(end));
                    }
                },
            };
            if let Some(message) = self.put(message, round) {
                course.held = Some(Box::new(message));
                if !course.waits {
                    course.waits = true;
                    let listener: Weak<Self> = Arc::downgrade(self);
                    self.out.tell_of_room(listener);
                }
                return None;
            }
        }
    }

    /// Gives the message back when there is no room for it.
    fn put(&self, message: Message, round: &mut Round) -> Option<Message> {
        let message = match self.out.push(message) {
            Pushed::Full(message) => message,
            pushed => {
                self.due(&pushed, round);
                return None;
            }
        };
        // It may only be full of what this round has yet to write.
        self.out.write_now();
        match self.out.push(message) {
            Pushed::Full(message) => Some(message),
            pushed => {
                self.due(&pushed, round);
                None
            }
        }
    }

    fn due(&self, pushed: &Pushed, round: &mut Round) {
        if matches!(pushed, Pushed::Due) {
            let out: Arc<Outbox> = Arc::clone(&self.out);
            round.due(out);
        }
    }
}

impl Listener for Delivery {
    fn news(self: Arc<Self>, round: &mut Round) {
        let mut course = self.course.lock();
        let turn = self.hand_on(&mut course, round);
        drop(course);
        if let Some(turn) = turn
            && let Some(operations) = self.operations.upgrade()
        {
            operations.take_turn(&self, turn);
        }
    }

    fn room(self: Arc<Self>, round: &mut Round) {
        self.course.lock().waits = false;
        self.news(round);
    }
}
