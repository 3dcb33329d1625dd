//! Trying a template without effect.

use kit::components::{
    Banner, Button, CodeBlock, Column, Emphasis, Field, FormActions, Input, Page, Panel, Section, Table, TextArea, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::{is_asked_from_here, permit, service};
use kit::server::definitions;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use scaffold::definition::Template;
use scaffold::dry_run::{Report, StepState, Verdict};
use scaffold::folder::Files;
use serde_json::{Map, Value, json};

use crate::info::TRY_TEMPLATE;
use crate::server::Templates;
use crate::server::dry_runs::Produced;

/// Bytes of one file that are shown.
const SHOWN: usize = 32 << 10;

/// Files that are shown with what is in them.
const FILES: usize = 100;

/// Lines of the log that are shown.
const LINES: usize = 500;

/// What was asked for, and what came of it.
struct Tried {
    template: String,
    descriptor: String,
    values: String,
    produced: Option<Result<Produced, AppError>>,
}

/// The form, and below it what the dry run came to.
pub async fn try_page(at: &Address) -> Result<Drawn, AppError> {
    let caller = permit(&TRY_TEMPLATE, Resource::All).await?;
    let templates = service::<Templates>("Templates")?;
    let (template, descriptor, values) = (at.one("template"), at.one("descriptor"), at.one("values"));
    let named = !template.trim().is_empty() || !descriptor.trim().is_empty();
    // A link elsewhere must not make the server work: what it names is filled in, and tried when the person asks.
    let asked = named && is_asked_from_here().await;
    let produced = match asked {
        true => Some(tried(&templates, &caller, template.trim(), &descriptor, &values).await),
        false => None,
    };
    let tried = Tried { template, descriptor, values, produced };
    Ok(page(|| view! { <TryView tried=tried/> }))
}

async fn tried(
    templates: &Templates,
    caller: &Caller,
    template: &str,
    descriptor: &str,
    values: &str,
) -> Result<Produced, AppError> {
    let values = match values.trim() {
        "" => None,
        text => match descriptor::data(text) {
            Ok(values @ Value::Object(_)) => Some(values),
            Ok(Value::Null) => Some(json!({})),
            Ok(_) => return Err(AppError::bad_request("The values are to be an object with a value for each field")),
            Err(error) => {
                return Err(AppError::bad_request(format!("The values, line {}: {}", error.line, error.message)));
            }
        },
    };
    if descriptor.trim().is_empty() {
        let row = templates.readable(caller, template).await?;
        let latest = templates.latest(&row).await?;
        let latest = latest.ok_or_else(|| AppError::not_found(format!("A version of {template} that is in use")))?;
        let tree = definitions::tree(&templates.kit.db, &latest).await?;
        let opened = templates.open(latest).await?;
        return templates.dry_run(caller, &opened.template, &tree, values, Map::new()).await;
    }
    let files = [("template.yaml".to_owned(), descriptor.as_bytes().to_vec())].into();
    let tree = Files::new("template.yaml", files);
    let read = Template::read(&tree, None, None).await.map_err(|error| AppError::bad_request(error.to_string()))?;
    templates.dry_run(caller, &read, &tree, values, Map::new()).await
}

#[component]
fn TryView(tried: Tried) -> impl IntoView {
    let Tried { template, descriptor, values, produced } = tried;
    let outcome = produced.map(|produced| match produced {
        Ok(produced) => view! { <Outcome produced=produced/> }.into_any(),
        Err(error) => {
            view! { <Banner title="It was not tried" tone=Tone::Wrong><p>{error.to_string()}</p></Banner> }.into_any()
        }
    });
    view! {
        <Page title="Try a template" kind="Create" lead="The steps that work on files are done in a folder that is thrown away; those that reach outside are only named.">
            <form class="pk-form pk-section" method="get" action="/create/try">
                <Field label="Template" id="try-template" help="One that is in the catalog; its current version is tried.">
                    <Input name="template" value=template placeholder="template:default/service"/>
                </Field>
                <Field label="Or a descriptor" id="try-descriptor" help="The text of a template.yaml in place of one of the catalog. Skeletons beside it count as empty; portico template dry-run tries a whole folder.">
                    <TextArea name="descriptor" value=descriptor code=true/>
                </Field>
                <Field label="Values" id="try-values" help="YAML or JSON, a value for each field of the form. Left empty, values are made up that the form accepts.">
                    <TextArea name="values" value=values code=true/>
                </Field>
                <FormActions><Button text="Try it" emphasis=Emphasis::Primary/></FormActions>
            </form>
            {outcome.map(|outcome| view! { <Section title="What came of it">{outcome}</Section> })}
        </Page>
    }
}

#[component]
fn Outcome(produced: Produced) -> impl IntoView {
    let Produced { report, contents } = produced;
    let Report { verdict, files, warnings, errors, outside, steps, log, .. } = report;
    let (title, tone) = match verdict {
        Verdict::Completed => ("It ran to the end", Tone::Fine),
        Verdict::Failed => ("It did not run to the end", Tone::Wrong),
    };
    let counted = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let counts = (!steps.is_empty()).then(|| {
        let counts = [(steps.len(), "step"), (files.len(), "file"), (warnings.len(), "warning")];
        format!("{}.", counts.map(|(number, noun)| counted(number, noun)).join(", "))
    });
    let errors: Vec<_> = errors.into_iter().map(|error| view! { <p>{error}</p> }).collect();
    let steps: Vec<_> = steps
        .into_iter()
        .map(|step| {
            let state = match step.state {
                StepState::Done => "Done",
                StepState::Skipped => "Skipped: its condition does not hold",
                StepState::Named => "Not run: it reaches outside, or is not installed",
                StepState::Failed => "Failed",
            };
            view! {
                <tr>
                    <th scope="row">{step.name}</th>
                    <td class="pk-mono" data-label="Action">{step.action}</td>
                    <td class="pk-wrap" data-label="State">{state}</td>
                </tr>
            }
        })
        .collect();
    let columns = vec![Column::text("Step"), Column::text("Action"), Column::text("State")];
    let warned: Vec<_> = warnings.into_iter().map(|warning| view! { <li>{warning}</li> }).collect();
    let warned = (!warned.is_empty()).then(|| view! { <Panel title="Warnings"><ul>{warned}</ul></Panel> });
    let outside: Vec<_> = outside
        .into_iter()
        .enumerate()
        .map(|(at, outside)| {
            let input = serde_json::to_string_pretty(&outside.input).unwrap_or_default();
            let note = if outside.installed { "would have been run with this input" } else { "is not installed; it would have been given this" };
            view! {
                <details>
                    <summary><span class="pk-mono">{outside.action.clone()}</span>" "{note}</summary>
                    <CodeBlock text=input label=format!("Input of step {}", outside.step) anchor=format!("outside-{at}-")/>
                </details>
            }
        })
        .collect();
    let outside =
        (!outside.is_empty()).then(|| view! { <Panel title="What would have gone outside">{outside}</Panel> });
    let made: Vec<_> = files
        .into_iter()
        .zip(contents)
        .take(FILES)
        .enumerate()
        .map(|(at, (file, content))| {
            let text = String::from_utf8(content).ok();
            let content = match text {
                None => view! { <p class="pk-quiet">"This is no text."</p> }.into_any(),
                Some(text) if text.is_empty() => view! { <p class="pk-quiet">"It is empty."</p> }.into_any(),
                Some(text) => {
                    let shown: String = text.chars().take(SHOWN).collect();
                    view! { <CodeBlock text=shown label=format!("Content of {}", file.path) anchor=format!("file-{at}-")/> }.into_any()
                }
            };
            view! { <details><summary><span class="pk-mono">{file.path}</span>{format!(" {} bytes", file.bytes)}</summary>{content}</details> }
        })
        .collect();
    let made = match (made.is_empty(), steps.is_empty()) {
        (true, true) => None,
        (true, false) => Some(view! { <p class="pk-quiet">"It made no files."</p> }.into_any()),
        _ => Some(made.into_any()),
    };
    let made = made.map(|made| view! { <Panel title="Files">{made}</Panel> });
    let told: Vec<String> = log.into_iter().take(LINES).map(|line| format!("{}: {}", line.step, line.text)).collect();
    let told = (!told.is_empty()).then(|| {
        view! { <Panel title="Log"><CodeBlock text=told.join("\n") label="Log of the dry run" anchor="log-"/></Panel> }
    });
    view! {
        <Banner title=title tone=tone>{counts.map(|counts| view! { <p>{counts}</p> })}{errors}</Banner>
        <div class="pk-panels">
            {(!steps.is_empty()).then(|| view! { <Panel title="Steps"><Table caption="Steps" columns=columns stacked=true>{steps}</Table></Panel> })}
            {warned}
            {outside}
            {made}
            {told}
        </div>
    }
}
