use leptos::prelude::*;

use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// The name of the cookie that remembers the choice; the server reads it, so that a page is never shown in the other theme first.
pub const THEME_COOKIE: &str = "portico-theme";

/// Chooses between the system's theme, light and dark. Without scripts it is not shown, and the system's theme holds.
#[component]
pub fn ThemeSwitch(
    /// What tells this switch from another on the same page.
    #[prop(default = "theme")]
    name: &'static str,
) -> impl IntoView {
    let choice = |value: &'static str, label: &'static str, icon: Icon| {
        view! {
            <label class="pk-theme__choice" title=label>
                <input class="pk-theme__input" type="radio" name=name value=value/>
                <IconView icon=icon/>
                <span class="pk-visually-hidden">{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="pk-theme" data-pk-theme="">
            <legend class="pk-visually-hidden">"Theme"</legend>
            {choice("system", "As the system", Icon::DeviceDesktop)}
            {choice("light", "Light", Icon::Sun)}
            {choice("dark", "Dark", Icon::Moon)}
        </fieldset>
    }
    .into_any()
}
