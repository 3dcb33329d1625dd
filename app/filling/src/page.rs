//! A page of a form: its fields in their frame, with what is wrong above them.

use std::collections::HashMap;
use std::sync::Arc;

use form::{ActivePage, Field, FieldError, Form, Standard};
use kit::components::{
    Button, DraftStatus, Emphasis, ErrorSummary, FormActions, Fragment, SchemaForm, SchemaFormData, SchemaSaved,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::entities::Entities;
use kit::server::html;
use leptos::prelude::*;
use serde_json::Value;

use crate::fields::{Drawing, Source, offered};
use crate::sent::{control_id, names};

/// What is shown of a form.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The form.
    pub form: &'a Form,
    /// What it was read from.
    pub definition: &'a Value,
    /// What is filled in on all pages.
    pub values: &'a Value,
    /// The page, which is shown for these values.
    pub page: &'a ActivePage,
    /// The number of the save that the values are from; 0 where they were not saved.
    pub revision: i64,
    /// Whether all that is wrong with the page is said.
    pub tried: bool,
}

/// Where a form stands.
#[derive(Clone)]
pub struct Place {
    /// Where it is sent. Its behaviour expects [`saved`] as the answer.
    pub action: String,
    /// The server function that draws the page on which it stands; without one nothing is kept while somebody types.
    pub drawn_by: Option<&'static str>,
    /// What is sent besides the fields, the page and the revision.
    pub hidden: Vec<(&'static str, String)>,
    /// Who answers controls that ask as somebody types.
    pub source: Source,
    /// What is said under fields, by their pointers: where a value came from.
    pub notes: HashMap<String, String>,
}

/// A page that is ready to be drawn.
pub struct FormPage {
    page: ActivePage,
    summary: Vec<(String, String)>,
    drawing: Drawing,
    data: SchemaFormData,
    place: Place,
    revision: i64,
}

impl FormPage {
    /// Finds out what the page's controls offer, and what is wrong.
    pub async fn new(
        entities: &dyn Entities,
        caller: &Caller,
        shown: Shown<'_>,
        mut place: Place,
    ) -> Result<Self, AppError> {
        let Shown { form, definition, values, page, revision, tried } = shown;
        let errors = if tried { form.page_errors(values, page.index, &Standard) } else { Vec::new() };
        let drawing = Drawing {
            source: Arc::new(place.source.clone()),
            errors: Arc::new(by_field(&errors, page)),
            offered: Arc::new(offered(entities, caller, page).await?),
            notes: Arc::new(std::mem::take(&mut place.notes)),
            may_focus: errors.is_empty(),
        };
        let data = SchemaFormData {
            definition: definition.to_string(),
            values: values.to_string(),
            source: place.drawn_by,
            page: page.index,
            shape: form.active(values).shape(page.index),
            tried,
        };
        Ok(Self { page: page.clone(), summary: summary(&errors, page), drawing, data, place, revision })
    }
}

/// The answer to a page that was saved, for its behaviour.
pub fn saved(form: &Form, values: &Value, page: usize, revision: i64, elsewhere: bool) -> SchemaSaved {
    SchemaSaved { revision, shape: form.active(values).shape(page), values: values.to_string(), elsewhere }
}

/// The page: its heading, what is wrong with it, its fields, and what can be done.
#[component]
pub fn FormFields(
    /// The page.
    page: FormPage,
    /// What stands above the fields, within the form.
    #[prop(optional_no_strip)]
    before: Option<AnyView>,
    /// What stands below the fields: buttons.
    children: Children,
) -> impl IntoView {
    let FormPage { page, summary, drawing, data, place, revision } = page;
    let mut hidden = place.hidden;
    hidden.push((names::PAGE, page.index.to_string()));
    hidden.push((names::REVISION, revision.to_string()));
    let fields: Vec<_> = page.fields.iter().map(|field| drawing.field(field)).collect();
    let about = page.description.as_deref().map(html::markdown);
    let is_empty = fields.is_empty();
    view! {
        <h2>{page.title}</h2>
        {about.map(|about| view! { <Fragment html=about class="pk-prose"/> })}
        {(!summary.is_empty()).then(|| view! { <ErrorSummary errors=summary/> })}
        <SchemaForm action=place.action data=data hidden=hidden enter=(names::DO, "next")>
            {before}
            {is_empty.then(|| view! { <p class="pk-quiet">"There is nothing to fill in on this page."</p> })}
            {fields}
            {children()}
        </SchemaForm>
    }
    .into_any()
}

/// The buttons of a page.
#[component]
pub fn FormButtons(
    /// What the button says that leads on.
    #[prop(into)]
    forward: String,
    /// Whether there is a page before.
    back: bool,
    /// What holds of the draft as the page is drawn.
    #[prop(into)]
    status: String,
) -> impl IntoView {
    let sends = |what: &str| (names::DO, what.to_owned());
    view! {
        <FormActions>
            <Button text=forward emphasis=Emphasis::Primary sends=sends("next")/>
            {back.then(|| view! { <Button text="Back" sends=sends("back")/> })}
            <noscript><Button text="Update form" sends=sends("update")/></noscript>
            <DraftStatus text=status/>
        </FormActions>
    }
    .into_any()
}

/// What is wrong, by the pointer of the field that says it: its own, or the nearest around it.
fn by_field(errors: &[FieldError], page: &ActivePage) -> HashMap<String, Vec<String>> {
    let drawn = pointers(page);
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for error in errors {
        found.entry(nearest(&drawn, &error.path)).or_default().push(error.message.clone());
    }
    found
}

fn summary(errors: &[FieldError], page: &ActivePage) -> Vec<(String, String)> {
    let drawn = pointers(page);
    let fields = page.fields.iter().flat_map(Field::walk);
    let titles: HashMap<&str, &str> = fields.map(|field| (field.path.as_str(), field.title.as_str())).collect();
    let line = |error: &FieldError| {
        let at = nearest(&drawn, &error.path);
        let title = titles.get(at.as_str()).copied().unwrap_or("This page");
        (control_id(&at), format!("{title}: {}", error.message))
    };
    errors.iter().map(line).collect()
}

fn pointers(page: &ActivePage) -> Vec<&str> {
    page.fields.iter().flat_map(Field::walk).map(|field| field.path.as_str()).collect()
}

fn nearest(drawn: &[&str], path: &str) -> String {
    let mut way = path;
    while !way.is_empty() && !drawn.contains(&way) {
        way = way.rsplit_once('/').map_or("", |(around, _)| around);
    }
    way.to_owned()
}
