//! Errors that happen outside the application: a page in the portal's own look for people, JSON for scripts.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use kit::error::AppError;
use kit::server::cookies::Secure;
use kit::server::said::refused;
use leptos::server_fn::error::ServerFnUrlError;
use url::Url;

use crate::assets::Assets;
use kit::server::plugin::Limit;

use crate::router::MAX_BODY;

/// The largest body of a server function's error that is read.
const MAX_ERROR: usize = 64 * 1024;

/// The answer to `error`: a page where the caller reads HTML.
pub fn answer(request: &Request, error: &AppError) -> Response {
    answered(wants_html(request.headers()), request.extensions().get(), error)
}

/// Says in the portal's own words what the framework refuses in a few of its own: a method that an address does not take, a body that is too
/// large, and to a script a part of an address that cannot be read and an address that is none.
pub async fn in_our_words(request: Request, next: Next) -> Response {
    let (reads_html, assets) = (wants_html(request.headers()), request.extensions().get::<Arc<Assets>>().cloned());
    let method = request.method().clone();
    let is_script = !reads_html && request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Server functions speak to the portal's own pages, in their own way.
    let is_text = is_script && kind.starts_with("text/plain") && !headers.contains_key("serverfnerror");
    let is_page = is_script && kind.starts_with("text/html");
    let error = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => AppError::Method { method: method.to_string() },
        StatusCode::PAYLOAD_TOO_LARGE => {
            let limit = response.extensions().get().map_or(MAX_BODY, |Limit(limit)| *limit);
            AppError::TooLarge { megabytes: limit >> 20 }
        }
        StatusCode::BAD_REQUEST if is_text => {
            let said = to_bytes(response.into_body(), MAX_ERROR).await.unwrap_or_default();
            let error = AppError::bad_request(String::from_utf8_lossy(&said));
            return answered(reads_html, assets.as_ref(), &error);
        }
        StatusCode::NOT_FOUND if is_page => AppError::nowhere(),
        _ => return response,
    };
    let mut answer = answered(reads_html, assets.as_ref(), &error);
    if let Some(allowed) = response.headers_mut().remove(ALLOW) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

/// What is answered when a handler panics: its own page is lost, the portal is not.
pub fn panicked(assets: &Assets, cause: Box<dyn std::any::Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<String>().cloned().or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let error = AppError::internal(format!("panic: {}", text.unwrap_or_default()));
    (error.status(), Html(page(Some(assets.names()), &error))).into_response()
}

/// Gives a server function's error its HTTP status: the framework answers 500 to all of them.
pub async fn status_of_server_functions(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key("serverfnerror") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_ERROR).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Ok(error) = serde_json::from_slice::<AppError>(&bytes) {
        parts.status = error.status();
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Leads back from a form without what the framework leaves in the address: the error, which the page says instead, and a `?` with nothing behind it.
pub async fn after_forms(request: Request, next: Next) -> Response {
    let secure = Secure::of(request.extensions());
    let mut response = next.run(request).await;
    let Some(to) = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()) else { return response };
    let (to, error) = without_error(to);
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(LOCATION, to);
    }
    if let Some(error) = error {
        response.headers_mut().append(SET_COOKIE, refused(&format!("{error}."), secure));
    }
    response
}

fn answered(reads_html: bool, assets: Option<&Arc<Assets>>, error: &AppError) -> Response {
    if !reads_html {
        return error.clone().into_response();
    }
    (error.status(), Html(page(assets.map(|assets| assets.names()), error))).into_response()
}

fn without_error(to: &str) -> (String, Option<AppError>) {
    let url = Url::parse(to).ok();
    // The last is the framework's; those before it came with the address that the form was sent from.
    let error = url.as_ref().and_then(|url| url.query_pairs().filter(|(key, _)| key == "__err").last());
    let error = error.map(|(_, error)| ServerFnUrlError::<AppError>::decode_err(&error));
    let mut to = to.to_owned();
    if error.is_some() {
        ServerFnUrlError::<AppError>::strip_error_info(&mut to);
    }
    (to.trim_end_matches('?').to_owned(), error)
}

fn page(names: Option<&app::shell::Assets>, error: &AppError) -> String {
    let (title, advice) = match error {
        AppError::TooMany { .. } => {
            ("Too many requests", "Wait a moment, then load the page again. A program should ask less often.")
        }
        AppError::Unavailable { .. } => {
            ("Unavailable at the moment", "The rest of the portal works. Load the page again in a minute.")
        }
        AppError::Internal { .. } => (
            "Something failed on our side",
            "Load the page again. If it fails again, tell the platform team and quote the reference.",
        ),
        AppError::Method { .. } => ("This request cannot be answered", "Open the page by its address."),
        AppError::TooLarge { .. } => ("This is too large", "Go back, make it shorter and send it again."),
        AppError::NotFound { .. } => ("Not found", "Search the catalog, or start again from the home page."),
        _ => ("This request was refused", "Go back and try again from the portal's own pages."),
    };
    let message =
        error.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let body = format!(
        "<div class=\"pk-message\" role=\"alert\"><p>{message}.</p><p class=\"pk-quiet\">{advice}</p>\
         <p><a class=\"pk-button\" href=\"/\">Go to the home page</a></p></div>"
    );
    document(names, title, &body)
}

/// The portal's mark.
const MARK: &str = "<svg viewBox=\"0 0 20 20\" width=\"20\" height=\"20\" aria-hidden=\"true\" focusable=\"false\">\
                    <path d=\"M2 3h16v3H2zM4 8h3v10H4zM13 8h3v10h-3z\" fill=\"currentColor\"></path></svg>";

/// A page on its own, without the shell: of HTML that is finished.
pub fn document(names: Option<&app::shell::Assets>, title: &str, body: &str) -> String {
    let css = names.map_or("", |names| &names.css);
    let font = names.and_then(|names| names.fonts.first());
    let font = font.map(|font| {
        format!("<link rel=\"preload\" href=\"{font}\" as=\"font\" type=\"font/woff2\" crossorigin=\"anonymous\">")
    });
    let font = font.unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Portico</title><link rel=\"stylesheet\" href=\"{css}\">{font}\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"></head>\
         <body><main class=\"pk-standalone\"><a class=\"pk-brand\" href=\"/\">{MARK}Portico</a><h1>{title}</h1>{body}</main></body></html>"
    )
}

/// What is answered while nobody can sign in: how to change that, and nothing else.
pub fn unconfigured(request: &Request) -> Response {
    let error =
        AppError::Unavailable { what: "Nobody can sign in yet: no provider is configured, so the portal".into() };
    if !wants_html(request.headers()) {
        return error.into_response();
    }
    let assets = request.extensions().get::<Arc<Assets>>();
    let body = "<div class=\"pk-message\"><p>Nobody can sign in yet, so nothing else is shown.</p>\
                <p>To let people in, name a sign-in provider in the configuration file and start the portal again:</p>\
                <pre class=\"pk-code\"><code>[[providers]]\nid = \"bank\"\nkind = \"oidc\"\nlabel = \"Bank SSO\"\n\
                issuer = \"https://sso.bank.example\"\nclient_id = \"portico\"\nclient_secret_file = \"/etc/portico/client-secret\"\n\n\
                [access]\nadministrators = [\"group:default/platform\"]</code></pre>\
                <p>To look round with made-up people and software, start it with <code>portico serve --example</code> on this machine alone, without <code>public_url</code>.</p></div>";
    (error.status(), Html(document(assets.map(|assets| assets.names()), "Set up sign-in", body))).into_response()
}

/// Whether the answer is for somebody who reads it in a browser.
pub fn wants_html(headers: &http::HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
