//! The subgraph that owns accounts, and whose fields fail in every way there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{
    Context, EmptySubscription, Error, ErrorExtensions as _, ID, Object, Result, Schema, SimpleObject,
};
use cloudphone_graphql::{Subgraph, caller, origin};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::doorman::Doorman;

#[derive(Clone)]
pub struct Accounts {
    names: Arc<Mutex<Vec<(String, String)>>>,
    /// Questions to `held` that wait.
    pub waiting: Arc<AtomicUsize>,
    /// Lets them go on.
    pub gate: Arc<Semaphore>,
    /// Accounts that were asked for as entities.
    pub joined: Arc<AtomicUsize>,
}

impl Accounts {
    pub fn new() -> Self {
        let names = ["ada", "bob", "cleo"].iter().zip(1..).map(|(name, id)| (format!("{id}"), (*name).to_owned()));
        Self {
            names: Arc::new(Mutex::new(names.collect())),
            waiting: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            joined: Arc::default(),
        }
    }

    fn find(&self, id: &str) -> Option<Account> {
        let names = self.names.lock();
        names.iter().find(|(known, _)| known == id).map(|(id, name)| Account { id: ID(id.clone()), name: name.clone() })
    }
}

#[derive(SimpleObject)]
struct Account {
    id: ID,
    name: String,
}

struct Query;

#[Object]
impl Query {
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        let id = caller(ctx)?.user_id().map(|id| id.to_string());
        Ok(id.map(|id| Account { id: ID(id), name: "myself".to_owned() }))
    }

    async fn account(&self, ctx: &Context<'_>, id: ID) -> Option<Account> {
        ctx.data_unchecked::<Accounts>().find(&id)
    }

    async fn accounts(&self, ctx: &Context<'_>) -> Vec<Account> {
        let ids: Vec<String> = ctx.data_unchecked::<Accounts>().names.lock().iter().map(|(id, _)| id.clone()).collect();
        ids.iter().filter_map(|id| ctx.data_unchecked::<Accounts>().find(id)).collect()
    }

    /// Where the request comes from, as subgraphs see it.
    async fn trail(&self, ctx: &Context<'_>) -> String {
        let origin = origin(ctx);
        format!("{} from {}", origin.correlation_id, origin.address.as_deref().unwrap_or("nowhere"))
    }

    /// Fails without a code of its own, as faults do.
    async fn fault(&self) -> Result<Option<String>> {
        Err(Error::new("connection to postgres://admin:hunter2@10.0.0.7 refused"))
    }

    /// Fails with a code, as rules do.
    async fn refusal(&self) -> Result<Option<String>> {
        Err(Error::new("Come back tomorrow.").extend_with(|_, extensions| extensions.set("code", "CLOSED_TODAY")))
    }

    /// Answers after a while.
    async fn pause(&self, milliseconds: u64) -> bool {
        tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        true
    }

    /// Answers when it is let.
    async fn held(&self, ctx: &Context<'_>) -> Option<String> {
        let accounts = ctx.data_unchecked::<Accounts>();
        accounts.waiting.fetch_add(1, Ordering::SeqCst);
        accounts.gate.acquire().await.ok()?.forget();
        Some("released".to_owned())
    }

    #[graphql(entity)]
    async fn account_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Account> {
        ctx.data_unchecked::<Accounts>().joined.fetch_add(1, Ordering::SeqCst);
        ctx.data_unchecked::<Accounts>().find(&id)
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn rename(&self, ctx: &Context<'_>, id: ID, name: String) -> Option<Account> {
        let accounts = ctx.data_unchecked::<Accounts>();
        accounts.names.lock().iter_mut().find(|(known, _)| *known == *id)?.1.clone_from(&name);
        Some(Account { id, name })
    }

    /// Ends the session of a token; for clients that test what happens then.
    async fn sign_out(&self, ctx: &Context<'_>, token: String) -> bool {
        ctx.data_unchecked::<Arc<Doorman>>().revoke(&token)
    }
}

pub fn subgraph(accounts: Accounts, doorman: Arc<Doorman>) -> Subgraph {
    let schema = Schema::build(Query, Mutation, EmptySubscription).data(accounts).data(doorman);
    Subgraph::new("accounts", schema.enable_federation().finish())
}
