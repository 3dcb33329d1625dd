//! What can be done about a journey as a whole, and what everybody in it can do.

use std::sync::Arc;

use journey::{Journey, JourneyState, StepState};
use kit::components::{
    Button, Combobox, Emphasis, Field, FormActions, FormLayout, Input, InputKind, Need, Panel, TextArea,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::{CancelJourney, CommentStep, GiveUpJourney, StartJourneyOver, TransferJourney};
use crate::server::rest::PEOPLE;

/// What its owner can do about a journey.
#[component]
pub(super) fn JourneyActs(journey: Arc<Journey>, is_owner: bool) -> impl IntoView {
    if !is_owner {
        return None;
    }
    let over = journey.state.is_over();
    let id = journey.id.clone();
    let transfer = (!over).then(|| view! { <Transfer id=id.clone()/> });
    let cancel = (!over).then(|| view! { <Cancel journey=journey.clone()/> });
    let give_up = (journey.state == JourneyState::Blocked).then(|| view! { <GiveUp id=id.clone()/> });
    let may_start_over = journey.successor.is_empty() && (over || journey.state == JourneyState::Blocked);
    let over = may_start_over.then(|| {
        view! {
            <form method="post" action=StartJourneyOver::PATH>
                <input type="hidden" name="id" value=id.clone()/>
                <p class="pk-quiet">"A new journey with what was filled in at the beginning. This one stays as it is, and each leads to the other."</p>
                <FormActions><Button text="Start over"/></FormActions>
            </form>
        }
    });
    let any = transfer.is_some() || cancel.is_some() || give_up.is_some();
    if !any && over.is_none() {
        return None;
    }
    Some(view! {
        <Panel title="Change the journey">
            {over}
            {any.then(|| view! { <div class="pk-disclosures">{transfer} {cancel} {give_up}</div> })}
        </Panel>
    })
}

/// The choice of a person or a group, found by typing.
#[component]
pub(super) fn Whom(
    label: &'static str,
    id: String,
    help: &'static str,
    /// Whether only people can be chosen.
    #[prop(optional)]
    people: bool,
) -> impl IntoView {
    let source = if people { format!("{PEOPLE}?only=user&q=") } else { format!("{PEOPLE}?q=") };
    view! { <Field label=label id=id help=help need=Need::Required><Combobox name="to" source=source placeholder="Type a name"/></Field> }
}

#[component]
fn Transfer(id: String) -> impl IntoView {
    view! {
        <details class="pk-disclosure">
            <summary>"Give it to somebody else"</summary>
            <form method="post" action=TransferJourney::PATH>
                <input type="hidden" name="id" value=id/>
                <FormLayout>
                    <Whom label="To whom" id="transfer-to".to_owned() help="A person or a team. You keep the right to look at it."/>
                    <FormActions><Button text="Give the journey away"/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

#[component]
fn Cancel(journey: Arc<Journey>) -> impl IntoView {
    let is_draft = journey.state == JourneyState::Draft;
    let done = || journey.steps.iter().filter(|step| step.state == StepState::Completed);
    let undone: Vec<String> = done()
        .rev()
        .flat_map(|step| step.definition.undo.iter().map(|undo| undo.name.clone()))
        .filter(|name| !name.is_empty())
        .collect();
    let stays: Vec<String> =
        done().filter(|step| step.definition.undo.is_empty()).map(|step| step.definition.name.clone()).collect();
    let consequence = if is_draft {
        "What is filled in is forgotten.".to_owned()
    } else if undone.is_empty() {
        "What is under way is stopped. Nothing is undone.".to_owned()
    } else {
        format!("What is under way is stopped. Then this is done, in this order: {}.", undone.join("; "))
    };
    let stays = (!stays.is_empty())
        .then(|| view! { <p>{format!("Nothing undoes these; they stay as they are: {}.", stays.join(", "))}</p> });
    view! {
        <details class="pk-disclosure">
            <summary>"Cancel it"</summary>
            <form method="post" action=CancelJourney::PATH>
                <input type="hidden" name="id" value=journey.id.clone()/>
                <FormLayout>
                    <div><p>{consequence}</p>{stays}</div>
                    <Field label="Why" id="cancel-reason" help="Everybody who has a part in it reads this" need=Need::Optional><TextArea name="reason" rows=2/></Field>
                    <FormActions><Button text="Cancel journey" emphasis=Emphasis::Danger/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

#[component]
fn GiveUp(id: String) -> impl IntoView {
    view! {
        <details class="pk-disclosure">
            <summary>"Give it up"</summary>
            <form method="post" action=GiveUpJourney::PATH>
                <input type="hidden" name="id" value=id/>
                <FormLayout>
                    <p>"The journey ends here, and nothing is undone."</p>
                    <Field label="Why" id="give-up-reason" need=Need::Required><TextArea name="reason" rows=2/></Field>
                    <FormActions><Button text="Give the journey up" emphasis=Emphasis::Danger/></FormActions>
                </FormLayout>
            </form>
        </details>
    }
}

/// A box to say something, about a step or the whole.
#[component]
pub(super) fn Comment(id: String, step: String) -> impl IntoView {
    let control = if step.is_empty() { "comment".to_owned() } else { format!("comment-{step}") };
    view! {
        <form method="post" action=CommentStep::PATH>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="step" value=step/>
            <FormLayout>
                <Field label="What you have to say" id=control help="Whoever you name as @first.last hears of it"><TextArea name="text" rows=2/></Field>
                <FormActions><Button text="Comment"/></FormActions>
            </FormLayout>
        </form>
    }
}

/// The fields of a link that shows something.
#[component]
pub(super) fn LinkFields(id: String, need: Need) -> impl IntoView {
    let (name, link) = (format!("{id}-name"), format!("{id}-link"));
    view! {
        <Field label="What it is" id=name need=need><Input name="name" placeholder="Threat model, November"/></Field>
        <Field label="Link to it" id=link help="An https address" need=need><Input name="href" kind=InputKind::Url placeholder="https://"/></Field>
    }
}
