use leptos::prelude::*;

use crate::html::Html;

/// Places HTML that was finished on the server. Links in it lead on within the portal as any others do.
#[component]
pub fn Fragment(
    /// The HTML.
    html: Html,
    /// The class of the element round it.
    #[prop(optional)]
    class: Option<&'static str>,
    /// The id of that element.
    #[prop(optional)]
    id: Option<&'static str>,
    /// Whether it stands within a line of text.
    #[prop(optional)]
    inline: bool,
) -> impl IntoView {
    if inline {
        view! { <span id=id class=class inner_html=html.0></span> }.into_any()
    } else {
        view! { <div id=id class=class inner_html=html.0></div> }.into_any()
    }
}
