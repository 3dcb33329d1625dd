use leptos::prelude::*;

use crate::components::field::Wiring;

#[cfg(feature = "ssr")]
pub mod examples;

/// Several lines to type; grows with what is typed. A `Field` with a `limit` counts the characters.
#[component]
pub fn TextArea(
    /// The name under which a form sends it.
    #[prop(into)]
    name: String,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// An example of a text, never the label.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// How many lines are in sight at first.
    #[prop(default = 4)]
    rows: u32,
    /// Whether it holds code, which is set in mono and not spell-checked.
    #[prop(optional)]
    code: bool,
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
        <textarea
            class=if code { "pk-input pk-textarea pk-textarea--code" } else { "pk-input pk-textarea" }
            id=field.id
            name=name
            rows=rows
            placeholder=placeholder
            spellcheck=code.then_some("false")
            required=field.required
            readonly=read_only
            disabled=disabled
            aria-describedby=field.described_by
            aria-invalid=invalid
            data-pk-limit=field.limit
            inner_html=escaped(&value)
        ></textarea>
    }
    .into_any()
}

/// The text as the HTML of a `<textarea>`: leptos does not escape its children. The first line break is the parser's own.
fn escaped(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escaped("\na &lt; b</textarea><b>"), "\n\na &amp;lt; b&lt;/textarea>&lt;b>");
    }
}
