//! A GraphQL client over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

/// Speaks for somebody, or for nobody.
#[derive(Clone)]
pub struct Client {
    pub base: String,
    pub token: Option<String>,
    http: reqwest::Client,
}

/// Somebody who has signed in.
pub struct SignedIn {
    pub client: Client,
    pub refresh_token: String,
    pub user_id: String,
}

const SESSION: &str = "session { accessToken refreshToken user { id } } userErrors { code message }";

impl Client {
    /// For nobody.
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(40)).build().unwrap();
        Self { base: base.to_owned(), token: None, http }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The whole answer, or why there is none.
    pub async fn try_answer(&self, query: &str, variables: Value) -> Result<Value, reqwest::Error> {
        let mut request = self.http.post(format!("{}/graphql", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.json(&json!({ "query": query, "variables": variables })).send().await?.json().await
    }

    /// The whole answer.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        self.try_answer(query, variables).await.unwrap()
    }

    /// The data of an answer without errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.answer(query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// Calls a mutation with one input, and answers its payload, which must be free of errors.
    pub async fn change(&self, mutation: &str, input: &Value, fields: &str) -> Value {
        let payload = self.attempt(mutation, input, fields).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}({input})");
        payload
    }

    /// Calls a mutation with one input, and answers its payload with whatever errors people can mend.
    pub async fn attempt(&self, mutation: &str, input: &Value, fields: &str) -> Value {
        let mut kind = mutation.to_owned();
        kind[..1].make_ascii_uppercase();
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code message }} }} }}"
        );
        // Actions on one device share an input.
        let actions = ["startDevice", "stopDevice", "rebootDevice", "pauseDevice", "resumeDevice", "deleteDevice"];
        let shared = actions.contains(&mutation) || mutation == "rotateDeviceCredential";
        let query = if shared { query.replace(&format!("{kind}Input"), "DeviceActionInput") } else { query };
        self.ask(&query, json!({ "input": input })).await[mutation].clone()
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> SignedIn {
        let query = format!("mutation($input: LoginInput!) {{ login(input: $input) {{ {SESSION} }} }}");
        let data = self.ask(&query, json!({ "input": { "email": email, "password": password } })).await;
        self.signed_in(&data["login"])
    }

    /// Opens an organisation of its own.
    pub async fn register(&self, name: &str) -> SignedIn {
        let query = format!("mutation($input: RegisterInput!) {{ register(input: $input) {{ {SESSION} }} }}");
        let input = json!({
            "email": format!("{name}@example.com"), "password": "A-Strong-Word-1!",
            "displayName": name, "organisationName": format!("{name} Ltd"),
        });
        let data = self.ask(&query, json!({ "input": input })).await;
        self.signed_in(&data["register"])
    }

    fn signed_in(&self, payload: &Value) -> SignedIn {
        assert_eq!(payload["userErrors"], json!([]));
        let session = &payload["session"];
        SignedIn {
            client: self.with_token(text(&session["accessToken"])),
            refresh_token: text(&session["refreshToken"]).to_owned(),
            user_id: text(&session["user"]["id"]).to_owned(),
        }
    }

    /// Makes devices and answers their ids.
    pub async fn create_devices(&self, name: &str, count: usize, start: bool) -> Vec<String> {
        let input = json!({ "name": name, "count": count, "start": start, "specification": {} });
        ids(&self.change("createDevice", &input, "devices { id }").await["devices"])
    }

    /// The state of a device.
    pub async fn state(&self, id: &str) -> String {
        let data = self.ask("query($id: ID!) { device(id: $id) { state } }", json!({ "id": id })).await;
        text(&data["device"]["state"]).to_owned()
    }

    /// Waits until a device is in a state.
    pub async fn reaches(&self, id: &str, state: &str, seconds: u64) {
        super::eventually(seconds, &format!("device {id} is {state}"), async || {
            super::holds(self.state(id).await == state)
        })
        .await;
    }

    /// Waits until a device is no more.
    pub async fn reaches_absence(&self, id: &str) {
        super::eventually(30, &format!("device {id} is gone"), async || {
            let data = self.ask("query($id: ID!) { device(id: $id) { state } }", json!({ "id": id })).await;
            super::holds(data["device"].is_null() || data["device"]["state"] == "DELETED")
        })
        .await;
    }

    /// A page of the router.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The sum of a metric over those of its series whose labels contain `labels`.
    pub async fn metric(&self, name: &str, labels: &str) -> f64 {
        let page = self.get("/metrics").await.1;
        let lines = page.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or("#");
            (rest.starts_with('{') || rest.starts_with(' ')) && rest.contains(labels)
        });
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// A value that must be text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text"))
}

/// The ids of a list of objects.
pub fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| text(&one["id"]).to_owned()).collect()
}

/// The code of the first error of an answer; empty without one.
pub fn error_code(answer: &Value) -> String {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// The codes of a payload's user errors.
pub fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().unwrap().iter().map(|error| text(&error["code"])).collect()
}

/// How many samples are behind the points of a history.
pub fn samples(points: &Value) -> u64 {
    points.as_array().unwrap().iter().map(|point| point["samples"].as_u64().unwrap()).sum()
}
