use leptos::prelude::*;
use web_sys::{CustomEvent, CustomEventInit};

use super::PAGE;

pub(super) fn place(placed: StoredValue<String>, html: String) -> String {
    let element = document().get_element_by_id(PAGE);
    match element.filter(|_| !html.is_empty()) {
        Some(element) => {
            let taken = CustomEventInit::new();
            taken.set_cancelable(true);
            taken.set_detail(&html.as_str().into());
            // Whoever takes it cancels it: the page's behaviour, which keeps what stays the same.
            let untaken = CustomEvent::new_with_event_init_dict("pk-page", &taken)
                .and_then(|event| element.dispatch_event(&event))
                .unwrap_or(true);
            if untaken {
                element.set_inner_html(&html);
            }
        }
        None => placed.set_value(html),
    }
    placed.get_value()
}

/// What stands there stays.
pub(super) fn said() -> String {
    String::new()
}
