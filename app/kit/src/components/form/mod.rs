use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// The fields of a form under each other, inside a `<form>`.
#[component]
pub fn FormLayout(
    /// Fields, rows, and the actions at the end.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-form">{children()}</div> }.into_any()
}

/// Short fields that belong together, side by side where there is room.
#[component]
pub fn FormRow(
    /// Two or three fields.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-form__row">{children()}</div> }.into_any()
}

/// A question whose last answer asks for more: what is under it shows when that one is chosen. Without a browser that can tell, it always does.
#[component]
pub fn FormAsk(
    /// A [`RadioGroup`](crate::components::RadioGroup), and the field that its last answer asks for.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-form__ask">{children()}</div> }.into_any()
}

/// Fields about one thing, under a heading.
#[component]
pub fn FormSection(
    /// What they are about.
    #[prop(into)]
    title: String,
    /// What the reader must know before, in a sentence.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Fields and rows.
    children: Children,
) -> impl IntoView {
    view! {
        <fieldset class="pk-form__section">
            <legend class="pk-form__title">{title}</legend>
            {lead.map(|lead| view! { <p class="pk-quiet">{lead}</p> })}
            {children()}
        </fieldset>
    }
    .into_any()
}

/// What can be done with the form: the primary button first.
#[component]
pub fn FormActions(
    /// Buttons.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-form__actions">{children()}</div> }.into_any()
}

/// What the server found wrong with a form that was sent, with a link to each field. It takes the focus when the page is loaded; it stands above the
/// form, and each field says its own error again.
#[component]
pub fn ErrorSummary(
    /// The id of the control and what is wrong with it, in the order of the form.
    errors: Vec<(String, String)>,
) -> impl IntoView {
    let title = match errors.len() {
        1 => "One field needs your attention".to_owned(),
        number => format!("{number} fields need your attention"),
    };
    let items: Vec<_> = errors
        .into_iter()
        // Within the page: the browser moves the focus, no route is changed.
        .map(|(id, text)| view! { <li><a href=format!("#{id}") rel="external">{text}</a></li> })
        .collect();
    view! {
        <div class="pk-error-summary" role="alert" tabindex="-1" autofocus>
            <p class="pk-error-summary__title">{title}</p>
            <ul>{items}</ul>
        </div>
    }
    .into_any()
}
