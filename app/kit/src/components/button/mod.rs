use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// The one action that the page is for.
    Primary,
    /// Any other action.
    Normal,
    /// An action beside others of its kind, as in the row of a table.
    Quiet,
    /// Takes something away that does not come back.
    Danger,
}

impl Emphasis {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Primary => "pk-button pk-button--primary",
            Self::Normal => "pk-button",
            Self::Quiet => "pk-button pk-button--quiet",
            Self::Danger => "pk-button pk-button--danger",
        }
    }
}

/// Something to press: a `<button>`, or with an address an `<a>` that looks the same.
#[component]
pub fn Button(
    /// A verb, with its object where that is not plain.
    #[prop(into)]
    text: String,
    /// How much it asks for attention.
    #[prop(default = Emphasis::Normal)]
    emphasis: Emphasis,
    /// A glyph before the text.
    #[prop(optional)]
    icon: Option<Icon>,
    /// Where it leads; without one it is the submit button of its form.
    #[prop(optional, into)]
    href: Option<String>,
    /// The name and value that a form sends when this button was pressed.
    #[prop(optional)]
    sends: Option<(&'static str, String)>,
    /// Whether it cannot be pressed at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let content = view! { {icon.map(|icon| view! { <IconView icon=icon/> })} {text} };
    match href {
        Some(href) => view! { <a class=emphasis.class() href=href>{content}</a> }.into_any(),
        None => {
            let (name, value) = sends.unzip();
            view! { <button class=emphasis.class() type="submit" name=name value=value disabled=disabled>{content}</button> }.into_any()
        }
    }
}
