//! Sign-in through the bank's own providers: OpenID Connect and plain OAuth 2, several at once.

mod claims;
mod http;
mod oauth;
mod oidc;
mod page;
mod path;
mod refusal;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::HOST;
use ::http::{HeaderMap, StatusCode};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use kit::error::AppError;
use kit::identity::{Caller, ClientAddress};
use kit::server::clock::Millis;
use kit::server::context::Kit;
use kit::server::{audit, db, sessions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_sessions::Session;
use url::{Url, form_urlencoded};

pub(crate) use self::claims::is_entity_name;
use self::http::Http;
use self::oauth::OAuth;
use self::oidc::Oidc;
pub use self::path::safe_path;
use self::refusal::{Refusal, words};
use crate::assets::Assets;
use crate::config::{Config, Endpoints, Provider};
use crate::session::Sessions;
use crate::sign_in::leading_to;

/// The key of a visitor's session under which the sign-ins that it has begun stand.
const FLOWS: &str = "sign-ins";

/// How many of them are kept: one a tab.
const TABS: usize = 5;

/// How long a person may take at the provider.
const PATIENCE: Millis = 10 * 60 * 1000;

/// How long the portal itself may take with all that it asks a provider in one request.
const BUDGET: Duration = Duration::from_secs(20);

/// The most refusals of strangers that are written in the audit trail within a minute.
const MOST_REFUSALS: usize = 60;

const MINUTE: Millis = 60_000;

/// The providers of an instance.
pub struct Sso {
    kit: Kit,
    sessions: Sessions,
    providers: Vec<Way>,
    public_url: Option<Url>,
}

/// A provider and how it is spoken to.
struct Way {
    provider: Provider,
    protocol: Protocol,
}

enum Protocol {
    Oidc(Box<Oidc>),
    OAuth(Box<OAuth>),
}

/// Where a browser is sent, and what its answer will be compared with.
struct Asked {
    url: Url,
    state: String,
    nonce: String,
    verifier: String,
}

/// A sign-in that was begun: good for one answer of one provider, in the session that began it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Flow {
    provider: String,
    state: String,
    nonce: String,
    verifier: String,
    redirect: Url,
    to: String,
    at: Millis,
}

/// What a provider says once everything has been checked.
struct Proven {
    claims: claims::Claims,
    id_token: Option<String>,
}

/// What came back with the browser.
#[derive(Debug, Default)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    description: Option<String>,
    issuer: Option<String>,
}

impl Sso {
    /// The configured providers; none of them is asked before somebody signs in.
    pub fn new(config: &Config, kit: Kit, sessions: Sessions) -> anyhow::Result<Self> {
        let mut providers = Vec::new();
        for provider in config.providers()? {
            let http =
                Http::new(&provider).map_err(|problem| anyhow::anyhow!("providers ({}): {problem}", provider.id))?;
            let protocol = match &provider.endpoints {
                Endpoints::Oidc { issuer } => {
                    let (provider, issuer, clock) = (provider.clone(), issuer.clone(), kit.clock.clone());
                    Protocol::Oidc(Box::new(Oidc::new(provider, issuer, http, clock)?))
                }
                Endpoints::OAuth2 { authorize, token, user_info } => {
                    Protocol::OAuth(Box::new(OAuth::new(&provider, authorize, token, user_info, http)))
                }
            };
            providers.push(Way { provider, protocol });
        }
        Ok(Self { kit, sessions, providers, public_url: config.public_url.clone() })
    }

    /// The ids of the providers with what their buttons say.
    pub fn offered(&self) -> Vec<(String, String)> {
        self.providers.iter().map(|way| (way.provider.id.clone(), way.provider.label.clone())).collect()
    }

    /// What a provider is called.
    pub fn label(&self, provider: &str) -> Option<&str> {
        self.way(provider).map(|way| way.provider.label.as_str())
    }

    /// The routes of the providers.
    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/sign-in/{provider}", get(start))
            .route("/sign-in/{provider}/callback", get(callback))
            .route("/sign-in/{provider}/back-channel", post(back_channel))
            .with_state(self.clone())
    }

    /// Where the browser goes to be signed out at the provider as well, from where it comes back to `back`; none where that is off or unknown.
    pub async fn end_at_provider(&self, provider: &str, id_token: Option<&str>, back: &Url) -> Option<Url> {
        let way = self.way(provider).filter(|way| way.provider.logout)?;
        match &way.protocol {
            Protocol::Oidc(oidc) => tokio::time::timeout(BUDGET, oidc.end(id_token, back)).await.ok()?,
            Protocol::OAuth(_) => None,
        }
    }

    /// An address of this portal: below the configured one, else below the one that the browser asked, which is then this machine's.
    pub fn address(&self, headers: &HeaderMap, path: &str) -> Option<Url> {
        let base = self.public_url.clone().or_else(|| {
            let host = headers.get(HOST)?.to_str().ok()?;
            Url::parse(&format!("http://{host}/")).ok()
        });
        base?.join(path).ok()
    }

    fn way(&self, provider: &str) -> Option<&Way> {
        self.providers.iter().find(|way| way.provider.id == provider)
    }

    /// Checks the answer to a sign-in and signs the person in; gives the cookie of a device that is new.
    async fn finish(
        &self,
        way: &Way,
        session: &Session,
        headers: &HeaderMap,
        client: &str,
        answer: Answer,
        flow: &Flow,
    ) -> Result<Vec<String>, Refusal> {
        if flow.at + PATIENCE < self.kit.clock.now() {
            return Err(Refusal::TooLate);
        }
        if let Protocol::Oidc(oidc) = &way.protocol {
            oidc.check_issuer(answer.issuer.as_deref()).await?;
        }
        if let Some(error) = answer.error {
            let said = words(answer.description.as_deref().unwrap_or(&error));
            let denied = matches!(error.as_str(), "access_denied" | "login_required" | "consent_required");
            return Err(if denied { Refusal::Denied(said) } else { Refusal::Reported(said) });
        }
        let code = answer.code.filter(|code| !code.is_empty()).ok_or(Refusal::Unreadable("code"))?;
        let proven = match &way.protocol {
            Protocol::Oidc(oidc) => oidc.finish(code, flow).await?,
            Protocol::OAuth(oauth) => oauth.finish(code, flow.verifier.clone(), &flow.redirect).await?,
        };
        let directory = self.sessions.directory().as_ref();
        let assertion = claims::assertion(&way.provider, &proven.claims, proven.id_token, directory).await?;
        self.sessions.begin(session, assertion, headers, client).await.map_err(internal)
    }

    /// Takes the flow of this state out of the session, so that no second answer finds it.
    async fn take(&self, session: &Session, provider: &str, state: Option<&str>) -> Result<Flow, Refusal> {
        let mut flows: Vec<Flow> = session.get(FLOWS).await.map_err(internal)?.unwrap_or_default();
        let found = flows.iter().position(|flow| Some(flow.state.as_str()) == state && flow.provider == provider);
        let flow = flows.remove(found.ok_or(Refusal::Unknown)?);
        session.insert(FLOWS, &flows).await.map_err(internal)?;
        session.save().await.map_err(internal)?;
        Ok(flow)
    }

    /// The page for a sign-in that did not come about, which is noted in the audit trail.
    async fn refuse(&self, way: &Way, from: IpAddr, assets: &Assets, to: &str, refusal: &Refusal) -> Response {
        if let Err(problem) = self.note(&way.provider.id, from, refusal).await {
            tracing::error!(%problem, "a sign-in that was refused is missing in the audit trail");
        }
        let others = self.providers.iter().map(|way| &way.provider).filter(|other| other.id != way.provider.id);
        page::refused(assets.names(), &way.provider, others, to, refusal)
    }

    /// Writes it in the audit trail; of very many within a minute only in the log, so that a stranger cannot fill the database.
    async fn note(&self, provider: &str, from: IpAddr, refusal: &Refusal) -> Result<(), AppError> {
        let (now, reason) = (self.kit.clock.now(), refusal.reason());
        let text = "SELECT id FROM audit_event WHERE actor = 'anonymous' AND at > ? LIMIT ?";
        let values = [(now - MINUTE).into(), (MOST_REFUSALS as i64).into()];
        if db::rows(self.kit.db.read(), text, values).await?.len() >= MOST_REFUSALS {
            tracing::warn!(provider, %from, reason, "a sign-in was refused");
            return Ok(());
        }
        let tx = self.kit.db.begin().await?;
        let event = audit::Event {
            at: now,
            actor: &Caller::Anonymous,
            action: "session.sign-in.refused",
            resource: &format!("provider:{provider}"),
            detail: json!({ "provider": provider, "reason": reason, "address": from.to_string() }),
        };
        audit::append_refused(&tx, event).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the sessions of the person that a logout token is about; says how many there were.
    async fn end_by_token(&self, way: &Way, token: &str) -> Result<u64, Refusal> {
        let Protocol::Oidc(oidc) = &way.protocol else { return Err(Refusal::Unreadable("logout-token")) };
        let claims = oidc.ended(token).await?;
        let subject = claims::find(&claims, &way.provider.claims.subject).and_then(Value::as_str);
        let subject = subject.ok_or(Refusal::Unreadable("subject"))?;
        let internal = |error: sea_orm::DbErr| internal(error);
        let tx = self.kit.db.begin().await.map_err(internal)?;
        let ended = sessions::end_at(&tx, &way.provider.id, subject).await.map_err(internal)?;
        for subject in &ended {
            let event = audit::Event {
                at: self.kit.clock.now(),
                actor: &Caller::System,
                action: "session.sign-out",
                resource: subject,
                detail: json!({ "provider": way.provider.id, "by": "provider" }),
            };
            audit::append(&tx, event).await.map_err(internal)?;
        }
        tx.commit().await.map_err(internal)?;
        Ok(ended.len() as u64)
    }
}

impl std::fmt::Debug for Sso {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.providers.iter().map(|way| &way.provider)).finish()
    }
}

impl Answer {
    /// Reads the query of a callback; none where a parameter is there twice, since two readers could then see two answers.
    fn parse(query: &str) -> Option<Self> {
        let mut answer = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "code" => &mut answer.code,
                "state" => &mut answer.state,
                "error" => &mut answer.error,
                "error_description" => &mut answer.description,
                "iss" => &mut answer.issuer,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(answer)
    }
}

/// `GET /sign-in/{provider}?to=`
async fn start(
    State(sso): State<Arc<Sso>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    Extension(assets): Extension<Arc<Assets>>,
    Extension(session): Extension<Session>,
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let way = sso.way(&provider).ok_or_else(nowhere)?;
    let query = query.unwrap_or_default();
    let to = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
    let to = safe_path(to.as_ref().map_or("/", |(_, to)| to));
    let redirect = sso.address(&headers, &format!("/sign-in/{provider}/callback")).ok_or_else(nowhere)?;
    let asked = match &way.protocol {
        Protocol::Oidc(oidc) => tokio::time::timeout(BUDGET, oidc.begin(&redirect)).await.unwrap_or(Err(Refusal::Down)),
        Protocol::OAuth(oauth) => Ok(oauth.begin(&redirect)),
    };
    let Asked { url, state, nonce, verifier } = match asked {
        Ok(asked) => asked,
        Err(refusal) => return Ok(sso.refuse(way, client, &assets, &to, &refusal).await),
    };
    let mut flows: Vec<Flow> = session.get(FLOWS).await.map_err(AppError::internal)?.unwrap_or_default();
    flows.push(Flow { provider, state, nonce, verifier, redirect, to, at: sso.kit.clock.now() });
    flows.drain(..flows.len().saturating_sub(TABS));
    session.insert(FLOWS, &flows).await.map_err(AppError::internal)?;
    Ok(Redirect::to(url.as_str()).into_response())
}

/// `GET /sign-in/{provider}/callback`
async fn callback(
    State(sso): State<Arc<Sso>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    Extension(assets): Extension<Arc<Assets>>,
    Extension(session): Extension<Session>,
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let way = sso.way(&provider).ok_or_else(nowhere)?;
    let answer = Answer::parse(&query.unwrap_or_default()).unwrap_or_default();
    let flow = match sso.take(&session, &provider, answer.state.as_deref()).await {
        Ok(flow) => flow,
        // Nothing of an answer that nobody asked for is shown: its words may be anybody's.
        Err(refusal) => return Ok(sso.refuse(way, client, &assets, "/", &refusal).await),
    };
    let finished =
        tokio::time::timeout(BUDGET, sso.finish(way, &session, &headers, &client.to_string(), answer, &flow)).await;
    Ok(match finished.unwrap_or(Err(Refusal::Down)) {
        Ok(cookies) => leading_to(&flow.to, cookies),
        Err(refusal) => sso.refuse(way, client, &assets, &flow.to, &refusal).await,
    })
}

#[derive(Deserialize)]
struct Ended {
    logout_token: String,
}

/// `POST /sign-in/{provider}/back-channel`: the provider itself says that somebody has signed out there.
async fn back_channel(
    State(sso): State<Arc<Sso>>,
    Path(provider): Path<String>,
    Form(ended): Form<Ended>,
) -> Result<StatusCode, AppError> {
    let way = sso.way(&provider).ok_or_else(nowhere)?;
    let done = tokio::time::timeout(BUDGET, sso.end_by_token(way, &ended.logout_token)).await;
    match done.unwrap_or(Err(Refusal::Down)) {
        Ok(_) => Ok(StatusCode::OK),
        Err(Refusal::Down) => Err(AppError::Unavailable { what: "The sign-in service".into() }),
        Err(Refusal::Internal(reference)) => Err(AppError::Internal { reference }),
        Err(refusal) => Err(AppError::bad_request(format!("The logout token is refused ({})", refusal.reason()))),
    }
}

fn nowhere() -> AppError {
    AppError::not_found("A sign-in service with this name")
}

fn internal(error: impl std::fmt::Display) -> Refusal {
    match AppError::internal(error) {
        AppError::Internal { reference } => Refusal::Internal(reference),
        other => Refusal::Internal(other.to_string()),
    }
}
