//! What every request passes first: the Host it names, where it comes from, and who is calling.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};
use kit::error::AppError;
use kit::identity::Caller;

use crate::error_page;
use crate::sign_in::SignIn;

/// How an instance knows who is calling.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Everybody is this caller: for tests.
    Fixed(Caller),
    /// Nobody can sign in, because nothing is configured to sign in with.
    Unconfigured,
    /// Whoever brings a session or a token is the one who signed in with it.
    SignedIn(SignIn),
}

/// Refuses a Host header that does not name this machine: a page elsewhere that has its own name resolve to loopback gets nothing.
pub async fn host(request: Request, next: Next) -> Response {
    let named = request
        .headers()
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    match named {
        Some(named) if names_loopback(named) => next.run(request).await,
        _ => {
            let error = AppError::bad_request("This portal answers only to localhost, 127.0.0.1 and [::1]");
            error_page::answer(&request, &error)
        }
    }
}

/// Refuses what another site's page asks for: any change, and any reading that is not a person following a link. A caller that is no browser sends neither header and carries no ambient right from a browser.
pub async fn origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let allowed = if reads { !embedded_elsewhere(request.headers()) } else { same_origin(request.headers()) };
    if allowed {
        return next.run(request).await;
    }
    error_page::answer(&request, &AppError::bad_request("This was asked for by a page of another site"))
}

/// Notes who is calling, for whoever decides what they may do.
pub async fn identify(State(identity): State<Identity>, request: Request, next: Next) -> Response {
    // The body cannot be shared between threads, and whoever asks the database is moved between them.
    let (parts, body) = request.into_parts();
    let caller = match &identity {
        Identity::Fixed(caller) => Ok(caller.clone()),
        Identity::Unconfigured => Ok(Caller::Anonymous),
        Identity::SignedIn(sign_in) => sign_in.sessions.caller(&parts).await,
    };
    let mut request = Request::from_parts(parts, body);
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return error_page::answer(&request, &error),
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Whether another site's page asks in the background; a person who follows a link from there is welcome.
fn embedded_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
    is("sec-fetch-site", "cross-site") && !is("sec-fetch-mode", "navigate")
}

fn names_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "::1"
}

fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for (host, good) in [
            ("localhost:3000", true),
            ("127.0.0.1", true),
            ("[::1]:3000", true),
            ("LOCALHOST", true),
            ("portico.bank.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:3000", false),
            ("", false),
        ] {
            assert_eq!(names_loopback(host), good, "{host}");
        }
    }

    #[test]
    fn another_sites_page_cannot_change_anything() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, http::HeaderValue::from_static(value));
            }
            same_origin(&headers)
        };
        assert!(of(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000")]));
        assert!(of(&[("sec-fetch-site", "same-origin"), ("host", "a")]));
        assert!(of(&[("host", "127.0.0.1:3000")]));
        assert!(!of(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:4000")]));
        assert!(!of(&[("host", "127.0.0.1:3000"), ("origin", "null")]));
        assert!(!of(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://127.0.0.1:3000"),
            ("host", "127.0.0.1:3000")
        ]));
    }
}
