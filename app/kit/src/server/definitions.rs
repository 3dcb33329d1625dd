//! Definition versions: what a template or a golden path was at a moment, with every file that it reaches, for as long as anything uses it.
//!
//! Numbers are semver. A definition that states its number has that one. One that does not gets the next patch number with each change. Where
//! the content changed and the stated number did not, the number is not silently taken anew: the version is called by the number with the
//! beginning of its hash behind it (`1.2.0+0f3a9c1d`) and bears a warning, so that `1.2.0` keeps meaning what it meant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, QueryResult, Value as Sql};
use serde_json::json;

pub use semver::Version as Number;
use semver::VersionReq;

use super::audit;
use super::clock::Millis;
use super::db::{self, Db};
use super::diff;
use super::source::{SourceError, Tree, TreeFile};
use crate::components::Diff;
use crate::identity::Caller;

/// The columns that [`Version::read`] reads.
const COLUMNS: &str = "v.id, d.plugin, d.name, v.number, v.hash, v.start_path, v.author, v.revision, v.warning, v.files, v.bytes, v.published_at, \
                       v.state, v.reason, v.successor, v.state_at";

/// Versions with their definition.
const FROM: &str = "definition_version v JOIN definition d ON d.id = v.definition_id";

/// Rows of one insert.
const ROWS: usize = 500;

/// The largest file of which changes are shown line by line, in bytes.
const COMPARED: usize = 256 * 1024;

/// The most files of which changes are shown line by line.
const COMPARED_FILES: usize = 200;

/// Unchanged lines round each change.
const CONTEXT: usize = 3;

/// Characters of the hash behind a number that was not raised.
const HASH_SHOWN: usize = 8;

/// Which definition: of a plugin, under the plugin's name of it, such as an entity ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition<'a> {
    /// The plugin's id.
    pub plugin: &'static str,
    /// The plugin's name of it.
    pub name: &'a str,
}

/// A file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// With `/`, from the root.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

/// What is to be published.
#[derive(Debug, Clone, Default)]
pub struct NewVersion {
    /// The number that the definition states.
    pub number: Option<Number>,
    /// The path of the descriptor among the files.
    pub start: String,
    /// Every file, the descriptor included.
    pub files: Vec<File>,
    /// Who made the change, as far as its source says.
    pub author: String,
    /// The commit, where there is one.
    pub revision: String,
    /// What its owner is to be told.
    pub warning: String,
}

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is what the latest version holds already.
    Unchanged(Version),
    /// It is what an earlier version holds, which is the latest again.
    Again(Version),
    /// It is a version that was not there before.
    New(Version),
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its row.
    pub id: i64,
    /// The plugin of its definition.
    pub plugin: String,
    /// The plugin's name of its definition.
    pub name: String,
    /// Its number.
    pub number: Number,
    /// Over everything that it holds.
    pub hash: String,
    /// The path of the descriptor among its files.
    pub start: String,
    /// Who made the change, as far as its source says.
    pub author: String,
    /// The commit, where there is one.
    pub revision: String,
    /// What its owner is to be told.
    pub warning: String,
    /// How many files it holds.
    pub files: u64,
    /// Their length in all.
    pub bytes: u64,
    /// When it was published.
    pub published_at: Millis,
    /// Whether it is to be used.
    pub state: State,
    /// Since when it is in this state.
    pub state_at: Millis,
}

/// Whether a version is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is.
    Current,
    /// It still can be, and better is not.
    Deprecated {
        /// Why.
        reason: String,
        /// The number of the version to use instead; empty where none is named.
        successor: String,
    },
    /// It cannot be any more. What began with it goes on.
    Withdrawn {
        /// Why.
        reason: String,
    },
}

/// How a file differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// The lines; none where it is no text, or too much of it.
    pub lines: Option<Diff>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// Its content is another.
    Changed,
    /// It may be executed now, or no longer.
    Mode,
}

/// The number that a text stands for; a missing minor or patch number is 0, and a `v` before it is left out.
pub fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let missing = 3_usize.checked_sub(numbers.split('.').count())?;
    let number = Number::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()?;
    // They stand in columns of signed numbers.
    [number.major, number.minor, number.patch].iter().all(|part| i64::try_from(*part).is_ok()).then_some(number)
}

/// Which numbers are allowed, as people write it: `^1.2`, `>=1.2 <2`, `1.x || 2.x`. A number without an operator leaves open what it does not
/// say, so `1` is any of the first major version and `1.2.0` that number alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    any: Vec<VersionReq>,
    /// A number with something behind it, which ranges do not look at, is that very version.
    exactly: Option<Number>,
}

impl Range {
    /// The range that a text stands for.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.trim().trim_start_matches('=').trim_start();
        if let Some(exactly) = Number::parse(plain.strip_prefix(['v', 'V']).unwrap_or(plain)).ok()
            && !exactly.build.is_empty()
        {
            return Some(Self { any: Vec::new(), exactly: Some(exactly) });
        }
        let any = text.split("||").map(all_of).collect::<Option<Vec<_>>>()?;
        Some(Self { any, exactly: None })
    }

    /// Whether it allows a number.
    pub fn allows(&self, number: &Number) -> bool {
        self.exactly.as_ref() == Some(number) || self.any.iter().any(|each| each.matches(number))
    }
}

/// Comparisons that must all hold, with spaces or commas between them.
fn all_of(text: &str) -> Option<VersionReq> {
    let mut all: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let (sign, number) = word.split_at(word.find(|c| !"<>=^~".contains(c)).unwrap_or(word.len()));
        operator.push_str(sign);
        if number.is_empty() {
            continue;
        }
        let number = number.strip_prefix(['v', 'V']).unwrap_or(number);
        let is_open = number.split('.').any(|part| matches!(part, "*" | "x" | "X"));
        let sign = if operator.is_empty() && !is_open { "=" } else { operator.as_str() };
        all.push(format!("{sign}{number}"));
        operator.clear();
    }
    if all.is_empty() || !operator.is_empty() {
        return None;
    }
    VersionReq::parse(&all.join(", ")).ok()
}

/// Publishes what a definition holds now, in the transaction of whoever found that out, with its audit event. The same content again changes nothing.
pub async fn publish(
    tx: &DatabaseTransaction,
    now: Millis,
    actor: &Caller,
    definition: Definition<'_>,
    new: &NewVersion,
) -> Result<Published, DbErr> {
    let digest = Digest::of(new);
    let (id, latest) = lock(tx, definition).await?;
    if let Some(known) = one(tx, "v.definition_id = ? AND v.hash = ?", [id.into(), digest.hash.as_str().into()]).await?
    {
        if latest == Some(known.id) {
            return Ok(Published::Unchanged(known));
        }
        set_latest(tx, id, known.id).await?;
        note(tx, now, actor, "return", &known, json!({})).await?;
        return Ok(Published::Again(known));
    }
    let (number, complaint) = next_number(tx, id, new.number.as_ref(), &digest.hash).await?;
    let warning = [new.warning.as_str(), complaint.as_str()].into_iter().filter(|text| !text.is_empty());
    let warning = warning.collect::<Vec<_>>().join(" ");
    let text = "INSERT INTO definition_version (definition_id, number, major, minor, patch, hash, start_path, author, revision, warning, files, bytes, \
                published_at, state, reason, successor, state_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'current', '', '', ?) RETURNING id";
    let part = |part: u64| Sql::from(i64::try_from(part).unwrap_or(i64::MAX));
    let values = [
        id.into(),
        number.to_string().into(),
        part(number.major),
        part(number.minor),
        part(number.patch),
        digest.hash.as_str().into(),
        new.start.as_str().into(),
        new.author.as_str().into(),
        new.revision.as_str().into(),
        warning.into(),
        part(digest.files.len() as u64),
        part(digest.bytes),
        now.into(),
        now.into(),
    ];
    let row = tx.query_one_raw(db::sql(tx, text, values)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotInserted)?;
    let version_id: i64 = row.try_get("", "id")?;
    put_files(tx, version_id, &digest).await?;
    set_latest(tx, id, version_id).await?;
    let version = by_id(tx, version_id).await?.ok_or(DbErr::RecordNotInserted)?;
    let detail = json!({ "hash": version.hash, "revision": version.revision, "files": version.files });
    note(tx, now, actor, "publish", &version, detail).await?;
    Ok(Published::New(version))
}

/// Says whether a version is to be used, with its audit event.
pub async fn set_state(
    tx: &DatabaseTransaction,
    now: Millis,
    actor: &Caller,
    version: &Version,
    state: &State,
) -> Result<(), DbErr> {
    if version.state == *state {
        return Ok(());
    }
    let (reason, successor) = state.words();
    let text = "UPDATE definition_version SET state = ?, reason = ?, successor = ?, state_at = ? WHERE id = ?";
    let values = [state.word().into(), reason.into(), successor.into(), now.into(), version.id.into()];
    db::execute(tx, text, values).await?;
    let detail = json!({
        "before": version.state.word(), "after": state.word(), "reason": reason, "successor": successor,
    });
    note(tx, now, actor, "change", version, detail).await
}

/// The version that is used where nobody names another: what its source holds now, or the highest that is not withdrawn where that one is.
pub async fn latest(connection: &impl ConnectionTrait, definition: Definition<'_>) -> Result<Option<Version>, DbErr> {
    let condition = "d.plugin = ? AND d.name = ? AND v.id = d.latest_id AND v.state <> 'withdrawn'";
    let key = || [definition.plugin.into(), definition.name.into()];
    if let Some(version) = one(connection, condition, key()).await? {
        return Ok(Some(version));
    }
    let text = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE d.plugin = ? AND d.name = ? AND v.state <> 'withdrawn' \
         ORDER BY v.major DESC, v.minor DESC, v.patch DESC, v.id DESC LIMIT 1"
    );
    Ok(read(connection, &text, key()).await?.pop())
}

/// The version that the source held when it was last read, whether it is to be used or not.
pub async fn newest(connection: &impl ConnectionTrait, definition: Definition<'_>) -> Result<Option<Version>, DbErr> {
    let key = [definition.plugin.into(), definition.name.into()];
    one(connection, "d.plugin = ? AND d.name = ? AND v.id = d.latest_id", key).await
}

/// The latest version of each of these definitions of a plugin, by name; see [`latest`], save that those that are withdrawn are left out.
pub async fn latest_of(
    connection: &impl ConnectionTrait,
    plugin: &'static str,
    names: &[String],
) -> Result<HashMap<String, Version>, DbErr> {
    let mut found = HashMap::new();
    for names in names.chunks(ROWS) {
        let text = format!(
            "SELECT {COLUMNS} FROM {FROM} WHERE d.plugin = ? AND d.name IN ({}) AND v.id = d.latest_id AND v.state <> 'withdrawn'",
            db::marks(names.len())
        );
        let values = std::iter::once(plugin.into()).chain(names.iter().map(|name| name.as_str().into()));
        found.extend(read(connection, &text, values).await?.into_iter().map(|version| (version.name.clone(), version)));
    }
    Ok(found)
}

/// The newest version that a range allows and that is not withdrawn; of two with the same number, the one that was published later.
pub async fn within(
    connection: &impl ConnectionTrait,
    definition: Definition<'_>,
    range: &Range,
) -> Result<Option<Version>, DbErr> {
    let text =
        format!("SELECT v.id, v.number FROM {FROM} WHERE d.plugin = ? AND d.name = ? AND v.state <> 'withdrawn'");
    let rows = db::rows(connection, &text, [definition.plugin.into(), definition.name.into()]).await?;
    let mut best: Option<(Number, i64)> = None;
    for row in rows {
        let (id, number): (i64, String) = (row.try_get("", "id")?, row.try_get("", "number")?);
        let Ok(number) = Number::parse(&number) else { continue };
        let is_better = best.as_ref().is_none_or(|(known, row)| number.cmp_precedence(known).then(id.cmp(row)).is_gt());
        if range.allows(&number) && is_better {
            best = Some((number, id));
        }
    }
    match best {
        Some((_, id)) => by_id(connection, id).await,
        None => Ok(None),
    }
}

/// The version of this number.
pub async fn by_number(
    connection: &impl ConnectionTrait,
    definition: Definition<'_>,
    number: &str,
) -> Result<Option<Version>, DbErr> {
    let values = [definition.plugin.into(), definition.name.into(), number.into()];
    one(connection, "d.plugin = ? AND d.name = ? AND v.number = ?", values).await
}

/// The version in this row.
pub async fn by_id(connection: &impl ConnectionTrait, id: i64) -> Result<Option<Version>, DbErr> {
    one(connection, "v.id = ?", [id.into()]).await
}

/// The versions published before the one in the row `before`, the newest first; from the beginning where there is none.
pub async fn list(
    connection: &impl ConnectionTrait,
    definition: Definition<'_>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Version>, DbErr> {
    let text = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE d.plugin = ? AND d.name = ? AND v.id < ? ORDER BY v.id DESC LIMIT {limit}"
    );
    let values = [definition.plugin.into(), definition.name.into(), before.unwrap_or(i64::MAX).into()];
    read(connection, &text, values).await
}

/// The version that was published before this one.
pub async fn before(connection: &impl ConnectionTrait, version: &Version) -> Result<Option<Version>, DbErr> {
    let text = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE v.definition_id = (SELECT definition_id FROM definition_version WHERE id = ?) AND v.id < ? \
         ORDER BY v.id DESC LIMIT 1"
    );
    Ok(read(connection, &text, [version.id.into(), version.id.into()]).await?.pop())
}

/// The files of a version.
pub async fn tree(db: &Db, version: &Version) -> Result<VersionTree, DbErr> {
    let text = "SELECT path, blob, bytes, executable FROM definition_file WHERE version_id = ? ORDER BY path";
    let rows = db::rows(db.read(), text, [version.id.into()]).await?;
    let file = |row: &QueryResult| {
        let path: String = row.try_get("", "path")?;
        let bytes = row.try_get::<i64>("", "bytes")?.unsigned_abs();
        let file = TreeFile { path: path.clone(), bytes, executable: row.try_get("", "executable")? };
        Ok::<_, DbErr>((path, (file, row.try_get("", "blob")?)))
    };
    let files = rows.iter().map(file).collect::<Result<_, _>>()?;
    Ok(VersionTree { db: db.clone(), start: version.start.clone(), revision: version.revision.clone(), files })
}

/// How `new` differs from `old`, file by file in the order of their paths; from nothing where there is no `old`.
pub async fn changes(db: &Db, old: Option<&Version>, new: &Version) -> Result<Vec<FileChange>, DbErr> {
    let before = match old {
        Some(old) => tree(db, old).await?.files,
        None => BTreeMap::new(),
    };
    let after = tree(db, new).await?.files;
    let mut changes = Vec::new();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for path in paths {
        let (kind, old, new) = match (before.get(path), after.get(path)) {
            (None, Some(new)) => (ChangeKind::Added, None, Some(new)),
            (Some(old), None) => (ChangeKind::Removed, Some(old), None),
            (Some(old), Some(new)) if old.1 != new.1 => (ChangeKind::Changed, Some(old), Some(new)),
            (Some(old), Some(new)) if old.0.executable != new.0.executable => (ChangeKind::Mode, None, None),
            _ => continue,
        };
        let small = |side: &Option<&(TreeFile, String)>| side.is_none_or(|side| side.0.bytes <= COMPARED as u64);
        let shown = kind != ChangeKind::Mode && changes.len() < COMPARED_FILES && small(&old) && small(&new);
        let lines = if shown { lines(db, old, new).await? } else { None };
        changes.push(FileChange { path: path.clone(), kind, lines });
    }
    Ok(changes)
}

/// Whether a plugin has a version that was published before `before`: asked before [`retire`], which writes.
pub async fn any_before(
    connection: &impl ConnectionTrait,
    plugin: &'static str,
    before: Millis,
) -> Result<bool, DbErr> {
    let text = format!("SELECT 1 AS one FROM {FROM} WHERE v.published_at < ? AND d.plugin = ? LIMIT 1");
    Ok(!db::rows(connection, &text, [before.into(), plugin.into()]).await?.is_empty())
}

/// Keeps versions for as long as `holder` needs them, in place of those that it held before: in the transaction of whatever needs them. The holder is
/// a name that its plugin gives, such as `golden-paths:` and the number of a journey. Without versions it holds nothing any more.
pub async fn hold(tx: &DatabaseTransaction, holder: &str, versions: &BTreeSet<i64>) -> Result<(), DbErr> {
    db::execute(tx, "DELETE FROM definition_hold WHERE holder = ?", [holder.into()]).await?;
    let versions: Vec<i64> = versions.iter().copied().collect();
    for versions in versions.chunks(ROWS) {
        let marks = vec!["(?, ?)"; versions.len()].join(", ");
        let text = format!("INSERT INTO definition_hold (holder, version_id) VALUES {marks}");
        db::execute(tx, &text, versions.iter().flat_map(|version| [Sql::from(holder), (*version).into()])).await?;
    }
    Ok(())
}

/// Takes out the versions of a plugin that were published before `before`, are not the latest, that nobody [holds](hold), and that are not among
/// `used`, with the contents that nothing holds any more. Says how many went. `used` has been read in the same transaction.
pub async fn retire(
    tx: &DatabaseTransaction,
    plugin: &'static str,
    before: Millis,
    used: &BTreeSet<i64>,
) -> Result<usize, DbErr> {
    let text = "SELECT v.id FROM definition_version v JOIN definition d ON d.id = v.definition_id \
                WHERE v.published_at < ? AND d.plugin = ? AND (d.latest_id IS NULL OR d.latest_id <> v.id) \
                AND NOT EXISTS (SELECT 1 FROM definition_hold h WHERE h.version_id = v.id) ORDER BY v.id";
    let rows = db::rows(tx, text, [before.into(), plugin.into()]).await?;
    let ids = rows.iter().map(|row| row.try_get::<i64>("", "id")).collect::<Result<Vec<_>, _>>()?;
    let gone: Vec<i64> = ids.into_iter().filter(|id| !used.contains(id)).collect();
    for ids in gone.chunks(ROWS) {
        let marks = db::marks(ids.len());
        for text in [
            format!("DELETE FROM definition_file WHERE version_id IN ({marks})"),
            format!("DELETE FROM definition_version WHERE id IN ({marks})"),
        ] {
            db::execute(tx, &text, ids.iter().map(|id| (*id).into())).await?;
        }
    }
    if !gone.is_empty() {
        let text = "DELETE FROM definition_blob WHERE NOT EXISTS (SELECT 1 FROM definition_file f WHERE f.blob = definition_blob.hash)";
        db::execute(tx, text, []).await?;
    }
    Ok(gone.len())
}

/// The files of a version as they are kept.
pub struct VersionTree {
    db: Db,
    start: String,
    revision: String,
    files: BTreeMap<String, (TreeFile, String)>,
}

#[async_trait]
impl Tree for VersionTree {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        &self.revision
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        if let Some((file, _)) = self.files.get(folder) {
            return Ok(vec![file.clone()]);
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = self.files.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let files: Vec<_> = below.map(|(_, (file, _))| file.clone()).collect();
        if files.is_empty() && !folder.is_empty() { Err(SourceError::Missing(folder.to_owned())) } else { Ok(files) }
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let (_, hash) = self.files.get(path).ok_or_else(|| SourceError::Missing(path.to_owned()))?;
        blob(&self.db, hash).await.map_err(|error| SourceError::Failed(format!("{path}: {error}")))
    }
}

impl NewVersion {
    /// Over everything that it holds: [`Version::hash`] once it is published.
    pub fn hash(&self) -> String {
        Digest::of(self).hash
    }
}

impl Version {
    /// Whether `other` comes after it: its number is higher or, where the two numbers are of one rank, it was published later.
    pub fn is_behind(&self, other: &Self) -> bool {
        (self.number.cmp_precedence(&other.number), self.id).lt(&(std::cmp::Ordering::Equal, other.id))
    }

    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let text = |name: &str| row.try_get::<String>("", name);
        let count = |name: &str| row.try_get::<i64>("", name).map(i64::unsigned_abs);
        let number = text("number")?;
        Ok(Self {
            id: row.try_get("", "id")?,
            plugin: text("plugin")?,
            name: text("name")?,
            number: Number::parse(&number).map_err(|error| DbErr::Custom(format!("the version {number}: {error}")))?,
            hash: text("hash")?,
            start: text("start_path")?,
            author: text("author")?,
            revision: text("revision")?,
            warning: text("warning")?,
            files: count("files")?,
            bytes: count("bytes")?,
            published_at: row.try_get("", "published_at")?,
            state: match text("state")?.as_str() {
                "deprecated" => State::Deprecated { reason: text("reason")?, successor: text("successor")? },
                "withdrawn" => State::Withdrawn { reason: text("reason")? },
                _ => State::Current,
            },
            state_at: row.try_get("", "state_at")?,
        })
    }
}

impl State {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Deprecated { .. } => "deprecated",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    fn words(&self) -> (&str, &str) {
        match self {
            Self::Current => ("", ""),
            Self::Deprecated { reason, successor } => (reason, successor),
            Self::Withdrawn { reason } => (reason, ""),
        }
    }
}

/// What a version holds, by hash.
struct Digest<'a> {
    hash: String,
    bytes: u64,
    /// By path, with the hash of each content.
    files: BTreeMap<&'a str, (&'a File, String)>,
}

impl<'a> Digest<'a> {
    fn of(new: &'a NewVersion) -> Self {
        let files: BTreeMap<&str, (&File, String)> =
            new.files.iter().map(|file| (file.path.as_str(), (file, hash(&file.content)))).collect();
        let mut all = blake3::Hasher::new();
        let number = new.number.as_ref().map(ToString::to_string).unwrap_or_default();
        all.update(json!([number, new.start]).to_string().as_bytes());
        for (path, (file, hash)) in &files {
            all.update(json!([path, hash, file.executable]).to_string().as_bytes());
        }
        let bytes = files.values().map(|(file, _)| file.content.len() as u64).sum();
        Self { hash: all.finalize().to_hex()[..32].to_owned(), bytes, files }
    }
}

fn hash(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}

/// The definition's row, kept from other writers until the transaction ends, and its latest version.
async fn lock(tx: &DatabaseTransaction, definition: Definition<'_>) -> Result<(i64, Option<i64>), DbErr> {
    let text = "INSERT INTO definition (plugin, name) VALUES (?, ?) \
                ON CONFLICT (plugin, name) DO UPDATE SET name = excluded.name RETURNING id, latest_id";
    let row = tx.query_one_raw(db::sql(tx, text, [definition.plugin.into(), definition.name.into()])).await?;
    let row = row.ok_or(DbErr::RecordNotInserted)?;
    Ok((row.try_get("", "id")?, row.try_get("", "latest_id")?))
}

async fn set_latest(tx: &DatabaseTransaction, definition_id: i64, version_id: i64) -> Result<(), DbErr> {
    let text = "UPDATE definition SET latest_id = ? WHERE id = ?";
    db::execute(tx, text, [version_id.into(), definition_id.into()]).await?;
    Ok(())
}

/// The number of content that is new, and what its owner is to be told about it.
async fn next_number(
    tx: &DatabaseTransaction,
    definition_id: i64,
    stated: Option<&Number>,
    hash: &str,
) -> Result<(Number, String), DbErr> {
    let taken = async |number: &Number| {
        let text = "SELECT 1 FROM definition_version WHERE definition_id = ? AND number = ?";
        Ok::<_, DbErr>(!db::rows(tx, text, [definition_id.into(), number.to_string().into()]).await?.is_empty())
    };
    match stated {
        Some(stated) if !taken(stated).await? => Ok((stated.clone(), String::new())),
        Some(stated) => {
            let mut number = stated.clone();
            let behind = match stated.build.as_str() {
                "" => hash[..HASH_SHOWN].to_owned(),
                build => format!("{build}.{}", &hash[..HASH_SHOWN]),
            };
            // The characters of a hash are among those that may stand there.
            number.build = semver::BuildMetadata::new(&behind).map_err(|error| DbErr::Custom(error.to_string()))?;
            let complaint = format!(
                "The content changed and spec.version is still {stated}: this version is called {number}; raise spec.version with the next change."
            );
            Ok((number, complaint))
        }
        None => {
            let text = "SELECT major, minor, patch FROM definition_version WHERE definition_id = ? \
                        ORDER BY major DESC, minor DESC, patch DESC, id DESC LIMIT 1";
            let rows = db::rows(tx, text, [definition_id.into()]).await?;
            let Some(row) = rows.first() else { return Ok((Number::new(1, 0, 0), String::new())) };
            let part = |name: &str| row.try_get::<i64>("", name).map(i64::unsigned_abs);
            let mut number = Number::new(part("major")?, part("minor")?, part("patch")?);
            loop {
                number.patch += 1;
                if !taken(&number).await? {
                    return Ok((number, String::new()));
                }
            }
        }
    }
}

async fn put_files(tx: &DatabaseTransaction, version_id: i64, digest: &Digest<'_>) -> Result<(), DbErr> {
    // In the order of their hashes, so that two instances never wait for each other in a circle.
    let blobs: BTreeMap<&str, &[u8]> =
        digest.files.values().map(|(file, hash)| (hash.as_str(), file.content.as_slice())).collect();
    let hashes: Vec<&str> = blobs.keys().copied().collect();
    let mut known = BTreeSet::new();
    for hashes in hashes.chunks(ROWS) {
        let share = if tx.get_database_backend() == DatabaseBackend::Postgres { " FOR KEY SHARE" } else { "" };
        let text = format!("SELECT hash FROM definition_blob WHERE hash IN ({}){share}", db::marks(hashes.len()));
        for row in db::rows(tx, &text, hashes.iter().map(|hash| (*hash).into())).await? {
            known.insert(row.try_get::<String>("", "hash")?);
        }
    }
    for (hash, content) in blobs.into_iter().filter(|(hash, _)| !known.contains(*hash)) {
        let text = "INSERT INTO definition_blob (hash, content) VALUES (?, ?) ON CONFLICT DO NOTHING";
        db::execute(tx, text, [hash.into(), content.to_vec().into()]).await?;
    }
    let files: Vec<_> = digest.files.values().collect();
    for files in files.chunks(ROWS) {
        let marks = vec!["(?, ?, ?, ?, ?)"; files.len()].join(", ");
        let text = format!("INSERT INTO definition_file (version_id, path, blob, bytes, executable) VALUES {marks}");
        let values = files.iter().flat_map(|(file, hash)| {
            let bytes = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
            [
                Sql::from(version_id),
                file.path.as_str().into(),
                hash.as_str().into(),
                bytes.into(),
                file.executable.into(),
            ]
        });
        db::execute(tx, &text, values).await?;
    }
    Ok(())
}

async fn note(
    tx: &DatabaseTransaction,
    now: Millis,
    actor: &Caller,
    verb: &str,
    version: &Version,
    mut detail: serde_json::Value,
) -> Result<(), DbErr> {
    detail["version"] = version.number.to_string().into();
    let action = format!("{}.version.{verb}", version.plugin);
    audit::append(tx, audit::Event { at: now, actor, action: &action, resource: &version.name, detail }).await
}

async fn one(
    connection: &impl ConnectionTrait,
    condition: &str,
    values: impl IntoIterator<Item = Sql>,
) -> Result<Option<Version>, DbErr> {
    Ok(read(connection, &format!("SELECT {COLUMNS} FROM {FROM} WHERE {condition}"), values).await?.pop())
}

async fn read(
    connection: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Sql>,
) -> Result<Vec<Version>, DbErr> {
    db::rows(connection, text, values).await?.iter().map(Version::read).collect()
}

async fn blob(db: &Db, hash: &str) -> Result<Vec<u8>, DbErr> {
    let rows = db::rows(db.read(), "SELECT content FROM definition_blob WHERE hash = ?", [hash.into()]).await?;
    rows.first().ok_or_else(|| DbErr::RecordNotFound("the content of a file".into()))?.try_get("", "content")
}

async fn lines(
    db: &Db,
    old: Option<&(TreeFile, String)>,
    new: Option<&(TreeFile, String)>,
) -> Result<Option<Diff>, DbErr> {
    let text = async |side: Option<&(TreeFile, String)>| match side {
        None => Ok::<_, DbErr>(Some(String::new())),
        Some((_, hash)) => Ok(String::from_utf8(blob(db, hash).await?).ok().filter(|text| !text.contains('\0'))),
    };
    let (Some(old), Some(new)) = (text(old).await?, text(new).await?) else { return Ok(None) };
    Ok(tokio::task::spawn_blocking(move || diff::compared(&old, &new, CONTEXT)).await.ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::databases;
    use super::*;

    const TEMPLATE: Definition<'static> = Definition { plugin: "templates", name: "template:default/service" };

    fn file(path: &str, content: &str) -> File {
        File { path: path.into(), content: content.into(), executable: path.ends_with(".sh") }
    }

    fn version(number: Option<&str>, files: &[(&str, &str)]) -> NewVersion {
        NewVersion {
            number: number.and_then(super::number),
            start: "template.yaml".into(),
            files: files.iter().map(|(path, content)| file(path, content)).collect(),
            author: "jane".into(),
            ..NewVersion::default()
        }
    }

    async fn put(db: &Db, now: Millis, new: &NewVersion) -> Published {
        let tx = db.begin().await.expect("a transaction");
        let published = publish(&tx, now, &Caller::System, TEMPLATE, new).await.expect("published");
        tx.commit().await.expect("committed");
        published
    }

    async fn events(db: &Db) -> Vec<String> {
        let rows = db::rows(db.read(), "SELECT action FROM audit_event ORDER BY id", []).await.expect("events");
        rows.iter().map(|row| row.try_get("", "action").expect("an action")).collect()
    }

    fn new_number(published: Published) -> String {
        match published {
            Published::New(version) => version.number.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_version_is_content_and_the_same_content_again_is_none() {
        for db in databases().await {
            let first = version(None, &[("template.yaml", "a"), ("skeleton/run.sh", "run"), ("skeleton/same", "run")]);
            assert_eq!(new_number(put(&db, 1, &first).await), "1.0.0", "{}", db.name());
            assert!(matches!(put(&db, 2, &first).await, Published::Unchanged(_)));
            let mut second = first.clone();
            second.files[1].content = b"run on".to_vec();
            assert_eq!(new_number(put(&db, 3, &second).await), "1.0.1");
            second.files[1].executable = false;
            assert_eq!(new_number(put(&db, 4, &second).await), "1.0.2", "the mode is content");
            let Published::Again(again) = put(&db, 5, &first).await else { panic!("the first one is back") };
            assert_eq!(latest(db.read(), TEMPLATE).await.expect("latest"), Some(again.clone()));
            assert_eq!((again.files, again.bytes, again.published_at), (3, 7, 1));
            let publish = "templates.version.publish";
            assert_eq!(events(&db).await, [publish, publish, publish, "templates.version.return"], "{}", db.name());
            let blobs = db::rows(db.read(), "SELECT count(*) AS n FROM definition_blob", []).await.expect("count");
            assert_eq!(blobs[0].try_get::<i64>("", "n").expect("n"), 3, "equal contents are kept once");
            let numbers: Vec<String> = list(db.read(), TEMPLATE, None, 10)
                .await
                .expect("a list")
                .iter()
                .map(|each| each.number.to_string())
                .collect();
            assert_eq!(numbers, ["1.0.2", "1.0.1", "1.0.0"]);
        }
    }

    #[tokio::test]
    async fn a_stated_number_counts_and_is_never_taken_twice() {
        for db in databases().await {
            assert_eq!(new_number(put(&db, 1, &version(Some("1.2"), &[("template.yaml", "a")])).await), "1.2.0");
            let Published::New(second) = put(&db, 2, &version(Some("1.2.0"), &[("template.yaml", "b")])).await else {
                panic!("new")
            };
            assert_eq!(second.number.to_string(), format!("1.2.0+{}", &second.hash[..8]), "{}", db.name());
            assert!(second.warning.contains("spec.version is still 1.2.0"), "{}", second.warning);
            assert_eq!(new_number(put(&db, 3, &version(None, &[("template.yaml", "c")])).await), "1.2.1");
            assert_eq!(
                new_number(put(&db, 4, &version(Some("2.0.0-rc.1"), &[("template.yaml", "d")])).await),
                "2.0.0-rc.1"
            );
            assert_eq!(new_number(put(&db, 5, &version(Some("1.3.0"), &[("template.yaml", "e")])).await), "1.3.0");
            let current = latest(db.read(), TEMPLATE).await.expect("latest").expect("one");
            assert_eq!(current.number.to_string(), "1.3.0", "what the source holds now, whatever its number");
            let first = by_number(db.read(), TEMPLATE, "1.2.0").await.expect("read").expect("there");
            let candidate = by_number(db.read(), TEMPLATE, "2.0.0-rc.1").await.expect("read").expect("there");
            assert!(first.is_behind(&second) && !second.is_behind(&first), "of one rank, and later");
            assert!(first.is_behind(&current) && !candidate.is_behind(&current) && !current.is_behind(&current));
        }
    }

    #[tokio::test]
    async fn a_withdrawn_version_is_not_the_latest_and_each_state_is_in_the_trail() {
        for db in databases().await {
            put(&db, 1, &version(None, &[("template.yaml", "a")])).await;
            let Published::New(second) = put(&db, 2, &version(None, &[("template.yaml", "b")])).await else {
                panic!("new")
            };
            let deprecated = State::Deprecated { reason: "slow".into(), successor: "1.0.2".into() };
            let withdrawn = State::Withdrawn { reason: "it deletes data".into() };
            for state in [&deprecated, &deprecated, &withdrawn] {
                let tx = db.begin().await.expect("a transaction");
                let now = by_id(&tx, second.id).await.expect("read").expect("there");
                set_state(&tx, 3, &Caller::Operator, &now, state).await.expect("set");
                tx.commit().await.expect("committed");
                assert_eq!(
                    by_id(db.read(), second.id).await.expect("read").expect("there").state,
                    *state,
                    "{}",
                    db.name()
                );
            }
            let current = latest(db.read(), TEMPLATE).await.expect("latest").expect("one");
            assert_eq!(current.number.to_string(), "1.0.0");
            let names = [TEMPLATE.name.to_owned(), "template:default/none".to_owned()];
            assert!(latest_of(db.read(), "templates", &names).await.expect("latest").is_empty());
            assert_eq!(events(&db).await[2..], ["templates.version.change", "templates.version.change"]);
        }
    }

    #[tokio::test]
    async fn the_files_of_a_version_are_a_tree_and_two_versions_compare_file_by_file() {
        for db in databases().await {
            let first = version(
                None,
                &[("template.yaml", "a\n"), ("s/a-b", "x"), ("s/a/run.sh", "x"), ("s/old", "old\n"), ("s/bin", "\0a")],
            );
            let Published::New(first) = put(&db, 1, &first).await else { panic!("new") };
            let mut second = version(
                None,
                &[("template.yaml", "b\n"), ("s/a-b", "x"), ("s/a/run.sh", "x"), ("s/new", "new\n"), ("s/bin", "\0b")],
            );
            second.files[2].executable = false;
            let Published::New(second) = put(&db, 2, &second).await else { panic!("new") };
            let tree = tree(&db, &first).await.expect("a tree");
            let paths = |files: Vec<TreeFile>| files.into_iter().map(|file| file.path).collect::<Vec<_>>();
            assert_eq!(paths(tree.files("s/a").await.expect("files")), ["s/a/run.sh"], "and not its neighbour s/a-b");
            assert_eq!(paths(tree.files("template.yaml").await.expect("a file")), ["template.yaml"]);
            assert_eq!((tree.files("").await.expect("all").len(), tree.start()), (5, "template.yaml"));
            assert!(tree.files("s/a/run.sh").await.expect("a file")[0].executable);
            assert_eq!(tree.read("s/bin").await.expect("read"), b"\0a", "{}", db.name());
            assert!(matches!(tree.read("none").await, Err(SourceError::Missing(_))));
            let found = changes(&db, Some(&first), &second).await.expect("changes");
            let shown: Vec<_> = found
                .iter()
                .map(|each| {
                    (each.path.as_str(), each.kind, each.lines.as_ref().map(|lines| (lines.added, lines.removed)))
                })
                .collect();
            let expected = [
                ("s/a/run.sh", ChangeKind::Mode, None),
                ("s/bin", ChangeKind::Changed, None),
                ("s/new", ChangeKind::Added, Some((1, 0))),
                ("s/old", ChangeKind::Removed, Some((0, 1))),
                ("template.yaml", ChangeKind::Changed, Some((1, 1))),
            ];
            assert_eq!(shown, expected, "{}", db.name());
            assert_eq!(before(db.read(), &second).await.expect("read"), Some(first.clone()));
            assert_eq!(before(db.read(), &first).await.expect("read"), None);
            assert_eq!(changes(&db, None, &first).await.expect("changes").len(), 5);
        }
    }

    #[tokio::test]
    async fn what_is_used_or_the_latest_outlives_its_time() {
        for db in databases().await {
            for (now, content) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
                put(&db, now, &version(None, &[("template.yaml", content), ("same", "same")])).await;
            }
            let versions = list(db.read(), TEMPLATE, None, 10).await.expect("a list");
            let any = async |before| any_before(db.read(), "templates", before).await.expect("asked");
            assert_eq!((any(1).await, any(2).await), (false, true), "{}", db.name());
            let tx = db.begin().await.expect("a transaction");
            let used = BTreeSet::from([versions[2].id]);
            hold(&tx, "journey:1", &BTreeSet::from([versions[1].id, versions[3].id])).await.expect("held");
            hold(&tx, "journey:2", &BTreeSet::from([versions[0].id, versions[3].id])).await.expect("held");
            assert_eq!(retire(&tx, "templates", 100, &used).await.expect("retired"), 0, "{}", db.name());
            hold(&tx, "journey:1", &BTreeSet::from([versions[0].id])).await.expect("held");
            hold(&tx, "journey:2", &BTreeSet::new()).await.expect("held");
            assert_eq!(retire(&tx, "templates", 100, &used).await.expect("retired"), 2, "{}", db.name());
            assert_eq!(retire(&tx, "golden-paths", 100, &used).await.expect("retired"), 0);
            tx.commit().await.expect("committed");
            let left = list(db.read(), TEMPLATE, None, 10).await.expect("a list");
            assert_eq!(left, [versions[0].clone(), versions[2].clone()], "{}", db.name());
            let blobs = db::rows(db.read(), "SELECT count(*) AS n FROM definition_blob", []).await.expect("count");
            assert_eq!(blobs[0].try_get::<i64>("", "n").expect("n"), 3);
            assert_eq!(tree(&db, &left[1]).await.expect("a tree").read("same").await.expect("read"), b"same");
        }
    }

    #[test]
    fn a_number_may_be_short_and_nothing_else_is_one() {
        for (text, expected) in
            [("1", "1.0.0"), ("v1.2", "1.2.0"), (" 1.2.3-rc.1+b ", "1.2.3-rc.1+b"), ("2-beta", "2.0.0-beta")]
        {
            assert_eq!(number(text).map(|number| number.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "one", "1.2.3.4", "1..2", "-1", "01.2.3", "18446744073709551615.0.0", "1.x"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_allows_what_people_expect_of_it() {
        let all = ["1.0.0", "1.2.0", "1.2.0+0f3a9c1d", "1.4.1", "2.0.0-rc.1", "2.0.0", "3.1.0"];
        for (text, expected) in [
            ("*", "1.0.0 1.2.0 1.2.0+0f3a9c1d 1.4.1 2.0.0 3.1.0"),
            ("^1.2", "1.2.0 1.2.0+0f3a9c1d 1.4.1"),
            ("~1.2", "1.2.0 1.2.0+0f3a9c1d"),
            ("1", "1.0.0 1.2.0 1.2.0+0f3a9c1d 1.4.1"),
            ("v1.x", "1.0.0 1.2.0 1.2.0+0f3a9c1d 1.4.1"),
            ("1.2.0", "1.2.0 1.2.0+0f3a9c1d"),
            ("=1.2.0+0f3a9c1d", "1.2.0+0f3a9c1d"),
            ("1.2.0+0f3a9c1d", "1.2.0+0f3a9c1d"),
            (">= 1.2 <2", "1.2.0 1.2.0+0f3a9c1d 1.4.1"),
            (">1.2.0, <=2.0.0", "1.4.1 2.0.0"),
            ("1.0 || ^3", "1.0.0 3.1.0"),
            ("=2.0.0-rc.1", "2.0.0-rc.1"),
            ("4", ""),
        ] {
            let range = Range::parse(text).expect(text);
            let allowed = all.iter().filter(|each| range.allows(&Number::parse(each).expect("a number")));
            assert_eq!(allowed.copied().collect::<Vec<_>>().join(" "), expected, "{text}");
        }
        for text in ["", "  ", "newest", "^", "1 ||", "1.2.3.4", "^^1", ">=1 <", "1 - 2"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reading_of_ranges(text in "[0-9x*.<>=^~|, v+-]{0,16}", number in "[0-9]\\.[0-9]\\.[0-9]") {
            if let Some(range) = Range::parse(&text) {
                let _ = range.allows(&Number::parse(&number).expect("a number"));
            }
        }

        #[test]
        fn no_text_breaks_the_reading_of_numbers(text in ".{0,20}") {
            if let Some(found) = number(&text) {
                prop_assert_eq!(number(&found.to_string()), Some(found));
            }
        }
    }
}
