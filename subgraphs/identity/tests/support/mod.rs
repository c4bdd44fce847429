//! A whole identity domain on a throw-away PostgreSQL, spoken to through its graph as the edge would.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Variables};
use chrono::{TimeDelta, Utc};
use cloudphone_cache::Engine;
use cloudphone_core::{Caller, CorrelationId, ManualClock, Origin};
use cloudphone_database::{Database, Options};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions};
use cloudphone_events::{Bus, InProcessBus, Relay, RelayOptions};
use cloudphone_graphql::RequestScope;
use cloudphone_graphql::identity_token::InternalSecret;
use cloudphone_identity::{AuthenticationError, HashingCost, Identity, IdentityEngines, LockoutPolicy, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const PASSWORD: &str = "Correct-Horse-1";
pub const SECRET: &str = "a secret of the platform's parts only";

pub const TENANT_ADMIN: &str = "00000000-0000-8000-8000-000000000002";
pub const OPERATOR: &str = "00000000-0000-8000-8000-000000000003";
pub const MEMBER: &str = "00000000-0000-8000-8000-000000000004";
pub const AUDITOR: &str = "00000000-0000-8000-8000-000000000006";
pub const SUPER_ADMIN: &str = "00000000-0000-8000-8000-000000000001";

pub struct World {
    pub identity: Identity,
    relay: Relay,
    pub clock: Arc<ManualClock>,
    pub cache: Engine,
    pub database: Database,
    pub postgres: EmbeddedPostgres,
    _folder: TempDir,
}

/// Tokens of somebody who signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub access: String,
    pub refresh: String,
    pub user_id: String,
    pub email: String,
}

impl World {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let folder = TempDir::new().unwrap();
        // The server runs as another account when the tests run as root, and must be able to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let postgres = EmbeddedPostgres::start(ClusterOptions::new(folder.path().join("postgres"))).await.unwrap();
        postgres.ensure_database("identity").await.unwrap();
        let database = Database::connect(Options::new("identity", postgres.url("identity"))).await.unwrap();
        let clock = Arc::new(ManualClock::at(Utc::now()));
        let cache = Engine::in_process();
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::new());
        let identity = process(&database, &bus, &clock, &cache, settings).await;
        let relay = Relay::spawn(database.clone(), bus, RelayOptions::default());
        Self { identity, relay, clock, cache, database, postgres, _folder: folder }
    }

    /// Another process over the same engines.
    pub async fn another_process(&self) -> Identity {
        // What its use cases write is relayed by the first process: outbox and inbox are in the shared database.
        let bus: Arc<dyn Bus> = Arc::new(InProcessBus::new());
        process(&self.database, &bus, &self.clock, &self.cache, Settings::default()).await
    }

    pub async fn stop(self) {
        self.relay.stop().await;
        self.identity.stop().await;
        self.database.close();
        self.postgres.stop().await;
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    pub async fn authenticate(&self, credential: &str) -> Result<Caller, AuthenticationError> {
        self.identity.authenticator.authenticate(credential, origin()).await
    }

    /// Executes as whoever the credential belongs to, who must be somebody.
    pub async fn ask_as(&self, credential: &str, query: &str, variables: Value) -> Value {
        let caller = self.authenticate(credential).await.unwrap();
        self.execute(RequestScope::of(caller), query, variables).await
    }

    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        self.ask_from(origin(), query, variables).await
    }

    pub async fn ask_from(&self, origin: Origin, query: &str, variables: Value) -> Value {
        self.execute(RequestScope::anonymous(origin), query, variables).await
    }

    pub async fn execute(&self, scope: RequestScope, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(Variables::from_json(variables));
        serde_json::to_value(self.identity.subgraph.execute(request, scope).await).unwrap()
    }

    /// A mutation with one `input`, answering its payload.
    pub async fn mutate(&self, credential: &str, name: &str, selection: &str, input: Value) -> Value {
        let mut kind = name.to_owned();
        kind[..1].make_ascii_uppercase();
        let query = format!(
            "mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message path }} }} }}"
        );
        let answer = self.ask_as(credential, &query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{name}: {answer}");
        answer["data"][name].clone()
    }

    /// The code of the GraphQL error that a mutation is refused with.
    pub async fn refused(&self, credential: &str, query: &str, variables: Value) -> String {
        let answer = self.ask_as(credential, query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub async fn register(&self, organisation: &str) -> SignedIn {
        let email = format!("founder@{}.example.com", organisation.to_lowercase().replace(' ', "-"));
        let input = json!({
            "email": email, "password": PASSWORD, "displayName": "Founder", "organisationName": organisation,
        });
        let query = "mutation($input: RegisterInput!) { register(input: $input) {
            session { accessToken refreshToken user { id } } userErrors { code path } } }";
        let answer = self.ask(query, json!({ "input": input })).await;
        signed_in(&answer["data"]["register"], &email)
    }

    /// Creates an account and signs it in.
    pub async fn hire(&self, admin: &SignedIn, email: &str, role: &str) -> SignedIn {
        let input = json!({ "email": email, "displayName": "Colleague", "password": PASSWORD, "roleIds": [role] });
        let payload = self.mutate(&admin.access, "createUser", "user { id }", input).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        self.login(email).await
    }

    pub async fn login(&self, email: &str) -> SignedIn {
        signed_in(&self.try_login(origin(), email, PASSWORD).await, email)
    }

    pub async fn try_login(&self, origin: Origin, email: &str, password: &str) -> Value {
        let query = "mutation($input: LoginInput!) { login(input: $input) {
            session { accessToken refreshToken expiresAt user { id email } } userErrors { code message path } } }";
        let input = json!({ "email": email, "password": password });
        let answer = self.ask_from(origin, query, json!({ "input": input })).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["login"].clone()
    }

    pub async fn refresh(&self, token: &str) -> Value {
        let query = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
            session { accessToken refreshToken user { id } } userErrors { code } } }";
        let answer = self.ask(query, json!({ "input": { "refreshToken": token } })).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["refreshSession"].clone()
    }

    /// Waits until the condition holds; the question is asked anew each time.
    pub async fn eventually<T, Running: Future<Output = Option<T>>>(&self, question: impl Fn() -> Running) -> T {
        let waiting = async {
            loop {
                if let Some(answer) = question().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it came about in time")
    }

    /// The audit log's actions of the caller's organisation, newest first, once all wanted ones have arrived.
    pub async fn audited(&self, credential: &str, wanted: &[&str]) -> Vec<Value> {
        self.eventually(|| async {
            let query =
                "{ auditLog(first: 200) { nodes { action targetType targetId actorKind actor { id } before after
                address correlationId } } }";
            let answer = self.ask_as(credential, query, json!({})).await;
            let entries = answer["data"]["auditLog"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
            let arrived = |action: &&str| entries.iter().any(|entry| entry["action"] == **action);
            wanted.iter().all(arrived).then_some(entries)
        })
        .await
    }

    /// The payloads of published or waiting events of a type.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        use diesel::sql_types::{Jsonb, Text};
        use diesel_async::RunQueryDsl;

        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Jsonb)]
            envelope: Value,
        }
        let rows: Vec<Row> = self
            .database
            .system_transaction(async |connection| {
                Ok::<_, cloudphone_database::DatabaseError>(
                    diesel::sql_query("SELECT envelope FROM outbox WHERE event_type = $1 ORDER BY position")
                        .bind::<Text, _>(kind)
                        .load(connection)
                        .await?,
                )
            })
            .await
            .unwrap();
        rows.into_iter().map(|row| row.envelope["data"].clone()).collect()
    }
}

async fn process(
    database: &Database,
    bus: &Arc<dyn Bus>,
    clock: &Arc<ManualClock>,
    cache: &Engine,
    settings: Settings,
) -> Identity {
    Identity::build(IdentityEngines {
        database: database.clone(),
        bus: Arc::clone(bus),
        cache: cache.clone(),
        clock: clock.clone(),
        secret: InternalSecret::new(SECRET).unwrap(),
        settings: Settings {
            // Cheap, since what a guess costs is not what these tests are about.
            hashing: HashingCost { memory_kib: 64, passes: 1, ..HashingCost::default() },
            lockout: LockoutPolicy { refusal_step_ms: 1, ..settings.lockout },
            ..settings
        },
    })
    .await
    .unwrap()
}

pub fn origin() -> Origin {
    origin_of("192.0.2.1", "console")
}

pub fn origin_of(address: &str, client: &str) -> Origin {
    Origin {
        correlation_id: CorrelationId::new(),
        address: Some(address.into()),
        user_agent: Some(client.into()),
        traceparent: None,
    }
}

pub fn signed_in(payload: &Value, email: &str) -> SignedIn {
    let text = |pointer: &str| {
        payload.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{payload}")).to_owned()
    };
    SignedIn {
        access: text("/session/accessToken"),
        refresh: text("/session/refreshToken"),
        user_id: text("/session/user/id"),
        email: email.to_owned(),
    }
}

/// The codes of a payload's user errors.
pub fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap_or_else(|| panic!("{payload}"));
    errors.iter().map(|error| error["code"].as_str().unwrap()).collect()
}
