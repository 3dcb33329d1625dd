//! What people do with journeys.

use descriptor::EntityRef;
use form::Standard;
use journey::{Command, Evidence, Journey, JourneyState, Kind, Origin, Step, StepState};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::context::authorise_own;
use kit::server::db;
use kit::server::definitions;
use sea_orm::QueryResult;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

use super::GoldenPaths;
use super::driver::{SEALED_FOR, Secrets};
use super::engine::{Also, By, Failed};
use super::journeys::{own_names, who};
use super::service::{EvidenceFile, Keep, Offered, Refused, Save, StepForm};
use super::store::{self, Stored, Write};
use super::versions::definition;
use super::view;
use crate::info::{CHANGE_JOURNEY, READ_JOURNEY, START_JOURNEY};

/// How often a save is tried that another one overtakes.
const TRIES: usize = 8;

/// The largest file that shows something, in bytes.
pub const LARGEST_FILE: usize = 5 << 20;

/// The most that a task is finished with, in bytes.
const LARGEST_VALUES: usize = 64 << 10;

/// The most links that a task is finished with at once.
const LINKS: usize = 50;

/// The most files of one journey.
const FILES: i64 = 200;

/// The longest text that somebody says, in characters.
const SAID: usize = 10_000;

/// The most bytes of what is filled in.
const FILLED: usize = 600_000;

impl GoldenPaths {
    /// Opens a journey along a path, as a draft of the caller's or of one of its groups, and gives its number.
    pub async fn begin(&self, caller: &Caller, path: &str, owner: Option<&str>) -> Result<String, AppError> {
        let row = self.readable(caller, path).await?;
        self.permit(caller, &START_JOURNEY, &row).await?;
        if definitions::latest(self.kit.db.read(), definition(&row.path)).await?.is_none() {
            return Err(AppError::Unavailable { what: "A version of this golden path, to begin with,".into() });
        }
        let who = who(caller)?;
        let owner = match owner.map(str::trim).filter(|owner| !owner.is_empty() && *owner != who.subject) {
            None => who.subject.clone(),
            Some(owner) => {
                let group = self.whom(owner).await?;
                if !who.administrator && !own_names(caller).contains(&group) {
                    return Err(AppError::bad_request(format!("You are not in {group}: name one of your own groups")));
                }
                group
            }
        };
        let draft = Command::Draft { path: row.path, title: row.title, owner, parent: None, over: String::new() };
        self.create(caller, &who, draft).await
    }

    /// The form of a step, or the path's own, as far as it is filled in.
    pub async fn form(&self, caller: &Caller, id: &str, step: Option<&str>) -> Result<StepForm, AppError> {
        let Stored { row, journey } = self.taken_part(caller, id).await?;
        self.form_of(row, Arc::new(journey), step).await
    }

    /// Saves a page of a form as a draft, without secrets. `entered` makes what is filled in of what was before.
    pub async fn save_form(
        &self,
        caller: &Caller,
        id: &str,
        step: Option<&str>,
        Save { page, base, keep }: Save,
        entered: impl Fn(&form::Form, &Value) -> Result<Value, AppError>,
    ) -> Result<StepForm, AppError> {
        let Stored { row, journey } = self.taken_part(caller, id).await?;
        self.may_fill(caller, &journey, step)?;
        let journey = Arc::new(journey);
        for _ in 0..TRIES {
            let mut form = self.form_of(row, journey.clone(), step).await?;
            let known = form.revision;
            let mut values = match keep {
                Keep::Other if !form.replaced.is_null() => std::mem::take(&mut form.replaced),
                _ => form.form.without_secrets(&entered(&form.form, &form.values)?),
            };
            if values.to_string().len() > FILLED {
                return Err(AppError::bad_request("This is more than a form may hold: shorten it"));
            }
            match keep {
                Keep::Mine => form.replaced = Value::Null,
                Keep::Sent if known != base && known != 0 && form.values != values => {
                    form.replaced = std::mem::take(&mut form.values);
                }
                Keep::Sent | Keep::Other => {}
            }
            std::mem::swap(&mut form.values, &mut values);
            form.page = page;
            form.revision = known + 1;
            if self.put_draft(row, step.unwrap_or_default(), &form, known).await? {
                return Ok(form);
            }
        }
        Err(AppError::Unavailable { what: "Your draft".into() })
    }

    /// Starts a journey with what was filled in, or with these values.
    pub async fn start(
        &self,
        caller: &Caller,
        id: &str,
        values: Option<Map<String, Value>>,
    ) -> Result<Arc<Journey>, Refused> {
        let Stored { row, journey } = self.taken_part(caller, id).await?;
        let who = who(caller)?;
        if !journey.is_owner(&who) {
            return Err(forbidden("Only the journey’s owner starts it").into());
        }
        if journey.state != JourneyState::Draft {
            return Err(AppError::conflict("This journey has started already").into());
        }
        let path = self.readable(caller, &journey.path).await?;
        self.permit(caller, &START_JOURNEY, &path).await?;
        let version = self.ready.newest_path(&journey.path, "").await?;
        let version = version
            .ok_or_else(|| AppError::Unavailable { what: "A version of this golden path, to begin with,".into() })?;
        let definition = self.ready.path(version.id).await?;
        let pin = self.ready.pin_path(&version).await?;
        let values = match values {
            Some(values) => Value::Object(values),
            None => self.form_of(row, Arc::new(journey.clone()), None).await?.values,
        };
        let form = form::form(&definition.parameters);
        let given = form.prune(&form.defaults(&values));
        let errors = form.validate(&given, &Standard);
        if !errors.is_empty() {
            return Err(Refused::Fields(errors));
        }
        let Value::Object(parameters) = form.without_secrets(&given) else {
            return Err(AppError::bad_request("A form is an object").into());
        };
        let pins = self.ready.pins(&definition, Some(caller)).await?;
        let (steps, output) = (definition.steps.clone(), definition.output.clone());
        let command = Command::Start { pin, parameters, steps, output, pins };
        let also = Also { discard_draft: Some(""), ..Also::default() };
        let by = By { who: Some(&who), caller, lease: None };
        Ok(Arc::new(self.command(id, &by, command, also).await?.0))
    }

    /// Sends the form of a step that runs something: its run begins with these values, or with what was filled in.
    pub async fn fill(
        &self,
        caller: &Caller,
        id: &str,
        step: &str,
        values: Option<Map<String, Value>>,
        secrets: Map<String, Value>,
    ) -> Result<Arc<Journey>, Refused> {
        let Stored { row, journey } = self.taken_part(caller, id).await?;
        let who = who(caller)?;
        let form = self.form_of(row, Arc::new(journey.clone()), Some(step)).await?;
        let at = form.step.as_ref().ok_or_else(|| AppError::not_found(format!("The step {step}")))?;
        let values = match (values, form.values) {
            (Some(values), _) | (None, Value::Object(values)) => values,
            _ => Map::new(),
        };
        let whole = Value::Object(values.clone());
        let hidden: Vec<(String, Value)> = form
            .form
            .secrets(&whole)
            .into_iter()
            .filter_map(|pointer| Some((pointer.clone(), whole.pointer(&pointer)?.clone())))
            .collect();
        let begins = format!("{}/{}/{}", journey.id, at.key, at.round);
        let keep_secret = (!hidden.is_empty() || !secrets.is_empty()).then(|| {
            let secrets = json!(Secrets { at: hidden, named: secrets });
            (begins, self.kit.vault.seal(SEALED_FOR, secrets.to_string().as_bytes()))
        });
        let also = Also { keep_secret, discard_draft: Some(step), ..Also::default() };
        let by = By { who: Some(&who), caller, lease: None };
        Ok(Arc::new(self.command(id, &by, Command::Fill { step: step.to_owned(), values }, also).await?.0))
    }

    /// Does what a person asks of a journey: everything but starting it, filling in the form of what a step runs, and taking newer versions.
    pub async fn act(&self, caller: &Caller, id: &str, command: Command) -> Result<Arc<Journey>, Refused> {
        let stored = self.taken_part(caller, id).await?;
        let command = self.checked(&stored.journey, command).await?;
        let who = who(caller)?;
        let also = match &command {
            Command::Complete { .. } => Some(step_of(&command).to_owned()),
            _ => None,
        };
        let also = Also { discard_draft: also.as_deref(), ..Also::default() };
        let by = By { who: Some(&who), caller, lease: None };
        Ok(Arc::new(self.command(id, &by, command, also).await?.0))
    }

    /// Opens a new journey along the path of one that is over, with what was filled in then, and gives its number. The old one stays and leads to it.
    pub async fn start_over(&self, caller: &Caller, id: &str) -> Result<String, Refused> {
        let Stored { journey, .. } = self.taken_part(caller, id).await?;
        let path = self.readable(caller, &journey.path).await?;
        self.permit(caller, &START_JOURNEY, &path).await?;
        let who = who(caller)?;
        let new = Uuid::new_v4().to_string();
        let known = self.ready.forms(&journey).await?;
        let now = self.kit.clock.now();
        let draft = Command::Draft {
            path: path.path,
            title: path.title,
            owner: journey.owner.clone(),
            parent: None,
            over: journey.id.clone(),
        };
        let (drafted, entries) = Journey::new(&new).handle(now, &known, Some(&who), draft).map_err(Failed::Refused)?;
        let by = By { who: Some(&who), caller, lease: None };
        let tx = self.kit.db.begin().await?;
        let Some(Stored { row, journey }) = store::load_for_update(&tx, id).await? else {
            return Err(AppError::not_found(format!("The journey {id}")).into());
        };
        let over = Command::StartOver { journey: new.clone() };
        let (after, more) = journey.handle(now, &known, Some(&who), over).map_err(Failed::Refused)?;
        self.write(&tx, &Write { before: Some((row, &journey)), after: &after, entries: &more, now }, &by).await?;
        self.write(&tx, &Write { before: None, after: &drafted, entries: &entries, now }, &by).await?;
        if let Some(Stored { row, .. }) = store::load(&tx, &new).await? {
            let text = "INSERT INTO golden_paths_draft (journey_id, step_key, filled, replaced, page, revision, updated_at) VALUES (?, '', ?, '', 0, 1, ?)";
            let filled = Value::Object(journey.parameters.clone()).to_string();
            db::execute(&tx, text, [row.into(), filled.into(), now.into()]).await?;
        }
        self.commit(tx, &new, &entries).await?;
        self.wake.wake();
        Ok(new)
    }

    /// What newer versions of the path, and of what its steps run, would change about a journey; nothing where there are none.
    pub async fn offer(&self, caller: &Caller, id: &str) -> Result<Option<Offered>, AppError> {
        let Stored { journey, .. } = self.seen(caller, id).await?;
        if journey.state.is_over() || journey.state == JourneyState::Draft {
            return Ok(None);
        }
        let Some(version) = self.ready.newest_path(&journey.path, "").await? else { return Ok(None) };
        let pin = self.ready.pin_path(&version).await?;
        let path = self.ready.path(version.id).await?;
        // Without a newer path, what its steps run may still be newer.
        let pins = match self.ready.pins(&path, None).await {
            Ok(pins) => pins,
            Err(AppError::BadRequest { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let known = self.ready.forms_of(pins.values()).await?;
        let Some(offer) = journey.offer(&path, &pin, &pins, &known) else { return Ok(None) };
        let named = json!([offer.pin, offer.steps, offer.pins, offer.output]).to_string();
        let hash = blake3::hash(named.as_bytes()).to_hex().to_string();
        Ok(Some(Offered { offer, hash, parameters: path.parameters.clone() }))
    }

    /// Goes on with newer versions: with exactly those whose offer has the hash, and with what the path asks for besides.
    pub async fn accept_offer(
        &self,
        caller: &Caller,
        id: &str,
        hash: &str,
        parameters: Map<String, Value>,
    ) -> Result<Arc<Journey>, Refused> {
        let Stored { journey, .. } = self.taken_part(caller, id).await?;
        let who = who(caller)?;
        if !journey.is_owner(&who) {
            return Err(forbidden("Only the journey’s owner takes newer versions").into());
        }
        let offered = self.offer(caller, id).await?;
        let Some(Offered { offer, parameters: asked, .. }) = offered.filter(|offered| offered.hash == hash) else {
            return Err(AppError::conflict("The offer is another by now; look at it again").into());
        };
        let mut more = Map::new();
        if offer.pin.is_some() {
            let form = form::form(&asked);
            let mut all = journey.parameters.clone();
            all.extend(parameters.clone());
            // What others may have agreed to stays what it was: only what the newer version asks for besides is filled in.
            let active = form.active(&Value::Object(all.clone()));
            let is_asked = |name: &String| {
                offer.missing.contains(name)
                    || !journey.parameters.contains_key(name)
                        && active.fields().any(|field| field.path == format!("/{name}"))
            };
            let changed = parameters.iter().find(|(name, value)| {
                journey.parameters.get(*name) != Some(value) && !is_asked(name) && !value.is_null()
            });
            if let Some((name, _)) = changed {
                let why = format!("{name} is not asked for by the newer version: what was filled in before stays");
                return Err(AppError::bad_request(why).into());
            }
            let given = form.prune(&form.defaults(&Value::Object(all)));
            let errors = form.validate(&given, &Standard);
            if !errors.is_empty() {
                return Err(Refused::Fields(errors));
            }
            if let Value::Object(given) = form.without_secrets(&given) {
                more = given.into_iter().filter(|(name, value)| journey.parameters.get(name) != Some(value)).collect();
            }
        }
        let by = By { who: Some(&who), caller, lease: None };
        Ok(Arc::new(self.command(id, &by, offer.accept(more), Also::default()).await?.0))
    }

    /// Keeps a file that shows something, for a step of the journey; what comes back is added to the step by whoever shows it.
    pub async fn put_file(
        &self,
        caller: &Caller,
        id: &str,
        name: &str,
        content: Vec<u8>,
    ) -> Result<Evidence, AppError> {
        let Stored { row, .. } = self.taken_part(caller, id).await?;
        if content.is_empty() {
            return Err(AppError::bad_request("The file is empty"));
        }
        if content.len() > LARGEST_FILE {
            return Err(AppError::TooLarge { megabytes: LARGEST_FILE >> 20 });
        }
        let name = file_name(name);
        let uuid = Uuid::new_v4().to_string();
        let tx = self.kit.db.begin().await?;
        let text = "SELECT count(*) AS n FROM golden_paths_file WHERE journey_id = ?";
        let rows = db::rows(&tx, text, [row.into()]).await?;
        if rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n"))? >= FILES {
            return Err(AppError::bad_request(format!("A journey has {FILES} files at most")));
        }
        let text = "INSERT INTO golden_paths_file (uuid, journey_id, name, media_type, bytes, content, subject, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let values = [
            uuid.as_str().into(),
            row.into(),
            name.as_str().into(),
            media_type(&content).into(),
            store::number(content.len() as u64).into(),
            content.into(),
            caller.subject().into(),
            self.kit.clock.now().into(),
        ];
        db::execute(&tx, text, values).await?;
        tx.commit().await?;
        Ok(Evidence { name, href: format!("/api/golden-paths/v1/files/{uuid}") })
    }

    /// A file of a journey that the caller may see.
    pub async fn get_file(&self, caller: &Caller, file: &str) -> Result<EvidenceFile, AppError> {
        authorise_own(&self.kit, caller, &READ_JOURNEY).await?;
        let missing = || AppError::not_found("This file");
        let text = "SELECT f.name, f.media_type, f.content, j.uuid FROM golden_paths_file f JOIN golden_paths_journey j ON j.id = f.journey_id WHERE f.uuid = ?";
        let rows = db::rows(self.kit.db.read(), text, [file.into()]).await?;
        let row = rows.first().ok_or_else(missing)?;
        let journey: String = row.try_get("", "uuid")?;
        self.seen(caller, &journey).await.map_err(|error| match error {
            AppError::NotFound { .. } => missing(),
            other => other,
        })?;
        Ok(EvidenceFile {
            name: row.try_get("", "name")?,
            media_type: row.try_get("", "media_type")?,
            content: row.try_get("", "content")?,
        })
    }

    async fn create(&self, caller: &Caller, who: &journey::Who, draft: Command) -> Result<String, AppError> {
        let id = Uuid::new_v4().to_string();
        let now = self.kit.clock.now();
        let known = super::versions::Known::default();
        let (after, entries) = Journey::new(&id)
            .handle(now, &known, Some(who), draft)
            .map_err(|error| AppError::from(Failed::Refused(error)))?;
        let tx = self.kit.db.begin().await?;
        let by = By { who: Some(who), caller, lease: None };
        self.write(&tx, &Write { before: None, after: &after, entries: &entries, now }, &by).await?;
        self.commit(tx, &id, &entries).await?;
        Ok(id)
    }

    async fn form_of(&self, row: i64, journey: Arc<Journey>, step: Option<&str>) -> Result<StepForm, AppError> {
        let key = step.unwrap_or_default();
        let text =
            "SELECT filled, replaced, page, revision FROM golden_paths_draft WHERE journey_id = ? AND step_key = ?";
        let rows = db::rows(self.kit.db.read(), text, [row.into(), key.into()]).await?;
        let draft = rows.first().map(read_draft).transpose()?;
        let mut form = match step {
            None => self.path_form(journey).await?,
            Some(key) => self.step_form(journey, key).await?,
        };
        if let Some((values, replaced, page, revision)) = draft {
            (form.values, form.replaced, form.page, form.revision) = (values, replaced, page, revision);
        }
        Ok(form)
    }

    async fn path_form(&self, journey: Arc<Journey>) -> Result<StepForm, AppError> {
        let version = match journey.state {
            JourneyState::Draft => self.ready.newest_path(&journey.path, "").await?.map(|version| version.id),
            _ => Some(journey.pin.id),
        };
        let version = version
            .ok_or_else(|| AppError::Unavailable { what: "A version of this golden path, to begin with,".into() })?;
        let definition = self.ready.path(version).await?;
        let form = form::form(&definition.parameters);
        let values = form.without_secrets(&form.defaults(&Value::Object(journey.parameters.clone())));
        Ok(StepForm {
            step: None,
            title: definition.title.clone(),
            description: definition.description.clone(),
            form: Arc::new(form),
            parameters: definition.parameters.clone(),
            values,
            origins: BTreeMap::new(),
            replaced: Value::Null,
            page: 0,
            revision: 0,
            journey,
        })
    }

    async fn step_form(&self, journey: Arc<Journey>, key: &str) -> Result<StepForm, AppError> {
        let step: Step =
            journey.step(key).cloned().ok_or_else(|| AppError::not_found(format!("The step {key} of this journey")))?;
        let (title, description) = (step.definition.name.clone(), step.definition.description.clone());
        let (form, parameters, values, origins): (_, _, _, BTreeMap<String, Origin>) = match &step.definition.kind {
            Kind::Task(task) if !task.form.is_null() => {
                let form = form::form(&task.form);
                // A task is given values as what is run is; what was filled in before it was sent back stands over them.
                let given = step.input.clone().into_iter().chain(step.entered.clone()).collect();
                let values = form.without_secrets(&form.defaults(&Value::Object(given)));
                let origins = step.input.keys().map(|name| (name.clone(), Origin::Path)).collect();
                (Arc::new(form), task.form.clone(), values, origins)
            }
            Kind::Template { .. } | Kind::Path { .. } => {
                let pin = step.pin.as_ref().ok_or_else(|| AppError::not_found(format!("What the step {key} runs")))?;
                let known = self.ready.forms_of([pin]).await?;
                let gone = || AppError::not_found(format!("Version {} of {}", pin.number, pin.name));
                let asked = known.asked(pin).ok_or_else(gone)?.clone();
                let filled = journey.prefilled(&step, &known, &expression::Engine::default());
                let filled = filled.map_err(AppError::bad_request)?.ok_or_else(gone)?;
                let values = asked.form.without_secrets(&Value::Object(filled.values));
                (asked.form.clone(), asked.parameters.clone(), values, filled.origins)
            }
            _ => return Err(AppError::not_found(format!("A form of the step {key}"))),
        };
        Ok(StepForm {
            step: Some(step),
            title,
            description,
            form,
            parameters,
            values,
            origins,
            replaced: Value::Null,
            page: 0,
            revision: 0,
            journey,
        })
    }

    fn may_fill(&self, caller: &Caller, journey: &Journey, step: Option<&str>) -> Result<(), AppError> {
        let who = who(caller)?;
        let may = match step.and_then(|key| journey.step(key)) {
            Some(step) if step.state != StepState::Waiting => {
                return Err(AppError::conflict(format!("The step is {}", step.state)));
            }
            Some(step) => {
                journey.is_team(&who, step) || step.definition.kind.runs().is_some() && journey.is_owner(&who)
            }
            None if journey.state != JourneyState::Draft => {
                return Err(AppError::conflict("This journey has started already"));
            }
            None => journey.is_owner(&who),
        };
        if may { Ok(()) } else { Err(forbidden("This form is for others to fill in")) }
    }

    async fn put_draft(&self, row: i64, step: &str, form: &StepForm, known: i64) -> Result<bool, AppError> {
        let replaced = if form.replaced.is_null() { String::new() } else { form.replaced.to_string() };
        let text = "INSERT INTO golden_paths_draft (journey_id, step_key, filled, replaced, page, revision, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) \
                    ON CONFLICT (journey_id, step_key) DO UPDATE SET filled = excluded.filled, replaced = excluded.replaced, page = excluded.page, \
                    revision = excluded.revision, updated_at = excluded.updated_at WHERE golden_paths_draft.revision = ?";
        let values = [
            row.into(),
            step.into(),
            form.values.to_string().into(),
            replaced.into(),
            store::number(form.page as u64).into(),
            form.revision.into(),
            self.kit.clock.now().into(),
            known.into(),
        ];
        let tx = self.kit.db.begin().await?;
        let written = db::execute(&tx, text, values).await?;
        tx.commit().await?;
        Ok(written > 0)
    }

    /// A command with the people and groups in it written in the one way, and its texts within their limits.
    /// Whether somebody may know of a journey by having a part in it, in person or by a group.
    async fn has_part(&self, journey: &Journey, whom: &str) -> Result<bool, AppError> {
        let parties = view::parties(journey);
        if parties.contains(whom) {
            return Ok(true);
        }
        if !whom.starts_with("user:") {
            return Ok(false);
        }
        let groups = self.directory.groups(Some(whom), &[]).await?;
        Ok(groups.iter().any(|membership| parties.contains(&membership.group)))
    }

    /// A command with its texts within their limits, and with those whom it names by their refs.
    async fn checked(&self, journey: &Journey, command: Command) -> Result<Command, AppError> {
        Ok(match command {
            Command::HandOver { step, to, reason } => {
                Command::HandOver { step, to: self.whom(&to).await?, reason: short(reason, "The reason")? }
            }
            Command::Delegate { step, to } => {
                let to = if to.contains(':') { to } else { format!("user:{}", to.trim()) };
                Command::Delegate { step, to: self.whom(&to).await? }
            }
            Command::Transfer { to } => Command::Transfer { to: self.whom(&to).await? },
            Command::Approve { step, comment } => Command::Approve { step, comment: short(comment, "The comment")? },
            Command::Decline { step, reason } => Command::Decline { step, reason: short(reason, "The reason")? },
            Command::Except { step, attest, reason, evidence } => Command::Except {
                step,
                attest,
                reason: short(reason, "The reason")?,
                evidence: evidence.into_iter().map(shown).collect::<Result<_, _>>()?,
            },
            Command::Complete { step, values, evidence } => {
                let size: usize = values.values().map(|value| value.to_string().len()).sum();
                if size > LARGEST_VALUES || evidence.len() > LINKS {
                    let most = LARGEST_VALUES >> 10;
                    return Err(AppError::bad_request(format!(
                        "A task is finished with {most} KB of values and {LINKS} links at most"
                    )));
                }
                Command::Complete { step, values, evidence: evidence.into_iter().map(shown).collect::<Result<_, _>>()? }
            }
            Command::AddEvidence { step, evidence } => Command::AddEvidence { step, evidence: shown(evidence)? },
            Command::Comment { step, text, mentions } => {
                let text = short(text, "The comment")?;
                let mut found = Vec::new();
                for mention in mentions.into_iter().chain(mentioned(&text)) {
                    // What names nobody, or nobody who has a part in the journey, is text like any other.
                    if let Ok(whom) = self.whom(&mention).await
                        && !found.contains(&whom)
                        && self.has_part(journey, &whom).await?
                    {
                        found.push(whom);
                    }
                }
                Command::Comment { step, text, mentions: found }
            }
            Command::Cancel { reason } => Command::Cancel { reason: short(reason, "The reason")? },
            Command::GiveUp { reason } => Command::GiveUp { reason: short(reason, "The reason")? },
            other @ (Command::Claim { .. } | Command::Release { .. } | Command::Retry { .. }) => other,
            _ => return Err(AppError::bad_request("This is not asked for in this way")),
        })
    }

    /// The canonical ref of a group or person that there is.
    async fn whom(&self, written: &str) -> Result<String, AppError> {
        let wrong = |_| AppError::bad_request(format!("{written:?} names neither a group nor a person"));
        let found = EntityRef::parse(written.trim(), Some("group"), "default").map_err(wrong)?.to_string();
        if !found.starts_with("group:") && !found.starts_with("user:") {
            return Err(AppError::bad_request(format!("{found} is neither a group nor a person")));
        }
        let known = self.entities.titles(&Caller::System, std::slice::from_ref(&found)).await?;
        if !known.contains_key(&found) {
            return Err(AppError::bad_request(format!("There is no {found} in the catalog")));
        }
        Ok(found)
    }
}

impl From<Failed> for AppError {
    fn from(failed: Failed) -> Self {
        use journey::Refused as Journeys;
        match failed {
            Failed::Refused(Journeys::Unknown(what)) => Self::NotFound { what: what.trim_end_matches('.').to_owned() },
            Failed::Refused(Journeys::Forbidden(why)) => forbidden(&why),
            Failed::Refused(Journeys::Conflict(why)) => Self::conflict(why),
            Failed::Refused(Journeys::Invalid(why)) => Self::bad_request(why),
            Failed::Refused(Journeys::Fields(errors)) => Self::bad_request(super::service::wrong_fields(&errors)),
            Failed::Unknown => Self::not_found("This journey"),
            Failed::LeaseLost => Self::internal("a person holds no lease"),
            Failed::Error(error) => error,
        }
    }
}

impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(journey::Refused::Fields(errors)) => Self::Fields(errors),
            other => Self::Error(other.into()),
        }
    }
}

/// A refusal by the journey itself, whose words say who may.
fn forbidden(why: &str) -> AppError {
    AppError::Forbidden {
        right: format!("{} ({why})", CHANGE_JOURNEY.allows),
        granted_by: "whoever has that part".into(),
    }
}

fn step_of(command: &Command) -> &str {
    match command {
        Command::Complete { step, .. } => step,
        _ => "",
    }
}

fn short(text: String, what: &str) -> Result<String, AppError> {
    if text.chars().count() > SAID {
        return Err(AppError::bad_request(format!("{what} is longer than {SAID} characters")));
    }
    Ok(text.trim().to_owned())
}

/// A link or a file of the portal's own.
fn shown(evidence: Evidence) -> Result<Evidence, AppError> {
    let href = evidence.href.trim().to_owned();
    let is_file = href.strip_prefix("/api/golden-paths/v1/files/").is_some_and(|id| Uuid::parse_str(id).is_ok());
    let is_link = url::Url::parse(&href).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if !(is_file || is_link) || href.len() > 2_000 {
        return Err(AppError::bad_request("What shows something is a file, or a link that begins with https://"));
    }
    let name = evidence.name.trim();
    let name = if name.is_empty() { href.clone() } else { name.chars().take(200).collect() };
    Ok(Evidence { name, href })
}

/// Whom a text turns to: `@jane`, `@group:default/payments`.
fn mentioned(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')'));
    let names = words.filter_map(|word| word.strip_prefix('@'));
    names
        .map(|name| name.trim_end_matches(['.', '!', '?', ':']))
        .filter(|name| !name.is_empty())
        .map(|name| if name.contains(':') { name.to_owned() } else { format!("user:{name}") })
        .take(20)
        .collect()
}

fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control() && *c != '"').take(120).collect();
    if name.trim().is_empty() { "file".into() } else { name.trim().to_owned() }
}

/// What a file is, by how it begins; what is not known is only bytes.
fn media_type(content: &[u8]) -> &'static str {
    match content {
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'P', b'K', 3, 4, ..] => "application/zip",
        _ if !content.contains(&0) && std::str::from_utf8(content).is_ok() => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn read_draft(row: &QueryResult) -> Result<(Value, Value, usize, i64), AppError> {
    // What cannot be read any more is as if nothing had been filled in.
    let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok((
        json(row.try_get("", "filled")?),
        json(row.try_get("", "replaced")?),
        usize::try_from(row.try_get::<i64>("", "page")?).unwrap_or_default(),
        row.try_get("", "revision")?,
    ))
}
