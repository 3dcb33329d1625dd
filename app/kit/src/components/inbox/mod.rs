use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// More than this is not counted.
const COUNTED: u64 = 99;

/// How many messages are unread, beside the name of the inbox. Its behaviour keeps the number true while the page is open.
#[component]
pub fn UnreadBadge(
    /// How many.
    number: u64,
    /// Whether it stays as it is, as in an example.
    #[prop(optional)]
    fixed: bool,
) -> impl IntoView {
    let text = if number > COUNTED { format!("{COUNTED}+") } else { number.to_string() };
    view! {
        <span class="pk-unread" data-pk-unread=(!fixed).then_some("") hidden={number == 0}>
            <span class="pk-visually-hidden">", unread: "</span>
            <span class="pk-unread__number">{text}</span>
        </span>
    }
    .into_any()
}
