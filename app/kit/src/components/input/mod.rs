use leptos::prelude::*;

use crate::components::field::Wiring;

#[cfg(feature = "ssr")]
pub mod examples;

/// What is typed into an [`Input`]; the browser chooses keyboard, checks and autofill by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// A line of text.
    Text,
    /// What to look for.
    Search,
    /// A number; give `min`, `max` and `step` as attributes.
    Number,
    /// A mail address.
    Email,
    /// An address of the web.
    Url,
    /// A telephone number.
    Phone,
    /// A time of day.
    Time,
    /// A day and a time.
    DateTime,
    /// A colour.
    Colour,
    /// A number on a scale; give `min`, `max` and `step` as attributes.
    Range,
}

impl InputKind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Search => "search",
            Self::Number => "number",
            Self::Email => "email",
            Self::Url => "url",
            Self::Phone => "tel",
            Self::Time => "time",
            Self::DateTime => "datetime-local",
            Self::Colour => "color",
            Self::Range => "range",
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Number => "pk-input pk-input--number pk-number",
            Self::Time | Self::DateTime => "pk-input pk-input--date pk-number",
            Self::Colour => "pk-input pk-input--colour",
            Self::Range => "pk-range",
            _ => "pk-input",
        }
    }
}

/// How high a control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlSize {
    /// 24 px, in a row of a table.
    Small,
    /// 32 px.
    Normal,
    /// 40 px, where the page is about this control.
    Large,
}

impl ControlSize {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Small => "pk-input--small",
            Self::Normal => "",
            Self::Large => "pk-input--large",
        }
    }
}

/// A line to type into. Further attributes and listeners are put on it as on an element: `on:input=…`, `attr:autocomplete="off"`.
#[component]
pub fn Input(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// What is typed.
    #[prop(default = InputKind::Text)]
    kind: InputKind,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// What it holds at first.
    #[prop(optional, into)]
    value: Option<String>,
    /// An example of a value, never the label.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// How high it is.
    #[prop(default = ControlSize::Normal)]
    size: ControlSize,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it can be read and copied but not changed.
    #[prop(optional)]
    read_only: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    view! {
        <input
            class=format!("{} {}", kind.class(), size.class())
            type=kind.name()
            id=field.id
            name=name
            value=value
            placeholder=placeholder
            required=field.required
            readonly=read_only
            disabled=disabled
            aria-describedby=field.described_by
            aria-invalid=invalid
            data-pk-limit=field.limit
        />
    }
    .into_any()
}

/// A password, which can be shown while it is typed. Listeners are put on its frame, where `input` and `change` arrive.
#[component]
pub fn PasswordInput(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether one is chosen here (`new-password`) and not asked for, so that the browser offers one.
    #[prop(optional)]
    new: bool,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    view! {
        <span class="pk-password">
            <input
                class="pk-input"
                type="password"
                id=field.id
                name=name
                autocomplete=if new { "new-password" } else { "current-password" }
                autocapitalize="off"
                spellcheck="false"
                required=field.required
                disabled=disabled
                aria-describedby=field.described_by
                aria-invalid=invalid
            />
            <button class="pk-password__reveal" type="button" aria-pressed="false" disabled=disabled data-pk-reveal>
                "Show"
                <span class="pk-visually-hidden">" password"</span>
            </button>
        </span>
    }
    .into_any()
}
