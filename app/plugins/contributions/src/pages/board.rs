use kit::components::{Badge, Button, Card, Cards, Emphasis, EmptyState, Page, Section, Tab, Tabs, Time, Tone, Turn};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::clock::Millis;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use kit::when::When;
use leptos::prelude::*;
use review::Stage;

use super::mirror::Troubles;
use super::parts::{DueBadge, StateBadge, Titles, length, name_of, names_of};
use crate::server::Contributions;
use crate::server::forms::PITCH;
use crate::server::mirror::Trouble;
use crate::server::reading::own_names;
use crate::server::service::{Board, Lane, Query, Row, contribution_href};

const BOARD: &str = "/contribute";

/// Where the list is.
pub(super) const LIST: &str = "/contribute/contributions";

/// What is at each stage, since when, and how it goes there.
pub async fn board_page(at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let query = Query::from_params(|name| at.one(name));
    let (board, troubles) = (here.board(&caller, &query).await?, here.troubles(&caller).await?);
    let (mine, now) = (own_names(&caller), here.kit.clock.now());
    Ok(page(|| view! { <BoardView query=query board=board troubles=troubles mine=mine now=now/> }))
}

/// The tabs of the board and the list.
#[component]
pub(super) fn ViewTabs(query: Query, board: bool) -> impl IntoView {
    let query = Query { after: None, ..query };
    let tab = |label: &str, href: String, current: bool| Tab { label: label.into(), href, current, count: None };
    let on_board = Query { stage: None, state: None, ..query.clone() };
    let tabs = vec![tab("Board", on_board.href(BOARD), board), tab("List", query.href(LIST), !board)];
    view! { <Tabs label="How contributions are shown" tabs=tabs/> }
}

/// What leads on from both.
pub(super) fn aside() -> AnyView {
    view! {
        <a class="pk-button" href="/contribute/queue">"My team’s queue"</a>
        <a class="pk-button" href="/contribute/standards">"Standards"</a>
        <Button text="Pitch an idea" emphasis=Emphasis::Primary href=PITCH/>
    }
    .into_any()
}

#[component]
fn BoardView(query: Query, board: Board, troubles: Vec<Trouble>, mine: Vec<String>, now: Millis) -> impl IntoView {
    let Board { lanes, titles } = board;
    let empty = lanes.iter().all(|lane| lane.count == 0);
    let narrowed = query.narrows();
    let content = if empty && narrowed {
        view! { <EmptyState sentence="No contribution under way is like this."><a class="pk-button" href=BOARD>"See them all"</a></EmptyState> }.into_any()
    } else if empty {
        view! { <EmptyState sentence="Nobody has pitched anything yet."><Button text="Pitch an idea" href=PITCH/></EmptyState> }.into_any()
    } else {
        lanes
            .into_iter()
            .map(|lane| view! { <LaneView lane=lane query=query.clone() titles=titles.clone() mine=mine.clone() now=now/> })
            .collect_view()
            .into_any()
    };
    view! {
        <Page title="Contribute" lead="Anyone may pitch an idea for the portal. It goes live once it has passed every gate, in this order." aside=aside()>
            <ViewTabs query=query board=true/>
            <Troubles troubles=troubles/>
            {content}
        </Page>
    }
}

/// A stage: who is there, how long it usually takes, and how many pass at the first try.
#[component]
fn LaneView(lane: Lane, query: Query, titles: Titles, mine: Vec<String>, now: Millis) -> impl IntoView {
    let stage = lane.stage;
    let mut facts = vec![match lane.count {
        0 => "Nothing is here".to_owned(),
        1 => "1 contribution".to_owned(),
        count => format!("{count} contributions"),
    }];
    if stage != Stage::Live {
        facts.extend(lane.median.map(|median| format!("usually {}", length(median))));
    }
    if Stage::GATES.contains(&stage) {
        facts.extend(lane.first_pass().map(|rate| format!("{rate} % pass at the first try")));
    }
    let more = lane.count > lane.items.len() as u64;
    let all = Query { stage: Some(stage), after: None, ..query }.href(LIST);
    let cards: Vec<_> = lane
        .items
        .into_iter()
        .map(|row| view! { <ContributionCard row=row titles=titles.clone() mine=mine.clone() now=now/> })
        .collect();
    let any = !cards.is_empty();
    view! {
        <Section title=stage.label()>
            <div class="pk-panels">
                <p class="pk-quiet">{facts.join(" · ")}</p>
                {any.then(|| view! { <Cards>{cards}</Cards> })}
                {more.then(|| view! { <p><a href=all>{format!("See all at {}", stage.label())}</a></p> })}
            </div>
        </Section>
    }
}

#[component]
fn ContributionCard(row: Row, titles: Titles, mine: Vec<String>, now: Millis) -> impl IntoView {
    let yours = row.whose.iter().any(|who| mine.contains(who));
    let turn = (!row.next.is_empty()).then(|| {
        let who = if row.whose.is_empty() { "The portal".to_owned() } else { names_of(&titles, &row.whose) };
        view! { <Turn who=who what=row.next.clone() yours=yours/> }
    });
    let owner = name_of(&titles, if row.owner.is_empty() { &row.author } else { &row.owner });
    let supporters = match row.supporters {
        0 => None,
        1 => Some("1 supporter".to_owned()),
        count => Some(format!("{count} supporters")),
    };
    let state = if row.is_flagged {
        view! { <Badge text="Does not meet the standards" tone=Tone::Attention/> }.into_any()
    } else {
        view! { <StateBadge state=row.state/> }.into_any()
    };
    let foot = view! {
        <span>{owner}</span>
        {supporters.map(|supporters| view! { <span>{supporters}</span> })}
        <span>"here since " <Time when=Some(When::new(row.since, now))/></span>
        <DueBadge due=row.due_at now=now/>
    }
    .into_any();
    view! {
        <Card title=row.title.clone() href=contribution_href(&row.id) kind=row.kind.label() state=state foot=foot>{turn}</Card>
    }
}
