//! Who may ask a router before subgraphs of others, and what they may see.

use std::fs;

use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::router_alone::{Subgraph, catalogue, compose, ratings, start_with};
use crate::support::{Client, Folder, Incoming, Program, Socket, eventually, holds};

const SECRET: &str = "a-secret-of-more-than-thirty-two-characters";

fn token(more: &Value) -> String {
    let mut claims = json!({ "sub": "ann", "iss": "https://id.example.com", "exp": get_current_timestamp() + 60 });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// The SDL of the ratings with a rule on a field, linked as its author would link it.
fn ruled(sdl: &str, rule: &str) -> String {
    assert!(sdl.contains("stars: Int!"), "{sdl}");
    let import = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.6\", \
                  import: [\"@key\", \"@shareable\", \"@authenticated\", \"@requiresScopes\", \"@policy\"])";
    let own: Vec<&str> = sdl.split("extend schema @link(").collect();
    assert_eq!(own.len(), 2, "{sdl}");
    let after = own[1].split_once("\n)").or_else(|| own[1].split_once(')')).unwrap().1;
    format!("{}{import}{after}", own[0]).replacen("stars: Int!", &format!("stars: Int! {rule}"), 1)
}

#[tokio::test]
async fn rules_in_the_schema_of_a_subgraph_are_kept_by_the_router() {
    let configuration = format!(
        "[[router.authentication.issuers]]\nissuer = 'https://id.example.com'\nsecret = '{SECRET}'\npolicies_claim = 'policies'\n"
    );
    let query = "{ books { title stars } ratings }";
    for (rule, lacking, meeting) in [
        ("@authenticated", None, json!({})),
        (
            "@requiresScopes(scopes: [[\"ratings:read\"], [\"admin\"]])",
            Some(json!({ "scope": "other" })),
            json!({ "scope": "admin" }),
        ),
        (
            "@policy(policies: [[\"adult\", \"local\"]])",
            Some(json!({ "policies": "adult" })),
            json!({ "policies": ["local", "adult"] }),
        ),
    ] {
        let (folder, catalogue) = (Folder::new(), catalogue().await);
        let ratings = ratings().await.with_sdl(|sdl| ruled(sdl, rule));
        let supergraph = compose(&folder, &[("catalogue", &catalogue), ("ratings", &ratings)]).await;
        let file = folder.join("router.toml");
        fs::write(&file, &configuration).unwrap();
        let (mut program, client) = start_with(&folder, &supergraph, Some(&file)).await;
        for stranger in
            [Some(client.clone()), lacking.map(|claims| client.with_token(&token(&claims)))].iter().flatten()
        {
            let part = stranger.answer(query, json!({})).await;
            assert_eq!(part["errors"][0]["path"], json!(["books", 0, "stars"]), "{rule}: {part}");
            assert_eq!(part["errors"][0]["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE", "{rule}: {part}");
            let rest = stranger.ask("{ ratings books { title } }", json!({})).await;
            assert_eq!((&rest["ratings"], &rest["books"][0]), (&json!(3), &json!({ "title": "Volume 1" })), "{rule}");
        }
        let entitled = client.with_token(&token(&meeting)).ask(query, json!({})).await;
        assert_eq!(entitled["books"][0], json!({ "title": "Volume 1", "stars": 1 }), "{rule}");
        assert!(program.terminate(10).await.0.success(), "{}", program.stderr());
    }
}

/// A router over both subgraphs whose ratings are for those with a scope.
async fn guarded(folder: &Folder, configuration: &str) -> (Program, Client, [Subgraph; 2]) {
    let subgraphs = [catalogue().await, ratings().await];
    let supergraph = compose(folder, &[("catalogue", &subgraphs[0]), ("ratings", &subgraphs[1])]).await;
    let rule = "stars: Int! @requiresScopes(scopes: [[\"ratings:read\"]]) ";
    assert!(supergraph.contains("stars: Int! "), "{supergraph}");
    let supergraph = supergraph.replacen("stars: Int! ", rule, 1);
    let file = folder.join("router.toml");
    fs::write(&file, configuration).unwrap();
    let (program, client) = start_with(folder, &supergraph, Some(&file)).await;
    (program, client, subgraphs)
}

#[tokio::test]
async fn tokens_and_keys_say_what_their_bearers_may_see() {
    let folder = Folder::new();
    let hash = format!("{:x}", Sha256::digest("a-key-of-the-shop"));
    let keys = folder.join("keys.json");
    fs::write(&keys, json!([{ "name": "shop", "sha256": hash, "scopes": ["ratings:read"] }]).to_string()).unwrap();
    let configuration = format!(
        "[router.authentication]\napi_keys_file = '{}'\n\
         [[router.authentication.issuers]]\nissuer = 'https://id.example.com'\nsecret = '{SECRET}'\n",
        keys.display()
    );
    let (mut program, client, _subgraphs) = guarded(&folder, &configuration).await;
    let query = "{ books { title stars } ratings }";
    let entitled = client.with_token(&token(&json!({ "scope": "ratings:read" })));
    let whole = entitled.ask(query, json!({})).await;
    assert_eq!(whole["books"][0], json!({ "title": "Volume 1", "stars": 1 }));
    assert_eq!(client.with_token("a-key-of-the-shop").ask(query, json!({})).await, whole);

    // The rest of the answer goes to everybody, as far as types let it.
    for client in [&client, &client.with_token(&token(&json!({ "scope": "other" })))] {
        let part = client.answer(query, json!({})).await;
        assert_eq!(part["errors"][0]["path"], json!(["books", 0, "stars"]), "{part}");
        assert_eq!(part["errors"][0]["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE");
        assert_eq!(client.ask("{ ratings books { title } }", json!({})).await["ratings"], whole["ratings"]);
    }
    let refused = client.with_token(&token(&json!({ "iss": "https://evil.example.com" })));
    assert_eq!(refused.answer(query, json!({})).await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let mut socket = Socket::open(&entitled).await;
    socket.start("subscription { sold(count: 1) { title stars } }", json!({})).await;
    let sale = socket.event(10, "a sale", |data| Some(data["sold"].clone())).await;
    assert_eq!(sale, json!({ "title": "Volume 1", "stars": 1 }));
    let mut socket = Socket::open(&client).await;
    socket.start("subscription { sold(count: 1) { title stars } }", json!({})).await;
    let Incoming::Next(denied) = socket.next(10).await else { panic!("no event") };
    assert_eq!(denied["errors"][0]["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE", "{denied}");

    fs::write(&keys, "[]").unwrap();
    eventually(15, "a key that is taken off the list is refused", async || {
        holds(client.with_token("a-key-of-the-shop").answer("{ ratings }", json!({})).await["errors"].is_array())
    })
    .await;
    assert!(program.terminate(10).await.0.success(), "{}", program.stderr());
}

#[tokio::test]
async fn an_operation_may_be_refused_as_a_whole() {
    let folder = Folder::new();
    let configuration = format!(
        "[router.authorization]\nmode = 'reject'\n[router.authentication]\nmode = 'required'\n\
         [[router.authentication.issuers]]\nsecret = '{SECRET}'\n"
    );
    let (_program, client, _subgraphs) = guarded(&folder, &configuration).await;
    let post = async |token: Option<&str>| {
        let mut request = reqwest::Client::new().post(format!("{}/graphql", client.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.json(&json!({ "query": "{ books { stars } }" })).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["errors"][0]["extensions"].clone())
    };
    assert_eq!(post(None).await.0, 401);
    let (status, extensions) = post(Some(&token(&json!({})))).await;
    assert_eq!(status, 403);
    assert_eq!(
        (&extensions["code"], &extensions["coordinates"]),
        (&json!("UNAUTHORIZED_FIELD_OR_TYPE"), &json!(["Book.stars"]))
    );
    assert_eq!(post(Some(&token(&json!({ "scp": ["ratings:read"] })))).await.0, 200);
}
