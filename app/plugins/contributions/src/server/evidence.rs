//! What the machine says of the pages of a submission: asked of whoever can drive a browser, and kept.
//!
//! [`Evidence`] is the seam: the pages come in through [`Evidence::take`], which refuses what is no set of static files, and the job
//! `contributions.evidence` has [`Evidence::look`] look at them. Where nothing can drive a browser, the gate stays closed and says why.

use async_trait::async_trait;
use kit::server::db;
use kit::server::jobs::{Handler, JobError, Lease, NewJob, Next};
use review::{Command, Millis, Report, Ui};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Contributions;
use super::acting::{Also, By, Failed};
use super::store;

/// The kind of job that has the machine look at a submission.
pub const EVIDENCE: &str = "contributions.evidence";

/// How often it is tried.
const TRIES: u32 = 5;

/// The time until it is looked again whether a browser is there: ten minutes.
const AGAIN: Millis = 10 * 60 * 1000;

/// Pages that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What the file was called.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// What the machine found.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What the gate goes by. Its `id` is given by whoever keeps it.
    pub report: Report,
    /// All of it, as it is kept and shown.
    pub whole: Value,
}

/// Makes the evidence of submissions.
#[async_trait]
pub trait Evidence: Send + Sync + 'static {
    /// The hash of what is in an upload, or why it is no set of static files that could be shown.
    async fn take(&self, upload: &Upload) -> Result<String, String>;

    /// Looks at pages; an upload comes with what was sent. Says why where it cannot.
    async fn look(&self, ui: &Ui, upload: Option<&Upload>) -> Result<Looked, String>;
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
        let upload = match &ui {
            Ui::Upload { hash, .. } => here.upload(hash).await?,
            Ui::Git { .. } => None,
        };
        let looked = here.evidence.look(&ui, upload.as_ref()).await;
        let uuid = Uuid::new_v4().to_string();
        let (report, keep, next) = match looked {
            Ok(Looked { report, whole }) => {
                let report = Report { id: uuid.clone(), ..report };
                (Ok(report), Some((uuid.as_str(), submission, whole.to_string())), Next::Done)
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
    pub(super) async fn upload(&self, hash: &str) -> Result<Option<Upload>, sea_orm::DbErr> {
        let text = "SELECT name, content FROM contributions_upload WHERE hash = ?";
        let rows = db::rows(self.kit.db.read(), text, [hash.into()]).await?;
        let upload = rows.first().map(|row| {
            Ok::<_, sea_orm::DbErr>(Upload { name: row.try_get("", "name")?, content: row.try_get("", "content")? })
        });
        upload.transpose()
    }
}
