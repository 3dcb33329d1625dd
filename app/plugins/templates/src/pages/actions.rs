//! The installed actions: what steps of templates can do here.

use kit::components::{Badge, CodeBlock, Column, EmptyState, Page, Panel, Prose, Table, Tone};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::{permit, service};
use kit::server::html;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use scaffold::action::{ActionInfo, Reach, Repeat};
use serde_json::{Value, json};

use crate::info::READ_ACTION;
use crate::server::Templates;

/// The actions whose id or description holds all words of `q`.
pub async fn actions_page(at: &Address) -> Result<Drawn, AppError> {
    permit(&READ_ACTION, Resource::All).await?;
    let templates = service::<Templates>("Templates")?;
    let text = at.one("q");
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let is_meant = |info: &ActionInfo| {
        let held = format!("{} {}", info.id, info.description).to_lowercase();
        words.iter().all(|word| held.contains(word.as_str()))
    };
    let actions: Vec<ActionInfo> = templates.tasks.registry.infos().into_iter().filter(is_meant).collect();
    Ok(page(|| view! { <ActionsView actions=actions text=text/> }))
}

#[component]
fn ActionsView(actions: Vec<ActionInfo>, text: String) -> impl IntoView {
    let content = if actions.is_empty() {
        let sentence = "No installed action matches these words.";
        view! { <EmptyState sentence=sentence><a class="pk-button" href="/create/actions">"See all actions"</a></EmptyState> }.into_any()
    } else {
        let actions: Vec<_> = actions.into_iter().map(|info| view! { <ActionPanel info=info/> }).collect();
        actions.into_any()
    };
    view! {
        <Page title="Actions" kind="Create" lead="What the steps of a template can do on this portal, and what each of them takes and gives.">
            <div class="pk-panels">
                <form class="pk-search" method="get" action="/create/actions" role="search">
                    <label class="pk-visually-hidden" for="search">"Search the actions"</label>
                    <input class="pk-input" id="search" type="search" name="q" value=text placeholder="Search the actions by name and description"/>
                    <button class="pk-button pk-button--primary" type="submit">"Search"</button>
                </form>
                {content}
            </div>
        </Page>
    }
}

#[component]
fn ActionPanel(info: ActionInfo) -> impl IntoView {
    let (reach, tone) = match info.reach {
        Reach::Workspace => ("Files of the run", Tone::Neutral),
        Reach::Reads => ("Reads elsewhere", Tone::Neutral),
        Reach::Outside => ("Changes something outside", Tone::Attention),
    };
    let repeat = match info.repeat {
        Repeat::Safe => "It can be repeated any number of times.",
        Repeat::Checked => "When it is repeated, it looks first at what an earlier attempt has done.",
        Repeat::Unknown => "If it is cut off, a person is asked before it is repeated.",
    };
    let examples: Vec<_> = info
        .examples
        .iter()
        .enumerate()
        .map(|(at, example)| {
            let step = json!({"action": info.id, "input": example.input});
            let text = serde_json::to_string_pretty(&step).unwrap_or_default();
            let anchor = format!("{}-{at}-", info.id.replace([':', '/'], "-"));
            view! {
                <p>{example.description.clone()}</p>
                <CodeBlock text=text label=format!("Example of {}: {}", info.id, example.description) anchor=anchor/>
            }
        })
        .collect();
    let examples = (!examples.is_empty()).then(|| view! { <details><summary>"Examples"</summary>{examples}</details> });
    view! {
        <Panel title=info.id.clone()>
            <p><Badge text=reach tone=tone/>" "<span class="pk-quiet">{repeat}</span></p>
            <Prose html=html::markdown(&info.description)/>
            <SchemaTable caption=format!("Input of {}", info.id) schema=info.input.clone() none="It takes no input."/>
            <SchemaTable caption=format!("Output of {}", info.id) schema=info.output.clone() none="It gives no output."/>
            {examples}
        </Panel>
    }
}

/// The properties of a JSON Schema.
#[component]
fn SchemaTable(caption: String, schema: Value, none: &'static str) -> impl IntoView {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let properties = schema.get("properties").and_then(Value::as_object);
    let rows: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let about = [text(property, "title"), text(property, "description")];
            let about: Vec<String> = about.into_iter().filter(|text| !text.is_empty()).collect();
            let need = if required.contains(&name.as_str()) { "Required" } else { "" };
            view! {
                <tr>
                    <th scope="row"><span class="pk-mono">{name.clone()}</span></th>
                    <td data-label="Type">{kind(property)}</td>
                    <td class="pk-wrap" data-label="Meaning">{about.join(". ")}</td>
                    <td>{need}</td>
                </tr>
            }
        })
        .collect();
    if rows.is_empty() {
        return view! { <p class="pk-quiet">{none}</p> }.into_any();
    }
    let columns = vec![Column::text("Name"), Column::text("Type"), Column::text("Meaning"), Column::text("Need")];
    view! { <Table caption=caption columns=columns stacked=true>{rows}</Table> }.into_any()
}

/// The type of a property in words.
fn kind(property: &Value) -> String {
    let named = match property.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    match property.get("items") {
        Some(items) if named == "array" => format!("list of {}", kind(items)),
        _ => named,
    }
}
