//! What the machine says of the pages of a submission: asked of whoever can drive a browser, and kept.
//!
//! [`Evidence`] is the seam: the pages come in through [`Evidence::take`], which refuses what is no set of static files, and the job
//! `contributions.evidence` has [`Evidence::look`] look at them. Where nothing can drive a browser, the gate stays closed and says why.
//! Pages were sent, or are those of a commit, which stays what it is.

use async_trait::async_trait;
use kit::server::db;
use kit::server::jobs::{Handler, JobError, Lease, NewJob, Next};
use kit::server::source::SourceError;
use review::{Command, Millis, Report, Ui};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Contributions;
use super::acting::{Also, By, Failed, Kept};
use super::store;

/// The kind of job that has the machine look at a submission.
pub const EVIDENCE: &str = "contributions.evidence";

/// How often it is tried.
const TRIES: u32 = 5;

/// The time until it is looked again whether a browser is there: ten minutes.
const AGAIN: Millis = 10 * 60 * 1000;

/// The most files that are read of a commit.
const FILES: usize = 5_000;

/// The most bytes that are read of a commit.
const BYTES: u64 = 50 << 20;

/// Pages, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pages {
    /// In an archive that was sent.
    Archive(Vec<u8>),
    /// Read from a commit, each file with its path below the folder.
    Files(Vec<(String, Vec<u8>)>),
}

/// What the machine found.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What the gate goes by. Its `id` is given by whoever keeps it.
    pub report: Report,
    /// All of it, as it is kept and shown, without the pictures.
    pub whole: Value,
    /// What it saw, as PNG, in the order in which `whole` names them.
    pub pictures: Vec<Vec<u8>>,
}

/// What the design system says of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What is wrong.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// How to mend it.
    pub mend: String,
}

/// Makes the evidence of submissions.
#[async_trait]
pub trait Evidence: Send + Sync + 'static {
    /// The hash of what is in there, or why it is no set of static files that could be shown.
    async fn take(&self, pages: &Pages) -> Result<String, String>;

    /// Looks at pages. Says why where it cannot.
    async fn look(&self, pages: &Pages) -> Result<Looked, String>;

    /// The rule of this name.
    fn rule(&self, id: &str) -> Option<Rule>;
}

/// The job for a submission.
pub(super) fn evidence_job(now: Millis, id: &str, submission: u32) -> NewJob {
    NewJob {
        kind: EVIDENCE,
        key: format!("{id}/{submission}"),
        payload: json!({ "contribution": id, "submission": submission }),
        run_at: now,
        max_attempts: TRIES,
    }
}

/// Does it.
pub struct MakeEvidence {
    /// What it works with.
    pub contributions: Contributions,
}

#[async_trait]
impl Handler for MakeEvidence {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let here = &self.contributions;
        let failed = |what: &str| JobError::Failed(format!("the job has no {what}"));
        let id = lease.payload["contribution"].as_str().ok_or_else(|| failed("contribution"))?.to_owned();
        let number = lease.payload["submission"].as_u64().and_then(|number| u32::try_from(number).ok());
        let submission = number.ok_or_else(|| failed("submission"))?;
        let stored = store::load(here.kit.db.read(), &id).await?;
        let open = stored.as_ref().and_then(|stored| stored.contribution.in_review());
        // Whoever has decided meanwhile, or submitted again, needs no more of it.
        let Some(ui) = open.filter(|open| open.number == submission).and_then(|open| open.material.ui.clone()) else {
            return Ok(Next::Done);
        };
        let looked = match here.pages(&ui).await {
            Ok(pages) => here.evidence.look(&pages).await,
            Err(why) => Err(why),
        };
        let uuid = Uuid::new_v4().to_string();
        let (report, keep, next) = match looked {
            Ok(Looked { report, whole, pictures }) => {
                let report = Report { id: uuid.clone(), ..report };
                let keep = Kept { uuid: &uuid, submission, data: whole.to_string(), pictures };
                (Ok(report), Some(keep), Next::Done)
            }
            Err(why) => (Err(why), None, Next::At(here.kit.clock.now() + AGAIN)),
        };
        let also = Also { report: keep, ..Also::default() };
        match here.command(&id, &By::portal(lease), Command::Report { submission, report }, also).await {
            Ok(_) => Ok(next),
            Err(Failed::LeaseLost) => Err(JobError::LeaseLost),
            Err(Failed::Unknown) => Ok(Next::Done),
            Err(Failed::Refused(refused)) => Err(JobError::Failed(refused.to_string())),
            Err(Failed::Error(error)) => Err(JobError::Failed(error.to_string())),
        }
    }
}

impl Contributions {
    /// The pages of a submission, or why they are not to be had.
    pub async fn pages(&self, ui: &Ui) -> Result<Pages, String> {
        match ui {
            Ui::Upload { hash, .. } => {
                let text = "SELECT content FROM contributions_upload WHERE hash = ?";
                let rows =
                    db::rows(self.kit.db.read(), text, [hash.into()]).await.map_err(|error| error.to_string())?;
                let row = rows.first().ok_or("the pages are not there any more")?;
                row.try_get("", "content").map(Pages::Archive).map_err(|error| error.to_string())
            }
            Ui::Git { url, commit, path } => {
                self.files(url, commit, path.trim_matches('/')).await.map_err(|error| error.to_string())
            }
        }
    }

    async fn files(&self, url: &str, commit: &str, folder: &str) -> Result<Pages, SourceError> {
        let tree = self.entities.tree_of(url, commit, folder).await?;
        if tree.revision() != commit {
            return Err(SourceError::Refused(format!("{url} does not give the commit {commit}")));
        }
        let listed = tree.files(folder).await?;
        let bytes: u64 = listed.iter().map(|file| file.bytes).sum();
        if listed.len() > FILES || bytes > BYTES {
            let said = format!(
                "{} files of {} MB: at most {FILES} files of {} MB together",
                listed.len(),
                bytes >> 20,
                BYTES >> 20
            );
            return Err(SourceError::Refused(said));
        }
        let mut files = Vec::with_capacity(listed.len());
        for file in listed {
            let content = tree.read(&file.path).await?;
            let path = file.path.strip_prefix(folder).unwrap_or(&file.path).trim_start_matches('/').to_owned();
            files.push((path, content));
        }
        Ok(Pages::Files(files))
    }

    /// A picture of the machine's report of a submission.
    pub(super) async fn picture(&self, report: &str, place: u32) -> Result<Option<Vec<u8>>, sea_orm::DbErr> {
        let text = "SELECT content FROM contributions_picture WHERE report = ? AND place = ?";
        let rows = db::rows(self.kit.db.read(), text, [report.into(), i64::from(place).into()]).await?;
        rows.first().map(|row| row.try_get("", "content")).transpose()
    }
}
