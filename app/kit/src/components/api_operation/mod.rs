use leptos::prelude::*;

use crate::components::badge::{Badge, Tone};

#[cfg(feature = "ssr")]
pub mod examples;

/// What an operation does to what it is about; each has a mark and a word besides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// Makes something.
    Creates,
    /// Changes what is there.
    Changes,
    /// Takes something away.
    Removes,
    /// Gives messages out.
    Sends,
    /// Takes messages in.
    Receives,
}

impl Effect {
    fn class(self) -> &'static str {
        match self {
            Self::Reads => "pk-method",
            Self::Creates => "pk-method pk-method--creates",
            Self::Changes => "pk-method pk-method--changes",
            Self::Removes => "pk-method pk-method--removes",
            Self::Sends | Self::Receives => "pk-method pk-method--messages",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Reads => "○",
            Self::Creates => "+",
            Self::Changes => "±",
            Self::Removes => "−",
            Self::Sends => "↑",
            Self::Receives => "↓",
        }
    }
}

/// Operations one below the other; the children are [`ApiOperation`]s or [`ApiModel`]s.
#[component]
pub fn ApiOperations(
    /// In order.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-operations">{children()}</div> }.into_any()
}

/// An operation of an API: a row that unfolds. It has an address in the page, and unfolds when that is followed.
#[component]
pub fn ApiOperation(
    /// Its address in the page.
    #[prop(into)]
    anchor: String,
    /// `GET`, `subscribe`, `query`, …
    #[prop(into)]
    method: String,
    /// What it does.
    effect: Effect,
    /// The path, channel or field.
    #[prop(into)]
    address: String,
    /// One line.
    #[prop(into)]
    summary: String,
    /// Whether it should not be used any more.
    #[prop(optional)]
    deprecated: bool,
    /// Whether it is unfolded at first.
    #[prop(optional)]
    open: bool,
    /// The address of a page where it is unfolded, where it has no children here.
    #[prop(optional, into)]
    elsewhere: Option<String>,
    /// What it takes and gives.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let path =
        if deprecated { "pk-operation__address pk-operation__address--deprecated" } else { "pk-operation__address" };
    let row = view! {
        <span class=effect.class()><span class="pk-method__mark" aria-hidden="true">{effect.mark()}</span>{method}</span>
        <code class=path>{address}</code>
        <span class="pk-operation__summary">
            {summary}
            {deprecated.then(|| view! { " " <Badge text="Deprecated" tone=Tone::Attention/> })}
        </span>
    };
    unfolding(anchor, "pk-operation__row", row.into_any(), open, elsewhere, children)
}

/// A named schema of an API: a row that unfolds, as an operation does.
#[component]
pub fn ApiModel(
    /// Its address in the page.
    #[prop(into)]
    anchor: String,
    /// Its name.
    #[prop(into)]
    name: String,
    /// One line.
    #[prop(into)]
    summary: String,
    /// Whether it is unfolded at first.
    #[prop(optional)]
    open: bool,
    /// The address of a page where it is unfolded, where it has no children here.
    #[prop(optional, into)]
    elsewhere: Option<String>,
    /// Its shape.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let row = view! {
        <code class="pk-operation__address">{name}</code>
        <span class="pk-operation__summary">{summary}</span>
    };
    unfolding(anchor, "pk-operation__row pk-operation__row--model", row.into_any(), open, elsewhere, children)
}

fn unfolding(
    anchor: String,
    class: &'static str,
    row: AnyView,
    open: bool,
    elsewhere: Option<String>,
    children: Option<Children>,
) -> AnyView {
    if let Some(href) = elsewhere {
        return view! { <a class=class href=href id=anchor rel="external nofollow">{row}</a> }.into_any();
    }
    view! {
        <details class="pk-operation" open=open>
            <summary class=class>{row}</summary>
            // The address is inside what unfolds: a browser that is sent there unfolds it by itself.
            <div class="pk-operation__body" id=anchor>{children.map(|children| children())}</div>
        </details>
    }
    .into_any()
}

/// A part of an operation: on the left what it is, on the right an example where there is room.
#[component]
pub fn ApiPart(
    /// Shown beside it.
    #[prop(optional, into)]
    example: Option<AnyView>,
    /// What it is.
    children: Children,
) -> impl IntoView {
    let class = if example.is_some() { "pk-part pk-part--example" } else { "pk-part" };
    view! {
        <div class=class>
            <div>{children()}</div>
            {example.map(|example| view! { <div class="pk-part__example">{example}</div> })}
        </div>
    }
    .into_any()
}

/// Fields one below the other; the children are [`ApiField`]s.
#[component]
pub fn ApiFields(
    /// In order.
    children: Children,
) -> impl IntoView {
    view! { <ul class="pk-api-fields">{children()}</ul> }.into_any()
}

/// A field, parameter or header: its name, its type, whether it must be there, and what it means.
#[component]
pub fn ApiField(
    /// Its name; may be empty for what has none.
    #[prop(into)]
    name: String,
    /// Its type, maybe with a link to it.
    #[prop(into)]
    kind: AnyView,
    /// Whether it must be there.
    #[prop(optional)]
    required: bool,
    /// `deprecated`, `read-only` and the like.
    #[prop(default = Vec::new())]
    flags: Vec<&'static str>,
    /// What it is made of, below all else.
    #[prop(optional, into)]
    inner: Option<AnyView>,
    /// What it means and what holds for it.
    children: Children,
) -> impl IntoView {
    let flags: Vec<_> =
        flags.into_iter().map(|flag| view! { " " <span class="pk-api-field__flag">{flag}</span> }).collect();
    view! {
        <li class="pk-api-field">
            <div class="pk-api-field__head">
                {(!name.is_empty()).then(|| view! { <code class="pk-api-field__name">{name}</code> " " })}
                <span class="pk-api-field__type">{kind}</span>
                {required.then(|| view! { " " <span class="pk-api-field__required">"required"</span> })}
                {flags}
            </div>
            <div class="pk-api-field__body">{children()}</div>
            {inner.map(|inner| view! { <div class="pk-api-field__inner">{inner}</div> })}
        </li>
    }
    .into_any()
}

/// What a field is made of, folded until somebody wants to see it.
#[component]
pub fn ApiMore(
    /// What is inside: `5 fields`.
    #[prop(into)]
    title: AnyView,
    /// Whether it is unfolded at first.
    #[prop(optional)]
    open: bool,
    /// Usually [`ApiFields`].
    children: Children,
) -> impl IntoView {
    view! {
        <details open=open>
            <summary class="pk-more__title">{title}</summary>
            <div class="pk-more__body">{children()}</div>
        </details>
    }
    .into_any()
}
