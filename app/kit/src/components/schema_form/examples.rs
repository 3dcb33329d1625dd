use leptos::prelude::*;

use super::{DraftStatus, EntryActions, SchemaAdd, SchemaEntry, SchemaField, SchemaForm, SchemaFormData, SchemaGroup};
use crate::components::button::{Button, Emphasis};
use crate::components::field::{Field, Need};
use crate::components::form::FormActions;
use crate::components::input::Input;
use crate::gallery::{Docs, Example, Group};

/// The form from a schema in the gallery.
pub const DOCS: Docs = Docs {
    name: "schema_form",
    title: "Form from a schema",
    group: Group::Forms,
    summary: "The frame of a form whose fields a schema names: groups, lists, entries that come and go.",
    good: &["Keep what is typed while it is typed.", "Let fields that depend on others come where they belong."],
    bad: &["Do not take a field away that has the focus."],
    keys: &[("Enter", "Goes on to the next page.")],
    examples: &[Example {
        name: "list",
        title: "A list of entries",
        view: || {
            view! {
                <SchemaForm action="/design/components/schema_form" data=SchemaFormData::default() hidden=Vec::new() enter=("do", "next")>
                    <SchemaField path="/name" kind="text">
                        <Field label="Name" id="f/name" need=Need::Required help="Lower case, words joined by hyphens"><Input name="/name" value="savings"/></Field>
                    </SchemaField>
                    <SchemaField path="/pages" kind="list" notices=vec!["The field “PagePicker” is not installed: this is a plain input".to_owned()]>
                        <SchemaGroup title="Pages" id="f/pages" error=Some("Must have at least 3 entries".to_owned())>
                            {entry(0, "about")}
                            {entry(1, "contact")}
                            <SchemaAdd text="Add page" sends=("do", "add:/pages".to_owned())/>
                        </SchemaGroup>
                    </SchemaField>
                    <FormActions><Button text="Continue" emphasis=Emphasis::Primary sends=("do", "next".to_owned())/><DraftStatus text="Draft saved"/></FormActions>
                </SchemaForm>
            }
            .into_any()
        },
    }],
};

fn entry(at: usize, slug: &'static str) -> impl IntoView {
    let path = format!("/pages/{at}");
    let actions = EntryActions {
        up: (at > 0).then(|| format!("up:/pages/{at}")),
        down: (at == 0).then(|| format!("down:/pages/{at}")),
        remove: Some(format!("remove:/pages/{at}")),
    };
    view! {
        <SchemaEntry name=format!("page {}", at + 1) sends="do" actions=actions>
            <SchemaField path=path.clone() kind="text">
                <Field label=format!("Page {}", at + 1) id=format!("f{path}")><Input name=path.clone() value=slug/></Field>
            </SchemaField>
        </SchemaEntry>
    }
}
