//! An issuer of tokens with keys of its own, which it publishes over HTTP as long as it is well.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloudphone_router::authentication::foreign::{ForeignOptions, IssuerOptions, Keys};
use cloudphone_router::authentication::{Authenticator, ForeignAuthenticator};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What issuers of tests call themselves.
pub const ISSUER: &str = "https://id.example.com";
/// Whom their tokens are for.
pub const AUDIENCE: &str = "the-graph";

/// A private key, with its public half as a JSON Web Key.
pub struct SigningKey {
    pub id: String,
    pub algorithm: Algorithm,
    pub private: EncodingKey,
    pub public: Value,
}

impl SigningKey {
    pub fn ed25519(id: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'static> = pair.as_der().unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        Self::new(id, Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_ref()), public)
    }

    pub fn p256(id: &str) -> Self {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let private = EncodingKey::from_ec_der(der.as_ref());
        let public = serde_json::to_value(Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap()).unwrap();
        Self::new(id, Algorithm::ES256, private, public)
    }

    pub fn rsa(id: &str) -> Self {
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'static> = pair.as_der().unwrap();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let mut public = serde_json::to_value(Jwk::from_encoding_key(&private, Algorithm::RS256).unwrap()).unwrap();
        // As many publish them: for whatever algorithm of the kind.
        public.as_object_mut().unwrap().remove("alg");
        Self::new(id, Algorithm::RS256, private, public)
    }

    fn new(id: &str, algorithm: Algorithm, private: EncodingKey, mut public: Value) -> Self {
        public["kid"] = id.into();
        public["use"] = "sig".into();
        Self { id: id.to_owned(), algorithm, private, public }
    }

    pub fn header(&self) -> Header {
        Header { kid: Some(self.id.clone()), ..Header::new(self.algorithm) }
    }

    /// A token with these claims and no others.
    pub fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }

    /// A token of somebody, good for a minute unless `more` says otherwise; a claim that is null there is left out.
    pub fn token(&self, subject: &str, more: &Value) -> String {
        self.sign(&claims(subject, more))
    }
}

/// The claims of a usual token.
pub fn claims(subject: &str, more: &Value) -> Value {
    let mut claims = json!({ "sub": subject, "iss": ISSUER, "aud": AUDIENCE, "exp": now() + 60 });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

pub fn now() -> i64 {
    get_current_timestamp().try_into().unwrap()
}

#[derive(Clone)]
struct Published {
    keys: Arc<Mutex<Vec<Value>>>,
    asked: Arc<AtomicUsize>,
    away: Arc<AtomicBool>,
}

/// Publishes keys.
pub struct Issuer {
    pub address: SocketAddr,
    published: Published,
    server: JoinHandle<()>,
}

impl Issuer {
    pub async fn publish(keys: &[&SigningKey]) -> Self {
        let keys = Arc::new(Mutex::new(keys.iter().map(|key| key.public.clone()).collect()));
        let published = Published { keys, asked: Arc::default(), away: Arc::default() };
        let app = Router::new().route("/keys", get(answer)).with_state(published.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, published, server }
    }

    /// Puts other keys in the place of those before.
    pub fn change(&self, keys: &[&SigningKey]) {
        *self.published.keys.lock() = keys.iter().map(|key| key.public.clone()).collect();
    }

    /// Whether it answers.
    pub fn go_away(&self, away: bool) {
        self.published.away.store(away, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub fn asked(&self) -> usize {
        self.published.asked.load(Ordering::SeqCst)
    }

    /// What a router is told of it.
    pub fn options(&self) -> IssuerOptions {
        options(Keys::Url(format!("http://{}/keys", self.address)))
    }

    /// A router's authenticator that believes it alone.
    pub fn authenticator(&self) -> Arc<dyn Authenticator> {
        authenticator(vec![self.options()])
    }
}

async fn answer(State(published): State<Published>) -> Response {
    published.asked.fetch_add(1, Ordering::SeqCst);
    if published.away.load(Ordering::SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(json!({ "keys": *published.keys.lock() })).into_response()
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What a router is told of an issuer.
pub fn options(keys: Keys) -> IssuerOptions {
    IssuerOptions {
        name: "example".to_owned(),
        issuer: Some(ISSUER.to_owned()),
        audiences: vec![AUDIENCE.to_owned(), "another-graph".to_owned()],
        keys,
        refetch_after: Duration::from_millis(50),
        ..IssuerOptions::default()
    }
}

/// An authenticator that believes these.
pub fn authenticator(issuers: Vec<IssuerOptions>) -> Arc<dyn Authenticator> {
    Arc::new(ForeignAuthenticator::start(believing(issuers)).unwrap())
}

/// What an authenticator is told that believes these.
pub fn believing(issuers: Vec<IssuerOptions>) -> ForeignOptions {
    ForeignOptions { issuers, max_token_bytes: 8192, ..ForeignOptions::default() }
}
