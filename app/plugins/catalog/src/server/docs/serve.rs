//! Docs as the pages show them, and their images.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use kit::error::AppError;
use kit::server::{db, html};
use kit::when::When;
use sea_orm::QueryResult;

use super::page_href;
use crate::info::READ_ENTITIES;
use crate::model::docs::{Docs, DocsPage};
use crate::server::read;
use crate::server::reader::{Readable, Reader};
use crate::server::rest::Call;
use kit::components::ReaderLink;

/// What an image may do that is opened by itself: nothing; a script in an SVG never runs.
const IMAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// How long a browser keeps an image.
const IMAGE_CACHE: &str = "private, max-age=300";

impl Reader {
    /// What the docs of an entity show at an address, which is `""` for the first page.
    pub async fn docs(&self, entity: &Readable, path: &str) -> Result<Docs, AppError> {
        let canonical = &entity.entity_ref;
        let unknown = || AppError::not_found(canonical.clone());
        let href = read::link(canonical, None).href;
        let path = path.trim_matches('/');
        let mut row = self.docs_row(canonical, path).await?.ok_or_else(unknown)?;
        let mut nav: Vec<ReaderLink> =
            serde_json::from_str(&row.try_get::<Option<String>>("", "nav")?.unwrap_or_default()).unwrap_or_default();
        let order = in_order(&nav, &format!("{href}/docs"));
        let mut own = page_href(&href, path);
        if path.is_empty() && row.try_get::<Option<String>>("", "html")?.is_none() {
            // Without a page of that name the docs begin with the first that the navigation names.
            if let Some((_, first)) = order.first() {
                own.clone_from(first);
                row = self.docs_row(canonical, &path_of(first, &href)).await?.ok_or_else(unknown)?;
            }
        }
        mark(&mut nav, &own);
        let now = self.now();
        let text = |name: &str| Ok::<_, AppError>(row.try_get::<Option<String>>("", name)?.unwrap_or_default());
        Ok(Docs {
            title: text("title")?,
            page: page(&row, &order, &own, now)?,
            nav,
            error: text("error")?,
            annotation: text("annotation")?,
            descriptor: text("descriptor")?,
            location_id: row.try_get("", "location")?,
            target: text("target")?,
            read: row.try_get::<Option<i64>>("", "last_run_at")?.map(|at| When::new(at, now)),
        })
    }

    async fn docs_row(&self, entity_ref: &str, path: &str) -> Result<Option<QueryResult>, AppError> {
        let text = "SELECT e.path AS descriptor, l.id AS location, l.target, l.last_run_at, d.title, d.nav, d.error, d.annotation, \
                    p.title AS page_title, p.html, p.headings, p.file, p.web_page, p.changed_at \
                    FROM catalog_entity e JOIN catalog_location l ON l.id = e.location_id LEFT JOIN catalog_docs d ON d.entity_id = e.id \
                    LEFT JOIN catalog_doc p ON p.entity_id = e.id AND p.path = ? WHERE e.ref = ?";
        Ok(db::rows(self.db(), text, [path.into(), entity_ref.into()]).await?.pop())
    }
}

fn page(
    row: &QueryResult,
    order: &[(String, String)],
    own: &str,
    now: kit::server::clock::Millis,
) -> Result<Option<DocsPage>, AppError> {
    let Some(text) = row.try_get::<Option<String>>("", "html")? else { return Ok(None) };
    let place = order.iter().position(|(_, href)| href == own);
    let web_page: String = row.try_get("", "web_page")?;
    Ok(Some(DocsPage {
        title: row.try_get("", "page_title")?,
        html: html::finished(text),
        headings: serde_json::from_str(&row.try_get::<String>("", "headings")?).map_err(AppError::internal)?,
        previous: place.and_then(|place| order.get(place.checked_sub(1)?)).cloned(),
        next: place.and_then(|place| order.get(place + 1)).cloned(),
        file: row.try_get("", "file")?,
        web_page: (!web_page.is_empty()).then_some(web_page),
        changed: When::new(row.try_get("", "changed_at")?, now),
    }))
}

/// The pages of a navigation in the order of reading, without what is elsewhere.
fn in_order(nav: &[ReaderLink], docs: &str) -> Vec<(String, String)> {
    let mut order = Vec::new();
    for line in nav {
        if line.href.starts_with(docs) {
            order.push((line.title.clone(), line.href.clone()));
        }
        order.extend(in_order(&line.items, docs));
    }
    order
}

/// The stored path of an address that [`page_href`] made.
fn path_of(address: &str, entity_href: &str) -> String {
    let path = address.strip_prefix(entity_href).and_then(|rest| rest.strip_prefix("/docs/")).unwrap_or_default();
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// Marks what is read, and the sections that hold it.
fn mark(nav: &mut [ReaderLink], href: &str) -> bool {
    let mut any = false;
    for line in nav {
        let below = mark(&mut line.items, href);
        line.current = line.href == href || below;
        any |= line.current;
    }
    any
}

/// An image that a page shows.
pub async fn file(Path((kind, namespace, name, path)): Path<(String, String, String, String)>, call: Call) -> Response {
    let entity_ref = format!("{kind}:{namespace}/{name}").to_lowercase();
    let found = async {
        let reader = call.reader(&READ_ENTITIES).await?;
        let unknown = || AppError::not_found(format!("{path} of {entity_ref}"));
        let entity = reader.readable_by("ref", &entity_ref, unknown()).await?;
        let text = "SELECT f.content_type, f.bytes FROM catalog_entity e JOIN catalog_doc_file f ON f.entity_id = e.id AND f.path = ? WHERE e.ref = ?";
        let values = [path.as_str().into(), entity.entity_ref.as_str().into()];
        let row = db::rows(reader.db(), text, values).await?.pop().ok_or_else(unknown)?;
        Ok::<_, AppError>((row.try_get::<String>("", "content_type")?, row.try_get::<Vec<u8>>("", "bytes")?))
    };
    match found.await {
        Err(error) => call.refusal(&error),
        Ok((content_type, bytes)) => {
            let content_type = HeaderValue::try_from(content_type);
            let mut response = bytes.into_response();
            let headers = response.headers_mut();
            headers.insert(
                CONTENT_TYPE,
                content_type.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
            );
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(IMAGE_POLICY));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(IMAGE_CACHE));
            response
        }
    }
}
