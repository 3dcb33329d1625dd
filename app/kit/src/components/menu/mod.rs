use leptos::prelude::*;

use crate::components::button::Emphasis;
use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// A button with a list of actions below it.
#[component]
pub fn Menu(
    /// The id of the list.
    #[prop(into)]
    id: String,
    /// What the button reads.
    #[prop(into)]
    label: String,
    /// Shows three dots instead of the label, as in the row of a table; then the label names the row: `Actions for ledger-core`.
    #[prop(optional)]
    compact: bool,
    /// [`MenuItem`]s and [`MenuLine`]s; a form may stand round an item that sends something.
    children: Children,
) -> impl IntoView {
    let button = format!("{id}-button");
    let (class, name, content) = if compact {
        let dots = view! { <IconView icon=Icon::Dots/> }.into_any();
        ("pk-button pk-button--quiet pk-button--icon", Some(label), dots)
    } else {
        (Emphasis::Normal.class(), None, view! { {label} <IconView icon=Icon::ChevronDown/> }.into_any())
    };
    view! {
        <button class=class type="button" id=button.clone() aria-haspopup="menu" aria-label=name popovertarget=id.clone()>{content}</button>
        <div class="pk-menu" id=id popover="auto" role="menu" aria-labelledby=button>{children()}</div>
    }
    .into_any()
}

/// One action of a [`Menu`]: a link, a button that opens a dialog, or else the submit button of the form round it.
#[component]
pub fn MenuItem(
    /// A verb with its object.
    #[prop(into)]
    text: String,
    /// A glyph before the text.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Where it leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// The id of the dialog that it opens.
    #[prop(optional, into)]
    opens: Option<String>,
    /// Whether it takes something away; such an item stands last, after a line.
    #[prop(optional)]
    danger: bool,
) -> impl IntoView {
    let class = if danger { "pk-menu__item pk-menu__item--danger" } else { "pk-menu__item" };
    let content = view! { {icon.map(|icon| view! { <IconView icon=icon/> })} <span>{text}</span> };
    match (href, opens) {
        (Some(href), _) => view! { <a class=class role="menuitem" href=href>{content}</a> }.into_any(),
        (None, Some(dialog)) => view! {
            <button class=class role="menuitem" type="button" aria-haspopup="dialog" command="show-modal" commandfor=dialog.clone() data-pk-opens=dialog>{content}</button>
        }
        .into_any(),
        (None, None) => view! { <button class=class role="menuitem" type="submit">{content}</button> }.into_any(),
    }
}

/// A line between the actions of a [`Menu`].
#[component]
pub fn MenuLine() -> impl IntoView {
    view! { <hr class="pk-menu__line"/> }
}
