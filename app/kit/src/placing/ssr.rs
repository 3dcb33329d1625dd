use leptos::prelude::*;

use crate::components::Fragment;
use crate::html::Html;

pub(super) fn place(html: Option<Html>, _: &str) -> AnyView {
    view! { <Fragment id="page" html=html.unwrap_or_default()/> }.into_any()
}

pub(super) fn said() -> Html {
    crate::server::said::take().unwrap_or_default()
}

pub(super) fn unread() -> Html {
    crate::server::unread::badge().unwrap_or_default()
}
