//! Pages of contributors, shown to people on their own host: hostile until somebody has looked at them, and often after that.
//!
//! Nothing of the portal answers there: no page, no session, no cookie. What may be asked for are the files of one submission, by a name that
//! the portal gave to somebody who may see it, and what the portal publishes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use contributions::server::Contributions;
use contributions::server::previews::Preview;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tower::ServiceExt;
use ux::check::with_sheets;
use ux::preview::{SCRIPT, Wanted, dressed, script};
use ux::report::Theme;
use ux::serve::{Answer, answer, headers};
use ux::site::Site;

use crate::evidence::{Browser, site};

/// How many sites are held, so that not every file unpacks an archive: those that were asked for last.
const HELD: usize = 4;

/// What is shown, and by whom it is read.
#[derive(Clone)]
pub struct Shows(Arc<Inner>);

struct Inner {
    contributions: Contributions,
    browser: Arc<Browser>,
    held: Mutex<VecDeque<(String, Arc<Site>)>>,
}

/// Why there is nothing to show.
enum Nothing {
    /// The name is not one that the portal gave, or is over.
    Unknown,
    /// The pages cannot be had.
    Failed(String),
}

/// Leads what is asked of the host of pages of contributors there, before anything of the portal has seen it.
pub async fn apart(State((shows, router)): State<(Shows, Router)>, request: Request, next: Next) -> Response {
    let named = host(request.headers()).or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let is_there = named.is_some_and(|host| shows.0.contributions.previews.name(host).is_some());
    if !is_there {
        return next.run(request).await;
    }
    router.oneshot(request).await.into_response()
}

/// Answers for a file of the submission that the host names.
pub async fn show(State(shows): State<Shows>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let host = host(&parts.headers).unwrap_or_default().to_owned();
    let mut response = if matches!(parts.method, Method::GET | Method::HEAD) {
        shows.file(&host, parts.uri.path()).await
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, "Pages of contributors are read alone\n").into_response()
    };
    let portal = shows.0.contributions.previews.portal(&host);
    for (name, value) in headers(Some(&portal)) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

impl Shows {
    /// The pages of these contributions.
    pub fn new(contributions: Contributions, browser: Arc<Browser>) -> Self {
        Self(Arc::new(Inner { contributions, browser, held: Mutex::default() }))
    }

    async fn file(&self, host: &str, path: &str) -> Response {
        let preview = self.0.contributions.previews.name(host).and_then(|name| self.0.contributions.preview(name));
        let found = match preview {
            Some(preview) => self.site(&preview).await.map(|site| (preview, site)),
            None => Err(Nothing::Unknown),
        };
        let (preview, site) = match found {
            Ok(found) => found,
            Err(Nothing::Unknown) => {
                return (StatusCode::NOT_FOUND, "This preview is over: open it from the portal again\n")
                    .into_response();
            }
            Err(Nothing::Failed(why)) => {
                return (StatusCode::BAD_GATEWAY, format!("The pages cannot be shown: {why}\n")).into_response();
            }
        };
        let theme = if preview.dark { Theme::Dark } else { Theme::Light };
        let wanted = Wanted { theme, still: preview.still };
        if path == SCRIPT {
            // Without a browser of the portal's own nothing is known of the tokens; elements are outlined all the same.
            let options = self.0.browser.options().await.cloned().unwrap_or_default();
            let text = script(&with_sheets(&options, Some(&site), self.0.browser.published()), wanted);
            return ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], text).into_response();
        }
        match answer(&site, self.0.browser.published(), path) {
            Some(Answer { content_type, body }) => {
                let body = dressed(content_type, body, wanted).into_owned();
                ([(CONTENT_TYPE, content_type)], Body::from(body)).into_response()
            }
            None => (StatusCode::NOT_FOUND, "The site has no file of this name\n").into_response(),
        }
    }

    fn held(&self, key: &str) -> Option<Arc<Site>> {
        let held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|(held, _)| held == key).map(|(_, site)| site.clone())
    }

    /// The files of a submission.
    async fn site(&self, preview: &Preview) -> Result<Arc<Site>, Nothing> {
        let key = format!("{} {}", preview.contribution, preview.submission);
        if let Some(site) = self.held(&key) {
            return Ok(site);
        }
        let here = &self.0.contributions;
        let ui = here.previewed(preview).await.map_err(|error| Nothing::Failed(error.to_string()))?;
        let pages = here.pages(&ui.ok_or(Nothing::Unknown)?).await.map_err(Nothing::Failed)?;
        let site = Arc::new(site(pages).await.map_err(Nothing::Failed)?);
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push_front((key, site.clone()));
        held.truncate(HELD);
        Ok(site)
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}
