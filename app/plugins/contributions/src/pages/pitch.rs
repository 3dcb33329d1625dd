use kit::components::{
    Alike, Breadcrumb, Button, Choice, Combobox, Emphasis, Field, FormActions, FormLayout, Input, Like, Need, Page,
    Panel, Select, TextArea,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::{caller, service};
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use review::{Kind, Pitch};

use super::parts::trail;
use crate::api::{JoinContribution, SendPitch};
use crate::info::PITCH;
use crate::server::Contributions;
use crate::server::rest::{GROUPS, SIMILAR};
use crate::server::service::Similar;

/// The form of an idea, with what is there already that is like it.
pub async fn pitch_page() -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    here.kit.authorise(&caller, &PITCH, &Resource::All).await?;
    let draft = here.draft(&caller).await?;
    let asked = !(draft.title.is_empty() && draft.problem.is_empty());
    let similar = match asked {
        true => here.similar(&caller, &format!("{} {}", draft.title, draft.problem)).await?,
        false => Vec::new(),
    };
    let titles = here.titles(&caller, [draft.owner.clone()].into()).await?;
    let team = Choice::new(&draft.owner, titles.get(&draft.owner).unwrap_or(&draft.owner));
    Ok(page(|| view! { <PitchView draft=draft team=team similar=similar asked=asked/> }))
}

#[component]
fn PitchView(draft: Pitch, team: Choice, similar: Vec<Similar>, asked: bool) -> impl IntoView {
    view! {
        <Breadcrumb trail=trail()/>
        <Page title="Pitch an idea" lead="Say which problem it solves and for whom. Everybody can see it, comment and support it; what it takes to go live comes after that.">
            <div class="pk-columns">
                <div class="pk-panels">
                    <form method="post" action=SendPitch::PATH>
                        <FormLayout>
                            <PitchFields pitch=draft team=team/>
                            <FormActions>
                                <Button text="Pitch it" emphasis=Emphasis::Primary sends=("do", "pitch".to_owned())/>
                                <Button text="Keep it and look for what is like it" sends=("do", "keep".to_owned())/>
                            </FormActions>
                        </FormLayout>
                    </form>
                </div>
                <div class="pk-panels">
                    <There similar=similar asked=asked/>
                </div>
            </div>
        </Page>
    }
}

/// What is there already.
#[component]
fn There(similar: Vec<Similar>, asked: bool) -> impl IntoView {
    let items = similar.into_iter().map(|Similar { title, kind, detail, path, contribution }| Like {
        title,
        kind,
        detail,
        path,
        join: contribution,
    });
    let items = items.collect();
    let nothing = if asked {
        "Nothing that you may see is like it."
    } else {
        "What is like your idea stands here once you have written some of it."
    };
    view! {
        <Panel title="Already there">
            <Alike items=items source=format!("{SIMILAR}?q=") of="title problem" joins=JoinContribution::PATH nothing=nothing/>
        </Panel>
    }
}

/// The fields of an idea.
#[component]
pub(super) fn PitchFields(pitch: Pitch, team: Choice) -> impl IntoView {
    let kinds = Kind::ALL.into_iter().map(|kind| Choice::new(kind.name(), kind.label())).collect();
    let links: Vec<String> = pitch
        .links
        .iter()
        .map(|link| if link.title.is_empty() { link.url.clone() } else { format!("{} | {}", link.title, link.url) })
        .collect();
    let chosen = if team.value.is_empty() { Vec::new() } else { vec![team] };
    let source = format!("{GROUPS}?q=");
    view! {
        <Field label="Title" id="title" need=Need::Required><Input name="title" value=pitch.title placeholder="On-call rota of every team"/></Field>
        <Field label="The problem" id="problem" help="What people cannot do today, and what that costs; Markdown" need=Need::Required><TextArea name="problem" rows=6 value=pitch.problem/></Field>
        <Field label="Who has it" id="audience" help="Needed before it is submitted" need=Need::Optional><TextArea name="audience" rows=2 value=pitch.audience/></Field>
        <Field label="A sketch of the solution" id="sketch" help="In words; mock-ups are links" need=Need::Optional><TextArea name="sketch" rows=4 value=pitch.sketch/></Field>
        <Field label="What it will be" id="kind" need=Need::Required><Select name="kind" options=kinds value=pitch.kind.name()/></Field>
        <Field label="The team that will own it" id="owner" help="Needed before it is submitted" need=Need::Optional><Combobox name="owner" source=source chosen=chosen placeholder="Name of a team"/></Field>
        <Field label="Links" id="links" help="One a line: a title, a bar and an address" need=Need::Optional><TextArea name="links" rows=3 value=links.join("\n") placeholder="Mock-up | https://"/></Field>
    }
}
