use kit::components::{
    Badge, Banner, Breadcrumb, Button, Choice, CodeBlock, Column, DiffView, Emphasis, EmptyState, Fact, Facts, Field,
    FormActions, FormLayout, Input, Need, Page, Panel, Route, Section, Select, Table, Tabs, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::definitions::{ChangeKind, FileChange, State};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::{Titles, plan};
use super::path::{StateBadge, author, tabs};
use crate::api::ChangeVersion;
use crate::server::GoldenPaths;
use crate::server::service::{Opened, PathRow, Versions};

/// The versions of a golden path.
pub async fn versions_page(namespace: &str, name: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let path = format!("goldenpath:{namespace}/{name}");
    let detail = golden.path(&caller, &path).await?;
    let before: Option<i64> = at.one("before").parse().ok();
    let versions = golden.versions(&caller, &path, before).await?;
    let latest = detail.listed.version.as_ref().map(|version| version.id);
    let (row, now) = (detail.listed.row, golden.kit.clock.now());
    Ok(page(|| view! { <VersionsView row=row versions=versions latest=latest now=now first=before.is_none()/> }))
}

#[component]
fn VersionsView(row: PathRow, versions: Versions, latest: Option<i64>, now: Millis, first: bool) -> impl IntoView {
    let Versions { versions, next } = versions;
    let base = format!("{}/versions", row.href());
    let next = next.map(|next| href(&base, [("before", next.to_string().as_str())]));
    let rows: Vec<_> = versions
        .into_iter()
        .map(|version| {
            let number = version.number.to_string();
            let address = format!("{base}/{}", segment(&number));
            let in_use = (latest == Some(version.id)).then(|| view! { <Badge text="In use" tone=Tone::Fine/> });
            view! {
                <tr>
                    <th scope="row"><a class="pk-name pk-mono" href=address>{number}</a></th>
                    <td class="pk-quiet" data-label="Published"><Time when=Some(When::new(version.published_at, now))/></td>
                    <td class="pk-wrap" data-label="By">{author(&version)}</td>
                    <td data-label="State">{in_use} " " <StateBadge state=version.state/></td>
                </tr>
            }
        })
        .collect();
    let content = if rows.is_empty() {
        let sentence = if row.problem.is_empty() {
            "No version of it was published yet.".to_owned()
        } else {
            format!("No version of it was published yet. {}", row.problem)
        };
        let back = row.href();
        view! { <EmptyState sentence=sentence><a class="pk-button" href=back>"Back to the golden path"</a></EmptyState> }
            .into_any()
    } else {
        let columns =
            vec![Column::text("Version"), Column::text("Published"), Column::text("By"), Column::text("State")];
        view! { <Table caption="Versions" columns=columns stacked=true>{rows}</Table> }.into_any()
    };
    let back = (!first).then(|| view! { <a class="pk-button" href=base.clone()>"Newest"</a> });
    let next = next.map(|next| view! { <a class="pk-button" rel="next" href=next>"Older"</a> });
    let paged = back.is_some() || next.is_some();
    view! {
        <Page title=row.title.clone() kind="Golden path · versions" reference=row.path.clone() lead="A version never changes. A journey keeps the one that it began with until its owner takes another.">
            <Tabs label="Views of this golden path" tabs=tabs(&row, "versions")/>
            {content}
            {paged.then(|| view! { <nav class="pk-paging" aria-label="Pages">{back} {next}</nav> })}
        </Page>
    }
}

/// One version: its stations, its descriptor, and what is to become of it.
pub async fn version_page(namespace: &str, name: &str, number: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let path = format!("goldenpath:{namespace}/{name}");
    let detail = golden.path(&caller, &path).await?;
    let opened = golden.version(&caller, &path, number).await?;
    let others = golden.versions(&caller, &path, None).await?;
    let (from, changes) = golden.changes(&caller, &path, number, &at.one("from")).await?;
    let shown = Shown {
        in_use: detail.listed.version.as_ref().is_some_and(|latest| latest.id == opened.version.id),
        others: others.versions.iter().map(|other| other.number.to_string()).collect(),
        may_change: detail.may_change,
        row: detail.listed.row,
        titles: detail.titles,
        now: golden.kit.clock.now(),
        from: from.map(|from| from.number.to_string()),
        changes,
        opened,
    };
    Ok(page(|| view! { <VersionView shown=shown/> }))
}

/// What the page of a version shows.
struct Shown {
    row: PathRow,
    opened: Opened,
    titles: Titles,
    /// The numbers of the newest versions.
    others: Vec<String>,
    /// The number of the version that it is compared with.
    from: Option<String>,
    changes: Vec<FileChange>,
    may_change: bool,
    in_use: bool,
    now: Millis,
}

#[component]
fn VersionView(shown: Shown) -> impl IntoView {
    let Shown { row, opened, titles, others, from, changes, may_change, in_use, now } = shown;
    let Opened { version, definition, text } = opened;
    let number = version.number.to_string();
    let aside = view! {
        {in_use.then(|| view! { <Badge text="In use" tone=Tone::Fine/> })}
        <StateBadge state=version.state.clone()/>
    }
    .into_any();
    let notice = match version.state.clone() {
        State::Current => None,
        State::Deprecated { reason, successor } => {
            let instead = (!successor.is_empty()).then(|| format!(" Use {successor} instead."));
            Some(view! { <Banner title="Deprecated" tone=Tone::Attention><p>{reason}{instead}</p></Banner> }.into_any())
        }
        State::Withdrawn { reason } => Some(
            view! { <Banner title="Withdrawn: no journey begins with it" tone=Tone::Wrong><p>{reason}</p></Banner> }
                .into_any(),
        ),
    };
    let warning = Some(version.warning.clone())
        .filter(|warning| !warning.is_empty())
        .map(|warning| view! { <Banner title="For those who own it" tone=Tone::Attention><p>{warning}</p></Banner> });
    let commit = Some(version.revision.clone())
        .filter(|commit| !commit.is_empty())
        .map(|commit| view! { <Fact name="Commit"><code class="pk-mono pk-wrap">{commit}</code></Fact> });
    let (by, hash, word) = (author(&version), version.hash.clone(), version.state.word());
    let stops = plan(&definition.steps, &titles, |_| Vec::new());
    let title = from.map_or_else(|| "Everything came with it".to_owned(), |from| format!("Changes from {from}"));
    let same = changes.is_empty();
    let changes: Vec<_> = changes.into_iter().map(|change| view! { <ChangeView change=change/> }).collect();
    let change = may_change.then(|| {
        let successors = others.into_iter().filter(|other| *other != number).collect();
        view! { <StateForms path=row.path.clone() number=number.clone() state=version.state.clone() successors=successors/> }
    });
    let trail = vec![
        ("Golden paths".to_owned(), "/golden-paths".to_owned()),
        (row.title.clone(), row.href()),
        ("Versions".to_owned(), format!("{}/versions", row.href())),
    ];
    view! {
        <Breadcrumb trail=trail label="Where this version is"/>
        <Page title=format!("{} {number}", row.title) kind="Golden path · version" reference=format!("{}@{number}", row.path) aside=aside>
            {notice}
            {warning}
            <div class="pk-columns">
                <div class="pk-panels">
                    <Panel title="The way"><Route label="Stations of this version" stops=stops/></Panel>
                    <Panel title=title>
                        {same.then(|| view! { <p class="pk-quiet">"The files are the same."</p> })}
                        {changes}
                    </Panel>
                    <Panel title="Descriptor"><CodeBlock text=text label="The descriptor of this version" anchor="L"/></Panel>
                    {change}
                </div>
                <aside aria-label="Facts">
                    <Facts>
                        <Fact name="Published"><Time when=Some(When::new(version.published_at, now))/></Fact>
                        <Fact name="By"><span class="pk-wrap">{by}</span></Fact>
                        {commit}
                        <Fact name="Hash"><code class="pk-mono pk-wrap">{hash}</code></Fact>
                        <Fact name="State">{word}", "<Time when=Some(When::new(version.state_at, now))/></Fact>
                    </Facts>
                </aside>
            </div>
        </Page>
    }
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
        None => view! { <p class="pk-quiet">"It is too long to be shown line by line."</p> }.into_any(),
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
fn StateForms(path: String, number: String, state: State, successors: Vec<String>) -> impl IntoView {
    let hidden = |word: &'static str| {
        view! {
            <input type="hidden" name="path" value=path.clone()/>
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
                        <Field label="Why" id="deprecate-reason" help="Whoever starts it reads this" need=Need::Required><Input name="reason"/></Field>
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
                        <Field label="Why" id="withdraw-reason" help="No journey begins with it any more; those under way go on" need=Need::Required><Input name="reason"/></Field>
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
