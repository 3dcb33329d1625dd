use leptos::context::Provider;
use leptos::prelude::*;

use crate::components::fragment::Fragment;
use crate::components::icon::{Icon, IconView};
use crate::html::Html;

#[cfg(feature = "ssr")]
pub mod examples;

/// Whether a field has to be filled in; said in a word beside its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The form is not sent without it.
    Required,
    /// It may stay empty.
    Optional,
    /// Not worth a word, as in a filter.
    Unsaid,
}

impl Need {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Required => Some("required"),
            Self::Optional => Some("optional"),
            Self::Unsaid => None,
        }
    }
}

/// A control with its label, help, and what is wrong with it. The control inside takes its id, its need and its descriptions from here.
#[component]
pub fn Field(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The id of the control, unique on the page.
    #[prop(into)]
    id: String,
    /// What helps to fill it in, in a sentence.
    #[prop(optional, into)]
    help: Option<String>,
    /// What it is for, where that is longer than a sentence: finished HTML.
    #[prop(optional_no_strip)]
    about: Option<Html>,
    /// What is wrong with the value and what to do; may be a signal.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether it has to be filled in.
    #[prop(default = Need::Unsaid)]
    need: Need,
    /// How many characters it may have. Longer text can be typed, is told at once, and cannot be sent.
    #[prop(optional)]
    limit: Option<u32>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let frame = Frame::new(id, help, about, error, limit);
    let wiring = Wiring { id: Some(frame.id.clone()), required: need == Need::Required, limit, ..frame.wiring() };
    let id = frame.id.clone();
    view! {
        <div class="pk-field" data-pk-field>
            <label class="pk-field__label" id=format!("{id}-label") for=id>{label}{mark(need)}</label>
            {frame.around(wiring, children)}
        </div>
    }
    .into_any()
}

/// Several controls that answer one question, as a `<fieldset>` with help and error.
#[component]
pub fn FieldSet(
    /// The question.
    #[prop(into)]
    label: String,
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// What helps to answer, in a sentence.
    #[prop(optional, into)]
    help: Option<String>,
    /// What it is about, where that is longer than a sentence: finished HTML.
    #[prop(optional_no_strip)]
    about: Option<Html>,
    /// What is wrong with the answer and what to do; may be a signal.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// Whether it has to be answered.
    #[prop(default = Need::Unsaid)]
    need: Need,
    /// What it is to assistive technology where that is not a group: `radiogroup`.
    #[prop(optional)]
    role: Option<&'static str>,
    /// The controls.
    children: Children,
) -> impl IntoView {
    let frame = Frame::new(id, help, about, error, None);
    // The descriptions belong to the set, so that they are read once.
    let wiring = frame.wiring();
    let invalid = wiring.invalid();
    let described_by = wiring.described_by.clone();
    let id = frame.id.clone();
    let inner = Wiring { required: need == Need::Required && role.is_some(), described_by: None, ..wiring };
    view! {
        <fieldset
            class="pk-field pk-field--set"
            id=id
            role=role
            tabindex="-1"
            aria-describedby=described_by
            aria-invalid=move || role.and_then(|_| invalid())
            data-pk-field
        >
            <legend class="pk-field__label">{label}{mark(need)}</legend>
            {frame.around(inner, children)}
        </fieldset>
    }
    .into_any()
}

/// What a field tells the control inside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wiring {
    pub(crate) id: Option<String>,
    pub(crate) described_by: Option<String>,
    pub(crate) required: bool,
    pub(crate) limit: Option<u32>,
    error: MaybeProp<String>,
}

impl Wiring {
    /// That of the field around, and what the control says itself.
    pub(crate) fn here(id: Option<String>, required: bool) -> Self {
        let around = use_context::<Self>().unwrap_or_default();
        Self { id: id.or(around.id), required: required || around.required, ..around }
    }

    /// The value of `aria-invalid`, now and whenever the error changes.
    pub(crate) fn invalid(&self) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync + 'static {
        let error = self.error;
        move || error.with(|error| error.as_ref().map(|_| "true"))
    }

    /// With one more description.
    pub(crate) fn described_by(&self, id: &str) -> String {
        self.described_by.iter().map(String::as_str).chain([id]).collect::<Vec<_>>().join(" ")
    }
}

/// What a field and a set share: everything but the label.
struct Frame {
    id: String,
    help: Option<String>,
    about: Option<Html>,
    error: MaybeProp<String>,
    limit: Option<u32>,
}

impl Frame {
    fn new(
        id: String,
        help: Option<String>,
        about: Option<Html>,
        error: MaybeProp<String>,
        limit: Option<u32>,
    ) -> Self {
        Self { id, help, about, error, limit }
    }

    fn wiring(&self) -> Wiring {
        let parts = [
            ("about", self.about.is_some()),
            ("help", self.help.is_some()),
            ("count", self.limit.is_some()),
            ("error", true),
            ("check", true),
        ];
        let described_by = parts.iter().filter(|(_, there)| *there).map(|(part, _)| format!("{}-{part}", self.id));
        Wiring {
            described_by: Some(described_by.collect::<Vec<_>>().join(" ")),
            error: self.error,
            ..Wiring::default()
        }
    }

    fn around(self, wiring: Wiring, children: Children) -> AnyView {
        let Self { id, help, about, error, limit } = self;
        let wrong = move || {
            error.get().map(|error| view! { <span><span class="pk-visually-hidden">"Error: "</span>{error}</span> })
        };
        view! {
            {about.map(|about| view! { <div class="pk-field__help" id=format!("{id}-about")><Fragment html=about/></div> })}
            {help.map(|help| view! { <p class="pk-field__help" id=format!("{id}-help")>{help}</p> })}
            <Provider value=wiring>{children()}</Provider>
            {limit
                .map(|limit| {
                    view! {
                        <p class="pk-field__count pk-number" id=format!("{id}-count") data-pk-count>
                            {format!("At most {limit} characters")}
                        </p>
                        // Said when the limit is near, not at every key.
                        <span class="pk-visually-hidden" role="status"></span>
                    }
                })}
            <p class="pk-field__error" id=format!("{id}-error") hidden=move || error.with(Option::is_none)>
                <IconView icon=Icon::AlertTriangle/>
                {wrong}
            </p>
            // What the browser itself finds wrong is written here by behaviour.js.
            <p class="pk-field__error" id=format!("{id}-check") hidden>
                <IconView icon=Icon::AlertTriangle/>
                <span data-pk-check></span>
            </p>
        }
        .into_any()
    }
}

fn mark(need: Need) -> Option<AnyView> {
    need.word().map(|word| view! { " "<span class="pk-field__need">{word}</span> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::checkbox::CheckboxGroup;
    use crate::components::choice::Choice;
    use crate::components::input::{Input, PasswordInput};
    use crate::components::radio::RadioGroup;
    use crate::server::html::drawn;

    /// The tag that starts with this, up to its end.
    fn tag<'a>(html: &'a str, start: &str) -> &'a str {
        let from = html.find(start).unwrap_or_else(|| panic!("no {start} in {html}"));
        let rest = &html[from..];
        &rest[..rest.find('>').expect("an end")]
    }

    #[test]
    fn a_control_takes_its_id_need_and_descriptions_from_its_field() {
        let html = drawn(|| {
            view! {
                <Field label="Name" id="name" help="Short." limit=20 need=Need::Required error="Taken. Choose another.">
                    <Input name="name" value="a \"b\""/>
                </Field>
                <Field label="Token" id="token"><PasswordInput name="token"/></Field>
            }
        });
        let input = tag(html.as_str(), "<input type=\"text\"");
        for part in [
            "id=\"name\"",
            " required",
            "aria-describedby=\"name-help name-count name-error name-check\"",
            "aria-invalid=\"true\"",
            "data-pk-limit=\"20\"",
            "value=\"a &quot;b&quot;\"",
        ] {
            assert!(input.contains(part), "{part} is missing: {input}");
        }
        // What one field says holds for that field alone.
        let token = tag(html.as_str(), "<input type=\"password\"");
        assert!(
            token.contains("id=\"token\"") && !token.contains("required") && !token.contains("aria-invalid"),
            "{token}"
        );
    }

    #[test]
    fn a_set_says_its_error_once_and_marks_what_is_in_it() {
        let html = drawn(|| {
            let options = vec![Choice::new("test", "Test").with("With masked data.")];
            view! { <CheckboxGroup label="Environments" id="env" name="env" options=options error="Choose one."/> }
        });
        assert!(
            tag(html.as_str(), "<fieldset").contains("aria-describedby=\"env-error env-check\""),
            "{}",
            html.as_str()
        );
        let tick = tag(html.as_str(), "<input");
        assert!(
            tick.contains("aria-invalid=\"true\"") && tick.contains("aria-describedby=\"env-test-detail\""),
            "{tick}"
        );
    }

    #[test]
    fn of_radio_buttons_the_group_is_wrong_and_each_is_needed() {
        let html = drawn(|| {
            let options = vec![Choice::new("team", "The team"), Choice::new("bank", "The bank")];
            view! { <RadioGroup label="Audience" id="who" name="who" options=options need=Need::Required error="Choose one."/> }
        });
        assert!(tag(html.as_str(), "<fieldset").contains("aria-invalid=\"true\""), "{}", html.as_str());
        let button = tag(html.as_str(), "<input");
        assert!(button.contains(" required") && !button.contains("aria-invalid"), "{button}");
    }
}
