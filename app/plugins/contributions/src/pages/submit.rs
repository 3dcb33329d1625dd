use kit::components::{
    Banner, Breadcrumb, Button, Emphasis, Field, FileInput, FormActions, FormLayout, FormRow, FormSection, Input,
    InputKind, Need, Page, Panel, TextArea, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::context::{caller, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use review::{Checklist, Contribution, Kind, Manifest, Material, Stage, State};

use super::parts::trail;
use crate::api::SubmitContribution;
use crate::server::Contributions;
use crate::server::rest::pages_href;
use crate::server::service::contribution_href;

/// The largest upload, in bytes.
const FILE: u64 = 20 * 1024 * 1024;

/// Submitting a contribution to the gate that it is before.
pub async fn submit_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let contribution = here.detail(&caller, id).await?.contribution;
    let stage = if contribution.stage == Stage::Pitch { Stage::Ux } else { contribution.stage };
    let checklist = here.rules.checklist(stage, contribution.pitch.kind).cloned().unwrap_or_default();
    let entry = contribution.entry(&here.rules);
    // What the portal alone decides about is submitted anew, since nobody sends it back.
    let anew = here.rules.is_machines(stage);
    let upload = (at.one("upload"), at.one("name"));
    Ok(page(
        || view! { <SubmitView contribution=contribution stage=stage checklist=checklist entry=entry upload=upload anew=anew/> },
    ))
}

#[component]
fn SubmitView(
    contribution: Contribution,
    stage: Stage,
    checklist: Checklist,
    entry: Vec<(String, bool)>,
    upload: (String, String),
    anew: bool,
) -> impl IntoView {
    let id = contribution.id.clone();
    let title = contribution.pitch.title.clone();
    let mut trail = trail();
    trail.push((title.clone(), contribution_href(&id)));
    let heading = format!("Submit to {}", stage.label());
    let may_submit = contribution.state == State::Open || (contribution.state == State::InReview && anew);
    if !may_submit || !Stage::GATES.contains(&stage) {
        let back = contribution_href(&id);
        return view! {
            <Breadcrumb trail=trail/>
            <Page title="Nothing to submit" kind=title>
                <Banner title="It is not its contributors’ turn" tone=Tone::Waiting><p><a href=back>"See how it stands"</a></p></Banner>
            </Page>
        }
        .into_any();
    }
    let missing: Vec<_> =
        entry.into_iter().filter(|(_, met)| !met).map(|(said, _)| view! { <li>{said}</li> }).collect();
    let is_short = stage == Stage::Ux && contribution.stage == Stage::Pitch && !missing.is_empty();
    let edit = format!("{}/edit", contribution_href(&id));
    let short = is_short.then(|| {
        let action = view! { <Button text="Word the pitch otherwise" href=edit/> }.into_any();
        view! { <Banner title="The pitch is not ready for this" tone=Tone::Attention action=action><ul>{missing}</ul></Banner> }
    });
    let last = contribution.last_to(stage).map(|last| last.material.clone()).unwrap_or_default();
    let came_back = contribution
        .last_to(stage)
        .and_then(|last| last.decision.clone())
        .filter(|decision| !decision.changes.is_empty());
    let came_back = came_back.map(|decision| {
        let changes: Vec<_> = decision.changes.into_iter().map(|change| view! { <li>{change}</li> }).collect();
        view! { <Banner title="What has to change" tone=Tone::Attention><ul>{changes}</ul></Banner> }
    });
    let kind = contribution.pitch.kind;
    let takes_pages = stage == Stage::Ux && kind.has_ui();
    let sends = (takes_pages && upload.0.is_empty()).then(|| {
        let to = pages_href(&id);
        view! {
            <Panel title="Upload the pages">
                <form method="post" action=to enctype="multipart/form-data">
                    <FormLayout>
                        <Field label="A zip of static files" id="pages" help="index.html in it is what is shown first" need=Need::Required><FileInput name="file" accept=".zip" max_bytes=FILE limits="A zip, at most 20 MB."/></Field>
                        <FormActions><Button text="Upload"/></FormActions>
                    </FormLayout>
                </form>
            </Panel>
        }
    });
    view! {
        <Breadcrumb trail=trail/>
        <Page title=heading kind=title lead="The reviewers see what you submit here, and what is otherwise than the last time.">
            {short}
            {came_back}
            {sends}
            <form method="post" action=SubmitContribution::PATH>
                <input type="hidden" name="id" value=id.clone()/>
                <input type="hidden" name="stage" value=stage.name()/>
                <FormLayout>
                    {asked(stage, kind, &last, upload, &contribution.pitch.owner)}
                    <EvidenceFields checklist=checklist last=last.clone()/>
                    <Field label="What you have to say about it" id="note" need=Need::Optional><TextArea name="note" rows=3/></Field>
                    <FormActions>
                        <Button text="Submit it" emphasis=Emphasis::Primary/>
                        <Button text="Not yet" href=contribution_href(&id)/>
                    </FormActions>
                </FormLayout>
            </form>
        </Page>
    }
    .into_any()
}

/// The fields of what a gate asks for.
fn asked(stage: Stage, kind: Kind, last: &Material, upload: (String, String), owner: &str) -> AnyView {
    match stage {
        Stage::Ux if kind.has_ui() => view! { <PagesFields upload=upload/> }.into_any(),
        Stage::Architecture => {
            let manifest =
                last.manifest.clone().unwrap_or_else(|| Manifest { owner: owner.to_owned(), ..Manifest::default() });
            view! { <ManifestFields manifest=manifest/> }.into_any()
        }
        Stage::Code => {
            let change = last.change.clone().unwrap_or_default();
            view! {
                <FormSection title="The change" lead="An approval holds for this commit and no other.">
                    <Field label="Its page at the git host" id="change" need=Need::Required><Input name="change" kind=InputKind::Url value=change.url placeholder="https://"/></Field>
                    <Field label="The commit that is to be merged" id="commit" help="In full: 40 hexadecimal digits" need=Need::Required><Input name="commit" value=change.commit/></Field>
                </FormSection>
            }
            .into_any()
        }
        Stage::Readiness => {
            let entity = last.entity.clone();
            view! {
            <FormSection title="Its entry in the catalog" lead="The portal looks there whether the standards are met, and keeps looking.">
                <Field label="Entity" id="entity" help="Such as component:default/rota; it has to belong to the team" need=Need::Required><Input name="entity" value=entity/></Field>
            </FormSection>
            }
            .into_any()
        }
        _ => ().into_any(),
    }
}

#[component]
fn PagesFields(upload: (String, String)) -> impl IntoView {
    let (hash, name) = upload;
    if !hash.is_empty() {
        let said = format!("{name} is there and is what you submit.");
        return view! {
            <FormSection title="The pages">
                <p>{said} " " <a href="submit">"Choose another archive"</a></p>
                <input type="hidden" name="upload" value=hash/>
                <input type="hidden" name="upload-name" value=name/>
            </FormSection>
        }
        .into_any();
    }
    view! {
        <FormSection title="The pages from git" lead="In place of an upload: a commit of a repository that the portal may read.">
            <Field label="Repository" id="repository" need=Need::Optional><Input name="repository" kind=InputKind::Url placeholder="https://"/></Field>
            <FormRow>
                <Field label="Commit" id="commit" help="In full" need=Need::Optional><Input name="commit"/></Field>
                <Field label="Folder" id="folder" help="With index.html in it" need=Need::Optional><Input name="folder"/></Field>
            </FormRow>
        </FormSection>
    }
    .into_any()
}

#[component]
fn ManifestFields(manifest: Manifest) -> impl IntoView {
    let routes: Vec<String> = manifest.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let data: Vec<String> = manifest
        .data
        .iter()
        .map(|data| {
            format!("{} | {} | {}", data.name, data.classification, if data.writes { "writes" } else { "reads" })
        })
        .collect();
    let upstreams: Vec<String> = manifest.upstreams.iter().map(|up| format!("{} | {}", up.target, up.reason)).collect();
    view! {
        <FormSection title="Manifest" lead="What it is to the portal, and what it asks of others.">
            <FormRow>
                <Field label="Id" id="manifest-id" help="Lower-case letters, digits and hyphens" need=Need::Required><Input name="manifest-id" value=manifest.id/></Field>
                <Field label="Owner" id="manifest-owner" help="A group of the catalog" need=Need::Required><Input name="manifest-owner" value=manifest.owner/></Field>
            </FormRow>
            <Field label="Routes" id="routes" help="One a line: GET /rota" need=Need::Optional><TextArea name="routes" rows=3 value=routes.join("\n")/></Field>
            <Field label="Rights that it asks for" id="permissions" help="One a line: catalog.entity.read" need=Need::Optional><TextArea name="permissions" rows=3 value=manifest.permissions.join("\n")/></Field>
            <Field label="Data that it touches" id="data" help="One a line: Rotas | internal | reads" need=Need::Optional><TextArea name="data" rows=3 value=data.join("\n")/></Field>
            <Field label="Upstreams" id="upstreams" help="One a line: component:default/people | who is in which team" need=Need::Optional><TextArea name="upstreams" rows=3 value=upstreams.join("\n")/></Field>
        </FormSection>
    }
}

/// A link and a note for each item of the checklist.
#[component]
fn EvidenceFields(checklist: Checklist, last: Material) -> impl IntoView {
    let fields: Vec<_> = checklist
        .items
        .into_iter()
        .map(|item| {
            let shown = last.evidence.get(&item.id).cloned().unwrap_or_default();
            let need = if item.evidence { Need::Required } else { Need::Optional };
            let (link, note) = (format!("evidence-{}", item.id), format!("evidence-note-{}", item.id));
            let (link_name, note_name) = (format!("evidence.{}", item.id), format!("evidence-note.{}", item.id));
            let label = format!("What to look at there: {}", item.text);
            view! {
                <Field label=item.text id=link help="A link that shows it" need=need><Input name=link_name kind=InputKind::Url value=shown.url placeholder="https://"/></Field>
                <Field label=label id=note need=Need::Optional><Input name=note_name value=shown.note/></Field>
            }
        })
        .collect();
    let lead = format!("By this checklist, version {}, the reviewers decide.", checklist.version);
    (!fields.is_empty())
        .then(|| view! { <FormSection title="What shows that it is right" lead=lead>{fields}</FormSection> })
}
