//! Signing in and out: the page that offers the ways in, the example bank's people, and the way out.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use kit::components::{Badge, Banner, Button, Choice, Emphasis, Section, Select, Tone};
use kit::error::AppError;
use kit::identity::{Caller, ClientAddress};
use kit::server::directory::Known;
use kit::server::html::drawn;
use leptos::prelude::*;
use serde::Deserialize;
use tower_sessions::Session;

use crate::assets::Assets;
use crate::error_page::{self, document, wants_html};
use crate::guard::Identity;
use crate::session::{Assertion, Sessions};
use crate::sso::{Sso, safe_path};

/// The provider of the example bank's people.
pub const LOCAL: &str = "local";

/// The most people that can be chosen at the local sign-in.
const PEOPLE: u32 = 500;

/// How many of them stand in the list.
const FIRST: usize = 6;

/// The ways in that an instance offers.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The sessions.
    pub sessions: Sessions,
    /// Whether anybody at this machine may be any of the example bank's people.
    pub local: bool,
    /// The bank's own providers.
    pub sso: Arc<Sso>,
}

/// The routes of signing in and out.
pub fn routes(sign_in: SignIn) -> Router {
    let sso = sign_in.sso.routes();
    Router::new()
        .route("/sign-in", get(page))
        .route("/sign-in/local", post(local))
        .route("/sign-out", post(sign_out))
        .route("/signed-out", get(signed_out))
        .with_state(sign_in)
        .merge(sso)
}

/// Leads whoever follows a link to a page without being signed in to the sign-in, and from there back.
pub async fn first(State(identity): State<Identity>, request: Request, next: Next) -> Response {
    let is_anonymous = request.extensions().get::<Caller>() == Some(&Caller::Anonymous);
    let reads_a_page = *request.method() == Method::GET && wants_html(request.headers());
    let path = request.uri().path();
    match identity {
        Identity::Unconfigured if !is_served_to_nobody(path) => error_page::unconfigured(&request),
        Identity::SignedIn(_) if is_anonymous && reads_a_page && !is_public(path) => {
            let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
            Redirect::to(&kit::query::href("/sign-in", [("to", to)])).into_response()
        }
        _ => next.run(request).await,
    }
}

/// What anybody may ask for: a test pins the list.
pub fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path) || PUBLIC_BELOW.iter().any(|prefix| path.starts_with(prefix))
}

/// What is served while nobody can sign in: health, and what the page needs that says so.
fn is_served_to_nobody(path: &str) -> bool {
    ["/healthz", "/readyz", "/favicon.svg"].contains(&path) || path.starts_with("/assets/")
}

/// Paths that anybody may ask for.
pub const PUBLIC: [&str; 7] =
    ["/healthz", "/readyz", "/metrics", "/favicon.svg", "/sign-in", "/sign-out", "/signed-out"];

/// Prefixes of paths that anybody may ask for: the ways in, the files of the browser's side, and the published style sheets.
pub const PUBLIC_BELOW: [&str; 3] = ["/sign-in/", "/assets/", "/design/v1/"];

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    to: String,
}

/// `GET /sign-in?to=`
async fn page(
    State(sign_in): State<SignIn>,
    Extension(assets): Extension<Arc<Assets>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let to = safe_path(&asked.to);
    if caller != Caller::Anonymous {
        return Ok(Redirect::to(&to).into_response());
    }
    let people = if sign_in.local { sign_in.sessions.directory().people(PEOPLE).await? } else { Vec::new() };
    let is_administrator = |known: &Known| sign_in.sessions.is_administrator(&known.entity_ref, &[]);
    let people = people.into_iter().map(|known| (is_administrator(&known), known)).collect();
    let providers: Vec<_> = sign_in
        .sso
        .offered()
        .into_iter()
        .map(|(id, label)| {
            (format!("Sign in with {label}"), kit::query::href(&format!("/sign-in/{id}"), [("to", to.as_str())]))
        })
        .collect();
    let body = drawn(|| {
        let providers = providers
            .into_iter()
            .map(|(text, href)| view! { <Button text=text href=href emphasis=Emphasis::Primary/> });
        let providers: Vec<_> = providers.collect();
        view! {
            {(!providers.is_empty()).then(|| view! {
                <p class="pk-page__lead">"The developer portal knows you by your bank’s sign-in."</p>
                <p class="pk-providers">{providers}</p>
            })}
            {sign_in.local.then(|| view! { <LocalPeople people=people to=to/> })}
        }
    });
    Ok(Html(document(Some(assets.names()), "Sign in", body.as_str())).into_response())
}

#[component]
fn LocalPeople(people: Vec<(bool, Known)>, to: String) -> impl IntoView {
    if people.is_empty() {
        return view! {
            <Banner title="The example bank is being read" tone=Tone::Waiting><p>"Its people are here in a few seconds. Load the page again."</p></Banner>
        }
        .into_any();
    }
    let choices = people
        .iter()
        .map(|(_, known)| Choice::new(known.entity_ref.clone(), known.name.clone()).with(known.teams.join(", ")))
        .collect::<Vec<_>>();
    let first = first_of(&people);
    let rows: Vec<_> = first
        .into_iter()
        .map(|(administrator, known)| {
            view! {
                <li class="pk-way-in">
                    <p class="pk-way-in__who">
                        <strong>{known.name.clone()}</strong> " " {administrator.then(|| view! { <Badge text="Administrator" tone=Tone::Attention/> })}
                        <span class="pk-way-in__teams">{known.teams.join(", ")}</span>
                    </p>
                        <button class="pk-button" type="submit" name="person" value=known.entity_ref.clone()>
                            "Sign in" <span class="pk-visually-hidden">" as " {known.name.clone()}</span>
                        </button>
                </li>
            }
        })
        .collect();
    let again = to.clone();
    view! {
        <Banner title="This is an example" tone=Tone::Attention>
            <p>"The people of Meridian Bank are made up. Whoever sits at this machine can be any of them, without a password."</p>
        </Banner>
        <Section title="Sign in as">
            <form method="post" action="/sign-in/local">
                <input type="hidden" name="to" value=to/>
                <ul class="pk-ways-in">{rows}</ul>
            </form>
        </Section>
        <Section title="Somebody else">
            <form method="post" action="/sign-in/local" class="pk-inline">
                <input type="hidden" name="to" value=again/>
                <label for="person" class="pk-visually-hidden">"Person"</label>
                <Select name="person" id="person" options=choices/>
                <Button text="Sign in"/>
            </form>
        </Section>
    }
    .into_any()
}

/// Administrators and one each of other teams: enough to see that rights differ.
fn first_of(people: &[(bool, Known)]) -> Vec<&(bool, Known)> {
    let mut teams = Vec::new();
    let mut first: Vec<&(bool, Known)> = people.iter().filter(|(administrator, _)| *administrator).take(2).collect();
    for each in people.iter().filter(|(administrator, known)| !administrator && !known.teams.is_empty()) {
        if first.len() < FIRST && !teams.contains(&&each.1.teams) {
            teams.push(&each.1.teams);
            first.push(each);
        }
    }
    first
}

#[derive(Deserialize)]
struct Chosen {
    person: String,
    #[serde(default)]
    to: String,
}

/// `POST /sign-in/local`
async fn local(
    State(sign_in): State<SignIn>,
    Extension(session): Extension<Session>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, AppError> {
    if !sign_in.local {
        return Err(AppError::nowhere());
    }
    let known =
        sign_in.sessions.directory().person(&chosen.person).await?.ok_or_else(|| AppError::not_found("This person"))?;
    let assertion = Assertion {
        provider: LOCAL.to_owned(),
        subject: known.entity_ref.clone(),
        user_ref: Some(known.entity_ref),
        name: known.name,
        email: Some(known.email).filter(|email| !email.is_empty()),
        groups: Vec::new(),
        id_token: None,
    };
    let cookies = sign_in.sessions.begin(&session, assertion, &headers, &address.to_string()).await?;
    Ok(leading_to(&safe_path(&chosen.to), cookies))
}

/// `POST /sign-out`
async fn sign_out(
    State(sign_in): State<SignIn>,
    Extension(session): Extension<Session>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Arc<Assets>>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let who = sign_in.sessions.end(&session, &caller).await?;
    let back = sign_in.sso.address(&headers, "/signed-out");
    if let Some((who, back)) = who.zip(back)
        && let Some(there) = sign_in.sso.end_at_provider(&who.provider, who.id_token.as_deref(), &back).await
    {
        return Ok(ending_at(&assets, sign_in.sso.label(&who.provider).unwrap_or_default(), &there));
    }
    Ok(Redirect::to("/signed-out").into_response())
}

/// Leads on to sign out at the provider: by a page, since a form of this portal may not be answered with the address of another.
fn ending_at(assets: &Assets, label: &str, there: &url::Url) -> Response {
    let title = "Signing out";
    let body = drawn(|| {
        view! {
            <p class="pk-page__lead">"You are signed out here. " {label.to_owned()} " now signs you out as well."</p>
            <p><Button text="Go on" href=there.to_string() emphasis=Emphasis::Primary/></p>
        }
    });
    let mut response = Html(document(Some(assets.names()), title, body.as_str())).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={there}")) {
        response.headers_mut().insert("refresh", value);
    }
    response
}

/// `GET /signed-out`
async fn signed_out(Extension(assets): Extension<Arc<Assets>>) -> Html<String> {
    let body = drawn(|| {
        view! {
            <p class="pk-page__lead">"Nobody can use the portal in this browser as you any more."</p>
            <p><Button text="Sign in again" href="/sign-in" emphasis=Emphasis::Primary/></p>
        }
    });
    Html(document(Some(assets.names()), "You are signed out", body.as_str()))
}

/// Leads on after a sign-in, with the cookies that it sets.
pub fn leading_to(path: &str, cookies: Vec<String>) -> Response {
    let mut response = Redirect::to(path).into_response();
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
