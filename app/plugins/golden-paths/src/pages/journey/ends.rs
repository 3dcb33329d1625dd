//! What is undone after a journey was cancelled, and what is not.

use std::sync::Arc;

use journey::{Journey, JourneyState, StepState, UndoKind, UndoState, UndoStep};
use kit::components::{
    Button, Emphasis, Field, FormActions, FormLayout, Input, Need, Panel, Progress, Prose, State, Station, Timeline,
};
use kit::server::html;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::super::parts::{Titles, name_of};
use crate::api::{CompleteStep, RetryStep};

/// The way back of a journey that was cancelled: what is undone, in order, and what stays.
#[component]
pub(super) fn Undoing(journey: Arc<Journey>, titles: Titles, is_owner: bool, may_change: bool) -> impl IntoView {
    if journey.state != JourneyState::Cancelled {
        return None;
    }
    let undo = &journey.undo;
    let done = undo.iter().filter(|undo| undo.state == UndoState::Done).count() as u64;
    let failed: Vec<&UndoStep> = undo.iter().filter(|undo| undo.state == UndoState::Failed).collect();
    let stays: Vec<String> = journey
        .steps
        .iter()
        .filter(|step| step.state == StepState::Completed && step.definition.undo.is_empty())
        .map(|step| step.definition.name.clone())
        .collect();
    let stations: Vec<Station> = undo.iter().map(|undo| station(undo, &titles)).collect();
    let total = stations.len() as u64;
    let acts: Vec<_> =
        undo.iter().filter(|_| may_change).filter_map(|undo| acts(&journey.id, undo, is_owner)).collect();
    let sentence = match (total, failed.len()) {
        (0, _) => "There was nothing to undo.".to_owned(),
        (_, 0) if done == total => "All of it is undone.".to_owned(),
        (_, 0) => "It is undone step by step, the last first.".to_owned(),
        (_, 1) => format!("One thing could not be undone: {}.", failed[0].name),
        (_, count) => {
            let names: Vec<&str> = failed.iter().map(|undo| undo.name.as_str()).collect();
            format!("{count} things could not be undone: {}.", names.join("; "))
        }
    };
    let progress = (total > 0).then(|| view! { <Progress label="Undone" done=done total=Some(total)/> });
    let way = (total > 0).then(|| view! { <Timeline label="What is undone, in order" stations=stations/> });
    let stays = (!stays.is_empty()).then(|| view! { <p class="pk-quiet">{format!("Nothing undoes these; they stay as they are: {}.", stays.join(", "))}</p> });
    Some(view! {
        <Panel title="The way back">
            <p>{sentence}</p>
            {progress}
            {way}
            {acts}
            {stays}
        </Panel>
    })
}

fn station(undo: &UndoStep, titles: &Titles) -> Station {
    let state = match undo.state {
        UndoState::Pending => State::Ahead,
        UndoState::Running if matches!(undo.kind, UndoKind::Task { .. }) => State::Waiting,
        UndoState::Running => State::Here,
        UndoState::Done => State::Done,
        UndoState::Failed => State::Failed,
    };
    let who = match &undo.kind {
        UndoKind::Template { .. } => "Done by the portal".to_owned(),
        UndoKind::Task { group, .. } if group.is_empty() => "To be done by the journey’s owner".to_owned(),
        UndoKind::Task { group, .. } => format!("To be done by {}", name_of(titles, group)),
    };
    let note: Vec<&str> = [who.as_str(), undo.note.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    let run = (!undo.run.is_empty() && matches!(undo.kind, UndoKind::Template { .. }))
        .then(|| format!("/create/runs/{}", kit::query::segment(&undo.run)));
    Station { href: run.unwrap_or_default(), ..Station::new(undo.name.clone(), state, note.join(" · ")) }
}

/// What can be done about something that is to be undone.
fn acts(id: &str, undo: &UndoStep, is_owner: bool) -> Option<AnyView> {
    let is_task = matches!(undo.kind, UndoKind::Task { .. });
    let waits = undo.state == UndoState::Running && is_task;
    let failed = undo.state == UndoState::Failed;
    if !waits && !failed {
        return None;
    }
    let said = match &undo.kind {
        UndoKind::Task { instructions, .. } => Some(html::markdown(instructions)),
        UndoKind::Template { .. } => None,
    };
    let control = format!("undone-{}", undo.key.replace('/', "-"));
    let retry = (failed && is_owner).then(|| {
        view! {
            <form method="post" action=RetryStep::PATH class="pk-inline">
                <input type="hidden" name="id" value=id.to_owned()/>
                <input type="hidden" name="step" value=undo.key.clone()/>
                <input type="hidden" name="anew" value="true"/>
                <Button text="Try it again"/>
            </form>
        }
    });
    Some(
        view! {
            <section aria-label=undo.name.clone()>
                <h3>{undo.name.clone()}</h3>
                {said.map(|said| view! { <Prose html=said/> })}
                {retry}
                <form method="post" action=CompleteStep::PATH>
                    <input type="hidden" name="id" value=id.to_owned()/>
                    <input type="hidden" name="step" value=undo.key.clone()/>
                    <FormLayout>
                        <Field label="What was done" id=control need=Need::Optional><Input name="note"/></Field>
                        <FormActions><Button text="It is undone" emphasis=Emphasis::Primary/></FormActions>
                    </FormLayout>
                </form>
            </section>
        }
        .into_any(),
    )
}
