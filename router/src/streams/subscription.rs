//! One subscription of one client, whatever the transport: its place in a stream, for as long as its rights last.

use std::sync::{Arc, Weak};

use cloudphone_core::Origin;
use cloudphone_traffic::headers::ClientHeaders;

use super::Streams;
use super::event::Event;
use super::key::Asked;
use super::listeners::Listener;
use super::places::Place;
use super::reload::Tie;
use super::rules::Overrun;
use super::shared::{Over, Reader, Received};
use crate::authentication::AuthenticationError;
use crate::gateway::{Prepared, Scope};
use crate::session::Entitled;

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// An event.
    Event(Arc<Event>),
    /// Nothing any more.
    End(StreamEnd),
}

/// What is to be done about a subscription.
#[derive(Debug)]
pub enum Step {
    /// An event is to be delivered.
    Event(Arc<Event>),
    /// Wait for news.
    Nothing,
    /// It must be opened again.
    Reopen,
    /// Nothing comes any more.
    End(StreamEnd),
}

/// How a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The source has no more events.
    Completed,
    /// The client could not keep up, and this subscription leaves nothing out.
    TooSlow,
    /// The supergraph changed, and what was asked is answered by another plan or not at all.
    Superseded,
    /// The caller's right to it ended.
    Denied(AuthenticationError),
}

impl StreamEnd {
    /// The code and the message for a subscription that ended because its reader is slow.
    pub const TOO_SLOW: (&str, &str) =
        ("SUBSCRIBER_TOO_SLOW", "Events came faster than they were read; subscribe again.");
    /// The code and the message for a subscription that ended because the supergraph changed.
    pub const SUPERSEDED: (&str, &str) = ("SUPERGRAPH_CHANGED", "The graph has changed; subscribe again.");
}

/// A client's subscription. When the caller's rights change it begins anew under the new ones.
pub struct Subscription {
    streams: Streams,
    asked: Arc<Asked>,
    origin: Arc<Origin>,
    headers: ClientHeaders,
    entitled: Entitled,
    reader: Option<Reader>,
    tie: Arc<Tie>,
    /// It was overrun, and has a stream of its own since.
    alone: bool,
    /// Events were left out before the next one.
    gap: bool,
    _place: Option<Place>,
}

impl Subscription {
    pub(super) fn new(
        streams: Streams,
        asked: Arc<Asked>,
        (origin, headers): (Arc<Origin>, ClientHeaders),
        entitled: Entitled,
        place: Option<Place>,
    ) -> Self {
        Self {
            streams,
            asked,
            origin,
            headers,
            entitled,
            reader: None,
            tie: Arc::default(),
            alone: false,
            gap: false,
            _place: place,
        }
    }

    /// The next event, or the end; nothing is lost when this is cancelled.
    pub async fn next(&mut self) -> Next {
        loop {
            match self.step() {
                Step::Event(event) => return Next::Event(event),
                Step::End(end) => return Next::End(end),
                Step::Reopen => {
                    // Boxed, as a quiet subscription must not keep room for it.
                    if let Err(end) = Box::pin(self.reopen()).await {
                        return Next::End(end);
                    }
                }
                Step::Nothing => {
                    let reader = self.reader.as_ref().expect("it is open when there is nothing to take");
                    tokio::select! {
                        // Which rights it has now is seen by the next step.
                        () = self.entitled.changed() => {}
                        () = reader.news() => {}
                    }
                }
            }
        }
    }

    /// What is to be done now, without waiting.
    pub fn step(&mut self) -> Step {
        if self.entitled.has_changed() {
            self.start_anew();
        }
        loop {
            let Some(reader) = &mut self.reader else { return Step::Reopen };
            match reader.take() {
                None => return Step::Nothing,
                Some(Received::Event(event)) => {
                    let event = if std::mem::take(&mut self.gap) { Arc::new(event.after_gap()) } else { event };
                    reader.stream().statistics.delivered(&event);
                    return Step::Event(event);
                }
                Some(Received::Over(Over::Completed)) => return Step::End(StreamEnd::Completed),
                Some(Received::Over(Over::Superseded)) => return Step::End(StreamEnd::Superseded),
                Some(Received::Behind(events)) => {
                    reader.stream().statistics.dropped(events);
                    match reader.stream().rule.overrun {
                        Overrun::Skip => {
                            reader.skip_to_oldest();
                            self.gap = true;
                        }
                        Overrun::Latest => {
                            let more = reader.skip_to_newest();
                            reader.stream().statistics.dropped(more);
                            self.gap = true;
                        }
                        Overrun::Anew => {
                            self.reader = None;
                            (self.alone, self.gap) = (true, true);
                        }
                        Overrun::Disconnect => return Step::End(StreamEnd::TooSlow),
                    }
                }
            }
        }
    }

    /// Has somebody told of news, until it is opened again.
    pub fn listen(&mut self, listener: Weak<dyn Listener>) {
        if let Some(reader) = &mut self.reader {
            reader.listen(listener);
        }
    }

    /// Whether the rights have changed since it was opened.
    pub fn is_outdated(&self) -> bool {
        self.entitled.has_changed()
    }

    /// Waits for a write, but not beyond the rights under which its event was made; none when these ended meanwhile.
    pub async fn while_entitled<T>(&mut self, write: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.entitled.changed() => {
                self.start_anew();
                None
            }
            written = write => Some(written),
        }
    }

    fn start_anew(&mut self) {
        self.reader = None;
        (self.alone, self.gap) = (false, false);
    }

    /// What tells from beside how its stream is.
    pub fn tie(&self) -> Arc<Tie> {
        Arc::clone(&self.tie)
    }

    /// Begins anew, by the plan of now; an error is its end.
    pub async fn reopen(&mut self) -> Result<(), StreamEnd> {
        self.entitled.now().caller().map_err(StreamEnd::Denied)?;
        let gateway = &self.streams.inner.gateway;
        let prepared = gateway.prepare_again(&self.asked.source, &self.asked.variables).await;
        self.open(&prepared.ok_or(StreamEnd::Superseded)?).map_err(StreamEnd::Denied)
    }

    pub(super) fn open(&mut self, prepared: &Prepared) -> Result<(), AuthenticationError> {
        let caller = self.entitled.see().caller()?;
        let scope = Scope { caller, origin: Origin::clone(&self.origin), headers: self.headers.clone() };
        let reader = if self.alone {
            self.streams.open_alone(prepared, &self.asked, scope)
        } else {
            self.streams.open(prepared, &self.asked, scope)
        };
        self.tie.bind(&self.streams, reader.stream());
        // The same in its contents; a crowd of subscribers holds it once.
        self.asked = Arc::clone(&reader.stream().course.asked);
        self.reader = Some(reader);
        Ok(())
    }
}
