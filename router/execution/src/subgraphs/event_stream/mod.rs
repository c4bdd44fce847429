//! Subscriptions of a subgraph as Server-Sent Events: graphql-sse in its "distinct connections" mode.
//!
//! Each subscription is a request of its own, so that a slow subscriber holds back only itself. When the stream ends without
//! `complete`, it is asked for again: with `Last-Event-ID` when its events had identifiers, so that nothing is lost, else the first
//! event after that tells of a possible gap.

pub mod frames;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http::{HeaderValue, StatusCode, header};
use metrics::counter;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use self::frames::{Frame, Frames};
use crate::{
    request::{Loss, SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService},
    subgraphs::{
        http::{RequestDecorator, call_headers, is_graphql_response},
        only_result,
        reach::{Reach, failure},
        recovery::{Outage, Recovery},
    },
};

/// How to reach a subgraph's subscriptions.
#[derive(Debug, Clone)]
pub struct EventStreamOptions {
    /// Where it answers: `http://…` or `https://…`.
    pub url: Url,
    /// How to get there.
    pub reach: Reach,
    /// How long connecting and the head of the answer may take.
    pub connect_timeout: Duration,
    /// A stream on which nothing comes for so long, not even a comment, is lost; none: silence is no loss, as not every subgraph
    /// sends comments.
    pub silence: Option<Duration>,
    /// When to look for a lost subgraph.
    pub recovery: Recovery,
    /// Larger events end the stream.
    pub max_message_bytes: usize,
}

impl EventStreamOptions {
    /// The defaults for a URL.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            reach: Reach::default(),
            connect_timeout: Duration::from_secs(10),
            silence: None,
            recovery: Recovery::default(),
            max_message_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The subscriptions of a subgraph.
pub struct EventStreamSubgraph {
    options: Arc<EventStreamOptions>,
    client: reqwest::Client,
    decorator: Option<Arc<dyn RequestDecorator>>,
}

impl EventStreamSubgraph {
    /// Subscriptions at a URL; fails when TLS cannot be set up.
    pub fn new(options: EventStreamOptions) -> Result<Self, SubgraphError> {
        let builder = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            // A machine that is gone without a word.
            .tcp_keepalive(Duration::from_secs(15));
        let client = options.reach.client(&options.url, builder)?;
        Ok(Self { options: Arc::new(options), client, decorator: None })
    }

    /// Decorates every request.
    #[must_use]
    pub fn with_decorator(mut self, decorator: Arc<dyn RequestDecorator>) -> Self {
        self.decorator = Some(decorator);
        self
    }
}

#[async_trait]
impl SubgraphService for EventStreamSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        only_result(self.subscribe(request).await?).await
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let last_id = request.position.as_deref().map(str::to_owned);
        let mut source = Source {
            options: Arc::clone(&self.options),
            client: self.client.clone(),
            decorator: self.decorator.clone(),
            request,
            response: None,
            frames: Frames::new(self.options.max_message_bytes),
            last_id,
            ready: VecDeque::new(),
            began: Instant::now(),
            events: false,
            outage: None,
            over: false,
        };
        source.connect().await.map_err(Broken::into_error)?;
        Ok(stream::unfold(source, Source::next).boxed())
    }
}

/// Why a stream is of no more use.
enum Broken {
    /// It may work again.
    Lost(SubgraphError),
    /// It will not.
    Refused(SubgraphError),
}

impl Broken {
    fn into_error(self) -> SubgraphError {
        match self {
            Self::Lost(error) | Self::Refused(error) => error,
        }
    }
}

struct Source {
    options: Arc<EventStreamOptions>,
    client: reqwest::Client,
    decorator: Option<Arc<dyn RequestDecorator>>,
    request: SubgraphRequest,
    response: Option<reqwest::Response>,
    frames: Frames,
    /// The position of the last event, over all connections.
    last_id: Option<String>,
    ready: VecDeque<Frame>,
    began: Instant,
    /// Whether the present connection has brought an event.
    events: bool,
    outage: Option<Outage>,
    over: bool,
}

impl Source {
    async fn connect(&mut self) -> Result<(), Broken> {
        let mut headers = call_headers(&self.request, self.decorator.as_ref());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(id) = self.last_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert("last-event-id", id);
        }
        let call = self.client.post(self.options.url.clone()).headers(headers).body(self.request.to_json());
        let sent = timeout(self.options.connect_timeout, call.send()).await;
        let response =
            sent.map_err(|_| Broken::Lost(SubgraphError::Timeout))?.map_err(|error| Broken::Lost(failure(&error)))?;
        let status = response.status();
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_stream =
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"));
        (self.began, self.events) = (Instant::now(), false);
        self.frames = Frames::new(self.options.max_message_bytes);
        if status.is_success() && is_stream {
            self.response = Some(response);
            return Ok(());
        }
        // What cannot be run is answered without a stream.
        if let Ok(Ok(body)) = timeout(self.options.connect_timeout, self.whole(response)).await
            && is_graphql_response(&body)
        {
            self.ready.push_back(Frame { event: "next".to_owned(), data: body });
            self.ready.push_back(Frame { event: "complete".to_owned(), data: Bytes::new() });
            return Ok(());
        }
        // 204 is how a server says that one should not come again (WHATWG HTML §9.2.3).
        let returns = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        Err(if status.is_success() {
            Broken::Refused(SubgraphError::InvalidResponse("its answer is no event stream".to_owned()))
        } else if returns {
            Broken::Lost(SubgraphError::Status { status: status.as_u16(), retry_after: None })
        } else {
            Broken::Refused(SubgraphError::Status { status: status.as_u16(), retry_after: None })
        })
    }

    async fn whole(&self, mut response: reqwest::Response) -> Result<Bytes, SubgraphError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > self.options.max_message_bytes {
                return Err(SubgraphError::TooLarge { limit: self.options.max_message_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The next event with the rest of them, as [`stream::unfold`] wants it.
    async fn next(mut self) -> Option<(SubgraphEvent, Self)> {
        while !self.over {
            let error = match self.listen().await {
                Ok(Some(body)) => return Some((SubgraphEvent::Next(body), self)),
                Ok(None) => return None,
                Err(Broken::Refused(error)) => error,
                Err(Broken::Lost(error)) => match self.reconnect(error).await {
                    // The other side goes on after the last event that we have.
                    Ok(()) if self.last_id.is_some() => continue,
                    Ok(()) => return Some((SubgraphEvent::Resumed, self)),
                    Err(Broken::Refused(error)) => error,
                    Err(Broken::Lost(error)) => {
                        self.over = true;
                        let position = self.last_id.as_deref().map(Arc::from);
                        let loss = Loss { error, position, pause: self.frames.retry() };
                        return Some((SubgraphEvent::Lost(loss), self));
                    }
                },
            };
            self.over = true;
            return Some((SubgraphEvent::Failed(error), self));
        }
        None
    }

    /// Waits for an event; none when there are no more.
    async fn listen(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            while let Some(Frame { event, data }) = self.ready.pop_front() {
                match event.as_str() {
                    "next" => {
                        self.events = true;
                        return Ok(Some(data));
                    }
                    "complete" => return Ok(None),
                    // Others may be added to the protocol.
                    _ => {}
                }
            }
            let ended =
                || Broken::Lost(SubgraphError::Unreachable("the stream ended before it was complete".to_owned()));
            let response = self.response.as_mut().ok_or_else(ended)?;
            let chunk = match self.options.silence {
                Some(limit) => {
                    timeout(limit, response.chunk()).await.map_err(|_| Broken::Lost(SubgraphError::Timeout))?
                }
                None => response.chunk().await,
            };
            let chunk = chunk.map_err(|error| Broken::Lost(failure(&error)))?.ok_or_else(ended)?;
            let ready = &mut self.ready;
            let read = self.frames.read(&chunk, |frame| ready.push_back(frame));
            read.map_err(|_| Broken::Refused(SubgraphError::TooLarge { limit: self.options.max_message_bytes }))?;
            if let Some(id) = self.frames.last_id() {
                self.last_id = Some(id.to_owned()).filter(|id| !id.is_empty());
            }
        }
    }

    async fn reconnect(&mut self, mut error: SubgraphError) -> Result<(), Broken> {
        self.response = None;
        tracing::warn!(subgraph = %self.request.subgraph, %error, "an event stream was lost");
        counter!("cloudphone_graphql_upstream_lost_total", "subgraph" => self.request.subgraph.to_string())
            .increment(1);
        let recovery = &self.options.recovery;
        let mut outage = Outage::after(self.outage.take(), recovery, self.began.elapsed(), self.events);
        if let Some(pause) = self.frames.retry() {
            outage.at_least(pause);
        }
        while let Some(pause) = outage.next_pause() {
            sleep(pause).await;
            match self.connect().await {
                Ok(()) => {
                    self.outage = Some(outage);
                    return Ok(());
                }
                Err(refusal @ Broken::Refused(_)) => return Err(refusal),
                Err(Broken::Lost(reason)) => error = reason,
            }
        }
        Err(Broken::Lost(error))
    }
}
