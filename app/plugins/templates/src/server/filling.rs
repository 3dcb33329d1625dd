//! Filling in a template's form: what was sent becomes a draft, and a draft a run. Every method asks whether the caller may run the template.

use std::sync::Arc;

use ::filling::{Onward, Sent, Started, begun, onward, saved, started};
use form::Form;
use kit::components::SchemaSaved;
use kit::error::AppError;
use kit::identity::Caller;
use kit::query::{href, segment};
use kit::server::context::lead_to;
use kit::server::said::done;
use serde_json::Value;

use super::Templates;
use super::drafts::{self, Draft};
use super::source::Definition;
use super::tasks::Submission;
use crate::server::forms;

/// The name under which a form sends which template it is of.
pub const TEMPLATE: &str = "~template";

/// The name under which a form sends the values that a link gave to begin with, as JSON.
pub const GIVEN: &str = "~given";

/// A form as one caller fills it in.
pub struct Filling {
    /// The version of the template that is run now.
    pub definition: Arc<Definition>,
    /// What it asks for.
    pub form: Form,
    /// What the caller has filled in so far.
    pub draft: Option<Draft>,
    /// The same, or what a form holds to begin with.
    pub values: Value,
}

impl Filling {
    /// The form of a template, for a caller who may run it. `given` are values to begin with where there is no draft, as JSON; may be empty.
    pub async fn open(templates: &Templates, caller: &Caller, template: &str, given: &str) -> Result<Self, AppError> {
        let definition = templates.tasks.runnable(caller, template).await?;
        let form = form::form(&definition.template.parameters);
        let draft = drafts::load(&templates.kit, caller, &definition.thing.id).await?;
        let values = match &draft {
            Some(draft) => draft.values.clone(),
            None => form.without_secrets(&form.defaults(&begun(given)?)),
        };
        Ok(Self { definition, form, draft, values })
    }

    /// The address of the form, at a page or, with nothing, wherever the caller was.
    pub fn path(&self) -> String {
        form_path(&self.definition.thing.id)
    }
}

/// The address of a template's form.
pub fn form_path(template: &str) -> String {
    format!("{}/form", template_path(template))
}

/// The address of a template.
pub fn template_path(template: &str) -> String {
    let (_, rest) = template.split_once(':').unwrap_or(("template", template));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("/create/templates/{}/{}", segment(namespace), segment(name))
}

/// Saves a page that was sent, and leads on. Besides what every form knows, a button says `other` to have back what another window has saved, and
/// `mine` to keep what stands here.
pub async fn save(templates: &Templates, caller: &Caller, sent: &[(String, String)]) -> Result<SchemaSaved, AppError> {
    let sent = Sent(sent);
    let one = |name: &str| sent.one(name).unwrap_or_default();
    let Filling { form, definition, values: start, .. } =
        Filling::open(templates, caller, one(TEMPLATE), one(GIVEN)).await?;
    let (page, base, does) = (sent.page()?, sent.revision(), sent.does());
    let draft = drafts::save(&templates.kit, caller, &definition.thing.id, |before| {
        let known = before.map_or(&start, |draft| &draft.values);
        let mut replaced = before.map_or(Value::Null, |draft| draft.replaced.clone());
        let mut values = sent.values(&form, known, page)?;
        if does == "other" && !replaced.is_null() {
            (values, replaced) = (replaced, Value::Null);
        }
        // Somebody was quicker in another window: what stood there is kept beside what is typed here.
        if let Some(before) =
            before.filter(|before| before.revision != base && before.values != values && does != "other")
        {
            replaced = before.values.clone();
        }
        if does == "mine" {
            replaced = Value::Null;
        }
        Ok(Draft { values, replaced, page, revision: 0, updated_at: 0 })
    })
    .await?;
    let path = form_path(&definition.thing.id);
    let at = |page: usize| href(&path, [("page", (page + 1).to_string().as_str())]);
    lead_to(&match onward(&form, &form.active(&draft.values), &draft.values, page, does) {
        Onward::Page(page, None) => at(page),
        Onward::Page(page, Some(control)) => format!("{}#{control}", at(page)),
        Onward::Tried(page) => format!("{}&tried=1", at(page)),
        Onward::Review => href(&path, [("page", "review")]),
    });
    Ok(saved(&form, &draft.values, page, draft.revision, !draft.replaced.is_null()))
}

/// Begins a run with what the caller has filled in and the secrets that come with this request, and leads to it.
pub async fn start(templates: &Templates, caller: &Caller, sent: &[(String, String)]) -> Result<String, AppError> {
    let sent = Sent(sent);
    let one = |name: &str| sent.one(name).unwrap_or_default();
    let filling = Filling::open(templates, caller, one(TEMPLATE), one(GIVEN)).await?;
    let template = filling.definition.thing.id.clone();
    let Started { values, secrets } = started(&filling.form, &filling.values, sent)?;
    let submission = Submission { template: template.clone(), values, secrets, ..Submission::default() };
    let id = templates.tasks.submit(caller, submission).await.map_err(forms::said)?;
    drafts::discard(&templates.kit, caller, &template).await?;
    lead_to(&forms::run_path(&id));
    Ok(id)
}

/// Forgets what the caller has filled in.
pub async fn discard(templates: &Templates, caller: &Caller, template: &str) -> Result<(), AppError> {
    let definition = templates.tasks.runnable(caller, template).await?;
    drafts::discard(&templates.kit, caller, &definition.thing.id).await?;
    done("The draft is discarded");
    lead_to(&template_path(&definition.thing.id));
    Ok(())
}
