//! Versions of templates and golden paths as journeys need them, read once: a version does not change.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use form::Form;
use journey::{Forms, GoldenPath, Journey, Pin, Pins};
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::db::Db;
use kit::server::definitions::{self, Definition, Range, Version};
use kit::server::entities::Entities;
use kit::server::runs::{self, Runs};
use kit::server::source::Tree;
use serde_json::Value;

/// Versions that are kept ready.
const KEPT: usize = 2_000;

/// How deep paths may lie within paths.
pub(super) const DEEPEST: usize = 8;

/// The most versions that one journey keeps to.
const MOST_PINS: usize = 500;

/// Reads versions, and keeps them ready.
pub struct Ready {
    db: Db,
    entities: Arc<dyn Entities>,
    runs: Arc<dyn Runs>,
    asked: Mutex<HashMap<i64, Arc<Asked>>>,
    paths: Mutex<HashMap<i64, Arc<GoldenPath>>>,
}

/// What a version asks for.
pub struct Asked {
    /// What people call it.
    pub title: String,
    /// What it is for, in Markdown.
    pub description: String,
    /// Its form, as its descriptor says it.
    pub parameters: Value,
    /// Its form.
    pub form: Arc<Form>,
}

/// The forms of the versions that a journey keeps to.
#[derive(Clone, Default)]
pub struct Known {
    asked: HashMap<i64, Arc<Asked>>,
    /// Those that are not to be had.
    gone: BTreeSet<i64>,
}

impl Forms for Known {
    fn form(&self, pin: &Pin) -> Option<&Form> {
        self.asked.get(&pin.id).map(|asked| &*asked.form)
    }
}

impl Known {
    /// What a version asks for.
    pub fn asked(&self, pin: &Pin) -> Option<&Arc<Asked>> {
        self.asked.get(&pin.id)
    }

    /// What is known besides.
    pub fn and(mut self, more: Self) -> Self {
        self.asked.extend(more.asked);
        self.gone.extend(more.gone);
        self
    }

    /// Whether all that a journey may ask for was looked for.
    pub fn covers(&self, journey: &Journey) -> bool {
        pins_of(journey).iter().all(|pin| self.asked.contains_key(&pin.id) || self.gone.contains(&pin.id))
    }
}

/// The versions of which a journey may ask for the form.
fn pins_of(journey: &Journey) -> Vec<&Pin> {
    journey.steps.iter().filter(|step| !step.state.is_behind()).filter_map(|step| step.pin.as_ref()).collect()
}

/// The golden path as a definition.
pub fn definition(path: &str) -> Definition<'_> {
    Definition { plugin: crate::INFO.id, name: path }
}

impl Ready {
    /// With nothing read yet.
    pub fn new(db: Db, entities: Arc<dyn Entities>, runs: Arc<dyn Runs>) -> Self {
        Self { db, entities, runs, asked: Mutex::default(), paths: Mutex::default() }
    }

    /// The forms that a journey may ask for.
    pub async fn forms(&self, journey: &Journey) -> Result<Known, AppError> {
        self.forms_of(pins_of(journey)).await
    }

    /// The forms of these versions; those that are not to be had are left out.
    pub async fn forms_of(&self, pins: impl IntoIterator<Item = &Pin>) -> Result<Known, AppError> {
        let mut known = Known::default();
        for pin in pins {
            if known.asked.contains_key(&pin.id) || known.gone.contains(&pin.id) {
                continue;
            }
            match self.asked(pin).await {
                Ok(asked) => drop(known.asked.insert(pin.id, asked)),
                Err(AppError::NotFound { .. } | AppError::BadRequest { .. }) => drop(known.gone.insert(pin.id)),
                Err(error) => return Err(error),
            }
        }
        Ok(known)
    }

    /// What a version asks for.
    pub async fn asked(&self, pin: &Pin) -> Result<Arc<Asked>, AppError> {
        if let Some(asked) = self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(&pin.id) {
            return Ok(asked.clone());
        }
        let asked = if is_path(&pin.name) {
            let path = self.path(pin.id).await?;
            Asked {
                title: path.title.clone(),
                description: path.description.clone(),
                form: Arc::new(form::form(&path.parameters)),
                parameters: path.parameters.clone(),
            }
        } else {
            let asked = self.runs.asked(&to_run(pin)).await?;
            let form = Arc::new(form::form(&asked.parameters));
            Asked { title: asked.title, description: asked.description, form, parameters: asked.parameters }
        };
        let asked = Arc::new(asked);
        let mut kept = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pin.id, asked.clone());
        Ok(asked)
    }

    /// What the version of a golden path in this row says.
    pub async fn path(&self, id: i64) -> Result<Arc<GoldenPath>, AppError> {
        if let Some(path) = self.paths.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(path.clone());
        }
        let version = definitions::by_id(self.db.read(), id).await?;
        let version = version.ok_or_else(|| AppError::not_found("This version of a golden path"))?;
        let (path, _) = self.open(&version).await?;
        let path = Arc::new(path);
        let mut kept = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(id, path.clone());
        Ok(path)
    }

    /// What a version of a golden path says, and its descriptor.
    pub async fn open(&self, version: &Version) -> Result<(GoldenPath, String), AppError> {
        let tree = definitions::tree(&self.db, version).await?;
        let content = tree.read(tree.start()).await.map_err(AppError::internal)?;
        let text = String::from_utf8(content).map_err(AppError::internal)?;
        let document = descriptor::read(&text).into_iter().find_map(|document| document.value);
        let value = document.ok_or_else(|| {
            AppError::bad_request(format!("The descriptor of version {} cannot be read", version.number))
        })?;
        Ok((GoldenPath::read(&value), text))
    }

    /// The newest version of a golden path that a range allows; the one that journeys begin with where it is empty.
    pub async fn newest_path(&self, path: &str, range: &str) -> Result<Option<Version>, AppError> {
        let version = if range.is_empty() {
            definitions::latest(self.db.read(), definition(path)).await?
        } else {
            let range = Range::parse(range)
                .ok_or_else(|| AppError::bad_request(format!("{range:?} is no range of versions, such as ^1.2")))?;
            definitions::within(self.db.read(), definition(path), &range).await?
        };
        Ok(version)
    }

    /// Pins a version of a golden path.
    pub async fn pin_path(&self, version: &Version) -> Result<Pin, AppError> {
        let path = self.path(version.id).await?;
        Ok(Pin {
            name: version.name.clone(),
            title: path.title.clone(),
            owner: path.owner.clone(),
            number: version.number.to_string(),
            id: version.id,
            hash: version.hash.clone(),
        })
    }

    /// The newest versions of all that a path runs, what undoes its steps and what the paths within it run included; as `caller` may, or for the
    /// portal itself. What there is no version of is told by name where `caller` asks, and left out otherwise.
    pub async fn pins(&self, path: &GoldenPath, caller: Option<&Caller>) -> Result<Pins, AppError> {
        let mut pins = Pins::new();
        let mut open: Vec<(String, Arc<GoldenPath>, Vec<String>)> =
            vec![(String::new(), Arc::new(path.clone()), vec![path.entity_ref()])];
        while let Some((prefix, path, above)) = open.pop() {
            for step in &path.steps {
                if let Some((name, range)) = step.kind.runs() {
                    let key = format!("{prefix}{}", step.id);
                    let Some(pin) = self.newest(name, range, caller, &path).await? else { continue };
                    if is_path(name) {
                        if above.iter().any(|other| other == name) {
                            return Err(AppError::bad_request(format!("The golden path {name} leads to itself")));
                        }
                        if above.len() >= DEEPEST {
                            let why = format!("Golden paths lie within each other {DEEPEST} deep at most");
                            return Err(AppError::bad_request(why));
                        }
                        let within = self.path(pin.id).await?;
                        let above = above.iter().cloned().chain([name.to_owned()]).collect();
                        open.push((format!("{key}/path/"), within, above));
                    }
                    pins.insert(key, pin);
                }
                for (index, undo) in step.undo.iter().enumerate() {
                    if let journey::UndoKind::Template { template, range } = &undo.kind
                        && let Some(pin) = self.newest(template, range, caller, &path).await?
                    {
                        pins.insert(format!("{prefix}{}/undo/{index}", step.id), pin);
                    }
                }
                if pins.len() > MOST_PINS {
                    let why = format!("A journey keeps to {MOST_PINS} versions at most");
                    return Err(AppError::bad_request(why));
                }
            }
        }
        Ok(pins)
    }

    async fn newest(
        &self,
        name: &str,
        range: &str,
        caller: Option<&Caller>,
        within: &GoldenPath,
    ) -> Result<Option<Pin>, AppError> {
        let said = |error: AppError| match error {
            AppError::NotFound { .. } => {
                let range = if range.is_empty() { String::new() } else { format!(" that {range} allows") };
                let owner = if within.owner.is_empty() { "whoever owns it" } else { &within.owner };
                AppError::bad_request(format!(
                    "The golden path {} needs {name}, of which there is no version{range}. Ask {owner}, which owns the path",
                    within.title
                ))
            }
            other => other,
        };
        if !is_path(name) {
            let range = Some(range).filter(|range| !range.is_empty());
            return Ok(match caller {
                Some(caller) => Some(from_run(self.runs.resolve(caller, name, range).await.map_err(said)?)),
                None => self.runs.newest(name, range).await?.map(from_run),
            });
        }
        if let Some(caller) = caller
            && self.entities.entity(caller, name).await?.is_none()
        {
            return Err(said(AppError::not_found(name)));
        }
        match self.newest_path(name, range).await? {
            Some(version) => self.pin_path(&version).await.map(Some),
            None if caller.is_some() => Err(said(AppError::not_found(name))),
            None => Ok(None),
        }
    }
}

/// Whether a ref is one of a golden path, rather than of a template.
pub fn is_path(name: &str) -> bool {
    name.starts_with("goldenpath:")
}

/// A pin as runs know it.
pub fn to_run(pin: &Pin) -> runs::Pin {
    runs::Pin {
        template: pin.name.clone(),
        title: pin.title.clone(),
        owner: pin.owner.clone(),
        version: pin.number.clone(),
        version_id: pin.id,
        hash: pin.hash.clone(),
    }
}

/// A pin as journeys know it.
pub fn from_run(pin: runs::Pin) -> Pin {
    Pin {
        name: pin.template,
        title: pin.title,
        owner: pin.owner,
        number: pin.version,
        id: pin.version_id,
        hash: pin.hash,
    }
}
