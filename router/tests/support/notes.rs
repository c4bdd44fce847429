//! The subgraph that owns notes and streams new ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, ID, Object, Result, Schema, SimpleObject, Subscription};
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
    /// Floods under way.
    pub floods: Arc<()>,
}

impl Notes {
    pub fn new() -> Self {
        let (added, _) = broadcast::channel(1024);
        Self { written: Arc::default(), added, flooded: Arc::default(), floods: Arc::default() }
    }

    /// Announces a note to all who listen.
    pub fn announce(&self, text: &str, author: &str) {
        let note =
            Note { id: ID(text.to_owned()), text: text.to_owned(), author: Account { id: ID(author.to_owned()) } };
        // Nobody listening is fine: tests wait for listeners themselves.
        let _ = self.added.send(note);
    }

    /// Waits until so many listen.
    pub async fn listened_to_by(&self, count: usize) {
        super::until(&format!("{count} listen"), || self.added.receiver_count() == count).await;
    }
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
    async fn note_added(&self, ctx: &Context<'_>) -> impl Stream<Item = Note> {
        let added = ctx.data_unchecked::<Notes>().added.subscribe();
        BroadcastStream::new(added).filter_map(async |note| note.ok())
    }

    /// The same for those who may read.
    async fn private_notes(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Note> + use<>> {
        caller(ctx)?.require(&Permission::new("note:read")).map_err(|error| to_graphql_error(&error, origin(ctx)))?;
        let added = ctx.data_unchecked::<Notes>().added.subscribe();
        Ok(BroadcastStream::new(added).filter_map(async |note| note.ok()))
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
