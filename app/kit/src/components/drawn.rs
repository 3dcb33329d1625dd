use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use super::error::ErrorView;
use crate::html::Html;
use crate::page::{Drawing, Drawn};
use crate::placing::place;
use crate::response::set_status;

/// The page that the address names, as its plugin draws it, or the page of its error. While the next is on its way the last one stays.
#[component]
pub fn DrawnPages(
    /// Has the page at an address drawn: a path, with its query.
    draw: fn(String) -> Drawing,
) -> impl IntoView {
    let location = use_location();
    let address = Memo::new(move |_| match location.search.get() {
        search if search.is_empty() => location.pathname.get(),
        search => format!("{}?{search}", location.pathname.get()),
    });
    let page =
        Resource::new(move || address.get(), move |address| async move { draw(address).await.map(Placed::from) });
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => {
                        if let Some(status) = page.status.and_then(|status| http::StatusCode::from_u16(status).ok()) {
                            set_status(status);
                        }
                        view! { {place(Some(page.html), &address.get_untracked())} <Title text=page.title/> }.into_any()
                    }
                    Err(error) => view! { {place(None, &address.get_untracked())} <ErrorView error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// A page as it is given to the browser with the document: its HTML stands in the document already and is not sent a second time.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Placed {
    title: String,
    status: Option<u16>,
    #[serde(skip)]
    html: Html,
}

impl From<Drawn> for Placed {
    fn from(Drawn { title, status, html }: Drawn) -> Self {
        Self { title, status, html }
    }
}
