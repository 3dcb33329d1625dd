//! Shows a site to people, on a host that is not the portal's.
//!
//! The page runs in a sandbox: its origin is that of nobody, so it has no cookies and no storage, reaches no address, and can neither
//! open windows nor lead the frame round it elsewhere. The driven browser gets the same headers, so that what is checked is what is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{StatusCode, Uri};

use crate::site::{Site, content_type};

/// What the portal publishes for pages of contributors, by path, such as `/design/v1/kit.css`.
pub type Published = BTreeMap<String, Vec<u8>>;

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// What kind of file it is.
    pub content_type: &'static str,
    /// The file.
    pub body: &'a [u8],
}

struct Shown {
    site: Site,
    published: Published,
    headers: Vec<(&'static str, String)>,
}

/// The answer to `GET path` (still percent-encoded, without a query).
pub fn answer<'a>(site: &'a Site, published: &'a Published, path: &str) -> Option<Answer<'a>> {
    let path = decoded(path)?;
    if let Some(body) = published.get(&path) {
        return Some(Answer { content_type: content_type(&path)?, body });
    }
    let path = path.strip_prefix('/')?;
    let own = if path.is_empty() {
        (*site.pages().first()?).to_owned()
    } else if path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    Some(Answer { content_type: content_type(&own)?, body: site.get(&own)? })
}

/// The headers of every answer. `portal` is the origin that may show the page in a frame.
pub fn headers(portal: Option<&str>) -> Vec<(&'static str, String)> {
    let policy = format!(
        "sandbox allow-scripts; default-src 'self' 'unsafe-inline' data: blob:; connect-src 'none'; form-action 'none'; base-uri 'self'; \
         object-src 'none'; frame-ancestors {}",
        portal.unwrap_or("'none'")
    );
    vec![
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
        // The sandboxed page is of no origin, so that its own files are another's to it.
        ("cross-origin-resource-policy", "cross-origin".to_owned()),
        ("access-control-allow-origin", "null".to_owned()),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), clipboard-read=(), clipboard-write=(), fullscreen=(), payment=(), usb=()".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-robots-tag", "noindex".to_owned()),
    ]
}

/// A router that answers for one site and nothing else; it sets no cookie and reads none.
pub fn serve(site: Site, published: Published, portal: Option<&str>) -> Router {
    let shown = Arc::new(Shown { site, published, headers: headers(portal) });
    Router::new().fallback(get(show)).with_state(shown)
}

async fn show(State(shown): State<Arc<Shown>>, uri: Uri) -> Response {
    respond(&shown.site, &shown.published, &shown.headers, uri.path())
}

/// The whole answer, for those who find the site themselves.
pub fn respond(site: &Site, published: &Published, headers: &[(&'static str, String)], path: &str) -> Response {
    let mut response = match answer(site, published, path) {
        Some(Answer { content_type, body }) => {
            let mut response = Body::from(body.to_vec()).into_response();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response
        }
        None => (StatusCode::NOT_FOUND, "The site has no file of this name\n").into_response(),
    };
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Percent signs taken away, once.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    fn site() -> Site {
        let files =
            [("index.html", "<p>one"), ("a b/index.html", "two"), ("x.svg", "<svg/>"), ("design/v1/kit.css", "own")];
        Site::from_files(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))).expect("a site")
    }

    async fn ask(path: &str) -> Response {
        let published = Published::from([("/design/v1/kit.css".to_owned(), b"published".to_vec())]);
        let router = serve(site(), published, Some("https://portico.bank.example"));
        router.oneshot(Request::get(path).body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    async fn text(path: &str) -> String {
        let body = axum::body::to_bytes(ask(path).await.into_body(), 1 << 20).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn a_path_is_a_file_or_nothing() {
        assert_eq!(text("/").await, "<p>one");
        assert_eq!(text("/a%20b/").await, "two");
        assert_eq!(
            text("/design/v1/kit.css").await,
            "published",
            "what the portal publishes comes before a site's own"
        );
        for path in ["/none", "/..%2f..%2fetc/passwd", "/%00", "/%zz", "/a%20b"] {
            assert_eq!(ask(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn every_answer_is_sandboxed() {
        for path in ["/", "/x.svg", "/none"] {
            let response = ask(path).await;
            let header =
                |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let policy = header("content-security-policy");
            for part in [
                "sandbox allow-scripts;",
                "connect-src 'none'",
                "form-action 'none'",
                "frame-ancestors https://portico.bank.example",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(response.headers().get("set-cookie").is_none());
        }
    }
}
