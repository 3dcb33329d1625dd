use leptos::prelude::*;
use web_sys::{CustomEvent, CustomEventInit};

use crate::html::Html;
use crate::plugin::NavigationItem;

/// What is in the element is not leptos' own: it would take it out and put it in again.
pub(super) fn place(html: Option<Html>, address: &str) -> AnyView {
    if html.as_ref().is_none_or(|html| !html.as_str().is_empty()) {
        put(html.as_ref().map_or("", Html::as_str), address);
    }
    view! { <div id="page"></div> }.into_any()
}

/// What stands there stays.
pub(super) fn said() -> Html {
    Html::default()
}

/// What stands there stays; the behaviour of the inbox keeps it true.
pub(super) fn unread() -> Html {
    Html::default()
}

/// What stands there stays.
pub(super) fn account() -> Html {
    Html::default()
}

/// What stands there stays: taking a page over leaves attributes as the server wrote them.
pub(super) fn offers(_: &NavigationItem) -> bool {
    true
}

fn put(html: &str, address: &str) {
    let Some(element) = document().get_element_by_id("page") else { return };
    let event = CustomEventInit::new();
    event.set_bubbles(true);
    event.set_cancelable(true);
    event.set_detail(&format!("{address}\n{html}").into());
    // Whoever takes it cancels it: the page's behaviour, which keeps what stays the same.
    let untaken = CustomEvent::new_with_event_init_dict("portico-page", &event)
        .and_then(|event| element.dispatch_event(&event))
        .unwrap_or(true);
    if untaken {
        element.set_inner_html(html);
    }
}
