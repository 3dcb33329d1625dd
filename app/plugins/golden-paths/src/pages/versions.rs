use kit::components::{
    Badge, Banner, Breadcrumb, Button, Choice, CodeBlock, Column, Emphasis, EmptyState, Fact, Facts, Field,
    FormActions, FormLayout, Input, Need, Page, Panel, Route, Section, Select, Table, Tabs, Time, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::query::{href, segment};
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::definitions::State;
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
pub async fn version_page(namespace: &str, name: &str, number: &str) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let path = format!("goldenpath:{namespace}/{name}");
    let detail = golden.path(&caller, &path).await?;
    let opened = golden.version(&caller, &path, number).await?;
    let others = golden.versions(&caller, &path, None).await?;
    let shown = Shown {
        in_use: detail.listed.version.as_ref().is_some_and(|latest| latest.id == opened.version.id),
        others: others.versions.iter().map(|other| other.number.to_string()).collect(),
        may_change: detail.may_change,
        row: detail.listed.row,
        titles: detail.titles,
        now: golden.kit.clock.now(),
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
    may_change: bool,
    in_use: bool,
    now: Millis,
}

#[component]
fn VersionView(shown: Shown) -> impl IntoView {
    let Shown { row, opened, titles, others, may_change, in_use, now } = shown;
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
    let warning = (!version.warning.is_empty())
        .then(|| view! { <Banner title="For those who own it" tone=Tone::Attention><p>{version.warning.clone()}</p></Banner> });
    let stops = plan(&definition.steps, &titles, |_| Vec::new());
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
                    <Panel title="Descriptor"><CodeBlock text=text label="The descriptor of this version" anchor="L"/></Panel>
                    {change}
                </div>
                <aside aria-label="Facts">
                    <Facts>
                        <Fact name="Published"><Time when=Some(When::new(version.published_at, now))/></Fact>
                        <Fact name="By"><span class="pk-wrap">{author(&version)}</span></Fact>
                        {(!version.revision.is_empty()).then(|| view! { <Fact name="Commit"><code class="pk-mono pk-wrap">{version.revision.clone()}</code></Fact> })}
                        <Fact name="Hash"><code class="pk-mono pk-wrap">{version.hash.clone()}</code></Fact>
                        <Fact name="State">{version.state.word()}", "<Time when=Some(When::new(version.state_at, now))/></Fact>
                    </Facts>
                </aside>
            </div>
        </Page>
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
