use kit::components::{
    Button, Choice, Column, ControlSize, EmptyState, Field, Input, InputKind, Page, Paging, Select, Table, Time,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use review::{Kind, Stage, State};

use super::board::{LIST, ViewTabs, aside};
use super::parts::{StateBadge, Titles, name_of, names_of};
use crate::server::Contributions;
use crate::server::forms::PITCH;
use crate::server::service::{ListPage, Query, Row, Scope, contribution_href};

/// Contributions as a list, the newest first, narrowed by what stands in the address.
pub async fn list_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let query = Query::from_params(|name| at.one(name));
    let list = here.list(&caller, &query).await?;
    let now = here.kit.clock.now();
    Ok(page(|| view! { <ListView query=query list=list now=now/> }))
}

#[component]
fn ListView(query: Query, list: ListPage, now: Millis) -> impl IntoView {
    let ListPage { items, next, titles } = list;
    let first = query.after.is_none();
    let previous = (!first).then(|| Query { after: None, ..query.clone() }.href(LIST));
    let next = next.map(|next| Query { after: Some(next), ..query.clone() }.href(LIST));
    let content = if items.is_empty() && (query.narrows() || !first) {
        view! { <EmptyState sentence="No contribution is like this."><a class="pk-button" href=LIST>"See them all"</a></EmptyState> }.into_any()
    } else if items.is_empty() {
        view! { <EmptyState sentence="Nobody has pitched anything yet."><Button text="Pitch an idea" href=PITCH/></EmptyState> }.into_any()
    } else {
        let summary = match items.len() {
            1 => "1 contribution on this page".to_owned(),
            count => format!("{count} contributions on this page"),
        };
        let rows: Vec<_> =
            items.into_iter().map(|row| view! { <ListRow row=row titles=titles.clone() now=now/> }).collect();
        let columns = vec![
            Column::text("Contribution"),
            Column::text("Kind"),
            Column::text("Stage"),
            Column::text("Stands"),
            Column::text("Whose turn"),
            Column::text("Team"),
            Column::text("Changed"),
        ];
        view! {
            <Table caption="Contributions" columns=columns stacked=true>{rows}</Table>
            <Paging previous=previous next=next summary=summary/>
        }
        .into_any()
    };
    view! {
        <Page title="Contributions" lead="Everything that was ever pitched for the portal, whatever became of it." aside=aside()>
            <ViewTabs query=query.clone() board=false/>
            <Filters query=query/>
            {content}
        </Page>
    }
}

#[component]
fn Filters(query: Query) -> impl IntoView {
    let scopes = Scope::ALL.into_iter().filter(|scope| *scope != Scope::All);
    let scopes = scopes.map(|scope| Choice::new(scope.name(), scope.label())).collect();
    let stages = Stage::ALL.into_iter().map(|stage| Choice::new(stage.name(), stage.label())).collect();
    let states = State::ALL.into_iter().map(|state| Choice::new(state.name(), state.label())).collect();
    let kinds = Kind::ALL.into_iter().map(|kind| Choice::new(kind.name(), kind.label())).collect();
    let narrowed = query.narrows();
    let owner =
        (!query.owner.is_empty()).then(|| view! { <input type="hidden" name="owner" value=query.owner.clone()/> });
    view! {
        <form method="get" action=LIST class="pk-toolbar" role="search" aria-label="Filter the contributions">
            {owner}
            <Field label="Words" id="filter-q"><Input name="q" kind=InputKind::Search value=query.text size=ControlSize::Small/></Field>
            <Field label="Whose" id="filter-scope"><Select name="scope" options=scopes value=query.scope.name() empty="Everybody’s" size=ControlSize::Small/></Field>
            <Field label="Stage" id="filter-stage"><Select name="stage" options=stages value=query.stage.map_or("", Stage::name) empty="Any" size=ControlSize::Small/></Field>
            <Field label="Stands" id="filter-state"><Select name="state" options=states value=query.state.map_or("", State::name) empty="Anyhow" size=ControlSize::Small/></Field>
            <Field label="Kind" id="filter-kind"><Select name="kind" options=kinds value=query.kind.map_or("", Kind::name) empty="Any" size=ControlSize::Small/></Field>
            <Button text="Filter"/>
            {narrowed.then(|| view! { <a href=LIST>"Clear all filters"</a> })}
        </form>
    }
}

#[component]
fn ListRow(row: Row, titles: Titles, now: Millis) -> impl IntoView {
    let whose = if row.next.is_empty() {
        view! { <span class="pk-quiet">"Nobody’s"</span> }.into_any()
    } else if row.whose.is_empty() {
        view! { "The portal" }.into_any()
    } else {
        view! { {names_of(&titles, &row.whose)} }.into_any()
    };
    let team = if row.owner.is_empty() { "Not named yet".to_owned() } else { name_of(&titles, &row.owner) };
    view! {
        <tr>
            <th scope="row"><a class="pk-name" href=contribution_href(&row.id)>{row.title}</a></th>
            <td data-label="Kind">{row.kind.label()}</td>
            <td data-label="Stage">{row.stage.label()}</td>
            <td data-label="Stands"><StateBadge state=row.state/></td>
            <td class="pk-wrap" data-label="Whose turn">{whose}</td>
            <td class="pk-wrap" data-label="Team">{team}</td>
            <td class="pk-quiet" data-label="Changed"><Time when=Some(When::new(row.changed_at, now))/></td>
        </tr>
    }
}
