//! The subgraph that owns notes and streams new ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, ID, Object, Result, Schema, SimpleObject, Subscription};
use chrono::Utc;
use cloudphone_core::Permission;
use cloudphone_graphql::{Subgraph, caller, origin, to_graphql_error};
use futures::{Stream, StreamExt as _, stream};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// Notes, and where new ones are announced.
#[derive(Clone)]
pub struct Notes {
    written: Arc<Mutex<Vec<Note>>>,
    pub added: broadcast::Sender<Note>,
    /// Events that `flood` has made.
    pub flooded: Arc<AtomicU64>,
    /// Streams of added notes that have begun.
    pub begun: Arc<AtomicU64>,
    /// Floods under way.
    pub floods: Arc<()>,
}

impl Notes {
    pub fn new() -> Self {
        let (added, _) = broadcast::channel(1024);
        Self { written: Arc::default(), added, flooded: Arc::default(), begun: Arc::default(), floods: Arc::default() }
    }

    /// Writes a note and announces it.
    pub fn write(&self, text: &str) {
        self.written.lock().push(note(text, "1"));
        self.announce(text, "1");
    }

    /// Announces a note to all who listen.
    pub fn announce(&self, text: &str, author: &str) {
        // Nobody listening is fine: tests wait for listeners themselves.
        let _ = self.added.send(note(text, author));
    }

    /// Waits until another stream of added notes has begun than had before.
    pub async fn begun_after(&self, before: u64) {
        super::until("another stream begins", || self.begun.load(Ordering::SeqCst) > before).await;
    }

    /// Waits until so many listen.
    pub async fn listened_to_by(&self, count: usize) {
        super::until(&format!("{count} listen"), || self.added.receiver_count() == count).await;
    }
}

fn note(text: &str, author: &str) -> Note {
    Note { id: ID(text.to_owned()), text: text.to_owned(), author: Account { id: ID(author.to_owned()) } }
}

#[derive(Clone, SimpleObject)]
pub struct Note {
    id: ID,
    text: String,
    author: Account,
}

#[derive(Clone)]
pub struct Account {
    id: ID,
}

#[Object]
impl Account {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn notes(&self, ctx: &Context<'_>) -> Vec<Note> {
        let written = ctx.data_unchecked::<Notes>().written.lock();
        written.iter().filter(|note| note.author.id == self.id).cloned().collect()
    }
}

struct Query;

#[Object]
impl Query {
    async fn notes(&self, ctx: &Context<'_>) -> Vec<Note> {
        ctx.data_unchecked::<Notes>().written.lock().clone()
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: ID) -> Account {
        Account { id }
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn write(&self, ctx: &Context<'_>, text: String, author: ID) -> Note {
        let notes = ctx.data_unchecked::<Notes>();
        let note = Note { id: ID(text.clone()), text, author: Account { id: author } };
        notes.written.lock().push(note.clone());
        let _ = notes.added.send(note.clone());
        note
    }
}

struct Subscriptions;

#[Subscription(name = "Subscription")]
impl Subscriptions {
    async fn note_added(&self, ctx: &Context<'_>, since: Option<i32>) -> impl Stream<Item = Note> {
        let _ = since;
        let notes = ctx.data_unchecked::<Notes>();
        let added = notes.added.subscribe();
        notes.begun.fetch_add(1, Ordering::SeqCst);
        BroadcastStream::new(added).filter_map(async |note| note.ok())
    }

    /// The same for those who may read, for as long as they are who they are.
    async fn private_notes(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Note> + use<>> {
        let caller = caller(ctx)?;
        caller.require(&Permission::new("note:read")).map_err(|error| to_graphql_error(&error, origin(ctx)))?;
        let left = caller.expires_at.map(|end| (end - Utc::now()).to_std().unwrap_or_default());
        let over = async move {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        let added = ctx.data_unchecked::<Notes>().added.subscribe();
        Ok(BroadcastStream::new(added).filter_map(async |note| note.ok()).take_until(Box::pin(over)))
    }

    /// First all that is written, in one event, then each note that is added.
    async fn wall(&self, ctx: &Context<'_>) -> impl Stream<Item = Vec<Note>> + use<> {
        let notes = ctx.data_unchecked::<Notes>();
        let written = notes.written.lock();
        let added = BroadcastStream::new(notes.added.subscribe()).filter_map(async |note| Some(vec![note.ok()?]));
        stream::iter([written.clone()]).chain(added)
    }

    async fn countdown(&self, from: i32) -> impl Stream<Item = i32> {
        stream::iter((0..=from).rev())
    }

    /// Endless, and as fast as it is read.
    async fn flood(&self, ctx: &Context<'_>, bytes: usize) -> impl Stream<Item = String> + use<> {
        let notes = ctx.data_unchecked::<Notes>().clone();
        let under_way = Arc::clone(&notes.floods);
        stream::repeat_with(move || {
            let _ = &under_way;
            notes.flooded.fetch_add(1, Ordering::SeqCst);
            "x".repeat(bytes)
        })
    }
}

pub fn subgraph(notes: Notes) -> Subgraph {
    let schema = Schema::build(Query, Mutation, Subscriptions).data(notes).enable_federation();
    Subgraph::new("notes", schema.enable_subscription_in_federation().finish())
}
