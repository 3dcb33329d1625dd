//! What every request passes first: the Host it names, where it comes from, and who is calling.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};
use kit::error::AppError;
use kit::identity::Caller;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::error_page;
use crate::sign_in::SignIn;

/// How an instance knows who is calling.
#[expect(clippy::large_enum_variant, reason = "there is one, and its large variant is the usual one")]
#[derive(Debug, Clone)]
pub enum Identity {
    /// Everybody is this caller: for tests.
    Fixed(Caller),
    /// Nobody can sign in, because nothing is configured to sign in with.
    Unconfigured,
    /// Whoever brings a session or a token is the one who signed in with it.
    SignedIn(SignIn),
}

/// The names under which the portal answers: those of this machine, and that of the configured address.
#[derive(Debug, Clone)]
pub struct Names(pub Option<Url>);

impl Names {
    fn has(&self, host: &str) -> bool {
        names_loopback(host) || self.is_public(host)
    }

    /// Whether a Host header names the configured address.
    fn is_public(&self, host: &str) -> bool {
        let Some(url) = &self.0 else { return false };
        let name = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        host.eq_ignore_ascii_case(&format!("{name}:{port}"))
            || (url.port().is_none() && host.eq_ignore_ascii_case(name))
    }

    /// Whether a page from there is one of the portal's own, when the request names this host.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        match &self.0 {
            Some(url) if self.is_public(host) => origin == url.origin().ascii_serialization(),
            _ => origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host)),
        }
    }
}

/// Refuses a Host header that does not name this portal: a page elsewhere that has its own name resolve to this machine gets nothing.
pub async fn host(State(names): State<Names>, request: Request, next: Next) -> Response {
    let mut all = request.headers().get_all(HOST).iter();
    let named = all.next().and_then(|value| value.to_str().ok());
    let asked = request.uri().authority().map(|authority| authority.as_str());
    match named.or(asked) {
        Some(named) if all.next().is_none() && asked.is_none_or(|asked| asked == named) && names.has(named) => {
            next.run(request).await
        }
        _ => {
            let also = names.0.as_ref().and_then(Url::host_str).map(|name| format!("{name}, ")).unwrap_or_default();
            let error =
                AppError::bad_request(format!("This portal answers only to {also}localhost, 127.0.0.1 and [::1]"));
            error_page::answer(&request, &error)
        }
    }
}

/// Refuses a path with steps in it: a browser takes them before it asks, and what decides by a path and what serves it must read the same.
pub async fn steps(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_step = |name: &str| matches!(&*percent_decode_str(name).decode_utf8_lossy(), "." | "..");
    if path.split('/').any(is_step) {
        return error_page::answer(&request, &AppError::nowhere());
    }
    next.run(request).await
}

/// Refuses what another site's page asks for: any change, and any reading that is not a person following a link. A caller that is no browser sends neither header and carries no ambient right from a browser.
pub async fn origin(State(names): State<Names>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let allowed = if reads { !embedded_elsewhere(request.headers()) } else { same_origin(&names, request.headers()) };
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

fn same_origin(names: &Names, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (None, _) => true,
        (Some(origin), Some(host)) => names.is_own(origin, host),
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
            same_origin(&Names(None), &headers)
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

    #[test]
    fn the_configured_address_is_answered_and_its_pages_alone_may_change_anything() {
        let names = |url: &str| Names(Some(Url::parse(url).expect("a URL")));
        let bank = names("https://portico.bank.example");
        for host in ["portico.bank.example", "PORTICO.bank.example:443", "localhost:3000"] {
            assert!(bank.has(host), "{host}");
        }
        for host in [
            "bank.example",
            "x.portico.bank.example",
            "portico.bank.example:80",
            "portico.bank.example.",
            "a@portico.bank.example",
            "",
        ] {
            assert!(!bank.has(host), "{host}");
        }
        assert!(
            names("https://p.example:8443").has("p.example:8443") && !names("https://p.example:8443").has("p.example")
        );
        assert!(bank.is_own("https://portico.bank.example", "portico.bank.example:443"));
        for origin in
            ["http://portico.bank.example", "https://portico.bank.example:8443", "https://other.bank.example", "null"]
        {
            assert!(!bank.is_own(origin, "portico.bank.example"), "{origin}");
        }
    }
}
