//! Credentials that do not hold, or no longer do: refused at once, also on connections that are already open.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    ADMIN, Builder, Client, DEMO_PASSWORD, Incoming, Platform, Socket, error_code, eventually, holds, text,
};

const ME: &str = "{ me { user { id } } }";
const WATCH: &str = "subscription { fleet(minIntervalMs: 100) { kind devices { id name } } }";
const PASSWORD: &str = "A-Strong-Word-1!";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_and_withdrawn_credentials_open_nothing_and_end_what_is_open() {
    let platform = Builder::new().start().await;
    let admin = platform.admin().await.client;
    admin.create_devices("seen", 1, false).await;
    let role = json!({ "name": "Watchers", "permissions": ["device:read", "telemetry:read"] });
    let role = admin.change("createRole", &role, "role { id }").await["role"]["id"].clone();
    forged_tokens_are_refused(&platform).await;

    // Each way to withdraw a right ends a live subscription of whoever loses it.
    for way in ["revokeSession", "logout", "deactivateUser", "deleteUser", "updateUser", "updateRole", "revokeApiKey"] {
        let email = format!("{}@demo.cloudphone.local", way.to_lowercase());
        let user = json!({ "email": email, "displayName": way, "password": PASSWORD, "roleIds": [role] });
        let user = admin.change("createUser", &user, "user { id }").await["user"]["id"].clone();
        let signed_in = platform.client.sign_in(&email, PASSWORD).await;
        let person = signed_in.client;
        let mut watching = person.clone();
        let mut key = Value::Null;
        if way == "revokeApiKey" {
            let input = json!({ "name": "watcher", "permissions": ["device:read", "telemetry:read"] });
            let made = admin.change("createApiKey", &input, "apiKey { id } secret").await;
            watching = person.with_token(text(&made["secret"]));
            key = made["apiKey"]["id"].clone();
        }
        let mut socket = Socket::open(&watching).await;
        socket.start(WATCH, json!({})).await;
        socket.event(20, "the wall", |data| (data["fleet"]["kind"] == "SNAPSHOT").then_some(())).await;
        match way {
            "revokeSession" => {
                let mine = person.ask("{ me { session { id } } }", json!({})).await["me"]["session"]["id"].clone();
                let other = platform.client.sign_in(&email, PASSWORD).await.client;
                other.change(way, &json!({ "id": mine }), "revokedSessionId").await;
            }
            "logout" => drop(person.ask("mutation { logout { userErrors { code } } }", json!({})).await),
            "updateUser" => drop(admin.change(way, &json!({ "id": user, "roleIds": [] }), "user { id }").await),
            "updateRole" => {
                let input = json!({ "id": role, "permissions": ["template:read"] });
                admin.change(way, &input, "role { id }").await;
            }
            "revokeApiKey" => drop(admin.change(way, &json!({ "id": key }), "apiKey { id }").await),
            "deleteUser" => drop(admin.change(way, &json!({ "id": user }), "deletedUserId").await),
            _ => drop(admin.change(way, &json!({ "id": user }), "user { id }").await),
        }
        let end = socket.end(10).await;
        let of_rights = ["updateUser", "updateRole"].contains(&way);
        match &end {
            Incoming::Closed(4403, _) | Incoming::Error(_) | Incoming::Complete => {}
            Incoming::Closed(..) | Incoming::Next(_) => panic!("{way}: {end:?}"),
        }
        let answer = eventually(10, &format!("{way} shuts the door"), async || {
            let answer = watching.answer("{ devices { nodes { id } } }", json!({})).await;
            (!answer["errors"].is_null()).then_some(answer)
        })
        .await;
        let expected = if of_rights { "FORBIDDEN" } else { "UNAUTHENTICATED" };
        let code = error_code(&answer);
        assert!(code == expected || (!of_rights && code == "SESSION_REVOKED"), "{way}: {answer}");
        assert!(answer["data"].is_null() || answer["data"]["devices"].is_null(), "{way}: {answer}");
    }
}

async fn forged_tokens_are_refused(platform: &Platform) {
    let (viewer, admin) = (
        platform.client.sign_in(crate::support::VIEWER, DEMO_PASSWORD).await.client.token.unwrap(),
        platform.client.sign_in(ADMIN, DEMO_PASSWORD).await.client.token.unwrap(),
    );
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (low, high) = (parts(&viewer), parts(&admin));
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let symmetric = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
    let mut bent = high[2].clone();
    bent.replace_range(..1, if bent.starts_with('A') { "B" } else { "A" });
    let forged = [
        format!("{}.{}.{}", high[0], high[1], low[2]),
        format!("{}.{}.{bent}", high[0], high[1]),
        format!("{unsigned}.{}.", high[1]),
        format!("{symmetric}.{}.{}", high[1], high[2]),
        format!("{}.{}", high[0], high[1]),
        "cp_12345678_guess".to_owned(),
        "nonsense".to_owned(),
    ];
    for token in forged {
        let client = platform.client.with_token(&token);
        let answer = client.answer(ME, json!({})).await;
        assert_eq!(error_code(&answer), "UNAUTHENTICATED", "{token}: {answer}");
        assert_eq!(Socket::refusal(&client).await, Some(4403), "{token}");
    }
    let anonymous = platform.client.ask(ME, json!({})).await;
    assert_eq!(anonymous["me"], Value::Null, "without a credential one is nobody, which is allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_expire_and_a_refresh_token_is_good_once() {
    let platform = Builder::new().set("identity.session.access_token_seconds", 6).start().await;
    let first = platform.admin().await;
    let mut ending = Socket::open(&first.client).await;
    ending.start(WATCH, json!({})).await;
    let renewed = refresh(&platform.client, &first.refresh_token).await.expect("the first use is good");
    // The token may live on for a moment; then its connections end and it opens nothing.
    assert_eq!(ending.closed(30).await, 4403);
    eventually(10, "the token has expired", async || {
        let code = error_code(&first.client.answer(ME, json!({})).await);
        assert!(["", "UNAUTHENTICATED", "TOKEN_EXPIRED"].contains(&code.as_str()), "{code}");
        holds(!code.is_empty())
    })
    .await;
    assert_eq!(Socket::refusal(&first.client).await, Some(4403));

    let (token, next) = refresh(&platform.client, &renewed.1).await.expect("the second is good");
    let current = platform.client.with_token(&token);
    current.ask(ME, json!({})).await;
    // Somebody stole the first refresh token: its second use ends the whole session.
    assert_eq!(refresh(&platform.client, &first.refresh_token).await, None);
    let code = eventually(5, "the session is over", async || {
        let code = error_code(&current.answer(ME, json!({})).await);
        (!code.is_empty()).then_some(code)
    })
    .await;
    assert!(["UNAUTHENTICATED", "SESSION_REVOKED", "TOKEN_EXPIRED"].contains(&code.as_str()), "{code}");
    tokio::time::timeout(Duration::from_secs(10), async {
        assert_eq!(refresh(&platform.client, &next).await, None, "also for the thief");
    })
    .await
    .unwrap();
}

/// Trades a refresh token for the next pair of tokens.
async fn refresh(client: &Client, token: &str) -> Option<(String, String)> {
    let input = json!({ "refreshToken": token });
    let payload = client.attempt("refreshSession", &input, "session { accessToken refreshToken }").await;
    let session = &payload["session"];
    Some((session["accessToken"].as_str()?.to_owned(), session["refreshToken"].as_str()?.to_owned()))
}
