//! Docs from the repository of an entity: Markdown below the folder that `backstage.io/techdocs-ref` names, in the order of its
//! `mkdocs.yml`. The refresh of a location reads them and keeps them rendered, so that any instance serves them and a repository
//! that is down costs nothing.

mod gather;
mod mkdocs;
mod pages;
mod refresh;
mod serve;
mod store;

pub use refresh::refresh;
pub use serve::file;
pub use store::{remove, search};

use kit::query::segment;

/// The annotation that names an entity's docs.
pub const ANNOTATION: &str = "backstage.io/techdocs-ref";

/// The address of a page, whose path is `""` for the first one.
fn page_href(entity_href: &str, path: &str) -> String {
    let path: String =
        path.split('/').filter(|part| !part.is_empty()).map(|part| format!("/{}", segment(part))).collect();
    format!("{entity_href}/docs{path}")
}

/// The address of an image.
fn file_href(kind: &str, namespace: &str, name: &str, path: &str) -> String {
    let path: String = path.split('/').map(|part| format!("/{}", segment(part))).collect();
    format!("/api/catalog/docs/{}/{}/{}{path}", segment(kind), segment(namespace), segment(name))
}
