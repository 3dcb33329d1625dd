use ::filling::{FormFields, FormPage, Place, Shown, Source};
use journey::{Change, ChangeKind};
use kit::components::{
    Badge, Banner, Breadcrumb, Button, Column, Emphasis, EmptyState, FormActions, Page, Panel, Section, Table, Tone,
};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::context::{caller, service};
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde_json::Value;

use crate::api::{AcceptForm, AcceptOffer};
use crate::server::GoldenPaths;
use crate::server::filling::{HASH, JOURNEY};
use crate::server::rest::OPTIONS;
use crate::server::service::{JourneyDetail, Offered, journey_href};
use crate::server::view::called;

/// What newer versions would change about a journey, step by step, before its owner takes them.
pub async fn offer_page(id: &str) -> Result<Drawn, AppError> {
    let (caller, golden) = (caller().await?, service::<GoldenPaths>("Golden paths")?);
    let detail = golden.detail(&caller, id).await?;
    let offered = golden.offer(&caller, id).await?;
    let fields = match &offered {
        Some(offered) if !offered.offer.missing.is_empty() => {
            Some(missing_fields(&golden, &caller, &detail, offered).await?)
        }
        _ => None,
    };
    Ok(page(|| view! { <OfferView detail=detail offered=offered fields=fields/> }))
}

/// The page of the newer version's form on which something is missing.
async fn missing_fields(
    golden: &GoldenPaths,
    caller: &kit::identity::Caller,
    detail: &JourneyDetail,
    offered: &Offered,
) -> Result<FormPage, AppError> {
    let form = form::form(&offered.parameters);
    let values = form.defaults(&Value::Object(detail.journey.parameters.clone()));
    let active = form.active(&values);
    let shown = active
        .pages
        .iter()
        .find(|page| !form.page_errors(&values, page.index, &form::Standard).is_empty())
        .or_else(|| active.pages.first())
        .ok_or_else(|| AppError::conflict("The newer version asks for nothing after all; look at the offer again"))?;
    let id = detail.journey.id.clone();
    let place = Place {
        action: AcceptForm::PATH.to_owned(),
        drawn_by: None,
        hidden: vec![(JOURNEY, id.clone()), (HASH, offered.hash.clone())],
        source: Source { address: OPTIONS, about: vec![("journey", id)] },
        notes: std::collections::HashMap::new(),
    };
    let what =
        Shown { form: &form, definition: &offered.parameters, values: &values, page: shown, revision: 0, tried: false };
    FormPage::new(&*golden.entities, caller, what, place).await
}

#[component]
fn OfferView(detail: JourneyDetail, offered: Option<Offered>, fields: Option<FormPage>) -> impl IntoView {
    let JourneyDetail { journey, who, .. } = detail;
    let back = journey_href(&journey.id);
    let trail = vec![
        ("Golden paths".to_owned(), "/golden-paths".to_owned()),
        ("Journeys".to_owned(), "/golden-paths/journeys".to_owned()),
        (called(&journey), back.clone()),
    ];
    let Some(offered) = offered else {
        return view! {
            <Breadcrumb trail=trail/>
            <Page title="Newer versions" kind=journey.title.clone()>
                <EmptyState sentence="There is nothing newer for the steps that this journey has still to take."><a class="pk-button" href=back>"Back to the journey"</a></EmptyState>
            </Page>
        }
        .into_any();
    };
    let is_owner = journey.is_owner(&who);
    let title = match &offered.offer.pin {
        Some(pin) => format!("Version {} of {}", pin.number, pin.title),
        None => "Newer versions of steps".to_owned(),
    };
    let lead = match &offered.offer.pin {
        Some(pin) => format!(
            "The journey keeps to version {}. Version {} would hold for the steps that have not begun; what has begun stays as it is.",
            journey.pin.number, pin.number
        ),
        None => "Newer versions of what steps run would hold for the steps that have not begun; what has begun stays as it is.".to_owned(),
    };
    let changes = offered.changes().to_vec();
    let untouched = journey.steps.iter().filter(|step| journey.has_begun(&step.definition.id)).count();
    let rows: Vec<_> = changes.iter().cloned().map(|change| view! { <ChangeRow change=change/> }).collect();
    let content = if rows.is_empty() {
        view! { <p>"Nothing changes about the steps to come."</p> }.into_any()
    } else {
        let columns = vec![Column::text("Step"), Column::text("What changes"), Column::text("Asked for besides")];
        view! { <Table caption="What changes" columns=columns stacked=true>{rows}</Table> }.into_any()
    };
    let stays = match untouched {
        0 => "No step has begun, so all of them are looked at anew.".to_owned(),
        1 => "One step has begun and is not touched.".to_owned(),
        count => format!("{count} steps have begun and are not touched."),
    };
    let (id, hash) = (journey.id.clone(), offered.hash.clone());
    let decide = if !is_owner {
        view! { <Banner title="The journey’s owner decides"><p>"You may look at what would change."</p></Banner> }
            .into_any()
    } else if let Some(fields) = fields {
        view! {
            <Section title="What it asks for besides">
                <FormFields page=fields>
                    <FormActions>
                        <Button text="Take the newer version" emphasis=Emphasis::Primary/>
                        <Button text="Keep the version that it has" href=back/>
                    </FormActions>
                </FormFields>
            </Section>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=AcceptOffer::PATH>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="hash" value=hash/>
                <FormActions>
                    <Button text="Take the newer version" emphasis=Emphasis::Primary/>
                    <Button text="Keep the version that it has" href=back/>
                </FormActions>
            </form>
        }
        .into_any()
    };
    view! {
        <Breadcrumb trail=trail/>
        <Page title=title kind="Newer versions" lead=lead>
            <div class="pk-panels">
                <Panel title="What changes">{content}<p class="pk-quiet">{stays}</p></Panel>
                {decide}
            </div>
        </Page>
    }
    .into_any()
}

#[component]
fn ChangeRow(change: Change) -> impl IntoView {
    let Change { step: _, name, kind, missing } = change;
    let what = match kind {
        ChangeKind::Added => view! { <Badge text="Comes in" tone=Tone::Fine/> }.into_any(),
        ChangeKind::Removed => view! { <Badge text="Goes" tone=Tone::Attention/> }.into_any(),
        ChangeKind::Changed => {
            view! { <Badge text="Changes" tone=Tone::Attention/> " the path says something else of it" }.into_any()
        }
        ChangeKind::Version { from, to } => {
            view! { <Badge text="Newer" tone=Tone::Neutral/> " from " <code>{from}</code> " to " <code>{to}</code> }
                .into_any()
        }
    };
    let missing = if missing.is_empty() { "Nothing".to_owned() } else { missing.join(", ") };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="pk-wrap" data-label="What changes">{what}</td>
            <td class="pk-wrap" data-label="Asked for besides">{missing}</td>
        </tr>
    }
}
