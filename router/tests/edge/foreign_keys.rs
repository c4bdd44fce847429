//! Tokens of others: which hold, which do not, and what becomes of them when keys change or cannot be had.

use std::time::Duration;

use cloudphone_core::Origin;
use cloudphone_router::authentication::foreign::{IssuerOptions, Keys};
use cloudphone_router::authentication::{AuthenticationError, Authenticator, Credential, ForeignCaller, Principal};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::issuer::{AUDIENCE, Issuer, SigningKey, authenticator, claims, now, options};

async fn ask(authenticator: &dyn Authenticator, token: &str) -> Result<ForeignCaller, AuthenticationError> {
    let credential = Credential::Token(token.to_owned());
    match authenticator.authenticate(&credential, &Origin::internal()).await? {
        Some(Principal::Foreign(caller)) => Ok(caller),
        other => panic!("not of an issuer: {other:?}"),
    }
}

#[tokio::test]
async fn tokens_by_every_kind_of_key_are_believed() {
    let keys = [SigningKey::ed25519("ed"), SigningKey::p256("ec"), SigningKey::rsa("rsa")];
    let issuer = Issuer::publish(&[&keys[0], &keys[1], &keys[2]]).await;
    let authenticator = issuer.authenticator();
    for key in &keys {
        let token = key.token("ann", &json!({ "scope": "books:read books:write", "aud": ["elsewhere", AUDIENCE] }));
        for _ in 0..2 {
            let caller = ask(&*authenticator, &token).await.unwrap();
            assert_eq!((&*caller.identity.issuer, &*caller.identity.subject), ("example", "ann"));
            assert_eq!(caller.identity.scopes.iter().collect::<Vec<_>>(), ["books:read", "books:write"]);
            assert!(caller.expires_at.is_some());
        }
        // RFC 7515 §4.1.4: a key need not be named.
        let unnamed = encode(&Header::new(key.algorithm), &claims("bob", &json!({})), &key.private).unwrap();
        assert_eq!(ask(&*authenticator, &unnamed).await.unwrap().identity.subject, "bob");
    }
    assert_eq!(issuer.asked(), 1, "keys are fetched once");
}

#[tokio::test]
async fn a_shared_secret_and_several_issuers_go_together() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let secret = "a-secret-of-more-than-thirty-two-characters";
    let other = IssuerOptions {
        name: "other".into(),
        issuer: Some("https://other.example.com".into()),
        ..options(Keys::Secret(secret.to_owned()))
    };
    let authenticator = authenticator(vec![issuer.options(), other]);
    let by_secret = EncodingKey::from_secret(secret.as_bytes());
    let sign =
        |issuer: &str| encode(&Header::default(), &claims("ann", &json!({ "iss": issuer })), &by_secret).unwrap();
    let caller = ask(&*authenticator, &sign("https://other.example.com")).await.unwrap();
    assert_eq!(&*caller.identity.issuer, "other");
    assert_eq!(&*ask(&*authenticator, &key.token("ann", &json!({}))).await.unwrap().identity.issuer, "example");
    // Neither speaks for the other.
    for forged in [sign("https://id.example.com"), key.token("ann", &json!({ "iss": "https://other.example.com" }))] {
        assert_eq!(ask(&*authenticator, &forged).await.unwrap_err(), AuthenticationError::Invalid);
    }
}

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused() {
    let (ed, rsa, stranger) = (SigningKey::ed25519("ed"), SigningKey::rsa("rsa"), SigningKey::ed25519("ed"));
    let issuer = Issuer::publish(&[&ed, &rsa]).await;
    let strict = IssuerOptions { required_claims: vec!["email".into()], ..issuer.options() };
    let authenticator = authenticator(vec![strict]);
    let with = |more: Value| {
        let mut all = json!({ "email": "ann@example.com" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ed.token("ann", &all)
    };
    for good in
        [json!({}), json!({ "exp": now() - 10 }), json!({ "nbf": now() + 10 }), json!({ "aud": "another-graph" })]
    {
        assert!(ask(&*authenticator, &with(good.clone())).await.is_ok(), "{good}");
    }
    assert_eq!(ask(&*authenticator, &with(json!({ "exp": now() - 45 }))).await, Err(AuthenticationError::Expired));

    let good = with(json!({}));
    let all = claims("ann", &json!({ "email": "ann@example.com" }));
    // RFC 8725 §2.1: the public key taken for a secret, in the forms in which it is public.
    let modulus = rsa.public["n"].as_str().unwrap();
    let confused = Header { kid: Some("rsa".into()), ..Header::new(Algorithm::HS256) };
    let unsigned = |header: &Value| {
        use base64::Engine as _;
        let encode = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", encode(header), encode(&all))
    };
    let critical = Header { crit: Some(vec!["exp".into()]), ..ed.header() };
    let mut other_algorithm = ed.header();
    other_algorithm.kid = Some("rsa".into());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let swapped = with(json!({ "scope": "admin" }));
    for (what, token) in [
        ("no end", with(json!({ "exp": null }))),
        ("not yet", with(json!({ "nbf": now() + 45 }))),
        ("for somebody else", with(json!({ "aud": "somebody-else" }))),
        ("for nobody", with(json!({ "aud": null }))),
        ("by nobody", with(json!({ "iss": null }))),
        ("by somebody else", with(json!({ "iss": "https://evil.example.com" }))),
        ("about nobody", with(json!({ "sub": null }))),
        ("without a claim that must be there", with(json!({ "email": null }))),
        ("by another key of the same name", stranger.sign(&all)),
        ("signed with a public key", encode(&confused, &all, &EncodingKey::from_secret(modulus.as_bytes())).unwrap()),
        ("naming another key", encode(&other_algorithm, &all, &ed.private).unwrap()),
        ("with an extension that is not known", encode(&critical, &all, &ed.private).unwrap()),
        ("not signed", unsigned(&json!({ "alg": "none", "kid": "ed" }))),
        ("not signed, by another name", unsigned(&json!({ "alg": "NONE" }))),
        ("signed, they say", unsigned(&json!({ "alg": "EdDSA", "kid": "ed" }))),
        ("with another's signature", format!("{body}.{}", swapped.rsplit_once('.').unwrap().1)),
        ("cut off", good[..good.len() - 10].to_owned()),
        ("with an empty signature", format!("{body}.")),
        ("not base64", format!("{body}.{}!", &signature[1..])),
        ("not base64 either", format!("ä{good}")),
        ("three times nothing", "..".to_owned()),
        ("too long", with(json!({ "padding": "x".repeat(9000) }))),
        ("no token", "hello".to_owned()),
    ] {
        assert_eq!(ask(&*authenticator, &token).await, Err(AuthenticationError::Invalid), "{what}");
    }
    assert!(ask(&*authenticator, &good).await.is_ok());
}

#[tokio::test]
async fn a_flood_of_unknown_keys_does_not_reach_the_issuer() {
    let key = SigningKey::ed25519("known");
    let issuer = Issuer::publish(&[&key]).await;
    let slow = IssuerOptions { refetch_after: Duration::from_hours(1), ..issuer.options() };
    let authenticator = authenticator(vec![slow]);
    assert!(ask(&*authenticator, &key.token("ann", &json!({}))).await.is_ok());
    let stranger = SigningKey::ed25519("0");
    let flood = (0..200).map(|number| {
        let header = Header { kid: Some(format!("unknown-{number}")), ..stranger.header() };
        let token = encode(&header, &claims("ann", &json!({})), &stranger.private).unwrap();
        let authenticator = &authenticator;
        async move { ask(&**authenticator, &token).await }
    });
    for refused in futures::future::join_all(flood).await {
        assert_eq!(refused, Err(AuthenticationError::Invalid));
    }
    assert_eq!(issuer.asked(), 1);
    assert!(ask(&*authenticator, &key.token("ann", &json!({}))).await.is_ok());
}

#[tokio::test]
async fn keys_are_rotated_without_a_restart() {
    let (old, new) = (SigningKey::ed25519("old"), SigningKey::ed25519("new"));
    let issuer = Issuer::publish(&[&old]).await;
    let authenticator = issuer.authenticator();
    let before = old.token("ann", &json!({}));
    assert!(ask(&*authenticator, &before).await.is_ok());

    issuer.change(&[&old, &new]);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(ask(&*authenticator, &new.token("ann", &json!({}))).await.is_ok(), "an unknown key is asked for");
    assert!(ask(&*authenticator, &before).await.is_ok());

    // Whoever has the old key can make nothing of it any more, not even by a token that was verified before.
    issuer.change(&[&new]);
    tokio::time::sleep(Duration::from_millis(60)).await;
    let third = SigningKey::ed25519("third");
    assert!(ask(&*authenticator, &third.token("ann", &json!({}))).await.is_err(), "and asks for the keys once more");
    assert_eq!(ask(&*authenticator, &before).await, Err(AuthenticationError::Invalid));
}

#[tokio::test]
async fn an_issuer_that_is_away_costs_as_little_as_possible() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    issuer.go_away(true);
    let authenticator = issuer.authenticator();
    let token = key.token("ann", &json!({}));
    assert_eq!(ask(&*authenticator, &token).await, Err(AuthenticationError::Unavailable), "nobody can tell yet");

    issuer.go_away(false);
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    while ask(&*authenticator, &token).await.is_err() {
        assert!(std::time::Instant::now() < deadline, "the keys are fetched once they can be");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    issuer.go_away(true);
    let asked = issuer.asked();
    let unknown = SigningKey::ed25519("two").token("ann", &json!({}));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(ask(&*authenticator, &unknown).await, Err(AuthenticationError::Invalid));
    assert!(issuer.asked() > asked, "it was asked, and failed");
    assert!(ask(&*authenticator, &key.token("bob", &json!({}))).await.is_ok(), "the last keys stay");
}

#[tokio::test]
async fn keys_may_be_in_a_file() {
    let (key, other) = (SigningKey::p256("one"), SigningKey::p256("two"));
    let folder = std::env::temp_dir().join(format!("keys-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("keys.json");
    std::fs::write(&file, json!({ "keys": [key.public] }).to_string()).unwrap();
    let authenticator = authenticator(vec![options(Keys::File(file.clone()))]);
    let token = key.token("ann", &json!({}));
    assert!(ask(&*authenticator, &token).await.is_ok());

    std::fs::write(&file, json!({ "keys": [other.public] }).to_string()).unwrap();
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    while ask(&*authenticator, &token).await.is_ok() {
        assert!(std::time::Instant::now() < deadline, "the file is read again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(ask(&*authenticator, &other.token("ann", &json!({}))).await.is_ok());
    std::fs::remove_dir_all(&folder).unwrap();
}
