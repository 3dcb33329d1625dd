//! A form that is drawn from a schema: its frame, the mark of each field, groups, lists and entries. What stands in a field is a control
//! like any other; `behaviour.js` keeps what is typed, says what is wrong and has dependent fields come and go.

use leptos::context::Provider;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::components::button::Emphasis;
use crate::components::field::Wiring;
use crate::components::fragment::Fragment;
use crate::components::icon::{Icon, IconView};
use crate::components::input::Input;
use crate::html::Html;

#[cfg(feature = "ssr")]
pub mod examples;

/// What a form that is drawn from a schema says of itself to its behaviour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaFormData {
    /// What is asked for, as JSON.
    pub definition: String,
    /// What is filled in on all pages, as JSON.
    pub values: String,
    /// The address of the server function that draws pages; without one nothing is kept.
    pub source: Option<&'static str>,
    /// The number of this page among all pages.
    pub page: usize,
    /// Another text when another form would be drawn of this page.
    pub shape: String,
    /// Whether all that is wrong with the page is to be said, not only what was left.
    pub tried: bool,
}

/// A page of a form, saved: what its behaviour is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaSaved {
    /// The number of this save; the next one says it.
    pub revision: i64,
    /// Another text when the page would be drawn otherwise than before.
    pub shape: String,
    /// What is filled in on all pages, as JSON; no secret is.
    pub values: String,
    /// Whether another window has saved something else meanwhile.
    pub elsewhere: bool,
}

/// The form round a page of fields. It is sent without scripts; with them it is also kept while it is filled in.
#[component]
pub fn SchemaForm(
    /// Where it is sent.
    #[prop(into)]
    action: String,
    /// What its behaviour works with.
    data: SchemaFormData,
    /// What is sent besides the fields.
    hidden: Vec<(&'static str, String)>,
    /// The name and value of what the Enter key does.
    enter: (&'static str, &'static str),
    /// Fields and actions.
    children: Children,
) -> impl IntoView {
    let hidden: Vec<_> =
        hidden.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect();
    view! {
        <form
            id="schema-form"
            method="post"
            action=action
            novalidate
            data-pk-schema-form
            data-pk-definition=data.definition
            data-pk-values=data.values
            data-pk-source=data.source
            data-pk-page=data.page
            data-pk-shape=data.shape
            data-pk-tried=data.tried.to_string()
        >
            {hidden}
            // Enter presses the first button of a form.
            <button class="pk-visually-hidden" type="submit" name=enter.0 value=enter.1 tabindex="-1" aria-hidden="true"></button>
            <div class="pk-form">{children()}</div>
        </form>
    }
    .into_any()
}

/// Marks what is drawn of one field of the schema.
#[component]
pub fn SchemaField(
    /// The pointer of its value.
    #[prop(into)]
    path: String,
    /// One word for how it is drawn.
    kind: &'static str,
    /// What its author should know: it is drawn otherwise than asked for.
    #[prop(optional)]
    notices: Vec<String>,
    /// The control in its field; nothing where nothing is drawn.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let notices: Vec<_> = notices
        .into_iter()
        .map(
            |notice| view! { <p class="pk-schema__notice"><IconView icon=Icon::InfoCircle/> <span>{notice}</span></p> },
        )
        .collect();
    view! {
        <div class="pk-schema__field" data-pk-path=path data-pk-kind=kind>
            {children.map(|children| children())}
            {notices}
        </div>
    }
    .into_any()
}

/// Fields that make one value, under a heading; nested ones stand in from the edge.
#[component]
pub fn SchemaGroup(
    /// The heading.
    #[prop(into)]
    title: String,
    /// Its id, unique on the page.
    #[prop(into)]
    id: String,
    /// What it is about.
    #[prop(optional_no_strip)]
    about: Option<Html>,
    /// A hint on how to fill it in.
    #[prop(optional_no_strip)]
    help: Option<String>,
    /// What is wrong with it as a whole.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Whether it can be folded, and is open at first.
    #[prop(optional_no_strip)]
    folds: Option<bool>,
    /// A word beside the heading, such as `required`.
    #[prop(optional_no_strip)]
    word: Option<&'static str>,
    /// Fields, entries, and what can be done with them.
    children: Children,
) -> impl IntoView {
    let described = format!("{id}-about {id}-error {id}-check");
    let is_fine = error.is_none();
    let body = view! {
        <div class="pk-schema__about" id=format!("{id}-about")>
            {about.map(|about| view! { <Fragment html=about/> })}
            {help.map(|help| view! { <p>{help}</p> })}
        </div>
        <p class="pk-field__error" id=format!("{id}-error") hidden=is_fine>
            <IconView icon=Icon::AlertTriangle/>
            {error.map(|error| view! { <span><span class="pk-visually-hidden">"Error: "</span>{error}</span> })}
        </p>
        <p class="pk-field__error" id=format!("{id}-check") hidden>
            <IconView icon=Icon::AlertTriangle/>
            <span data-pk-check></span>
        </p>
        // What the group says of itself is not said again by each field in it.
        <Provider value=Wiring::default()>{children()}</Provider>
    };
    let word = word.map(|word| view! { " " <span class="pk-field__need">{word}</span> });
    match folds {
        Some(open) => view! {
            <details class="pk-schema__fold" id=id open=open>
                <summary>{title}{word}</summary>
                <div class="pk-schema__body">{body}</div>
            </details>
        }
        .into_any(),
        None => view! {
            <fieldset class="pk-schema__group" id=id tabindex="-1" aria-describedby=described>
                <legend class="pk-schema__title">{title}{word}</legend>
                <div class="pk-schema__body">{body}</div>
            </fieldset>
        }
        .into_any(),
    }
}

/// What can be done with an entry of a list: the values that its buttons send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryActions {
    /// Changes places with the one before.
    pub up: Option<String>,
    /// Changes places with the one after.
    pub down: Option<String>,
    /// Goes.
    pub remove: Option<String>,
}

/// An entry of a list or a map, with what can be done with it.
#[component]
pub fn SchemaEntry(
    /// What it is called, for whoever hears the buttons: `Page 2`.
    #[prop(into)]
    name: String,
    /// The name under which the buttons send.
    sends: &'static str,
    /// What can be done.
    actions: EntryActions,
    /// The fields of the entry.
    children: Children,
) -> impl IntoView {
    let button = |value: Option<String>, verb: &str, icon: Icon, class: &'static str| {
        let label = format!("{verb} {name}");
        value.map(|value| {
            view! {
                <button class=format!("{} pk-button--icon {class}", Emphasis::Quiet.class()) type="submit" name=sends value=value aria-label=label.clone() title=label data-pk-does>
                    <IconView icon=icon/>
                </button>
            }
        })
    };
    let up = button(actions.up, "Move up", Icon::ChevronDown, "pk-schema__up");
    let down = button(actions.down, "Move down", Icon::ChevronDown, "");
    let remove = button(actions.remove, "Remove", Icon::Trash, "");
    view! {
        <div class="pk-schema__entry">
            <div class="pk-schema__parts">{children()}</div>
            <div class="pk-schema__actions">{up}{down}{remove}</div>
        </div>
    }
    .into_any()
}

/// Adds an entry.
#[component]
pub fn SchemaAdd(
    /// A verb with its object: `Add page`.
    #[prop(into)]
    text: String,
    /// The name and value that the button sends.
    sends: (&'static str, String),
) -> impl IntoView {
    view! {
        <p>
            <button class=Emphasis::Normal.class() type="submit" name=sends.0 value=sends.1 data-pk-does>
                <IconView icon=Icon::Plus/>
                {text}
            </button>
        </p>
    }
    .into_any()
}

/// A file that is sent as text. With scripts it is chosen; without them its address as text is pasted.
#[component]
pub fn DataFile(
    /// The name under which each file is sent.
    #[prop(into)]
    name: String,
    /// What is there already, as data URLs.
    values: Vec<String>,
    /// Whether there may be several.
    multiple: bool,
    /// The endings and media types that are taken.
    #[prop(optional_no_strip, into)]
    accept: Option<String>,
    /// The most bytes that a file may have.
    max_bytes: u64,
    /// Whether it plays no part.
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(None, false);
    let invalid = field.invalid();
    let id = field.id.clone().unwrap_or_else(|| name.clone());
    let (first, of) = (name.clone(), name.clone());
    let (limits, plain) = (format!("{id}-limits"), format!("{id}-plain"));
    let described_by = field.described_by(&limits);
    let kept: Vec<_> = values
        .iter()
        .map(|value| (name.clone(), value.clone()))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value data-pk-data-url/> })
        .collect();
    let said = match values.len() {
        0 => String::new(),
        1 => "A file is there already. Choosing another replaces it.".to_owned(),
        many => format!("{many} files are there already. Choosing others replaces them."),
    };
    view! {
        <div class="pk-file" data-pk-file data-pk-data-file=of>
            <input type="hidden" name=first value=""/>
            {kept}
            <input
                class="pk-file__input"
                type="file"
                id=id
                accept=accept
                multiple=multiple
                disabled=disabled
                aria-describedby=described_by
                aria-invalid=invalid
                data-pk-max-bytes=max_bytes
            />
            <p class="pk-file__limits" id=limits>
                {format!("At most {} KB{}. ", max_bytes / 1000, if multiple { " each" } else { "" })}
                <span class="pk-file__drop">"Files can be dropped here. "</span>
                {said}
            </p>
            <ul class="pk-file__list" role="list" aria-live="polite" data-pk-files></ul>
            <noscript>
                <Input name=name id=plain placeholder="data:text/plain;base64,…" attr:aria-label="The file as a data: address"/>
            </noscript>
        </div>
    }
    .into_any()
}

/// Says whether what is typed is kept; `behaviour.js` writes it.
#[component]
pub fn DraftStatus(
    /// What holds as the page is drawn: `Draft of 3 minutes ago`.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <p class="pk-schema__status" role="status" data-pk-draft-status>{text}</p> }.into_any()
}
