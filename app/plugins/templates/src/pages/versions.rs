use kit::components::{
    Badge, Banner, Button, Choice, Column, DiffView, Emphasis, EmptyState, Fact, Facts, Field, FormActions, FormLayout,
    Input, Need, Page, Panel, Section, Select, Table, Tabs, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::clock::Millis;
use kit::server::definitions::{self, ChangeKind, FileChange, State, Version};
use kit::server::page::{Address, page};
use kit::server::source::TreeFile;
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::{StateBadge, author, median};
use super::template::{tabs, template_at};
use crate::api::ChangeVersion;
use crate::info::CHANGE_VERSION;
use crate::server::statistics::Statistics;
use crate::server::templates::Row;
use crate::server::versions::Versions;

/// Versions that another can be compared with in a form.
const COMPARABLE: u32 = 100;

/// Files shown of a version.
const FILES: usize = 200;

/// The versions of a template: how much each was used, and how that went.
pub async fn versions_page(namespace: &str, name: &str, at: &Address) -> Result<Drawn, AppError> {
    let (templates, _, row) = template_at(namespace, name).await?;
    let before = at.one("before").parse().ok();
    let versions = templates.versions(&row, before).await?;
    let latest = templates.latest(&row).await?.map(|version| version.id);
    let now = templates.kit.clock.now();
    Ok(page(|| view! { <VersionsView row=row versions=versions latest=latest now=now first=before.is_none()/> }))
}

#[component]
fn VersionsView(row: Row, versions: Versions, latest: Option<i64>, now: Millis, first: bool) -> impl IntoView {
    let Versions { versions, next } = versions;
    let base = format!("{}/versions", row.href());
    let next = next.map(|next| href(&base, [("before", next.to_string().as_str())]));
    let rows: Vec<_> = versions
        .iter()
        .map(|(version, statistics)| {
            view! { <VersionRow base=base.clone() version=version.clone() statistics=*statistics latest=latest now=now/> }
        })
        .collect();
    let columns = vec![
        Column::text("Version"),
        Column::text("Published"),
        Column::text("By"),
        Column::number("Runs"),
        Column::number("Success"),
        Column::number("Median"),
        Column::text("State"),
    ];
    let content = if rows.is_empty() {
        let sentence = if row.problem.is_empty() {
            "No version of it was published yet.".to_owned()
        } else {
            format!("No version of it was published yet. {}", row.problem)
        };
        let back = row.href();
        view! { <EmptyState sentence=sentence><a class="pk-button" href=back>"Back to the template"</a></EmptyState> }
            .into_any()
    } else {
        view! { <Table caption="Versions" columns=columns stacked=true>{rows}</Table> }.into_any()
    };
    let back = (!first).then(|| view! { <a class="pk-button" href=base.clone()>"Newest"</a> });
    let next = next.map(|next| view! { <a class="pk-button" rel="next" href=next>"Older"</a> });
    let paged = back.is_some() || next.is_some();
    view! {
        <Page title=row.title.clone() kind="Template · versions" reference=row.template.clone() lead="A version is the descriptor with every file that it reaches, and never changes. Runs keep the one that they began with. Numbers are those of the last 90 days.">
            <Tabs label="Views of this template" tabs=tabs(&row, "versions")/>
            {content}
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{back} {next}</nav> })}
        </Page>
    }
}

#[component]
fn VersionRow(
    base: String,
    version: Version,
    statistics: Statistics,
    latest: Option<i64>,
    now: Millis,
) -> impl IntoView {
    let number = version.number.to_string();
    let address = format!("{base}/{}", segment(&number));
    let share = statistics.success().map_or_else(|| "–".to_owned(), |share| format!("{share} %"));
    let in_use = (latest == Some(version.id)).then(|| view! { <Badge text="In use" tone=Tone::Fine/> });
    view! {
        <tr>
            <th scope="row"><a class="pk-name pk-mono" href=address>{number}</a></th>
            <td class="pk-quiet" data-label="Published"><Time when=Some(When::new(version.published_at, now))/></td>
            <td class="pk-wrap" data-label="By">{author(&version)}</td>
            <td class="pk-number" data-label="Runs">{statistics.runs}</td>
            <td class="pk-number" data-label="Success">{share}</td>
            <td class="pk-number" data-label="Median">{median(&statistics)}</td>
            <td data-label="State">{in_use} " " <StateBadge state=version.state/></td>
        </tr>
    }
}

/// One version: what changed with it, what it holds, and what is to become of it.
pub async fn version_page(namespace: &str, name: &str, number: &str, at: &Address) -> Result<Drawn, AppError> {
    let (templates, caller, row) = template_at(namespace, name).await?;
    let version = templates.version(&row, number).await?;
    let asked = at.one("from");
    let from = if asked.is_empty() { None } else { Some(templates.version(&row, &asked).await?) };
    let (from, changes) = templates.changes(&version, from).await?;
    let read = templates.kit.db.read();
    let others = definitions::list(read, templates.definition(&row.template), None, COMPARABLE).await?;
    let tree = definitions::tree(&templates.kit.db, &version).await?;
    let files = kit::server::source::Tree::files(&tree, "").await.map_err(AppError::internal)?;
    let shown = Shown {
        may_change: templates.may(&caller, &CHANGE_VERSION, &row),
        in_use: templates.latest(&row).await?.is_some_and(|latest| latest.id == version.id),
        others: others.into_iter().map(|other| other.number.to_string()).collect(),
        now: templates.kit.clock.now(),
        row,
        version,
        from,
        changes,
        files,
    };
    Ok(page(|| view! { <VersionView shown=shown/> }))
}

/// What the page of a version shows.
struct Shown {
    row: Row,
    version: Version,
    /// What it is compared with.
    from: Option<Version>,
    changes: Vec<FileChange>,
    files: Vec<TreeFile>,
    /// The numbers of the template's versions, the newest first.
    others: Vec<String>,
    may_change: bool,
    in_use: bool,
    now: Millis,
}

#[component]
fn VersionView(shown: Shown) -> impl IntoView {
    let Shown { row, version, from, changes, files, others, may_change, in_use, now } = shown;
    let number = version.number.to_string();
    let address = format!("{}/versions/{}", row.href(), segment(&number));
    let aside = view! {
        {in_use.then(|| view! { <Badge text="In use" tone=Tone::Fine/> })}
        <StateBadge state=version.state.clone()/>
    }
    .into_any();
    let by = author(&version);
    let state = match version.state {
        State::Current => "Current",
        State::Deprecated { .. } => "Deprecated",
        State::Withdrawn { .. } => "Withdrawn",
    };
    let notice = match version.state.clone() {
        State::Current => None,
        State::Deprecated { reason, successor } => {
            let instead = (!successor.is_empty()).then(|| format!(" Use {successor} instead."));
            Some(view! { <Banner title="Deprecated" tone=Tone::Attention><p>{reason}{instead}</p></Banner> }.into_any())
        }
        State::Withdrawn { reason } => Some(
            view! { <Banner title="Withdrawn: no run begins with it" tone=Tone::Wrong><p>{reason}</p></Banner> }
                .into_any(),
        ),
    };
    let warning = (!version.warning.is_empty())
        .then(|| view! { <Banner title="For those who own it" tone=Tone::Attention><p>{version.warning.clone()}</p></Banner> });
    let before = from.as_ref().map(|from| from.number.to_string());
    let title = match &before {
        Some(before) => format!("Changes from {before}"),
        None => "Everything came with it".to_owned(),
    };
    let change = may_change.then(|| {
        let successors = others.iter().filter(|other| **other != number).cloned().collect();
        view! { <StateForms template=row.template.clone() number=number.clone() state=version.state.clone() successors=successors/> }
    });
    let comparable: Vec<Choice> =
        others.into_iter().filter(|other| *other != number).map(|other| Choice::new(other.clone(), other)).collect();
    let compare = (!comparable.is_empty()).then(|| {
        view! {
            <form method="get" action=address class="pk-toolbar pk-toolbar--form">
                <Field label="Compare with" id="from"><Select name="from" options=comparable value=before.clone().unwrap_or_default() empty="The one before"/></Field>
                <Button text="Compare"/>
            </form>
        }
    });
    let nothing = changes.is_empty();
    let changes: Vec<_> = changes.into_iter().map(|change| view! { <ChangeView change=change/> }).collect();
    let trail = vec![
        ("Create".to_owned(), "/create".to_owned()),
        (row.title.clone(), row.href()),
        ("Versions".to_owned(), format!("{}/versions", row.href())),
    ];
    view! {
        <kit::components::Breadcrumb trail=trail label="Where this version is"/>
        <Page title=format!("{} {number}", row.title) kind="Template · version" reference=format!("{}@{number}", row.template) aside=aside>
            {notice}
            {warning}
            <div class="pk-columns">
                <div class="pk-panels">
                    <Section title=title>
                        {compare}
                        {nothing.then(|| view! { <p class="pk-quiet">"The files are the same."</p> })}
                        {changes}
                    </Section>
                    {change}
                </div>
                <aside aria-label="Facts">
                    <Facts>
                        <Fact name="Published"><Time when=Some(When::new(version.published_at, now))/></Fact>
                        <Fact name="By">{by}</Fact>
                        {(!version.revision.is_empty()).then(|| view! { <Fact name="Commit"><code class="pk-mono pk-wrap">{version.revision.clone()}</code></Fact> })}
                        <Fact name="Hash"><code class="pk-mono pk-wrap">{version.hash.clone()}</code></Fact>
                        <Fact name="Size">{format!("{} bytes", version.bytes)}</Fact>
                        <Fact name="State">{state}", "<Time when=Some(When::new(version.state_at, now))/></Fact>
                    </Facts>
                    <FileList files=files/>
                </aside>
            </div>
        </Page>
    }
}

#[component]
fn FileList(files: Vec<TreeFile>) -> impl IntoView {
    let total = files.len();
    let items: Vec<_> = files
        .into_iter()
        .take(FILES)
        .map(|file| view! { <li class="pk-mono pk-wrap">{file.path} {file.executable.then_some(" (program)")}</li> })
        .collect();
    let more = (total > FILES).then(|| view! { <p class="pk-quiet">{format!("{} more", total - FILES)}</p> });
    view! { <Panel title="Files" count=total as u64><ul class="pk-list">{items}</ul>{more}</Panel> }
}

#[component]
fn ChangeView(change: FileChange) -> impl IntoView {
    let (word, tone) = match change.kind {
        ChangeKind::Added => ("Added", Tone::Fine),
        ChangeKind::Removed => ("Removed", Tone::Wrong),
        ChangeKind::Changed => ("Changed", Tone::Attention),
        ChangeKind::Mode => ("May be executed, or no longer", Tone::Attention),
    };
    let label = format!("Changes of {}", change.path);
    let lines = match change.lines {
        Some(lines) => view! { <DiffView diff=lines label=label/> }.into_any(),
        None if change.kind == ChangeKind::Mode => ().into_any(),
        None => view! { <p class="pk-quiet">"It is no text, or too long to be shown line by line."</p> }.into_any(),
    };
    view! {
        <details class="pk-disclosure" open>
            <summary><code class="pk-mono pk-wrap">{change.path}</code> " " <Badge text=word tone=tone/></summary>
            {lines}
        </details>
    }
}

/// The forms that say what is to become of a version.
#[component]
fn StateForms(template: String, number: String, state: State, successors: Vec<String>) -> impl IntoView {
    let hidden = |word: &'static str| {
        view! {
            <input type="hidden" name="template" value=template.clone()/>
            <input type="hidden" name="number" value=number.clone()/>
            <input type="hidden" name="state" value=word/>
        }
    };
    let successors: Vec<Choice> = successors.into_iter().map(|other| Choice::new(other.clone(), other)).collect();
    let deprecate = (state == State::Current).then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Deprecate it"</summary>
                <form method="post" action=ChangeVersion::PATH>
                    {hidden("deprecated")}
                    <FormLayout>
                        <Field label="Why" id="deprecate-reason" help="Whoever uses it reads this" need=Need::Required><Input name="reason"/></Field>
                        <Field label="Use instead" id="deprecate-successor"><Select name="successor" options=successors empty="No version in particular"/></Field>
                        <FormActions><Button text="Deprecate this version" emphasis=Emphasis::Primary/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
    });
    let withdraw = (!matches!(state, State::Withdrawn { .. })).then(|| {
        view! {
            <details class="pk-disclosure">
                <summary>"Withdraw it"</summary>
                <form method="post" action=ChangeVersion::PATH>
                    {hidden("withdrawn")}
                    <FormLayout>
                        <Field label="Why" id="withdraw-reason" help="No run begins with it any more; those under way go on" need=Need::Required><Input name="reason"/></Field>
                        <FormActions><Button text="Withdraw this version" emphasis=Emphasis::Danger/></FormActions>
                    </FormLayout>
                </form>
            </details>
        }
    });
    let restore = (state != State::Current).then(|| {
        view! {
            <form method="post" action=ChangeVersion::PATH class="pk-inline">
                {hidden("current")}
                <button class="pk-button" type="submit">"Take that back"</button>
            </form>
        }
    });
    view! { <Section title="What is to become of it"><div class="pk-disclosures">{deprecate} {withdraw}</div>{restore}</Section> }
}
