//! A provider that says whatever a test wants it to say, signed with whatever key.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};

/// The secret that the portal shares with it.
pub const SECRET: &str = "s3cret&of+the=portal";

/// The code that it gives.
pub const CODE: &str = "c0de-that-must-not-be-logged";

/// The access token that it gives.
pub const ACCESS_TOKEN: &str = "acc3ss-token-that-must-not-be-logged";

/// The provider, at a port of its own.
#[derive(Clone)]
pub struct Fake {
    pub issuer: String,
    said: Arc<Mutex<Said>>,
}

/// What it says, and what it was asked.
#[derive(Default)]
pub struct Said {
    /// What is put over the metadata.
    pub metadata: Value,
    /// Its published keys.
    pub keys: Vec<Value>,
    /// The answer of the token endpoint.
    pub token: Value,
    /// The answer of the user-info endpoint.
    pub user_info: Value,
    /// Whether nothing but errors comes from it.
    pub down: bool,
    /// How often its metadata, keys and token endpoint were asked.
    pub asked: [u32; 3],
    /// The last request of the token endpoint.
    pub exchanged: String,
    /// Its `Authorization` header.
    pub authorization: String,
}

/// A key by a seed: the same seed is the same key.
pub fn key(seed: u8, id: &str) -> CoreEdDsaPrivateSigningKey {
    let prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let der = [prefix.as_slice(), &[seed; 32]].concat();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64_STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.to_owned()))).expect("a key")
}

/// The public half, as it is published.
pub fn published(key: &CoreEdDsaPrivateSigningKey) -> Value {
    serde_json::to_value(key.as_verification_key()).expect("a key as JSON")
}

/// A token with this header and these claims.
pub fn signed(header: &Value, claims: &Value, key: &CoreEdDsaPrivateSigningKey) -> String {
    let input = input(header, claims);
    let signature = key.sign(&CoreJwsSigningAlgorithm::EdDsa, input.as_bytes()).expect("a signature");
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The same, signed with a secret.
pub fn signed_with_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let input = input(header, claims);
    let signature = CoreHmacKey::new(secret).sign(&CoreJwsSigningAlgorithm::HmacSha256, input.as_bytes());
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.expect("a signature")))
}

/// The same, not signed.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.", input(header, claims))
}

fn input(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

impl Fake {
    /// One that publishes the key of seed 1.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let said = Said { keys: vec![published(&key(1, "one"))], metadata: json!({}), ..Said::default() };
        let fake = Self { issuer, said: Arc::new(Mutex::new(said)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(user_info))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// What it says from now on.
    pub fn says<T>(&self, change: impl FnOnce(&mut Said) -> T) -> T {
        change(&mut self.said.lock().expect("no test panicked here"))
    }

    /// Gives this ID token for the next code.
    pub fn gives(&self, id_token: String) {
        self.says(|said| {
            said.token = json!({ "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token });
        });
    }
}

type Reply = Result<Json<Value>, StatusCode>;

async fn metadata(State(fake): State<Fake>) -> Reply {
    fake.says(|said| {
        said.asked[0] += 1;
        let issuer = &fake.issuer;
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/me"),
            "jwks_uri": format!("{issuer}/keys"),
            "end_session_endpoint": format!("{issuer}/end?x=1"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "HS256", "none"],
        });
        for (name, value) in said.metadata.as_object().into_iter().flatten() {
            metadata[name] = value.clone();
        }
        reply(said.down, metadata)
    })
}

async fn keys(State(fake): State<Fake>) -> Reply {
    fake.says(|said| {
        said.asked[1] += 1;
        reply(said.down, json!({ "keys": said.keys }))
    })
}

async fn token(State(fake): State<Fake>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    fake.says(|said| {
        said.asked[2] += 1;
        said.exchanged = body;
        let header = headers.get("authorization").and_then(|value| value.to_str().ok());
        said.authorization = header.unwrap_or_default().to_owned();
        let status = if said.token.get("error").is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        (if said.down { StatusCode::SERVICE_UNAVAILABLE } else { status }, Json(said.token.clone()))
    })
}

async fn user_info(State(fake): State<Fake>, headers: HeaderMap) -> Reply {
    let brings_the_token = headers.get("authorization").is_some_and(|value| value == &format!("Bearer {ACCESS_TOKEN}"));
    if !brings_the_token {
        return Err(StatusCode::UNAUTHORIZED);
    }
    fake.says(|said| reply(said.down || said.user_info.is_null(), said.user_info.clone()))
}

fn reply(down: bool, value: Value) -> Reply {
    if down { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(Json(value)) }
}
