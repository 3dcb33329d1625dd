//! Drawing a page, and the address that asks for it.

use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use leptos::prelude::*;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::html::drawn;
use crate::page::Drawn;

/// Draws a page. Its title is the one of its `Page`, unless `response::set_title` gave another before.
pub fn page<V: IntoView>(view: impl FnOnce() -> V) -> Drawn {
    let head = Head::default();
    let html = drawn(|| {
        provide_context(head.clone());
        view()
    });
    let Said { title, status } = head.said();
    Drawn { title, status: status.map(|status| status.as_u16()), html }
}

/// What the views of a page say of it while it is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head(Arc<Mutex<Said>>);

#[derive(Debug, Clone, Default)]
struct Said {
    title: String,
    status: Option<StatusCode>,
}

impl Head {
    pub(crate) fn set_title(&self, title: &str) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.title.is_empty() {
            title.clone_into(&mut said.title);
        }
    }

    pub(crate) fn set_status(&self, status: StatusCode) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).status = Some(status);
    }

    fn said(&self) -> Said {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The address of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    segments: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Address {
    /// Reads a path, with its query.
    pub fn parse(address: &str) -> Self {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let segments = path.trim_matches('/').split('/');
        Self {
            segments: segments.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect(),
            parameters: form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.replace('\0', "")))
                .collect(),
        }
    }

    /// The parts of the path, decoded: what a table of contents matches.
    pub fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The names of the parameters, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }

    /// All values of a parameter, in order.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// The first value of a parameter; empty where there is none.
    pub fn one(&self, name: &str) -> String {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::Page;
    use crate::response::set_status;

    #[test]
    fn an_address_is_taken_apart() {
        let address = Address::parse("/catalog/default/a%2Fb/?q=x+y%26&kind=api&kind=group&flag");
        assert_eq!(address.segments(), ["catalog", "default", "a/b"]);
        assert_eq!(address.one("q"), "x y&");
        assert_eq!(address.all("kind"), ["api", "group"]);
        assert_eq!((address.one("flag"), address.one("none")), (String::new(), String::new()));
        assert_eq!(Address::parse("/").segments(), [""]);
    }

    #[test]
    fn a_page_says_its_title_and_its_status() {
        let drawn = page(|| {
            set_status(StatusCode::NOT_FOUND);
            view! { <Page title="Found <nothing>"><p>"Sorry"</p></Page> }
        });
        assert_eq!((drawn.title.as_str(), drawn.status), ("Found <nothing>", Some(404)));
        assert!(drawn.html.as_str().contains("<h1>Found &lt;nothing&gt;</h1>"), "{}", drawn.html.as_str());
        let drawn = page(|| view! { <p>"Here"</p> });
        assert_eq!((drawn.title.as_str(), drawn.status), ("", None));
    }
}
