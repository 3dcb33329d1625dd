//! A field of a form, drawn with the controls of the design system. The name of a control is the pointer of its value.

use std::collections::HashMap;
use std::sync::Arc;

use form::{
    ActivePage, BooleanControl, Choice as Offer, Field as Asked, HostKind, Input as Line, Kind, Picker,
    REPOSITORY_PARTS, Repository, choice_text, repository_parts,
};
use kit::components::{
    Checkbox, CheckboxGroup, Choice, Combobox, DataFile, DateInput, EntryActions, Field, FieldSet, FormRow, Input,
    InputKind, Need, RadioGroup, SchemaAdd, SchemaEntry, SchemaField, SchemaGroup, Select, TextArea,
};
use kit::error::AppError;
use kit::html::Html;
use kit::identity::Caller;
use kit::query::href;
use kit::server::entities::Entities;
use kit::server::html;
use leptos::prelude::*;

use crate::offers;
use crate::sent::{control_id, names};

/// The most bytes of a file.
const FILE: u64 = 300_000;

/// The host whose repositories the portal itself keeps.
const OWN_HOST: &str = "portico";

/// The longest text whose characters are counted for whoever types it.
const COUNTED: u64 = 5000;

/// What the pickers of a page offer before anything is typed, and what is chosen in them, by pointer.
pub(super) type Offered = HashMap<String, (Vec<Choice>, Vec<Choice>)>;

/// Who answers controls that ask as somebody types: a route of the form's plugin, which is told the field's pointer as `path` and what was typed as `q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The address of the route.
    pub address: &'static str,
    /// What says which form it is.
    pub about: Vec<(&'static str, String)>,
}

impl Source {
    /// The address for a field, to which what is typed is added.
    fn of(&self, path: &str) -> String {
        let about = self.about.iter().map(|(name, value)| (*name, value.as_str()));
        href(self.address, about.chain([("path", path)])) + "&q="
    }
}

/// What fields are drawn with; cheap to clone.
#[derive(Clone)]
pub(super) struct Drawing {
    /// Who answers controls that ask as somebody types.
    pub source: Arc<Source>,
    /// What is wrong, by pointer.
    pub errors: Arc<HashMap<String, Vec<String>>>,
    /// What pickers offer.
    pub offered: Arc<Offered>,
    /// What is said under fields, by pointer.
    pub notes: Arc<HashMap<String, String>>,
    /// Whether a field may have the focus when the page comes.
    pub may_focus: bool,
}

/// What the pickers of a page offer.
pub(super) async fn offered(entities: &dyn Entities, caller: &Caller, page: &ActivePage) -> Result<Offered, AppError> {
    let mut all = Offered::new();
    // What is equal is asked for once.
    let mut asked: Vec<(&Picker, Vec<Choice>)> = Vec::new();
    for field in page.fields.iter().flat_map(Asked::walk) {
        let Kind::Picker(picker) = &field.kind else { continue };
        if !is_chosen(picker) {
            continue;
        }
        let choices = match asked.iter().find(|(known, _)| *known == picker) {
            Some((_, choices)) => choices.clone(),
            None => {
                let choices = offers::of_field(entities, caller, field, "").await?;
                asked.push((picker, choices.clone()));
                choices
            }
        };
        let values = if picker.is_many() {
            field.chosen()
        } else {
            Some(field.shown()).filter(|text| !text.is_empty()).into_iter().collect()
        };
        let chosen = if matches!(picker, Picker::EntityTags { .. }) {
            values.iter().map(|tag| Choice::new(tag, tag)).collect()
        } else {
            offers::chosen(entities, caller, &values).await?
        };
        all.insert(field.path.clone(), (choices, chosen));
    }
    Ok(all)
}

/// Whether a picker's values are found in the catalog.
fn is_chosen(picker: &Picker) -> bool {
    !matches!(picker, Picker::EntityName | Picker::RepoUrl(_) | Picker::RepoBranch(_) | Picker::RepoOwner { .. })
}

impl Drawing {
    /// A field with all in it.
    pub(super) fn field(&self, field: &Asked) -> AnyView {
        let (path, kind, notices) = (field.path.clone(), field.kind.name(), field.notices.clone());
        let Some(content) = self.content(field) else {
            return view! { <SchemaField path=path kind=kind notices=notices/> }.into_any();
        };
        view! { <SchemaField path=path kind=kind notices=notices>{content}</SchemaField> }.into_any()
    }

    fn content(&self, field: &Asked) -> Option<AnyView> {
        Some(match &field.kind {
            Kind::Hidden => return None,
            Kind::Null => return self.note(field),
            Kind::Secret => self.secret(field),
            Kind::Object { accordion } => {
                let folds = accordion.as_ref().map(|fold| fold.expanded || self.is_wrong_within(field));
                let title = accordion.as_ref().map_or_else(|| field.title.clone(), |fold| fold.title.clone());
                let fields = self.children(field);
                self.group(field, title, folds, fields.into_any())
            }
            Kind::Map { .. } => self.map(field),
            Kind::List { .. } => self.list(field),
            Kind::Choice { options, selected } => self.choice(field, options, *selected),
            Kind::Boolean { control: BooleanControl::Checkbox, .. } => self.tick(field),
            Kind::Boolean { control: BooleanControl::Radio, options } | Kind::Radio { options } => {
                self.radio(field, options)
            }
            Kind::CheckBoxes { options } => self.boxes(field, options),
            Kind::Picker(Picker::RepoUrl(repository)) => self.repository(field, repository),
            _ => self.line(field),
        })
    }

    /// A field whose control is one: label, help, control, error.
    fn line(&self, field: &Asked) -> AnyView {
        // The control takes its id and its descriptions from the field round it: so it is made inside.
        let (drawing, asked) = (self.clone(), field.clone());
        let is_text = matches!(field.kind, Kind::Text { .. } | Kind::Picker(Picker::EntityName));
        let limit = field
            .limits
            .max_length
            .filter(|most| is_text && *most <= COUNTED)
            .and_then(|most| u32::try_from(most).ok());
        let (label, id, about) = (field.title.clone(), control_id(&field.path), self.about(field));
        let (error, need) = (self.error(field), need(field));
        view! {
            <Field label=label id=id about=about nostrip:help=self.help(field) error=error need=need nostrip:limit=limit>
                {drawing.control(&asked)}
            </Field>
        }
        .into_any()
    }

    fn control(&self, field: &Asked) -> AnyView {
        let (name, value, disabled) = (field.path.clone(), field.shown(), field.disabled);
        let read_only = field.readonly;
        let focus = self.may_focus && field.autofocus;
        let placeholder = field.placeholder.clone();
        let input = |kind: InputKind| {
            let (name, value, placeholder) = (name.clone(), value.clone(), placeholder.clone());
            view! { <Input name=name kind=kind value=value nostrip:placeholder=placeholder read_only=read_only disabled=disabled attr:autofocus=focus/> }
                .into_any()
        };
        match &field.kind {
            Kind::Text { rows: Some(rows), .. } => {
                view! { <TextArea name=name value=value nostrip:placeholder=placeholder rows=*rows read_only=read_only disabled=disabled attr:autofocus=focus/> }
                    .into_any()
            }
            Kind::Text { input: line, .. } => input(match line {
                Line::Text => InputKind::Text,
                Line::Email => InputKind::Email,
                Line::Url => InputKind::Url,
                Line::Tel => InputKind::Phone,
            }),
            Kind::Number | Kind::Integer | Kind::Range => self.number(field, focus),
            Kind::Date => view! { <DateInput name=name value=value disabled=disabled attr:readonly=read_only attr:autofocus=focus/> }.into_any(),
            Kind::Time => {
                view! { <Input name=name kind=InputKind::Time value=value read_only=read_only disabled=disabled attr:step="1" attr:autofocus=focus/> }.into_any()
            }
            Kind::DateTime => input(if field.is_plain_time() { InputKind::DateTime } else { InputKind::Text }),
            Kind::Color => {
                let value = if value.is_empty() { field.unset().unwrap_or_default() } else { value };
                view! { <Input name=name kind=InputKind::Colour value=value disabled=disabled/> }.into_any()
            }
            Kind::File { multiple, accept } => {
                let values = if *multiple { field.chosen() } else { Some(value).filter(|value| !value.is_empty()).into_iter().collect() };
                let (multiple, accept) = (*multiple, accept.clone());
                view! { <DataFile name=name values=values multiple=multiple accept=accept max_bytes=FILE disabled=disabled/> }.into_any()
            }
            Kind::Select { options } | Kind::Boolean { options, .. } => {
                let options = choices(options);
                let is_empty_offered = options.iter().any(|choice| choice.value.is_empty());
                let empty = (!is_empty_offered).then(|| field.placeholder.clone().unwrap_or_else(|| "Choose…".to_owned()));
                view! { <Select name=name options=options value=value nostrip:empty=empty disabled=disabled/> }.into_any()
            }
            Kind::MultiSelect { options } => {
                let chosen = field.chosen();
                let options = choices(options);
                let chosen = options.iter().filter(|choice| chosen.contains(&choice.value)).cloned().collect();
                view! {
                    <input type="hidden" name=name.clone() value="" disabled=disabled/>
                    <Combobox name=name options=options chosen=chosen multiple=true nostrip:placeholder=placeholder disabled=disabled/>
                }
                .into_any()
            }
            Kind::Picker(picker) if is_chosen(picker) => self.picker(field, picker),
            _ => input(InputKind::Text),
        }
    }

    fn number(&self, field: &Asked, focus: bool) -> AnyView {
        let limit = |number: Option<f64>| number.map(|number| number.to_string());
        let step = match (&field.kind, field.limits.step) {
            (_, Some(step)) => step.to_string(),
            (Kind::Integer, None) => "1".to_owned(),
            _ => "any".to_owned(),
        };
        let (min, max) = (limit(field.limits.min), limit(field.limits.max));
        let is_range = matches!(field.kind, Kind::Range);
        let shown = field.shown();
        let value = if is_range && shown.is_empty() { field.unset().unwrap_or_default() } else { shown.clone() };
        let is_number = shown.is_empty() || shown.parse::<f64>().is_ok();
        let kind = match (is_range, is_number) {
            (true, true) => InputKind::Range,
            (false, true) => InputKind::Number,
            // What is no number can be seen, and mended.
            (_, false) => InputKind::Text,
        };
        let (name, placeholder, read_only, disabled) =
            (field.path.clone(), field.placeholder.clone(), field.readonly, field.disabled);
        view! {
            <Input
                name=name
                kind=kind
                value=value
                nostrip:placeholder=placeholder
                read_only=read_only
                disabled=disabled
                attr:min=min
                attr:max=max
                attr:step=step
                attr:autofocus=focus
            />
        }
        .into_any()
    }

    fn picker(&self, field: &Asked, picker: &Picker) -> AnyView {
        let (name, disabled) = (field.path.clone(), field.disabled || field.readonly);
        let (options, chosen) = self.offered.get(&field.path).cloned().unwrap_or_default();
        let source = self.source.of(&field.path);
        let multiple = picker.is_many();
        let placeholder = field.placeholder.clone().unwrap_or_else(|| {
            match picker {
                Picker::Owner(_) => "Name of a team or a person",
                Picker::MyGroups => "One of your groups",
                Picker::EntityTags { .. } => "Type a tag",
                _ => "Type to search the catalog",
            }
            .to_owned()
        });
        let marker = multiple.then(|| view! { <input type="hidden" name=name.clone() value="" disabled=disabled/> });
        view! {
            {marker}
            <Combobox name=name source=source options=options chosen=chosen multiple=multiple placeholder=placeholder disabled=disabled/>
        }
        .into_any()
    }

    fn tick(&self, field: &Asked) -> AnyView {
        let id = control_id(&field.path);
        let checked = field.value.as_ref().and_then(serde_json::Value::as_bool).unwrap_or(false);
        let (label, disabled) = (field.title.clone(), field.disabled || field.readonly);
        let (name, box_id) = (field.path.clone(), format!("{id}-box"));
        let hidden = name.clone();
        let detail = self.help(field);
        // The label is the box's own: a set of one that is not named twice.
        let (about, error) = (self.about(field), self.error(field));
        view! {
            <Field label="" id=id about=about error=error>
                <input type="hidden" name=hidden value="" disabled=disabled/>
                <Checkbox name=name id=box_id label=label nostrip:detail=detail checked=checked disabled=disabled/>
            </Field>
        }
        .into_any()
    }

    fn radio(&self, field: &Asked, options: &[Offer]) -> AnyView {
        let id = control_id(&field.path);
        let (label, name, disabled) = (field.title.clone(), field.path.clone(), field.disabled || field.readonly);
        let value = Some(field.shown()).filter(|value| !value.is_empty());
        let marker = name.clone();
        let (about, error, need) = (self.about(field), self.error(field), need(field));
        view! {
            <input type="hidden" name=marker value="" disabled=disabled/>
            <RadioGroup label=label name=name options=choices(options) id=id nostrip:value=value nostrip:help=self.help(field) about=about error=error need=need disabled=disabled/>
        }
        .into_any()
    }

    fn boxes(&self, field: &Asked, options: &[Offer]) -> AnyView {
        let id = control_id(&field.path);
        let (label, name, disabled) = (field.title.clone(), field.path.clone(), field.disabled || field.readonly);
        let (marker, chosen) = (name.clone(), field.chosen());
        let (about, error, need) = (self.about(field), self.error(field), need(field));
        view! {
            <input type="hidden" name=marker value="" disabled=disabled/>
            <CheckboxGroup label=label name=name options=choices(options) id=id chosen=chosen nostrip:help=self.help(field) about=about error=error need=need disabled=disabled/>
        }
        .into_any()
    }

    fn list(&self, field: &Asked) -> AnyView {
        let Kind::List { addable, orderable, removable, min, max, .. } = &field.kind else { return ().into_any() };
        let count = field.children.len();
        let is_fixed = field.disabled || field.readonly;
        let may_remove = *removable && !is_fixed && min.is_none_or(|least| count as u64 > least);
        let may_move = *orderable && !is_fixed;
        let entries: Vec<_> = field
            .children
            .iter()
            .enumerate()
            .map(|(at, entry)| {
                let sends = |verb: &str, may: bool| may.then(|| format!("{verb}:{}", entry.path));
                let actions = EntryActions {
                    up: sends("up", may_move && at > 0),
                    down: sends("down", may_move && at + 1 < count),
                    remove: sends("remove", may_remove),
                };
                let (name, drawn) = (entry.title.clone(), self.field(entry));
                view! { <SchemaEntry name=name sends=names::DO actions=actions>{drawn}</SchemaEntry> }.into_any()
            })
            .collect();
        let add = (*addable && !is_fixed).then(|| {
            let text = format!("Add {}", if count == 0 { "the first entry" } else { "another entry" });
            view! { <SchemaAdd text=text sends=(names::DO, format!("add:{}", field.path))/> }
        });
        let bounds = bounds(*min, *max).map(|text| view! { <p class="pk-quiet">{text}</p> });
        let (marker, size) = (field.path.clone(), count.to_string());
        let body = view! {
            <input type="hidden" name=marker value=size disabled=is_fixed/>
            {bounds}
            {entries}
            {add}
        }
        .into_any();
        self.group(field, field.title.clone(), None, body)
    }

    fn map(&self, field: &Asked) -> AnyView {
        let is_fixed = field.disabled || field.readonly;
        let entries: Vec<_> = field
            .children
            .iter()
            .map(|entry| {
                if !entry.removable {
                    return self.field(entry);
                }
                let actions = EntryActions {
                    remove: (!is_fixed).then(|| format!("remove:{}", entry.path)),
                    ..EntryActions::default()
                };
                let (key, key_id) = (format!("{}~key", entry.path), control_id(&format!("{}~key", entry.path)));
                let (name, called) = (entry.name.clone(), entry.title.clone());
                let value = Asked { title: "Value".into(), ..entry.clone() };
                let drawn = self.field(&value);
                view! {
                    <SchemaEntry name=called sends=names::DO actions=actions>
                        <FormRow>
                            <Field label="Name" id=key_id><Input name=key value=name disabled=is_fixed/></Field>
                            {drawn}
                        </FormRow>
                    </SchemaEntry>
                }
                .into_any()
            })
            .collect();
        let add = (!is_fixed)
            .then(|| view! { <SchemaAdd text="Add an entry" sends=(names::DO, format!("add:{}", field.path))/> });
        self.group(field, field.title.clone(), None, view! { {entries} {add} }.into_any())
    }

    fn choice(&self, field: &Asked, options: &[String], selected: usize) -> AnyView {
        let name = format!("{}~choice", field.path);
        let id = control_id(&name);
        let options: Vec<Choice> =
            options.iter().enumerate().map(|(at, label)| Choice::new(at.to_string(), label)).collect();
        let label = if field.title.is_empty() || field.path.is_empty() {
            "Which of these".to_owned()
        } else {
            field.title.clone()
        };
        let disabled = field.disabled || field.readonly;
        let about = self.about(field);
        let children = self.children(field);
        view! {
            <Field label=label id=id about=about>
                <Select name=name options=options value=selected.to_string() disabled=disabled/>
            </Field>
            {children}
        }
        .into_any()
    }

    fn repository(&self, field: &Asked, repository: &Repository) -> AnyView {
        let parts = repository_parts(&field.shown());
        let given = |part: &str| parts.get(part).cloned().unwrap_or_default();
        let host = Some(given("host"))
            .filter(|host| !host.is_empty())
            .or_else(|| repository.hosts.first().cloned())
            .unwrap_or_default();
        let needed = HostKind::of(&host).parts();
        let is_fixed = field.disabled || field.readonly;
        let controls: Vec<_> = REPOSITORY_PARTS
            .into_iter()
            .filter(|part| {
                *part == "host"
                    || needed.contains(part)
                    || *part == "organization" && !repository.organizations.is_empty()
            })
            .map(|part| {
                let (label, allowed) = match part {
                    "host" => ("Host", &repository.hosts),
                    "organization" => ("Organization", &repository.organizations),
                    "workspace" => ("Workspace", &repository.owners),
                    "project" => ("Project", &repository.projects),
                    "owner" => ("Owner", &repository.owners),
                    _ => ("Repository", &repository.repositories),
                };
                let value = if part == "host" { host.clone() } else { given(part) };
                self.part(field, part, label, allowed, value, is_fixed)
            })
            .collect();
        let (label, id) = (field.title.clone(), control_id(&field.path));
        let (about, error, need) = (self.about(field), self.error(field), need(field));
        view! {
            <FieldSet label=label id=id about=about nostrip:help=self.help(field) error=error need=need>
                <FormRow>{controls}</FormRow>
            </FieldSet>
        }
        .into_any()
    }

    /// A part of a repository's address: one of those that are allowed, or any.
    fn part(
        &self,
        field: &Asked,
        part: &str,
        label: &str,
        allowed: &[String],
        value: String,
        disabled: bool,
    ) -> AnyView {
        let name = format!("{}~{part}", field.path);
        let (id, label) = (control_id(&name), label.to_owned());
        if allowed.is_empty() {
            return view! { <Field label=label id=id><Input name=name value=value disabled=disabled attr:autocapitalize="off" attr:spellcheck="false"/></Field> }
                .into_any();
        }
        let called = |choice: &String| match choice.as_str() {
            OWN_HOST if part == "host" => Choice::new(choice, "This portal"),
            _ => Choice::new(choice, choice),
        };
        let options: Vec<Choice> = allowed.iter().map(called).collect();
        let empty = (part != "host").then(|| "Choose…".to_owned());
        view! { <Field label=label id=id><Select name=name options=options value=value nostrip:empty=empty disabled=disabled/></Field> }.into_any()
    }

    fn secret(&self, field: &Asked) -> AnyView {
        let (label, id) = (field.title.clone(), control_id(&field.path));
        let about = self.about(field);
        view! {
            <FieldSet label=label id=id about=about nostrip:help=self.help(field) need=need(field)>
                <p class="pk-quiet">"This is a secret: it is kept nowhere. You are asked for it on the last page, when the run starts."</p>
            </FieldSet>
        }
        .into_any()
    }

    /// A text where there is nothing to fill in.
    fn note(&self, field: &Asked) -> Option<AnyView> {
        let about = self.about(field);
        let title = (field.title != field.name && !field.title.is_empty()).then(|| field.title.clone());
        if about.is_none() && title.is_none() && self.help(field).is_none() {
            return None;
        }
        let (id, title) = (control_id(&field.path), title.unwrap_or_default());
        Some(view! { <FieldSet label=title id=id about=about nostrip:help=self.help(field)>""</FieldSet> }.into_any())
    }

    fn group(&self, field: &Asked, title: String, folds: Option<bool>, body: AnyView) -> AnyView {
        let id = control_id(&field.path);
        let (about, error) = (self.about(field), self.errors.get(&field.path).map(|messages| messages.join(" ")));
        let word =
            field.required.then_some("required").filter(|_| matches!(field.kind, Kind::List { .. } | Kind::Map { .. }));
        view! { <SchemaGroup title=title id=id about=about help=self.help(field) error=error folds=folds word=word>{body}</SchemaGroup> }.into_any()
    }

    fn children(&self, field: &Asked) -> Vec<AnyView> {
        field.children.iter().map(|child| self.field(child)).collect()
    }

    fn about(&self, field: &Asked) -> Option<Html> {
        field.description.as_deref().filter(|text| !text.trim().is_empty()).map(html::markdown)
    }

    /// What its author says of it, and where its value came from.
    fn help(&self, field: &Asked) -> Option<String> {
        match (&field.help, self.notes.get(&field.path)) {
            (Some(help), Some(note)) => Some(format!("{help} {note}")),
            (help, note) => help.as_ref().or(note).cloned(),
        }
    }

    fn error(&self, field: &Asked) -> MaybeProp<String> {
        self.errors.get(&field.path).map(|messages| messages.join(" ")).into()
    }

    fn is_wrong_within(&self, field: &Asked) -> bool {
        field.walk().iter().any(|each| self.errors.contains_key(&each.path))
    }
}

fn need(field: &Asked) -> Need {
    if field.required { Need::Required } else { Need::Optional }
}

fn choices(options: &[Offer]) -> Vec<Choice> {
    let choice =
        |offer: &Offer| Choice { disabled: offer.disabled, ..Choice::new(choice_text(&offer.value), &offer.label) };
    options.iter().map(choice).collect()
}

/// How many entries there may be, where that is limited.
fn bounds(min: Option<u64>, max: Option<u64>) -> Option<String> {
    let noun = |number: u64| if number == 1 { "entry" } else { "entries" };
    match (min.filter(|min| *min > 0), max) {
        (Some(min), Some(max)) if min == max => Some(format!("Exactly {min} {}.", noun(min))),
        (Some(min), Some(max)) => Some(format!("{min} to {max} entries.")),
        (Some(min), None) => Some(format!("At least {min} {}.", noun(min))),
        (None, Some(max)) => Some(format!("At most {max} {}.", noun(max))),
        (None, None) => None,
    }
}
