use http::request::Parts;
use leptos::prelude::*;

use crate::components::{Account, Fragment};
use crate::html::Html;
use crate::identity::Caller;
use crate::plugin::NavigationItem;
use crate::server::authorise::{Attributes, Resource};
use crate::server::context::Kit;
use crate::server::html::drawn;

pub(super) fn place(html: Option<Html>, _: &str) -> AnyView {
    view! { <Fragment id="page" html=html.unwrap_or_default()/> }.into_any()
}

pub(super) fn said() -> Html {
    crate::server::said::take().unwrap_or_default()
}

pub(super) fn unread() -> Html {
    crate::server::unread::badge().unwrap_or_default()
}

pub(super) fn account() -> Html {
    let caller = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Caller>().cloned());
    let name = caller.and_then(|caller| caller.principal().map(|principal| principal.name.clone()));
    name.map(|name| drawn(|| view! { <Account name=name/> })).unwrap_or_default()
}

pub(super) fn offers(item: &NavigationItem) -> bool {
    let Some(permission) = item.needs else { return true };
    use_context::<Parts>().is_some_and(|parts| {
        let (kit, caller) = (parts.extensions.get::<Kit>(), parts.extensions.get::<Caller>());
        let nobodys = Attributes::default();
        kit.zip(caller).is_some_and(|(kit, caller)| kit.may(caller, permission, &Resource::Known(&nobodys)))
    })
}
