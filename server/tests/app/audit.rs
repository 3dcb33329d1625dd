//! The audit trail: what is in it, that it is sealed, and that nothing sealed can be changed unseen.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kit::error::AppError;
use kit::identity::{Caller, Principal, PrincipalKind, Via};
use kit::plugin::Permission;
use kit::server::audit::{
    self, Checkpoint, Event, Filter, Mirror, Order, Row, SealError, SealKey, SealOptions, Sealer, Trail,
};
use kit::server::authorise::Resource;
use kit::server::clock::Clock;
use kit::server::db;
use kit::server::testing::{TestDb, databases};
use serde_json::{Value, json};
use server::config::Config;
use tokio_util::sync::CancellationToken;

use crate::support::{START, TestApp, component};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn person(name: &str, administrator: bool) -> Caller {
    Caller::Principal(Arc::new(Principal {
        kind: PrincipalKind::Person,
        subject: format!("user:default/{name}"),
        name: format!("{}{} Miller", name[..1].to_uppercase(), &name[1..]),
        groups: vec!["group:default/team-a".into()],
        administrator,
        via: Via::Session(7),
        scopes: None,
        request: format!("request-of-{name}"),
    }))
}

/// The trail of one test, with a file of its own.
struct Kept {
    app: TestApp,
    _folder: tempfile::TempDir,
    folder: PathBuf,
}

impl Kept {
    fn new(db: &TestDb) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { app: TestApp::new(db), folder: folder.path().to_owned(), _folder: folder }
    }

    fn sealer(&self, file: &str, keep_days: u32) -> Sealer {
        let key = SealKey::load(&self.folder.join("key")).expect("a key");
        let options = SealOptions { key, trusted: Vec::new(), file: self.folder.join(file), keep_days };
        Sealer::new(self.app.db().clone(), self.app.instance.kit.clock.clone(), options)
    }

    async fn append(&self, actor: &Caller, action: &str, resource: &str, detail: Value) {
        let tx = self.app.db().begin().await.expect("begin");
        let at = self.app.instance.kit.clock.now();
        audit::append(&tx, Event { at, actor, action, resource, detail }).await.expect("appended");
        tx.commit().await.expect("commit");
    }

    /// Some events of several people, in several seals.
    async fn events(&self, seals: i64, each: i64) {
        let sealer = self.sealer("trail.jsonl", 0);
        let (jane, joe) = (person("jane", true), person("joe", false));
        for seal in 0..seals {
            for number in 0..each {
                let actor = [&jane, &joe, &Caller::Operator, &Caller::System][(number % 4) as usize];
                let detail = json!({ "before": { "n": number }, "after": { "n": seal, "by": "user:default/jane" } });
                let resource = if number % 5 == 0 { "user:default/joe".into() } else { format!("location:{number}") };
                self.append(actor, "catalog.location.trust", &resource, detail).await;
            }
            self.app.instance.kit.clock.advance(1_000);
            sealer.seal().await.expect("sealed");
        }
    }

    async fn verify(&self, files: &[&str]) -> Trail {
        self.compare(files, true).await
    }

    async fn compare(&self, files: &[&str], is_live: bool) -> Trail {
        let trusted = [SealKey::load(&self.folder.join("key")).expect("a key").public()];
        let files: Vec<Mirror> = files.iter().map(|file| Mirror { path: self.folder.join(file), is_live }).collect();
        let now = self.app.instance.kit.clock.now();
        audit::verify(self.app.db(), now, &trusted, &files).await.expect("verified")
    }

    fn file(&self) -> String {
        std::fs::read_to_string(self.folder.join("trail.jsonl")).expect("the file")
    }

    fn write_file<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        let text: String = lines.into_iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(self.folder.join("trail.jsonl"), text).expect("written");
    }

    /// Everything is as it was sealed; gives the rows.
    async fn whole(&self) -> (i64, i64) {
        let trail = self.verify(&["trail.jsonl"]).await;
        assert_eq!(trail.problems, [], "{}", self.app.name);
        trail.rows.expect("sealed rows")
    }

    async fn run(&self, text: &str) {
        self.run_all(&[text.to_owned()]).await;
    }

    /// Several statements in one transaction, which is one wait for the disk.
    async fn run_all(&self, texts: &[String]) {
        let tx = self.app.db().begin().await.expect("begin");
        for text in texts {
            db::execute(&tx, text, []).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        tx.commit().await.expect("commit");
    }

    async fn number(&self, text: &str) -> i64 {
        let rows = db::rows(self.app.db().read(), text, []).await.expect("read");
        rows.first().expect("a row").try_get_by_index(0).expect("a number")
    }

    async fn row(&self, seq: i64) -> Row {
        let text = "SELECT id, at, actor, action, resource, detail, via, request, outcome FROM audit_event WHERE sealed_seq = ?";
        let rows = db::rows(self.app.db().read(), text, [seq.into()]).await.expect("read");
        Row::of(rows.first().expect("the row")).expect("a row")
    }

    /// What somebody does who knows the algorithm and not the key: hashes every row anew from `seq` on, and the checkpoints.
    async fn rehash(&self, from: i64) {
        let seqs =
            self.app.column("SELECT sealed_seq FROM audit_event WHERE sealed_seq IS NOT NULL ORDER BY sealed_seq");
        let seqs: Vec<i64> = seqs.await.iter().map(|seq| seq.parse().expect("a number")).collect();
        let before = format!("SELECT hash FROM audit_event WHERE sealed_seq = {}", from - 1);
        let mut hash = self.app.column(&before).await.pop().unwrap_or_default();
        let mut updates = Vec::new();
        for seq in seqs.into_iter().filter(|seq| *seq >= from) {
            hash = self.row(seq).await.hash(&hash, seq);
            updates.push(format!("UPDATE audit_event SET hash = '{hash}' WHERE sealed_seq = {seq}"));
            updates.push(format!("UPDATE audit_checkpoint SET hash = '{hash}' WHERE seq = {seq}"));
        }
        self.run_all(&updates).await;
    }
}

/// The same numbers in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.unsigned_abs()) as i64
    }

    fn within(&mut self, first: i64, last: i64) -> i64 {
        first + self.below(last - first + 1)
    }
}

#[tokio::test]
async fn an_event_says_who_through_what_and_in_which_request() {
    for db in databases().await {
        let kept = Kept::new(&db);
        let detail = json!({ "before": { "owner": "user:default/joe" }, "after": { "owner": "group:default/team-a" } });
        kept.append(&person("jane", false), "catalog.entity.delete", "user:default/joe", detail.clone()).await;
        let stored = kept.app.rows("audit_event").await.join("\n");
        assert!(!stored.contains("jane/") && !stored.contains("Jane") && !stored.contains("joe"), "{stored}");
        let read = kept.app.db().read();
        let records = audit::page(read, &Filter::default(), Order::Falling, None, 5).await.expect("read");
        let [record] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((record.subject.as_str(), record.name.as_str()), ("user:default/jane", "Jane Miller"));
        assert_eq!((record.via.as_str(), record.request.as_str()), ("session:7", "request-of-jane"));
        assert_eq!((record.resource.as_str(), &record.detail), ("user:default/joe", &detail), "{}", kept.app.name);
        assert_eq!((record.at, record.outcome, record.seq), (START, audit::Outcome::Done, None));
    }
}

#[tokio::test]
async fn a_refusal_is_an_event_once_a_minute_and_no_flood() {
    const WRITE: Permission = Permission { action: "catalog.location.trust", allows: "trust", writes: true };
    for db in databases().await {
        let app = TestApp::new(&db);
        let refused = async |caller: &Caller, id: &str| {
            let decided = app.instance.kit.authorise(caller, &WRITE, &Resource::One(id)).await;
            assert!(matches!(decided, Err(AppError::Forbidden { .. } | AppError::Unauthenticated)), "{decided:?}");
        };
        let joe = person("joe", false);
        for _ in 0..3 {
            refused(&joe, "location:1").await;
        }
        refused(&joe, "location:2").await;
        refused(&person("jane", false), "location:1").await;
        refused(&Caller::Anonymous, "location:1").await;
        let seen = app.column("SELECT resource FROM audit_event WHERE outcome = 'refused' ORDER BY id").await;
        assert_eq!(seen, ["location:1", "location:2", "location:1"], "{}", app.name);
        app.instance.kit.clock.advance(61_000);
        refused(&joe, "location:1").await;
        assert_eq!(app.rows("audit_event").await.len(), 4, "another minute, another row");
        for number in 0..100 {
            refused(&joe, &format!("location:{number}")).await;
        }
        assert_eq!(app.rows("audit_event").await.len(), 3 + 60, "a program that tries everything fills nothing");
        assert!(app.instance.kit.authorise(&person("ann", true), &WRITE, &Resource::All).await.is_ok());
        assert_eq!(app.rows("audit_event").await.len(), 3 + 60);
    }
}

/// One way of changing what is sealed, chosen at random; says what it did.
async fn manipulate(kept: &Kept, kind: i64, random: &mut Random) -> String {
    let last = kept.number("SELECT max(sealed_seq) FROM audit_event").await;
    let seq = random.within(1, last);
    let columns =
        ["at", "actor", "action", "resource", "detail", "via", "request", "outcome", "id", "hash", "sealed_seq"];
    match kind {
        // A column of a row, alone or with all hashes made to fit.
        0..=10 => {
            let column = columns[kind as usize];
            let value = match column {
                "at" | "id" | "sealed_seq" => format!("{column} + {}", 10_000 + random.below(1_000_000)),
                "outcome" => "'refused'".into(),
                _ => format!("'forged-{}'", random.below(1_000_000)),
            };
            kept.run(&format!("UPDATE audit_event SET {column} = {value} WHERE sealed_seq = {seq}")).await;
            let fitted = !matches!(column, "hash" | "sealed_seq") && random.below(2) == 0;
            if fitted {
                kept.rehash(seq).await;
            }
            format!("{column} of row {seq}, fitted: {fitted}")
        }
        11 => {
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq = {seq}")).await;
            format!("row {seq} deleted")
        }
        // Deleted, and the rest moved up and made to fit.
        12 => {
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq = {seq}")).await;
            let moved = (seq + 1..=last)
                .map(|later| format!("UPDATE audit_event SET sealed_seq = {} WHERE sealed_seq = {later}", later - 1));
            kept.run_all(&moved.collect::<Vec<_>>()).await;
            kept.rehash(seq).await;
            format!("row {seq} deleted and the rest renumbered")
        }
        // A forged row at the end: without a hash, with one that fits, with a checkpoint by another key.
        13..=15 => {
            let next = last + 1;
            let text = format!(
                "INSERT INTO audit_event (at, actor, action, resource, detail, sealed_seq, hash) \
                 VALUES (1, 'operator', 'x.y.z', 'location:1', '{{}}', {next}, '')"
            );
            kept.run(&text).await;
            if kind > 13 {
                kept.rehash(next).await;
            }
            if kind > 14 {
                let hash = kept.app.column(&format!("SELECT hash FROM audit_event WHERE sealed_seq = {next}")).await;
                let key = SealKey::parse(&"5a".repeat(32)).expect("a key");
                insert(kept, &Checkpoint::signed(&key, next, 1, START, hash[0].clone())).await;
            }
            format!("a row forged at the end, way {kind}")
        }
        // A forged row in the middle, where one was.
        16 => {
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq = {seq}")).await;
            let text = format!(
                "INSERT INTO audit_event (at, actor, action, resource, detail, sealed_seq, hash) \
                 VALUES (1, 'operator', 'x.y.z', 'location:1', '{{}}', {seq}, '')"
            );
            kept.run(&text).await;
            kept.rehash(seq).await;
            format!("a row forged as {seq}")
        }
        // Two rows change places.
        17 => {
            let other = seq % last + 1;
            kept.run(&format!("UPDATE audit_event SET sealed_seq = -1 WHERE sealed_seq = {seq}")).await;
            kept.run(&format!("UPDATE audit_event SET sealed_seq = {seq} WHERE sealed_seq = {other}")).await;
            kept.run(&format!("UPDATE audit_event SET sealed_seq = {other} WHERE sealed_seq = -1")).await;
            let fitted = random.below(2) == 0;
            if fitted {
                kept.rehash(1).await;
            }
            format!("rows {seq} and {other} swapped, fitted: {fitted}")
        }
        // The end cut off: the rows, or their checkpoints as well.
        18 | 19 => {
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq >= {seq}")).await;
            if kind == 19 {
                kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq >= {seq}")).await;
            }
            format!("cut off from {seq}, with checkpoints: {}", kind == 19)
        }
        // The end cut off at a checkpoint, so that what is left is a trail as it once was.
        20 => {
            let at = kept.app.column("SELECT seq FROM audit_checkpoint ORDER BY seq").await;
            let at = &at[random.below(at.len() as i64 - 1) as usize];
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq > {at}")).await;
            kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq > {at}")).await;
            format!("cut off at checkpoint {at}")
        }
        // The same, and the sealer goes on from there.
        21 => {
            let at = kept.app.column("SELECT seq FROM audit_checkpoint ORDER BY seq").await;
            let at = &at[random.below(at.len() as i64 - 1) as usize];
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq > {at}")).await;
            kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq > {at}")).await;
            kept.append(&Caller::Operator, "x.y.z", "location:1", json!({})).await;
            let sealed = kept.sealer("trail.jsonl", 0).seal().await;
            assert!(sealed.is_err(), "the sealer says so as well");
            format!("cut off at checkpoint {at} and sealed on")
        }
        // The beginning cut off, as if retention had done it.
        22 => {
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq <= {seq}")).await;
            kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq < {seq}")).await;
            kept.run(&format!("UPDATE audit_checkpoint SET kept_from = {}", seq + 1)).await;
            format!("the first {seq} rows cut off")
        }
        23 => {
            kept.run("DELETE FROM audit_event").await;
            if random.below(2) == 0 {
                kept.run("DELETE FROM audit_checkpoint").await;
            }
            "all rows deleted".into()
        }
        // The seal taken off, to be sealed anew with other content.
        24 => {
            let text = format!(
                "UPDATE audit_event SET sealed_seq = NULL, hash = NULL, actor = 'nobody' WHERE sealed_seq >= {seq}"
            );
            kept.run(&text).await;
            kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq >= {seq}")).await;
            let at = kept.number("SELECT coalesce(max(seq), 0) FROM audit_checkpoint").await;
            let text = format!("UPDATE audit_event SET sealed_seq = NULL, hash = NULL WHERE sealed_seq > {at}");
            kept.run(&text).await;
            let _ = kept.sealer("trail.jsonl", 0).seal().await;
            format!("from row {seq} on unsealed, changed and sealed again")
        }
        // Who it was.
        25 => {
            kept.run("UPDATE audit_subject SET name = 'Somebody Else' WHERE name LIKE 'J%'").await;
            "another name behind a pseudonym".into()
        }
        26 => {
            kept.run("DELETE FROM audit_subject WHERE name LIKE 'Joe%'").await;
            "a name deleted by hand".into()
        }
        // The beginning cut off, sealed on, and what that was done with put back.
        27 => {
            let at = kept.app.column("SELECT seq FROM audit_checkpoint ORDER BY seq").await;
            let at = &at[random.below(at.len() as i64 - 1) as usize];
            kept.run(&format!("DELETE FROM audit_event WHERE sealed_seq <= {at}")).await;
            kept.run(&format!("DELETE FROM audit_checkpoint WHERE seq < {at}")).await;
            kept.run(&format!("UPDATE audit_checkpoint SET kept_from = {at} + 1 WHERE seq > {at}")).await;
            kept.append(&Caller::Operator, "x.y.z", "location:1", json!({})).await;
            assert!(kept.sealer("trail.jsonl", 0).seal().await.is_err(), "the sealer would sign where it begins");
            kept.run(&format!("UPDATE audit_checkpoint SET kept_from = 1 WHERE seq <= {last}")).await;
            format!("cut off up to checkpoint {at} and sealed on")
        }
        // A name deleted by hand, and an erasure forged that excuses it, sealed or not.
        28 => {
            let joe = "SELECT pseudonym FROM audit_subject WHERE name LIKE 'Joe%'";
            let pseudonyms = kept.app.column(joe).await;
            kept.run("DELETE FROM audit_subject WHERE name LIKE 'Joe%'").await;
            let signer = SealKey::load(&kept.folder.join("key")).expect("a key").public();
            let detail = match random.below(2) {
                0 => json!({ "pseudonyms": pseudonyms }),
                _ => json!({ "pseudonyms": pseudonyms, "signer": signer, "signature": "0".repeat(128) }),
            };
            kept.append(&Caller::Operator, "audit.person.erase", "audit", detail).await;
            let sealed = random.below(2) == 0;
            if sealed {
                kept.sealer("trail.jsonl", 0).seal().await.expect("sealed");
            }
            format!("a name deleted by hand and an erasure forged, sealed: {sealed}")
        }
        // The file: lines taken out, or changed, or brought into another order.
        29..=36 => {
            let text = kept.file();
            let mut lines: Vec<&str> = text.lines().collect();
            let (at, count) = (random.below(lines.len() as i64) as usize, lines.len());
            let is_checkpoint = |line: &&str| line.starts_with("{\"checkpoint\"");
            let what = match kind {
                29 => {
                    lines.remove(at);
                    "a line taken out"
                }
                30 => {
                    lines.drain(..=at.min(count - 2));
                    "the beginning taken out"
                }
                31 => {
                    let at = lines.iter().position(is_checkpoint).expect("a checkpoint");
                    lines.drain(..=at);
                    "the first segment taken out"
                }
                32 => {
                    lines.truncate(at.max(1));
                    "the end cut off"
                }
                33 => {
                    lines.retain(|line| !is_checkpoint(line));
                    "the checkpoints taken out"
                }
                34 => {
                    let at = lines.iter().rposition(is_checkpoint).expect("a checkpoint");
                    lines.remove(at);
                    "the last checkpoint taken out"
                }
                35 => {
                    lines.swap(at, (at + 1) % count);
                    "two lines swapped"
                }
                _ => {
                    let line = lines[at];
                    lines[at] = [&line[..line.len() / 2], "garbled", "", "\u{fffd}"][random.below(4) as usize];
                    "a line garbled"
                }
            };
            kept.write_file(lines);
            format!("{what}, at line {at} of {count}")
        }
        // A checkpoint.
        _ => {
            let at = kept.app.column("SELECT seq FROM audit_checkpoint ORDER BY seq").await;
            let at = &at[random.below(at.len() as i64) as usize];
            let change = ["at = at + 1", "signature = ''", "hash = ''", "kept_from = 2", "signer = ''"];
            let change = change[random.below(change.len() as i64) as usize];
            kept.run(&format!("UPDATE audit_checkpoint SET {change} WHERE seq = {at}")).await;
            format!("{change} of checkpoint {at}")
        }
    }
}

async fn insert(kept: &Kept, checkpoint: &Checkpoint) {
    let Checkpoint { seq, kept_from, at, hash, signer, signature } = checkpoint;
    let text = format!(
        "INSERT INTO audit_checkpoint (seq, kept_from, at, hash, signer, signature) \
         VALUES ({seq}, {kept_from}, {at}, '{hash}', '{signer}', '{signature}')"
    );
    kept.run(&text).await;
}

#[tokio::test]
async fn of_152_random_manipulations_each_is_found() {
    const KINDS: i64 = 38;
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(4, 10).await;
        // Later than a process needs to write the file.
        kept.app.instance.kit.clock.advance(120_000);
        assert_eq!(kept.whole().await, (1, 40));
        let file = kept.file();
        let tables = ["audit_event", "audit_checkpoint", "audit_subject"];
        for table in tables {
            kept.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        let mut random = Random(4);
        for number in 0..4 * KINDS {
            // Every way four times, at other places each time.
            let what = manipulate(&kept, number % KINDS, &mut random).await;
            let trail = kept.verify(&["trail.jsonl"]).await;
            assert!(!trail.problems.is_empty(), "{}: not found: {what}", db.name());
            let restored = tables.map(|table| {
                [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM kept_{table}")]
            });
            kept.run_all(&restored.concat()).await;
            kept.write_file(file.lines());
            if number % KINDS >= 27 || number % KINDS == 0 {
                kept.whole().await;
            }
        }
    }
}

#[tokio::test]
async fn the_first_bad_row_is_named() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(3, 5).await;
        kept.run("UPDATE audit_event SET detail = '{}' WHERE sealed_seq = 9").await;
        kept.run("DELETE FROM audit_event WHERE sealed_seq = 12").await;
        let trail = kept.verify(&["trail.jsonl"]).await;
        let first = trail.problems.first().expect("a problem");
        assert_eq!(first.seq, 9);
        assert!(first.text.starts_with("row 9 (event ") && first.text.contains("changed"), "{}", first.text);
        assert!(trail.problems.iter().any(|problem| problem.text == "row 12 is missing"), "{:?}", trail.problems);
    }
}

#[tokio::test]
async fn nothing_untouched_is_called_wrong_while_many_append_and_several_seal() {
    for db in databases().await {
        let kept = Kept::new(&db);
        let (stop, kit) = (CancellationToken::new(), kept.app.instance.kit.clone());
        let (one, two) = (Arc::new(kept.sealer("trail.jsonl", 0)), Arc::new(kept.sealer("other.jsonl", 0)));
        let sealing: Vec<_> = [one.clone(), two.clone()]
            .into_iter()
            .map(|sealer| {
                let stop = stop.clone();
                tokio::spawn(async move {
                    while !stop.is_cancelled() {
                        sealer.seal().await.expect("sealed");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                })
            })
            .collect();
        let appending: Vec<_> = (0..4)
            .map(|task| {
                let kit = kit.clone();
                tokio::spawn(async move {
                    let actor = person(["jane", "joe", "ann", "bob"][task], false);
                    for number in 0..25 {
                        let tx = kit.db.begin().await.expect("begin");
                        let resource = format!("location:{number}");
                        let event =
                            Event { at: START, actor: &actor, action: "x.y.z", resource: &resource, detail: json!({}) };
                        audit::append(&tx, event).await.expect("appended");
                        tokio::time::sleep(Duration::from_millis(number % 7)).await;
                        tx.commit().await.expect("commit");
                    }
                })
            })
            .collect();
        for _ in 0..10 {
            let trail = kept.verify(&["trail.jsonl", "other.jsonl"]).await;
            let early = |text: &str| {
                text.ends_with("is missing") && text.starts_with("the file") || text.ends_with("holds no row")
            };
            let wrong: Vec<_> = trail.problems.iter().filter(|problem| !early(&problem.text)).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", db.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for task in appending {
            task.await.expect("appended");
        }
        stop.cancel();
        for task in sealing {
            task.await.expect("sealed");
        }
        one.seal().await.expect("sealed");
        two.seal().await.expect("sealed");
        let trail = kept.verify(&["trail.jsonl", "other.jsonl"]).await;
        assert_eq!((trail.problems.as_slice(), trail.rows, trail.unsealed), (&[][..], Some((1, 100)), 0));
        assert!(trail.files.iter().all(|file| file.rows == Some((1, 100))), "each file has all: {:?}", trail.files);
    }
}

#[tokio::test]
async fn a_row_that_was_committed_late_is_sealed_after_those_before_it() {
    for db in databases().await.into_iter().filter(|db| db.name() == "PostgreSQL") {
        let kept = Kept::new(&db);
        let slow = db.begin().await.expect("begin");
        let event =
            |resource| Event { at: START, actor: &Caller::System, action: "x.y.z", resource, detail: json!({}) };
        audit::append(&slow, event("slow")).await.expect("appended");
        kept.append(&Caller::System, "x.y.z", "quick", json!({})).await;
        let sealer = kept.sealer("trail.jsonl", 0);
        sealer.seal().await.expect("sealed");
        slow.commit().await.expect("commit");
        sealer.seal().await.expect("sealed");
        let order = kept.app.column("SELECT resource FROM audit_event ORDER BY sealed_seq").await;
        assert_eq!(order, ["quick", "slow"]);
        assert_eq!(kept.app.column("SELECT resource FROM audit_event ORDER BY id").await, ["slow", "quick"]);
        assert_eq!(kept.whole().await, (1, 2));
    }
}

#[tokio::test]
async fn a_crash_before_the_file_was_written_is_mended_at_the_next_seal() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(4, 5).await;
        let path = kept.folder.join("trail.jsonl");
        let text = std::fs::read_to_string(&path).expect("the file");
        // At each of these places the process may have ended: before the batch, within a row, before the checkpoint.
        for lines in [12, 14, 17, 23] {
            let cut: String = text.lines().take(lines).map(|line| format!("{line}\n")).collect();
            let torn = text.lines().nth(lines).map_or("{\"seq\":21,\"id", |line| &line[..line.len() / 2]);
            std::fs::write(&path, cut + torn).expect("written");
            assert_eq!(kept.whole().await, (1, 20), "a file that is behind is no forgery");
            kept.sealer("trail.jsonl", 0).seal().await.expect("another process seals");
            let trail = kept.verify(&["trail.jsonl"]).await;
            assert_eq!((trail.problems.as_slice(), trail.files[0].rows), (&[][..], Some((1, 20))), "{}", db.name());
        }
        // And the trail goes on.
        kept.events(1, 5).await;
        assert_eq!(kept.whole().await, (1, 25));
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_of_another_trail_is_found() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(3, 5).await;
        let trail = kept.verify(&["nowhere.jsonl"]).await;
        assert!(trail.problems[0].text.ends_with("nowhere.jsonl is missing"), "{:?}", trail.problems);
        let path = kept.folder.join("trail.jsonl");
        let text = std::fs::read_to_string(&path).expect("the file");
        let hash = kept.app.column("SELECT hash FROM audit_event WHERE sealed_seq = 4").await.remove(0);
        std::fs::write(&path, text.replacen(&hash, &"0".repeat(64), 1)).expect("written");
        let trail = kept.verify(&["trail.jsonl"]).await;
        assert_eq!(trail.problems.first().map(|problem| problem.seq), Some(4), "{:?}", trail.problems);
        let line = text.lines().nth(6).expect("a line").to_owned() + "\n";
        std::fs::write(&path, text.replacen(&line, "", 1)).expect("written");
        let trail = kept.verify(&["trail.jsonl"]).await;
        assert!(trail.problems[0].text.ends_with("lacks row 6"), "{:?}", trail.problems);
        let stranger = [SealKey::parse(&"11".repeat(32)).expect("a key").public()];
        let trail = audit::verify(&db, START, &stranger, &[]).await.expect("verified");
        assert_eq!(trail.problems.len(), 3, "a key that is not trusted vouches for nothing: {:?}", trail.problems);
    }
}

#[tokio::test]
async fn a_line_that_is_none_is_named_unless_the_whole_line_follows() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(3, 5).await;
        let text = kept.file();
        let lines: Vec<&str> = text.lines().collect();
        let with = |at: usize, line: &'static str| [&lines[..at], &[line], &lines[at..]].concat();
        for (at, line, found) in [(0, "x", true), (7, "", true), (18, "{\"seq", true), (7, "{\"seq\":7", false)] {
            // Before the seventh row, which is the eighth line as a checkpoint is among them.
            kept.write_file(with(at, line));
            let trail = kept.verify(&["trail.jsonl"]).await;
            let named = trail.problems.iter().any(|problem| {
                problem.text.starts_with(&format!("line {} of the file ", at + 1))
                    && problem.text.ends_with("is garbled")
            });
            assert_eq!((named, trail.problems.len()), (found, usize::from(found)), "{line:?}: {:?}", trail.problems);
        }
        // Lines that are well, and stand twice.
        kept.write_file(lines.iter().chain(&lines[5..7]).copied());
        assert!(kept.verify(&["trail.jsonl"]).await.problems[0].text.contains("is out of its place"), "{}", db.name());
    }
}

#[tokio::test]
async fn a_copy_may_end_early_and_the_file_itself_may_not() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(3, 5).await;
        let text = kept.file();
        kept.write_file(text.lines().take(9));
        assert_eq!(kept.whole().await, (1, 15), "a process may be writing it");
        kept.app.instance.kit.clock.advance(120_000);
        let trail = kept.verify(&["trail.jsonl"]).await;
        assert!(
            trail.problems[0].text.contains("ends with the checkpoint at row 5; what was sealed up to row 15 "),
            "{:?}",
            trail.problems
        );
        assert_eq!(kept.compare(&["trail.jsonl"], false).await.problems, [], "{}", db.name());
        kept.sealer("trail.jsonl", 0).seal().await.expect("sealed");
        assert_eq!(kept.whole().await, (1, 15), "the next process writes the rest");
    }
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_a_trail_that_was_changed() {
    for db in databases().await {
        for change in [
            // The end cut off: with its checkpoints, without them, or only the last row.
            "DELETE FROM audit_event WHERE sealed_seq > 5; DELETE FROM audit_checkpoint WHERE seq > 5",
            "DELETE FROM audit_event WHERE sealed_seq > 5",
            "DELETE FROM audit_event WHERE sealed_seq = 10",
            // What the next checkpoint would take over.
            "UPDATE audit_checkpoint SET kept_from = 6 WHERE seq = 10",
        ] {
            kept_from_nothing(&db).await;
            let kept = Kept::new(&db);
            kept.events(2, 5).await;
            let running = kept.sealer("trail.jsonl", 0);
            running.seal().await.expect("sealed");
            let file = kept.file();
            kept.run_all(&change.split("; ").map(str::to_owned).collect::<Vec<_>>()).await;
            kept.append(&Caller::Operator, "x.y.z", "location:1", json!({})).await;
            let checkpoints = kept.app.rows("audit_checkpoint").await;
            // One that runs already, even when the file is gone, and one that begins.
            for (sealer, is_gone) in [(&running, false), (&running, true), (&kept.sealer("trail.jsonl", 0), false)] {
                if is_gone {
                    std::fs::remove_file(kept.folder.join("trail.jsonl")).expect("removed");
                }
                let refused = sealer.seal().await;
                assert!(
                    matches!(refused, Err(SealError::Disagrees { .. } | SealError::Changed { .. })),
                    "{}: {change}: {refused:?}",
                    db.name()
                );
                assert!(sealer.disagrees());
                assert_eq!(kept.app.rows("audit_checkpoint").await, checkpoints, "{change}");
                kept.write_file(file.lines());
            }
            assert_eq!(kept.number("SELECT count(*) FROM audit_event WHERE sealed_seq IS NULL").await, 1);
        }
    }
}

async fn kept_from_nothing(db: &TestDb) {
    let tx = db.begin().await.expect("begin");
    for table in ["audit_event", "audit_checkpoint", "audit_subject"] {
        db::execute(&tx, &format!("DELETE FROM {table}"), []).await.expect("deleted");
    }
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn the_instance_stays_ready_and_says_that_nothing_is_sealed() {
    for db in databases().await {
        let app = TestApp::with(&db, Config::default(), &[], person("ann", true));
        assert!(app.get("/readyz").await.body.contains("audit: up\n"));
        let tx = db.begin().await.expect("begin");
        let event =
            Event { at: START, actor: &Caller::Operator, action: "x.y.z", resource: "location:1", detail: json!({}) };
        audit::append(&tx, event).await.expect("appended");
        tx.commit().await.expect("commit");
        app.instance.sealer.seal().await.expect("sealed");
        let tx = db.begin().await.expect("begin");
        db::execute(&tx, "DELETE FROM audit_event", []).await.expect("deleted");
        tx.commit().await.expect("commit");
        app.instance.sealer.seal().await.expect_err("refused");
        let ready = app.get("/readyz").await;
        assert_eq!(ready.status, 200, "{}", db.name());
        assert!(ready.body.contains("audit: up, but the trail is not as it was sealed"), "{}", ready.body);
        assert!(app.get("/audit").await.body.contains("The trail was changed"));
    }
}

#[tokio::test]
async fn retention_is_no_way_to_have_the_beginning_of_the_file_go() {
    for db in databases().await {
        let kept = Kept::new(&db);
        let clock = &kept.app.instance.kit.clock;
        for _ in 0..4 {
            kept.events(2, 5).await;
            clock.advance(DAY);
        }
        let sealer = kept.sealer("trail.jsonl", 2);
        // The time of a checkpoint decides what is dropped.
        kept.run(&format!("UPDATE audit_checkpoint SET at = {} WHERE seq = 35", START - 100 * DAY)).await;
        let refused = sealer.drop_old().await;
        assert!(matches!(refused, Err(SealError::Changed { seq: 35, .. })), "{}: {refused:?}", db.name());
        assert_eq!(kept.number("SELECT count(*) FROM audit_event WHERE sealed_seq IS NOT NULL").await, 40);
        let at = kept.file();
        let at = at.lines().find(|line| line.starts_with("{\"checkpoint\":35,")).expect("the checkpoint").to_owned();
        let at: Value = serde_json::from_str(&at).expect("JSON");
        kept.run(&format!("UPDATE audit_checkpoint SET at = {} WHERE seq = 35", at["at"])).await;
        let lagging = kept.sealer("lagging.jsonl", 0);
        kept.write_file(kept.file().lines());
        let early: String = kept.file().lines().take(12).map(|line| format!("{line}\n")).collect();
        std::fs::write(kept.folder.join("lagging.jsonl"), early).expect("written");
        sealer.drop_old().await.expect("dropped");
        sealer.seal().await.expect("sealed");
        assert_eq!(kept.whole().await, (21, 41), "{}", db.name());
        // A file that was behind goes on where the trail does, and so does a new one.
        lagging.seal().await.expect("followed");
        kept.sealer("new.jsonl", 0).seal().await.expect("followed");
        let trail = kept.verify(&["lagging.jsonl", "new.jsonl"]).await;
        assert_eq!(trail.problems, [], "{}", db.name());
        // Rows that only the file has are to stand in it without a gap.
        let text = kept.file();
        for (from, to) in [(0, 1), (0, 6), (3, 4), (7, 12), (0, 12)] {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.drain(from..to);
            kept.write_file(lines);
            let trail = kept.verify(&["trail.jsonl"]).await;
            assert!(trail.problems.iter().any(|problem| problem.text.contains(" lacks row")), "{from} to {to}");
        }
    }
}

#[tokio::test]
async fn retention_drops_whole_segments_and_the_rest_stays_whole() {
    for db in databases().await {
        let kept = Kept::new(&db);
        let clock = &kept.app.instance.kit.clock;
        for _ in 0..4 {
            kept.events(2, 5).await;
            clock.advance(DAY);
        }
        assert_eq!(kept.whole().await, (1, 40));
        kept.sealer("trail.jsonl", 0).drop_old().await.expect("nothing to do");
        assert_eq!(kept.whole().await, (1, 40), "without keep_days everything is kept");
        let sealer = kept.sealer("trail.jsonl", 2);
        sealer.drop_old().await.expect("dropped");
        sealer.seal().await.expect("sealed");
        assert_eq!(kept.whole().await, (21, 41), "{}", db.name());
        let event = kept.app.column("SELECT detail FROM audit_event WHERE action = 'audit.segment.drop'").await;
        let event: Value = serde_json::from_str(&event[0]).expect("JSON");
        assert_eq!(event["rows"], json!({ "from": 1, "to": 20 }));
        sealer.drop_old().await.expect("again");
        assert_eq!(kept.whole().await, (21, 41), "a second time drops nothing more");
        kept.events(1, 5).await;
        assert_eq!(kept.whole().await, (21, 46));
        // What was dropped by hand after that is found, the checkpoint that the rest goes on from included.
        kept.run("DELETE FROM audit_event WHERE sealed_seq = 21").await;
        assert!(!kept.verify(&["trail.jsonl"]).await.problems.is_empty());
        kept.run("DELETE FROM audit_checkpoint WHERE seq = 20").await;
        let trail = kept.verify(&["trail.jsonl"]).await;
        assert!(trail.problems[0].text.contains("checkpoint at row 20"), "{:?}", trail.problems);
        // When nothing of a person is kept, neither is the name.
        clock.advance(10 * DAY);
        sealer.drop_old().await.expect("dropped");
        assert_eq!(kept.app.rows("audit_subject").await.len(), 0);
    }
}

#[tokio::test]
async fn a_name_is_taken_away_for_good_and_the_chain_holds() {
    for db in databases().await {
        let kept = Kept::new(&db);
        kept.events(2, 8).await;
        let erased = kept.sealer("trail.jsonl", 0).erase(&Caller::Operator, "user:default/joe").await.expect("erased");
        assert_eq!(erased.len(), 2, "as who did something, and as whom something was done to");
        kept.sealer("trail.jsonl", 0).seal().await.expect("sealed");
        assert_eq!(kept.whole().await, (1, 17));
        for table in ["audit_event", "audit_subject", "audit_checkpoint"] {
            let rows = kept.app.rows(table).await.join("\n");
            assert!(!rows.contains("Joe") && !rows.contains("/joe") && !rows.contains("of-joe\0"), "{table}: {rows}");
        }
        let filter = Filter { who: erased[0].clone(), ..Filter::default() };
        let of = async |filter: &Filter| audit::page(db.read(), filter, Order::Falling, None, 100).await.expect("read");
        let others = of(&Filter { who: erased[1].clone(), ..Filter::default() }).await.len();
        assert_eq!(of(&filter).await.len() + others, 4, "what was done stays, under the pseudonym");
        assert_eq!(of(&Filter { who: "user:default/joe".into(), ..Filter::default() }).await, []);
        let janes = of(&Filter { who: "user:default/jane".into(), ..Filter::default() }).await;
        assert_eq!((janes.len(), janes[0].name.as_str()), (4, "Jane Miller"), "nobody else is touched");
        assert_eq!(
            kept.sealer("trail.jsonl", 0).erase(&Caller::Operator, "user:default/joe").await.expect("again").len(),
            0
        );
        // Whoever comes back is somebody new to the trail.
        kept.append(&person("joe", false), "x.y.z", "location:1", json!({})).await;
        assert!(of(&Filter { who: "user:default/joe".into(), ..Filter::default() }).await.len() == 1);
        assert!(!kept.app.rows("audit_subject").await.iter().any(|row| erased.iter().any(|old| row.contains(old))));
    }
}

#[tokio::test]
async fn what_is_committed_is_sealed_within_five_seconds() {
    for db in databases().await {
        let kept = Kept::new(&db);
        let key = SealKey::load(&kept.folder.join("key")).expect("a key");
        let options = SealOptions { key, trusted: Vec::new(), file: kept.folder.join("trail.jsonl"), keep_days: 0 };
        let (sealer, stop) = (Arc::new(Sealer::new((*db).clone(), Clock::System, options)), CancellationToken::new());
        let running = tokio::spawn({
            let (sealer, stop) = (sealer.clone(), stop.clone());
            async move { sealer.run(stop).await }
        });
        kept.append(&Caller::Operator, "x.y.z", "location:1", json!({})).await;
        let sealed = async {
            while kept.verify(&["trail.jsonl"]).await.files[0].rows.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), sealed).await.expect("sealed and in the file");
        // What comes last is sealed when the process is asked to stop.
        kept.append(&Caller::Operator, "x.y.z", "location:2", json!({})).await;
        stop.cancel();
        running.await.expect("it ended");
        assert_eq!(kept.whole().await, (1, 2), "{}", db.name());
    }
}

#[tokio::test]
async fn the_page_filters_pages_and_shows_names_as_text() {
    for db in databases().await {
        let app = TestApp::with(&db, Config::default(), &[], person("ann", true));
        let kit = &app.instance.kit;
        for number in 0..120 {
            kit.clock.advance(1_000);
            let tx = kit.db.begin().await.expect("begin");
            let actor = if number % 2 == 0 { person("jane", false) } else { Caller::Operator };
            let (resource, detail) = (format!("location:{number}"), json!({ "after": { "title": "<b>bold</b>" } }));
            let event = Event {
                at: kit.clock.now(),
                actor: &actor,
                action: "catalog.location.trust",
                resource: &resource,
                detail,
            };
            audit::append(&tx, event).await.expect("appended");
            tx.commit().await.expect("commit");
        }
        app.instance.sealer.seal().await.expect("sealed");
        let page = app.get("/audit").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("Sealed up to row 120") && page.body.contains("Jane Miller"), "{}", page.body);
        assert!(!page.body.contains("<b>bold</b>"), "what is in a detail is text");
        assert_eq!(page.body.matches("<summary>catalog.location.trust").count(), 50, "{}", db.name());
        // On through all pages and back again.
        let link = |body: &str, rel: &str| {
            let at = body.find(&format!("rel=\"{rel}\" href=\"/audit"))?;
            let href = body[at..].split('"').nth(3)?;
            Some(href.replace("&amp;", "&"))
        };
        let second = app.get(&link(&page.body, "next").expect("a second page")).await;
        let third = app.get(&link(&second.body, "next").expect("a third page")).await;
        assert!(third.body.contains(">location:0<") && link(&third.body, "next").is_none());
        let back = app.get(&link(&third.body, "prev").expect("a way back")).await;
        assert!(back.body.contains(">location:69<") && back.body.contains(">location:20<"));
        let first = app.get(&link(&back.body, "prev").expect("a way back")).await;
        assert!(first.body.contains(">location:119<") && link(&first.body, "prev").is_none());

        let shown =
            async |query: &str| app.get(&format!("/audit?{query}")).await.body.matches("<summary>catalog.").count();
        assert_eq!(shown("resource=location:7").await, 1);
        assert_eq!(shown("resource=location:11*").await, 11);
        assert_eq!(shown("who=jane+mil&resource=location:1*").await, 15, "the even ones of 1, 10 to 19, 100 to 119");
        assert_eq!(shown("who=user:default/jane").await, 50);
        assert_eq!(shown("who=nobody").await, 0);
        assert_eq!(shown("outcome=refused").await, 0);
        assert_eq!(shown("action=catalog.*&from=2026-11-22&to=2026-11-22").await, 50);
        assert_eq!(shown("from=2026-11-23").await, 0);
        assert_eq!(shown("to=2026-11-21").await, 0);
        assert_eq!(shown("action=catalog%25&who=%27;--").await, 0);
    }
}

#[tokio::test]
async fn the_trail_is_for_administrators_and_who_tries_is_in_it() {
    for db in databases().await {
        let app = TestApp::with(&db, Config::default(), &[], person("joe", false));
        assert_eq!(app.get("/audit").await.status, 403);
        assert_eq!(app.get_json("/api/audit/events.jsonl").await.status, 403);
        let refused = app.column("SELECT action FROM audit_event WHERE outcome = 'refused' ORDER BY id").await;
        assert_eq!(refused, ["audit.event.read", "audit.event.export"], "{}", db.name());
    }
}

#[tokio::test]
async fn the_export_streams_what_the_filters_leave_and_is_an_event() {
    for db in databases().await {
        let app = TestApp::with(&db, Config::default(), &[], person("ann", true));
        let kit = &app.instance.kit;
        let tx = kit.db.begin().await.expect("begin");
        for number in 0..1_203 {
            let resource = format!("location:{number}");
            let actor = person("jane", false);
            let event = Event {
                at: START - 10,
                actor: &actor,
                action: "x.y.z",
                resource: &resource,
                detail: json!({ "n": number }),
            };
            audit::append(&tx, event).await.expect("appended");
        }
        tx.commit().await.expect("commit");
        app.instance.sealer.seal().await.expect("sealed");
        let answer = app.get_json("/api/audit/events.jsonl?action=x.*").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "application/x-ndjson; charset=utf-8");
        let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 1_203, "{}", db.name());
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(
                (line["row"].as_u64(), line["detail"]["n"].as_u64()),
                (Some(number as u64 + 1), Some(number as u64))
            );
        }
        assert_eq!(lines[0]["who"], json!({ "subject": "user:default/jane", "name": "Jane Miller" }));
        assert_eq!(lines[0]["hash"].as_str().map(str::len), Some(64));
        for wrong in ["from=nonsense", "to=2026-11-1", "outcome=Refused", "foo=bar"] {
            let refused = app.get_json(&format!("/api/audit/events.jsonl?{wrong}")).await;
            assert_eq!(refused.status, 400, "{wrong}: more than was asked for would be given");
            assert!(refused.body.contains(wrong.split('=').next().expect("a name")), "{}", refused.body);
        }
        let at = lines[0]["at"].as_str().expect("a time");
        assert!(at.len() == "2026-11-23T05:17:00.123Z".len() && at.as_bytes()[19] == b'.', "to the millisecond: {at}");
        let one = app.get_json("/api/audit/events.jsonl?resource=location:5&who=jane").await;
        assert_eq!(one.body.lines().count(), 1);
        let events = app.column("SELECT detail FROM audit_event WHERE action = 'audit.event.export' ORDER BY id").await;
        assert_eq!(events.len(), 2);
        assert!(
            events[1].contains("by name") && !events[1].contains("jane"),
            "no name comes in that way: {}",
            events[1]
        );
    }
}

#[tokio::test]
async fn an_import_of_many_entities_is_one_event() {
    for db in databases().await {
        let app = TestApp::new(&db);
        let many: Vec<String> = (0..300).map(|number| component(&format!("c{number}"))).collect();
        app.write("many.yaml", &many.join("---\n"));
        app.import().await;
        let actions = app.column("SELECT action FROM audit_event ORDER BY id").await;
        assert_eq!(actions, ["catalog.location.register", "catalog.location.ingest"], "{}", db.name());
    }
}

#[tokio::test]
async fn what_became_of_an_entity_stands_in_its_history() {
    for db in databases().await {
        let app = TestApp::new(&db);
        app.write("first/a.yaml", &component("a"));
        app.write("second/x.yaml", &[component("x"), component("y")].join("---\n"));
        let first = app.import_from(&app.path("first"), false).await;
        let second = app.import_from(&app.path("second"), false).await;
        app.write("second/x.yaml", &[component("x"), component("y").replace("service", "library")].join("---\n"));
        app.refresh(second).await;
        app.write("first/b.yaml", &[component("x"), component("y")].join("---\n"));
        app.refresh(first).await;
        app.remove("first/a.yaml");
        app.refresh(first).await;
        let rows =
            app.query("SELECT ref, change, location_id, etag_before, etag_after FROM catalog_change ORDER BY id").await;
        let line = |row: &Value| {
            let text = |name: &str| row[name].as_str().expect("text").to_owned();
            assert_eq!(text("change") == "added", text("etag_before").is_empty(), "{row}");
            format!("{} {} {}", text("ref"), text("change"), row["location_id"])
        };
        let lines: Vec<String> = rows.iter().map(line).collect();
        let expected = [
            format!("component:default/a added {first}"),
            format!("component:default/x added {second}"),
            format!("component:default/y added {second}"),
            format!("component:default/y changed {second}"),
            format!("component:default/x moved {first}"),
            format!("component:default/y moved {first}"),
            format!("component:default/a orphaned {first}"),
        ];
        assert_eq!(lines, expected, "{}", db.name());
        let text = "SELECT detail FROM audit_event WHERE action = 'catalog.location.ingest' ORDER BY id";
        let counts: Vec<Value> = app
            .column(text)
            .await
            .iter()
            .map(|detail| serde_json::from_str::<Value>(detail).expect("JSON")["entities"].clone())
            .collect();
        assert!(
            counts.starts_with(&[json!({ "added": 1 }), json!({ "added": 2 }), json!({ "changed": 1 })]),
            "{counts:?}"
        );
        assert!(counts.contains(&json!({ "moved": 2 })) && counts.contains(&json!({ "orphaned": 1 })), "{counts:?}");
        let taken =
            app.query("SELECT resource, detail FROM audit_event WHERE action = 'catalog.entity.takeover'").await;
        assert_eq!(taken.len(), 1, "one for all that was taken over: {taken:?}");
        assert_eq!(taken[0]["resource"], format!("location:{second}"));
    }
}
