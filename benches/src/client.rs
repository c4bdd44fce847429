//! A client of the graph over HTTP, signed in as the demo organisation's administrator.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

/// How long the platform may take for whatever a benchmark waits for.
const PATIENCE: Duration = Duration::from_mins(3);
/// Requests under way at once while devices are prepared.
const SIDE_BY_SIDE: usize = 8;
/// Devices that one request may create.
const AT_ONCE: usize = 100;

/// A signed-in client; clones share its connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Where the router is.
    pub base: String,
    /// The access token.
    pub token: String,
}

/// A device that may sign in to the broker.
#[derive(Clone, Debug)]
pub struct Account {
    /// The device.
    pub device_id: String,
    /// Its user name and client id.
    pub username: String,
    /// Its password.
    pub secret: String,
    /// The group it is in.
    pub group: usize,
}

impl Client {
    /// Signs in.
    pub async fn sign_in(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?;
        let mut client = Self { http, base: base.to_owned(), token: String::new() };
        let login = "mutation($input: LoginInput!){login(input:$input){session{accessToken} userErrors{message}}}";
        let input = json!({ "email": "admin@demo.cloudphone.local", "password": "Demo-Pass-2026!" });
        let answer = client.ask(login, json!({ "input": input })).await?;
        let token = answer["login"]["session"]["accessToken"].as_str().with_context(|| answer.to_string())?;
        token.clone_into(&mut client.token);
        Ok(client)
    }

    /// Sends a prepared request and gives the answer's body.
    pub async fn send(&self, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let mut request = self.http.post(format!("{}/graphql", self.base)).header("content-type", "application/json");
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        Ok(request.body(body).send().await?.bytes().await?.to_vec())
    }

    /// Asks for `data`; errors fail.
    pub async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let body = serde_json::to_vec(&json!({ "query": query, "variables": variables }))?;
        let mut answer: Value = serde_json::from_slice(&self.send(body).await?)?;
        ensure!(answer.get("errors").is_none(), "{answer}");
        Ok(answer["data"].take())
    }

    /// The value of a counter or gauge that the platform publishes; zero when it is not there yet.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let page = self.http.get(format!("{}/metrics", self.base)).send().await?.text().await?;
        let line = page.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
        Ok(line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default())
    }

    /// The organisation's id.
    pub async fn tenant_id(&self) -> anyhow::Result<String> {
        let answer = self.ask("{me{tenant{id}}}", json!({})).await?;
        Ok(answer["me"]["tenant"]["id"].as_str().context("nobody is signed in")?.to_owned())
    }

    /// Creates devices in groups of a hundred, waits until all are set up, and gives each a known password.
    pub async fn create_devices(&self, count: usize) -> anyhow::Result<Vec<Account>> {
        let create =
            "mutation($input: CreateDeviceInput!){createDevice(input:$input){devices{id} userErrors{message}}}";
        let mut devices = Vec::new();
        for (group, first) in (0..count).step_by(AT_ONCE).enumerate() {
            let input = json!({
                "name": format!("Load {group}"), "group": format!("load-{group}"), "specification": {},
                "count": AT_ONCE.min(count - first),
            });
            let answer = self.ask(create, json!({ "input": input })).await?;
            let created = answer["createDevice"]["devices"].as_array().with_context(|| answer.to_string())?;
            devices.extend(created.iter().filter_map(|device| Some((device["id"].as_str()?.to_owned(), group))));
        }
        ensure!(devices.len() == count, "{} of {count} devices were created", devices.len());
        self.wait_for_devices(&["STOPPED"], count).await?;
        stream::iter(devices)
            .map(|(device_id, group)| self.rotate(device_id, group))
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await
    }

    async fn rotate(&self, device_id: String, group: usize) -> anyhow::Result<Account> {
        let rotate = "mutation($input: DeviceActionInput!){\
                      rotateDeviceCredential(input:$input){username secret userErrors{message}}}";
        let answer = self.ask(rotate, json!({ "input": { "id": device_id } })).await?;
        let of = |name: &str| answer["rotateDeviceCredential"][name].as_str().map(str::to_owned);
        let (username, secret) = of("username").zip(of("secret")).with_context(|| answer.to_string())?;
        Ok(Account { device_id, username, secret, group })
    }

    /// Waits until so many devices are in one of the states.
    pub async fn wait_for_devices(&self, states: &[&str], count: usize) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask("{deviceStateCounts{state count}}", json!({})).await?;
            let counts = answer["deviceStateCounts"].as_array().cloned().unwrap_or_default();
            let named = |entry: &&Value| entry["state"].as_str().is_some_and(|state| states.contains(&state));
            let there: u64 = counts.iter().filter(named).filter_map(|entry| entry["count"].as_u64()).sum();
            if there >= count as u64 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "not all devices are {}: {answer}", states.join(" or "));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
