use std::sync::Arc;

use kit::components::{
    Badge, Banner, Button, Column, Emphasis, EmptyState, Fact, Facts, Page, Panel, Prose, StarButton,
    State as StationState, Station, Tab, Table, Tabs, Time, Timeline, Tone,
};
use kit::error::AppError;
use kit::identity::Caller;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::authorise::Resource;
use kit::server::clock::Millis;
use kit::server::context::{permit, service};
use kit::server::definitions::{State, Version};
use kit::server::page::page;
use kit::server::personal::Item;
use kit::server::{html, stars, visits};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use scaffold::action::Reach;
use scaffold::definition::{StepDefinition, Template};
use scaffold::registry::Registry;
use serde_json::Value;

use super::parts::{MajorLinks, StateBadge, author, median, success};
use crate::api::{CheckTemplate, StarTemplate};
use crate::info::{CHANGE_VERSION, READ_TEMPLATE, RUN_TEMPLATE, STAR_TEMPLATE};
use crate::server::Templates;
use crate::server::statistics::{self, Statistics};
use crate::server::templates::{Major, Row, short};
use crate::server::versions::Made;

/// Entities shown of those that a template made.
const MADE: usize = 20;

/// The template at an address, for whoever may see it.
pub(super) async fn template_at(namespace: &str, name: &str) -> Result<(Templates, Caller, Row), AppError> {
    let caller = permit(&READ_TEMPLATE, Resource::All).await?;
    let templates = service::<Templates>("Templates")?;
    let row = templates.readable(&caller, &format!("template:{namespace}/{name}")).await?;
    Ok((templates, caller, row))
}

/// A template: what it is for, what it asks and does, how it went, what it made.
pub async fn template_page(namespace: &str, name: &str) -> Result<Drawn, AppError> {
    let (templates, caller, row) = template_at(namespace, name).await?;
    let latest = templates.latest(&row).await?;
    let template = match &latest {
        Some(version) => templates.open(version.clone()).await.map(|opened| Some(opened.template)),
        None => Ok(None),
    };
    let now = templates.kit.clock.now();
    let (all, _) = statistics::of_versions(templates.kit.db.read(), &row.template, now).await?;
    let owners = std::slice::from_ref(&row.owner);
    let owner_title = templates.entities.titles(&caller, owners).await?.remove(&row.owner);
    let item = Item::new(crate::INFO.id, row.template.as_str());
    let starred = match templates.kit.may_own(&caller, &STAR_TEMPLATE) {
        true => Some(stars::has(&templates.kit, &caller, &item).await?),
        false => None,
    };
    visits::note(&templates.kit, &caller, item);
    let refused = templates.kit.gate.decide(&caller, &RUN_TEMPLATE, &Resource::Known(&row.attributes()));
    let refused = (!refused.allowed())
        .then(|| templates.kit.gate.refusal(&refused, &RUN_TEMPLATE, &Resource::Known(&row.attributes())).to_string());
    let shown = Shown {
        made: templates.made(&caller, &row, latest.as_ref()).await?,
        majors: templates.majors(&caller, &row).await?,
        tags: templates.tags(&[row.id]).await?.remove(&row.id).unwrap_or_default(),
        may_change: templates.may(&caller, &CHANGE_VERSION, &row),
        registry: templates.tasks.registry.clone(),
        row,
        latest,
        template,
        all,
        owner_title,
        starred,
        refused,
        now,
    };
    Ok(page(|| view! { <TemplateView shown=shown/> }))
}

/// What the page shows.
struct Shown {
    row: Row,
    latest: Option<Version>,
    template: Result<Option<Template>, AppError>,
    all: Statistics,
    owner_title: Option<String>,
    starred: Option<bool>,
    /// Why the caller may not run it.
    refused: Option<String>,
    made: Vec<Made>,
    majors: Vec<Major>,
    tags: Vec<String>,
    may_change: bool,
    registry: Arc<Registry>,
    now: Millis,
}

/// The tabs of a template's pages.
pub(super) fn tabs(row: &Row, current: &str) -> Vec<Tab> {
    let tab = |label: &str, name: &str, href: String| Tab {
        label: label.into(),
        href,
        current: name == current,
        count: None,
    };
    vec![
        tab("Overview", "", row.href()),
        tab("Versions", "versions", format!("{}/versions", row.href())),
        tab("Runs", "runs", href("/create/runs", [("scope", "all"), ("template", row.template.as_str())])),
    ]
}

#[component]
fn TemplateView(shown: Shown) -> impl IntoView {
    let Shown {
        row,
        latest,
        template,
        all,
        owner_title,
        starred,
        refused,
        made,
        majors,
        tags,
        may_change,
        registry,
        now,
    } = shown;
    let usable = latest.is_some() && refused.is_none();
    let use_it = usable.then(|| {
        let form = format!("{}/form", row.href());
        view! { <Button text="Use this template" emphasis=Emphasis::Primary href=form/> }
    });
    // Where something is wrong with it, the notice that says so has the button.
    let check = (may_change && row.problem.is_empty()).then(|| view! { <CheckButton template=row.template.clone()/> });
    let aside = view! {
        {starred.map(|starred| view! { <StarButton action=StarTemplate::PATH item=row.template.clone() starred=starred/> })}
        {latest.as_ref().map(|version| view! { <StateBadge state=version.state.clone()/> })}
        {check}
        {use_it}
    }
    .into_any();
    let (template, unreadable) = match template {
        Ok(template) => (template, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let kind = if row.type_name.is_empty() { "Template".to_owned() } else { format!("Template · {}", row.type_name) };
    let about = match template.as_ref().map(|template| template.description.trim()) {
        Some("") => view! { <p class="pk-quiet">"The descriptor gives no description."</p> }.into_any(),
        Some(text) => view! { <Prose html=html::markdown(text)/> }.into_any(),
        None => view! { <p>{row.description.clone()}</p> }.into_any(),
    };
    let missing = template.as_ref().map(|template| missing(template, &registry)).unwrap_or_default();
    let steps = template.as_ref().map(|template| view! { <Does template=template.clone() registry=registry/> });
    let asks = template.as_ref().map(|template| view! { <Asks parameters=template.parameters.clone()/> });
    let owner = owner_link(&row.owner, owner_title);
    let owner_name = short(&row.owner).to_owned();
    view! {
        <Page title=row.title.clone() kind=kind reference=row.template.clone() aside=aside>
            <Notices row=row.clone() latest=latest.clone() unreadable=unreadable refused=refused missing=missing owner=owner_name may_change=may_change/>
            <Tabs label="Views of this template" tabs=tabs(&row, "")/>
            <div class="pk-columns">
                <div class="pk-panels">
                    <Panel title="What it is for">{about} <MajorLinks majors=majors/></Panel>
                    {steps}
                    {asks}
                    <MadePanel made=made latest=latest.clone()/>
                </div>
                <aside aria-label="Facts">
                    <Facts>
                        <Fact name="Owner">{owner}</Fact>
                        {latest.map(|version| {
                            let href = format!("{}/versions/{}", row.href(), segment(&version.number.to_string()));
                            let (number, by, published) = (version.number.to_string(), author(&version), version.published_at);
                            view! {
                                <Fact name="Version"><a class="pk-mono" href=href>{number}</a></Fact>
                                <Fact name="Published"><Time when=Some(When::new(published, now))/></Fact>
                                <Fact name="By">{by}</Fact>
                            }
                        })}
                        <Fact name="Success, 90 days">{success(&all)}</Fact>
                        <Fact name="Median duration">{median(&all)}</Fact>
                        {(!tags.is_empty()).then(|| view! { <Fact name="Tags"><TagLinks tags=tags/></Fact> })}
                        <Fact name="Descriptor"><a href=catalog_href(&row.namespace, "template", &row.name)>"Open in the catalog"</a></Fact>
                        <Fact name="Last read"><Time when=Some(When::new(row.checked_at, now))/></Fact>
                    </Facts>
                </aside>
            </div>
        </Page>
    }
}

#[component]
fn TagLinks(tags: Vec<String>) -> impl IntoView {
    let tags: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let href = href("/create", [("tag", tag.as_str())]);
            view! { <li><a class="pk-badge" href=href>{tag}</a></li> }
        })
        .collect();
    view! { <ul class="pk-tags">{tags}</ul> }
}

/// What somebody must know before using the template.
#[component]
fn Notices(
    row: Row,
    latest: Option<Version>,
    unreadable: Option<String>,
    refused: Option<String>,
    missing: Vec<String>,
    owner: String,
    may_change: bool,
) -> impl IntoView {
    let check = may_change.then(|| view! { <CheckButton template=row.template.clone()/> });
    let problem = (!row.problem.is_empty()).then(|| {
        let title =
            if latest.is_some() { "What there is now could not be made a version" } else { "It cannot be run yet" };
        let stays = latest.as_ref().map(|version| format!(" Version {} stays in use.", version.number));
        let why = ended(&row.problem);
        view! { <Banner title=title tone=Tone::Attention><p>{why}{stays}</p>{check}</Banner> }
    });
    // A template is listed once it was read: what then has no version has withdrawn them all.
    let withdrawn = (row.problem.is_empty() && latest.is_none()).then(|| {
        let versions = format!("{}/versions", row.href());
        view! {
            <Banner title="All of its versions are withdrawn" tone=Tone::Wrong>
                <p>"No run can begin with it. " <a href=versions>"Its versions"</a> " say why."</p>
            </Banner>
        }
    });
    let unreadable = unreadable.map(
        |why| view! { <Banner title="Its descriptor cannot be read" tone=Tone::Wrong><p>{ended(&why)}</p></Banner> },
    );
    let deprecated = latest.as_ref().and_then(|version| match version.state.clone() {
        State::Deprecated { reason, successor } => {
            let reason = ended(&reason);
            let instead = (!successor.is_empty()).then(|| format!(" Use {successor} instead."));
            Some(view! { <Banner title="This version is deprecated" tone=Tone::Attention><p>{reason}{instead}</p></Banner> })
        }
        _ => None,
    });
    let warning = latest.as_ref().filter(|version| may_change && !version.warning.is_empty()).map(|version| {
        let warning = version.warning.clone();
        view! { <Banner title="For those who own it" tone=Tone::Attention><p>{warning}</p></Banner> }
    });
    let refused =
        refused.map(|why| ended(&why)).map(|why| view! { <Banner title="You may not run it"><p>{why}</p></Banner> });
    let missing = (!missing.is_empty()).then(|| {
        let (noun, verb) = if missing.len() == 1 { ("Action", "is") } else { ("Actions", "are") };
        let names: Vec<_> = missing
            .into_iter()
            .enumerate()
            .map(|(place, action)| view! { {(place > 0).then_some(", ")} <code class="pk-mono">{action}</code> })
            .collect();
        view! {
            <Banner title=format!("{noun} that {verb} not installed here") tone=Tone::Attention>
                <p>{names} ". A run stops there. Ask its owner, " {owner} ", or whoever runs the portal."</p>
            </Banner>
        }
    });
    view! { {problem} {withdrawn} {unreadable} {deprecated} {missing} {warning} {refused} }
}

/// Has the template read again at once.
#[component]
fn CheckButton(template: String) -> impl IntoView {
    view! {
        <form method="post" action=CheckTemplate::PATH class="pk-inline">
            <input type="hidden" name="template" value=template/>
            <button class="pk-button" type="submit">"Read it again"</button>
        </form>
    }
}

/// What it does, step by step.
#[component]
fn Does(template: Template, registry: Arc<Registry>) -> impl IntoView {
    let stations: Vec<Station> = template.steps.iter().map(|step| station(step, &registry)).collect();
    let content = if stations.is_empty() {
        view! { <EmptyState sentence="It has no steps: a run does nothing."/> }.into_any()
    } else {
        view! { <Timeline label="Steps of a run" stations=stations/> }.into_any()
    };
    view! { <Panel title="What it does">{content}</Panel> }
}

pub(super) fn station(step: &StepDefinition, registry: &Registry) -> Station {
    let action = registry.get(&step.action);
    let mut note = match &action {
        Some(action) => first_sentence(&action.info().description),
        None => format!("Runs {}, which is not installed here.", step.action),
    };
    match (&step.r#if, &step.each) {
        (Some(_), Some(_)) => note.push_str(" Only on a condition, once for each of several."),
        (Some(_), None) => note.push_str(" Only on a condition."),
        (None, Some(_)) => note.push_str(" Once for each of several."),
        (None, None) => {}
    }
    if action.is_some_and(|action| action.info().reach == Reach::Outside) {
        note.push_str(" This changes something outside the portal.");
    }
    Station::new(step.name.clone(), StationState::Planned, note)
}

/// The first sentence of a short text of Markdown, without its marks.
fn first_sentence(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, '`' | '*' | '_')).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = plain.find(". ").map_or(plain.len(), |end| end + 1);
    ended(&plain[..end])
}

/// A sentence with its full stop.
pub(super) fn ended(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// The actions of a template that nobody has installed, each once.
pub(super) fn missing(template: &Template, registry: &Registry) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for step in &template.steps {
        if !step.action.is_empty() && registry.get(&step.action).is_none() && !missing.contains(&step.action) {
            missing.push(step.action.clone());
        }
    }
    missing
}

/// What it asks for, page by page.
#[component]
fn Asks(parameters: Value) -> impl IntoView {
    let pages: Vec<&Value> = match &parameters {
        Value::Array(pages) => pages.iter().collect(),
        Value::Object(_) => vec![&parameters],
        _ => Vec::new(),
    };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let mut rows = Vec::new();
    for page in pages {
        let required: Vec<&str> =
            page.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in page.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let title = text(field, "title");
            let title = if title.is_empty() { name.clone() } else { title };
            let need = if required.contains(&name.as_str()) { "Required" } else { "" };
            let help = text(field, "description");
            // On a phone a cell without text needs no label.
            let label = (!help.is_empty()).then_some("Help");
            rows.push(view! {
                <tr>
                    <th scope="row">{title}</th>
                    <td class="pk-wrap pk-quiet" data-label=label>{help}</td>
                    <td data-label="Page">{text(page, "title")}</td>
                    <td>{need}</td>
                </tr>
            });
        }
    }
    let content = if rows.is_empty() {
        view! { <p class="pk-quiet">"It asks nothing."</p> }.into_any()
    } else {
        let columns = vec![Column::text("Question"), Column::text("Help"), Column::text("Page"), Column::text("Need")];
        view! { <Table caption="What it asks" columns=columns stacked=true>{rows}</Table> }.into_any()
    };
    view! { <Panel title="What it asks">{content}</Panel> }
}

/// The entities that it made.
#[component]
fn MadePanel(made: Vec<Made>, latest: Option<Version>) -> impl IntoView {
    let total = made.len() as u64;
    let behind = made.iter().filter(|made| made.behind).count();
    let latest = latest.map(|version| version.number.to_string()).unwrap_or_default();
    let sentence = match (total, behind) {
        (0, _) => "Nothing in the catalog was made with it yet, as far as you may see.".to_owned(),
        (_, 0) => "All of them are up to date.".to_owned(),
        (total, behind) => format!("{behind} of {total} were made with a version before {latest}."),
    };
    let more = total.saturating_sub(MADE as u64);
    let rows: Vec<_> = made
        .into_iter()
        .take(MADE)
        .map(|made| {
            let address = entity_href(&made.entity_ref);
            view! {
                <tr>
                    <th scope="row"><a class="pk-name" href=address title=made.entity_ref>{made.title}</a></th>
                    <td class="pk-mono" data-label="Version">{made.version}</td>
                    <td>{made.behind.then(|| view! { <Badge text="Behind" tone=Tone::Attention/> })}</td>
                </tr>
            }
        })
        .collect();
    let columns = vec![Column::text("Entity"), Column::text("Version"), Column::text("State")];
    view! {
        <Panel title="What was made with it" count=total>
            <p class="pk-quiet">{sentence}</p>
            {(total > 0).then(|| view! { <Table caption="What was made with it" columns=columns stacked=true>{rows}</Table> })}
            {(more > 0).then(|| view! { <p class="pk-quiet">{format!("{more} more.")}</p> })}
        </Panel>
    }
}

pub(super) fn owner_link(owner: &str, title: Option<String>) -> AnyView {
    match title {
        _ if owner.is_empty() => view! { <span class="pk-quiet">"–"</span> }.into_any(),
        Some(title) => view! { <a href=entity_href(owner) title=owner.to_owned()>{title}</a> }.into_any(),
        None => view! { <span class="pk-unknown" title=format!("{owner} is not in the catalog")>{short(owner).to_owned()}</span> }.into_any(),
    }
}

/// The page of an entity in the catalog.
pub(super) fn entity_href(entity_ref: &str) -> String {
    let (kind, rest) = entity_ref.split_once(':').unwrap_or(("component", entity_ref));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    catalog_href(namespace, kind, name)
}

fn catalog_href(namespace: &str, kind: &str, name: &str) -> String {
    format!("/catalog/{}/{}/{}", segment(namespace), segment(kind), segment(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_told_by_its_first_sentence() {
        assert_eq!(
            first_sentence("Renders the *files* of a\nskeleton. Then more."),
            "Renders the files of a skeleton."
        );
        assert_eq!(first_sentence("Waits"), "Waits.");
        assert_eq!(first_sentence(""), "");
    }
}
