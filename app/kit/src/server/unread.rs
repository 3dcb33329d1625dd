//! The number of unread messages in the shell of a document: counted before the document is drawn, which cannot wait.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use http::header::ACCEPT;
use http::request::Parts;
use leptos::prelude::*;

use super::context::Kit;
use super::html::drawn;
use super::inbox::{Tab, unread};
use crate::components::UnreadBadge;
use crate::html::Html;
use crate::identity::{Caller, Via};

/// How many messages whoever asks for this document has not read.
#[derive(Debug, Clone, Copy)]
struct Unread(u64);

/// Counts what is unread before a document is drawn. A portal that cannot count draws it without a number.
pub async fn count(
    Extension(kit): Extension<Kit>,
    Extension(caller): Extension<Caller>,
    mut request: Request,
    next: Next,
) -> Response {
    let html = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if *request.method() == Method::GET
        && html.contains("text/html")
        && caller.principal().is_some_and(|principal| matches!(principal.via, Via::Session(_)))
        && let Ok(number) = unread(&kit, &caller, Tab::All).await
    {
        request.extensions_mut().insert(Unread(number));
    }
    next.run(request).await
}

/// The badge of the request at hand; none where nobody is signed in.
pub(crate) fn badge() -> Option<Html> {
    let Unread(number) = *use_context::<Parts>()?.extensions.get::<Unread>()?;
    Some(drawn(|| view! { <UnreadBadge number=number/> }))
}
