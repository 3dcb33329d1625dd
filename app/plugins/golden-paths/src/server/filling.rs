//! Filling in the forms of a journey: what was sent becomes a draft, and a draft a start, a run, or the end of a task.

use ::filling::{Onward, Sent, Started, onward, saved, started};
use journey::{Command, Kind};
use kit::components::SchemaSaved;
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::{href, segment};
use kit::server::context::lead_to;
use kit::server::said::done;
use serde_json::{Map, Value};

use super::GoldenPaths;
use super::service::{Keep, Refused, Save, StepForm, journey_href, step_href};

/// The name under which a form sends which journey it is of.
pub const JOURNEY: &str = "~journey";

/// The name under which a form sends which step it is of; empty for the path's own.
pub const STEP: &str = "~step";

/// The name under which a form says that it stands on the journey's own page.
pub const HERE: &str = "~here";

/// The name under which a form sends which offer is accepted.
pub const HASH: &str = "~hash";

/// The address of a form of a journey.
pub fn form_href(id: &str, step: Option<&str>) -> String {
    match step {
        Some(step) => format!("{}/steps/{}/form", journey_href(id), segment(step)),
        None => format!("{}/start", journey_href(id)),
    }
}

/// Which form was sent.
struct Of<'a> {
    id: &'a str,
    step: Option<&'a str>,
}

impl<'a> Of<'a> {
    fn sent(sent: Sent<'a>) -> Self {
        let step = sent.one(STEP).filter(|step| !step.is_empty());
        Self { id: sent.one(JOURNEY).unwrap_or_default(), step }
    }
}

/// Saves a page that was sent, and leads on: to another page, to what is to be read before something begins, or past the end of a task.
pub async fn save(golden: &GoldenPaths, caller: &Caller, sent: &[(String, String)]) -> Result<SchemaSaved, AppError> {
    let sent = Sent(sent);
    let Of { id, step } = Of::sent(sent);
    let (page, does) = (sent.page()?, sent.does());
    let keep = match does {
        "other" => Keep::Other,
        "mine" => Keep::Mine,
        _ => Keep::Sent,
    };
    let form = golden
        .save_form(caller, id, step, Save { page, base: sent.revision(), keep }, |form, known| {
            sent.values(form, known, page)
        })
        .await?;
    let path = form_href(id, step);
    let here = sent.one(HERE).is_some_and(|here| !here.is_empty());
    let at = |page: usize, more: &str| match step {
        Some(step) if here => format!("{}{more}", step_href(id, step)),
        _ => format!("{}{more}", href(&path, [("page", (page + 1).to_string().as_str())])),
    };
    match onward(&form.form, &form.form.active(&form.values), &form.values, page, does) {
        Onward::Page(page, None) => lead_to(&at(page, "")),
        Onward::Page(page, Some(control)) => lead_to(&at(page, &format!("#{control}"))),
        Onward::Tried(page) => lead_to(&at(page, "&tried=1")),
        Onward::Review if is_task(&form) => complete(golden, caller, id, step.unwrap_or_default(), &form).await?,
        Onward::Review => lead_to(&href(&path, [("page", "review")])),
    }
    Ok(saved(&form.form, &form.values, page, form.revision, !form.replaced.is_null()))
}

fn is_task(form: &StepForm) -> bool {
    form.step.as_ref().is_some_and(|step| matches!(step.definition.kind, Kind::Task(_)))
}

async fn complete(
    golden: &GoldenPaths,
    caller: &Caller,
    id: &str,
    step: &str,
    form: &StepForm,
) -> Result<(), AppError> {
    let values = match form.form.defaults(&form.values) {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    let command = Command::Complete { step: step.to_owned(), values, evidence: Vec::new() };
    golden.act(caller, id, command).await.map_err(Refused::said)?;
    done("The task is finished");
    lead_to(&journey_href(id));
    Ok(())
}

/// Begins what a form is for, with what is filled in and the secrets that come with this request, and leads to the journey.
pub async fn start(golden: &GoldenPaths, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Sent(sent);
    let Of { id, step } = Of::sent(sent);
    let form = golden.form(caller, id, step).await?;
    if is_task(&form) {
        return complete(golden, caller, id, step.unwrap_or_default(), &form).await;
    }
    let Started { values, secrets } = started(&form.form, &form.values, sent)?;
    match step {
        None => {
            golden.start(caller, id, Some(values)).await.map_err(Refused::said)?;
            done("The journey has started");
            lead_to(&journey_href(id));
        }
        Some(step) => {
            golden.fill(caller, id, step, Some(values), secrets).await.map_err(Refused::said)?;
            done("It begins");
            lead_to(&step_href(id, step));
        }
    }
    Ok(())
}

/// Takes newer versions, with what they ask for besides.
pub async fn accept(golden: &GoldenPaths, caller: &Caller, sent: &[(String, String)]) -> Result<(), AppError> {
    let sent = Sent(sent);
    let (id, hash) = (sent.one(JOURNEY).unwrap_or_default(), sent.one(HASH).unwrap_or_default());
    let offered = golden.offer(caller, id).await?.filter(|offered| offered.hash == hash);
    let offered = offered.ok_or_else(|| AppError::conflict("The offer is another by now; look at it again"))?;
    let journey = golden.journey(caller, id).await?;
    let form = form::form(&offered.parameters);
    let known = form.defaults(&Value::Object(journey.parameters.clone()));
    let values = match sent.values(&form, &known, sent.page()?)? {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    take(golden, caller, id, hash, values).await
}

/// Takes newer versions, with these values besides, and leads to the journey.
pub async fn take(
    golden: &GoldenPaths,
    caller: &Caller,
    id: &str,
    hash: &str,
    values: Map<String, Value>,
) -> Result<(), AppError> {
    golden.accept_offer(caller, id, hash, values).await.map_err(Refused::said)?;
    done("The journey goes on with the newer version");
    lead_to(&journey_href(id));
    Ok(())
}
