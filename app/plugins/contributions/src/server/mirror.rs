//! Pitches as files of a git repository, both ways: what changes there changes here, and what changes here changes there.
//!
//! One job goes round ([`MIRROR`]). A round settles what an earlier one has sent, takes in what the repository has otherwise than both sides have agreed to,
//! and sends what the portal has otherwise, as one commit on top of what it fetched. What was agreed to is a row, by the object of git that holds it, so a round
//! can be cut off anywhere: a new file is tied to its contribution in the transaction that pitches it, and what is sent is agreed to once the repository has it.
//! Nobody knows who wrote a commit: its author is told, and has no right by it.

mod repository;
mod rows;
mod settling;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use kit::error::AppError;
use kit::server::clock::Millis;
use kit::server::git::GitError;
use kit::server::jobs::{Handler, JobError, Lease, NewJob, Next};
use review::{Command, Contribution, FileProblem, LARGEST_FILE, Origin, Pitch, PitchFile};
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;
use uuid::Uuid;

use self::repository::Found;
pub use self::repository::Mirror;
use self::rows::{Problem, Row, Sent, Theirs, Why};
pub use self::settling::{Conflict, Mirrored, Trouble};
use super::Contributions;
use super::acting::By;
use super::{messages, store};

/// The kind of job that goes round; there is one, which comes again.
pub const MIRROR: &str = "contributions.mirror";

/// Files that one round takes in, and contributions that it sends; the next one goes on.
const MOST: usize = 500;

/// Files that are read together, so that the largest ones find room.
const AT_ONCE: usize = 32;

/// The job, for the start of an instance: adding it again brings it forward.
pub fn mirror_job(now: Millis) -> NewJob {
    NewJob { kind: MIRROR, key: "contributions".into(), payload: json!({}), run_at: now, max_attempts: u32::MAX }
}

/// Goes round.
pub struct GoRound {
    /// What it works with.
    pub contributions: Contributions,
}

#[async_trait]
impl Handler for GoRound {
    async fn run(&self, lease: &Lease) -> Result<Next, JobError> {
        let here = &self.contributions;
        let Some(mirror) = here.mirror.as_deref() else { return Ok(Next::Done) };
        let round = Round { here, mirror, lease, remote: mirror.identity() };
        let mut problems = None;
        let stopped = match round.go(&mut problems).await {
            Ok(()) => None,
            Err(Stopped::Git(error)) => Some(error.to_string()),
            Err(Stopped::Job(error)) => return Err(error),
        };
        round.tell(problems, stopped).await?;
        Ok(Next::At(here.kit.clock.now() + mirror.every))
    }
}

/// Why a round did not come to its end.
enum Stopped {
    /// The repository: people have to see that.
    Git(GitError),
    /// The portal itself.
    Job(JobError),
}

impl From<GitError> for Stopped {
    fn from(error: GitError) -> Self {
        Self::Git(error)
    }
}

impl From<JobError> for Stopped {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

impl From<DbErr> for Stopped {
    fn from(error: DbErr) -> Self {
        Self::Job(error.into())
    }
}

struct Round<'a> {
    here: &'a Contributions,
    mirror: &'a Mirror,
    lease: &'a Lease,
    remote: String,
}

/// What the repository holds, beside what is known of it.
struct Compared {
    /// The objects, by name.
    there: HashMap<String, String>,
    /// The rows, by the public number of their contributions.
    rows: HashMap<String, Row>,
    /// The numbers, by the name of the file.
    ids: HashMap<String, String>,
}

/// A file that is otherwise than both sides have agreed to.
struct Changed<'a> {
    file: &'a Found,
    text: Vec<u8>,
    from: Origin,
}

impl Round<'_> {
    /// Goes round, and gives what is wrong with files as soon as it is known.
    async fn go(&self, problems: &mut Option<Vec<Problem>>) -> Result<(), Stopped> {
        let head = self.mirror.fetch(&self.here.kit.fetcher).await?;
        self.settle(head.as_deref()).await?;
        let (files, odd) = match &head {
            Some(head) => self.mirror.files(head).await?,
            None => (Vec::new(), Vec::new()),
        };
        let compared = self.compare(&files).await?;
        if head.is_none() && compared.rows.values().any(|row| !row.blob.is_empty() || row.theirs.is_some()) {
            // Whoever removes a branch by mistake does not mean to take every pitch back.
            let said = format!("the branch {} is no longer there: bring it back", self.mirror.branch);
            return Err(GitError::Failed(said).into());
        }
        let mut wrong = self.take_in(head.as_deref().unwrap_or_default(), &files, compared).await?;
        wrong.extend(odd.iter().map(|name| problem(name, "", 0, "", "Give it a plain name")));
        *problems = Some(wrong);
        self.send(head.as_deref(), &files).await
    }

    async fn begin(&self) -> Result<DatabaseTransaction, Stopped> {
        let tx = self.here.kit.db.begin().await?;
        self.lease.fence(&tx).await?;
        Ok(tx)
    }

    /// What an earlier round has sent is agreed to where the repository has it, and was not sent where it has not.
    async fn settle(&self, head: Option<&str>) -> Result<(), Stopped> {
        let mut sent = Vec::new();
        for commit in rows::sent(self.here.kit.db.read()).await? {
            let arrived = match head {
                Some(head) => self.mirror.holds(head, &commit).await,
                None => false,
            };
            sent.push((commit, arrived));
        }
        let tx = self.begin().await?;
        for (commit, arrived) in &sent {
            if *arrived { rows::arrived(&tx, commit).await? } else { rows::lost(&tx, commit).await? }
        }
        rows::adopt(&tx, &self.remote).await?;
        Ok(tx.commit().await?)
    }

    async fn compare(&self, files: &[Found]) -> Result<Compared, Stopped> {
        let rows = rows::all(self.here.kit.db.read()).await?;
        Ok(Compared {
            there: files.iter().map(|file| (file.name.clone(), file.blob.clone())).collect(),
            ids: rows.iter().map(|row| (row.name.clone(), row.id.clone())).collect(),
            rows: rows.into_iter().map(|row| (row.id.clone(), row)).collect(),
        })
    }

    /// Takes in what the repository has otherwise than both sides have agreed to, and gives what is wrong with files.
    async fn take_in(&self, head: &str, files: &[Found], mut compared: Compared) -> Result<Vec<Problem>, Stopped> {
        let known = rows::problems(self.here.kit.db.read()).await?;
        let known: HashMap<&str, &Problem> = known.iter().map(|problem| (problem.name.as_str(), problem)).collect();
        let (mut problems, mut changed) = (Vec::new(), Vec::new());
        for file in files {
            if compared.known_as(&file.name) == Some(file.blob.as_str()) {
                continue;
            }
            match known.get(file.name.as_str()) {
                _ if file.size > LARGEST_FILE => {
                    let said = format!("A pitch has {} KB at most", LARGEST_FILE / 1024);
                    problems.push(problem(&file.name, &file.blob, 1, "", &said));
                }
                Some(before) if before.blob == file.blob => problems.push((*before).clone()),
                _ => changed.push(file),
            }
        }
        let all = changed.len() <= MOST;
        changed.truncate(MOST);
        let names: Vec<&str> = changed.iter().map(|file| file.name.as_str()).collect();
        let mut origins = self.mirror.origins(head, &names).await?;
        for files in changed.chunks(AT_ONCE) {
            let blobs: Vec<&str> = files.iter().map(|file| file.blob.as_str()).collect();
            for (file, text) in files.iter().zip(self.mirror.read(&blobs).await?) {
                let usual = || Origin { path: self.mirror.path(&file.name), ..Origin::default() };
                let from = origins.remove(&file.name).unwrap_or_else(usual);
                problems.extend(self.take(&Changed { file, text, from }, &mut compared).await?);
            }
        }
        let Compared { there, rows, .. } = &compared;
        for row in rows.values() {
            let theirs = row.theirs.clone().unwrap_or_else(|| self.theirs(row.blob.clone(), None, Origin::default()));
            match there.get(&row.name) {
                // What both sides have changed is compared again once the portal has changed it once more.
                Some(blob) if *blob == theirs.blob && row.theirs.is_some() && row.seq != row.now_seq => {
                    self.agree(row, theirs).await?;
                }
                None if !theirs.blob.is_empty() && all => {
                    let from = Origin { path: self.mirror.path(&row.name), commit: head.to_owned(), by: String::new() };
                    self.agree(row, self.theirs(String::new(), None, from)).await?;
                }
                _ => {}
            }
        }
        Ok(problems)
    }

    fn theirs(&self, blob: String, pitch: Option<Pitch>, from: Origin) -> Theirs {
        Theirs { why: Why::Differs, blob, pitch, from, since: self.here.kit.clock.now() }
    }

    /// Takes in one file, and gives what is wrong with it.
    async fn take(&self, changed: &Changed<'_>, compared: &mut Compared) -> Result<Option<Problem>, Stopped> {
        let Changed { file, text, from } = changed;
        let Found { name, blob, .. } = file;
        // What depends on the file alone is not read again.
        let wrong = |what: FileProblem| {
            Ok(Some(Problem { name: name.clone(), blob: blob.clone(), what, since: self.here.kit.clock.now() }))
        };
        let for_now = |line: u32, field: &str, said: String| Ok(Some(problem(name, "", line, field, &said)));
        let Ok(text) = std::str::from_utf8(text) else {
            return wrong(FileProblem::new(1, "", "It is no text in UTF-8"));
        };
        let PitchFile { id, id_line, mut pitch, owner_line } = match review::parse(text) {
            Ok(read) => read,
            Err(problem) => return wrong(problem),
        };
        let of_this_name = compared.ids.get(name).cloned();
        let row = match (&of_this_name, id.is_empty()) {
            (Some(its), true) => compared.rows.get(its).cloned(),
            (Some(its), false) if *its == id => compared.rows.get(its).cloned(),
            (Some(its), false) => {
                return for_now(
                    id_line,
                    "id",
                    format!("This is the file of the contribution {its}: leave its id as it is"),
                );
            }
            (None, true) => None,
            (None, false) => match compared.rows.get(&id) {
                Some(row) if compared.there.contains_key(&row.name) => {
                    return for_now(id_line, "id", format!("{} is the file of this contribution already", row.name));
                }
                Some(row) => Some(row.clone()),
                None => match store::load(self.here.kit.db.read(), &id).await? {
                    Some(stored) => Some(new_row(stored.row, &id, name)),
                    None => {
                        let said = "There is no such contribution: leave the id out of a new pitch";
                        return for_now(id_line, "id", said.into());
                    }
                },
            },
        };
        let agreed = match &row {
            Some(row) => rows::one(self.here.kit.db.read(), row.contribution).await?,
            None => None,
        };
        if agreed.is_none_or(|agreed| agreed.base.owner != pitch.owner) {
            pitch = match self.here.checked(pitch).await {
                Ok(pitch) => pitch,
                Err(AppError::BadRequest { message }) => return for_now(owner_line, "owner", message),
                Err(error) => return Err(JobError::Failed(error.to_string()).into()),
            };
        }
        let theirs = self.theirs(blob.clone(), Some(pitch), from.clone());
        let Some(row) = row else {
            return match self.pitch(name, theirs).await? {
                Ok(()) => Ok(None),
                Err(refused) => wrong(FileProblem::new(1, "", refused)),
            };
        };
        let row = Row { name: name.clone(), ..row };
        self.agree(&row, theirs).await?;
        // The old name of one that was moved is no file that was removed.
        compared.ids.insert(name.clone(), row.id.clone());
        compared.rows.insert(row.id.clone(), Row { seq: row.now_seq, ..row });
        Ok(None)
    }

    /// Pitches what a new file says.
    async fn pitch(&self, name: &str, theirs: Theirs) -> Result<Result<(), String>, Stopped> {
        let (here, now) = (self.here, self.here.kit.clock.now());
        let Some(pitch) = theirs.pitch else { return Ok(Ok(())) };
        let id = Uuid::new_v4().to_string();
        let command = Command::Mirror { pitch: pitch.clone(), from: theirs.from };
        let (after, entries) = match Contribution::new(&id).handle(now, &here.rules, None, command) {
            Ok(handled) => handled,
            Err(refused) => return Ok(Err(refused.to_string())),
        };
        let tx = self.begin().await?;
        let contribution = here.write(&tx, None, &after, &entries, now, &By::portal(self.lease)).await?;
        let row = Row { base: pitch, blob: theirs.blob, ..new_row(contribution, &id, name) };
        rows::put(&tx, &row, &self.remote, now).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// Brings what the repository holds and what the portal holds together. What cannot be is kept as it is on both sides until somebody has settled it.
    async fn agree(&self, row: &Row, theirs: Theirs) -> Result<(), Stopped> {
        let (here, now) = (self.here, self.here.kit.clock.now());
        let tx = self.begin().await?;
        let Some(stored) = store::load_for_update(&tx, &row.id).await? else { return Ok(()) };
        // Somebody may have settled something meanwhile.
        let before = rows::one(&tx, row.contribution).await?.unwrap_or_else(|| row.clone());
        if theirs.pitch.is_none() && before.blob.is_empty() && before.theirs.is_none() {
            return Ok(());
        }
        let ours = &stored.contribution;
        let known = before.theirs.as_ref().map(|theirs| theirs.blob.clone());
        let mut agreed = Row { name: row.name.clone(), seq: store::number(ours.seq), ..before };
        match &theirs.pitch {
            None => {
                let why = if ours.state.is_over() { Why::Gone } else { Why::Deleted };
                agreed.theirs = Some(Theirs { why, ..theirs });
            }
            Some(pitch) => {
                let now_here = ours.pitch.clone().trimmed();
                let merged = review::merge(&agreed.base, &now_here, pitch);
                let handled = if merged.pitch == now_here {
                    Ok((ours.clone(), Vec::new()))
                } else {
                    let command = Command::Mirror { pitch: merged.pitch, from: theirs.from.clone() };
                    ours.handle(now, &here.rules, None, command)
                };
                match handled {
                    Err(refused) => agreed.theirs = Some(Theirs { why: Why::Refused(refused.to_string()), ..theirs }),
                    Ok((after, entries)) => {
                        if !entries.is_empty() {
                            here.write(&tx, Some(&stored), &after, &entries, now, &By::portal(self.lease)).await?;
                        }
                        agreed.base = merged.base;
                        if merged.conflicts.is_empty() {
                            // To be told there again, in case it is worded otherwise.
                            (agreed.blob, agreed.seq, agreed.theirs) = (theirs.blob, 0, None);
                        } else {
                            (agreed.seq, agreed.theirs) =
                                (store::number(after.seq), Some(Theirs { why: Why::Differs, ..theirs }));
                        }
                    }
                }
            }
        }
        rows::put(&tx, &agreed, &self.remote, now).await?;
        if let Some(theirs) =
            agreed.theirs.filter(|theirs| theirs.why != Why::Gone && known.as_ref() != Some(&theirs.blob))
        {
            messages::differs(&tx, now, &here.rules, ours, &theirs.blob).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Sends what the portal has otherwise, as one commit. What somebody has changed there meanwhile is left alone.
    async fn send(&self, head: Option<&str>, files: &[Found]) -> Result<(), Stopped> {
        let (here, now) = (self.here, self.here.kit.clock.now());
        let there: HashMap<&str, &str> = files.iter().map(|file| (file.name.as_str(), file.blob.as_str())).collect();
        let (mut out, mut after, mut taken) = (Vec::new(), 0, HashSet::new());
        loop {
            let page = rows::changed(here.kit.db.read(), after, MOST).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.row;
            for (stored, file) in page {
                let is_new = file.is_none();
                let (mut name, blob) = file.unwrap_or_else(|| (review::file_name(&stored.contribution), String::new()));
                if is_new && (there.contains_key(name.as_str()) || taken.contains(&name)) {
                    name = format!("pitch-{}.md", stored.contribution.id);
                }
                if there.get(name.as_str()).copied().unwrap_or_default() == blob.as_str() {
                    taken.insert(name.clone());
                    out.push((stored, name));
                }
            }
            if out.len() >= MOST {
                out.truncate(MOST);
                break;
            }
        }
        if out.is_empty() {
            return Ok(());
        }
        let texts: Vec<(String, String)> =
            out.iter().map(|(stored, name)| (name.clone(), review::render(&trimmed(&stored.contribution)))).collect();
        let made = self.mirror.commit(head, &texts, &message(&out), now).await?;
        let Some(commit) = made.as_deref().or(head) else { return Ok(()) };
        let (now_there, _) = self.mirror.files(commit).await?;
        let blobs: HashMap<&str, &str> =
            now_there.iter().map(|file| (file.name.as_str(), file.blob.as_str())).collect();
        let tx = self.begin().await?;
        for (stored, name) in &out {
            let Contribution { pitch, seq, .. } = &trimmed(&stored.contribution);
            let blob = blobs.get(name.as_str()).copied().unwrap_or_default();
            rows::send(
                &tx,
                &Sent { contribution: stored.row, name, pitch, blob, seq: *seq },
                commit,
                &self.remote,
                now,
            )
            .await?;
        }
        tx.commit().await?;
        match (&made, self.push(made.as_deref()).await) {
            (_, Ok(())) => {
                let tx = self.begin().await?;
                rows::arrived(&tx, commit).await?;
                Ok(tx.commit().await?)
            }
            // Somebody was faster: the next round begins with what they have pushed.
            (_, Err(GitError::Rejected(said))) if !said.contains("remote rejected") => Ok(()),
            (_, Err(error)) => Err(error.into()),
        }
    }

    async fn push(&self, made: Option<&str>) -> Result<(), GitError> {
        match made {
            Some(commit) => self.mirror.push(commit).await,
            None => Ok(()),
        }
    }

    /// Writes down what is wrong. Where the repository could not be looked at, what is wrong with its files is as it was.
    async fn tell(&self, problems: Option<Vec<Problem>>, stopped: Option<String>) -> Result<(), JobError> {
        let before = rows::problems(self.here.kit.db.read()).await?;
        let mut now =
            problems.unwrap_or_else(|| before.iter().filter(|problem| !problem.name.is_empty()).cloned().collect());
        now.extend(stopped.map(|said| problem("", "", 0, "", &said)));
        now.truncate(rows::PROBLEMS);
        now.sort_by(|one, other| one.name.cmp(&other.name));
        now.dedup_by(|one, other| one.name == other.name);
        let same = |one: &Problem, other: &Problem| one.name == other.name && one.what == other.what;
        for problem in &mut now {
            let since = before.iter().find(|before| same(before, problem)).map(|before| before.since);
            problem.since = since.unwrap_or_else(|| self.here.kit.clock.now());
        }
        if now == before {
            return Ok(());
        }
        let tx = self.here.kit.db.begin().await?;
        self.lease.fence(&tx).await?;
        rows::put_problems(&tx, &now).await?;
        Ok(tx.commit().await?)
    }
}

impl Compared {
    /// The object that is known to lie under a name, agreed to or not.
    fn known_as(&self, name: &str) -> Option<&str> {
        let row = self.rows.get(self.ids.get(name)?)?;
        Some(row.theirs.as_ref().map_or(row.blob.as_str(), |theirs| theirs.blob.as_str()))
    }
}

/// What is known of the file of a contribution before anything is agreed to.
fn new_row(contribution: i64, id: &str, name: &str) -> Row {
    let (id, name) = (id.to_owned(), name.to_owned());
    Row { contribution, id, name, base: Pitch::default(), blob: String::new(), seq: 0, now_seq: 0, theirs: None }
}

fn problem(name: &str, blob: &str, line: u32, field: &str, said: &str) -> Problem {
    Problem { name: name.to_owned(), blob: blob.to_owned(), what: FileProblem::new(line, field, said), since: 0 }
}

/// A contribution whose pitch is as files have it, whenever it was written.
fn trimmed(contribution: &Contribution) -> Contribution {
    Contribution { pitch: contribution.pitch.clone().trimmed(), ..contribution.clone() }
}

/// The message of a commit: what it changes, a line each.
fn message(out: &[(store::Stored, String)]) -> String {
    let lines: Vec<String> =
        out.iter().map(|(stored, name)| format!("- {} ({name})", stored.contribution.pitch.title)).collect();
    let count = match out.len() {
        1 => "1 pitch".to_owned(),
        count => format!("{count} pitches"),
    };
    format!("{count} as the portal has them\n\n{}\n", lines.join("\n"))
}
