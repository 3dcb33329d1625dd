//! Rounds on both databases, with somebody else at the same repository.

use std::path::Path;
use std::sync::Arc;

use kit::identity::Caller;
use kit::server::git::{self, GitError, Remote};
use kit::server::jobs::{Worker, WorkerConfig, enqueue};
use kit::server::plugin::Plugin;
use kit::server::testing::databases;
use review::{Command, Kind, Pitch};
use tempfile::TempDir;

use super::rows::{self, Why};
use super::{MIRROR, Mirror, mirror_job};
use crate::server::tests::{Bank, person};

/// Somebody who works with the repository in a folder, under a name.
fn at(folder: &Path, name: &str) -> Mirror {
    Mirror {
        remote: Remote { url: folder.join("bare.git").display().to_string(), ..Remote::default() },
        address: None,
        branch: "main".into(),
        folder: "docs/pitches".into(),
        contents: String::new(),
        dir: folder.join(name),
        every: 60_000,
    }
}

struct Round {
    bank: Bank,
    somebody: Mirror,
    _folder: TempDir,
}

impl Round {
    async fn open(db: &kit::server::testing::TestDb) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let args = ["init", "--quiet", "--bare", "--template=", "bare.git"];
        git::run(folder.path(), &args, &Remote::default()).await.expect("a repository");
        let mut bank = Bank::open(db);
        bank.here.mirror = Some(Arc::new(at(folder.path(), "portal")));
        Self { bank, somebody: at(folder.path(), "somebody"), _folder: folder }
    }

    async fn go(&self) {
        let kit = &self.bank.here.kit;
        kit.clock.advance(60_000);
        let tx = kit.db.begin().await.expect("begin");
        enqueue(&tx, kit.clock.now(), mirror_job(kit.clock.now())).await.expect("a job");
        tx.commit().await.expect("commit");
        let worker = Worker::new(kit.db.clone(), kit.clock.clone(), self.bank.here.jobs(), WorkerConfig::default());
        worker.run_due(MIRROR, &[]).await.expect("it went round");
    }

    /// The one file that there is, with its name.
    async fn file(&self) -> (String, String) {
        let head = self.somebody.fetch(&self.bank.here.kit.fetcher).await.expect("fetched").expect("a branch");
        let (files, _) = self.somebody.files(&head).await.expect("files");
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let text = self.somebody.read(&[&file.blob]).await.expect("read").swap_remove(0);
        (file.name.clone(), String::from_utf8(text).expect("text"))
    }

    /// Somebody's commit, and its push.
    async fn commit(&self, name: &str, text: &str) -> Result<(), GitError> {
        let head = self.somebody.fetch(&self.bank.here.kit.fetcher).await?;
        let files = [(name.to_owned(), text.to_owned())];
        let commit = self.somebody.commit(head.as_deref(), &files, "changed", 0).await?.expect("another commit");
        self.somebody.push(&commit).await
    }

    async fn row(&self) -> rows::Row {
        let read = self.bank.here.kit.db.read();
        let rows = rows::all(read).await.expect("rows");
        assert_eq!(rows.len(), 1);
        rows::one(read, rows[0].contribution).await.expect("a row").expect("it is there")
    }
}

fn author() -> Caller {
    person("amelie", &["instant-payments"])
}

fn pitch(owner: &str) -> Pitch {
    Pitch {
        title: "Rota".into(),
        problem: "Nobody knows".into(),
        kind: Kind::Template,
        owner: format!("group:default/{owner}"),
        ..Pitch::default()
    }
}

#[tokio::test]
async fn what_was_sent_is_agreed_to_once_the_repository_has_it() {
    for db in databases().await {
        let round = Round::open(&db).await;
        let id = round.bank.here.pitch(&author(), pitch("instant-payments")).await.expect("pitched");
        round.go().await;
        let (name, text) = round.file().await;
        let row = round.row().await;
        assert_eq!((&row.name, row.seq, row.now_seq), (&name, 1, 1), "{}", db.name());
        // One that the repository has not got is sent again.
        let again = Pitch { title: "A rota".into(), ..pitch("instant-payments") };
        round.bank.here.act(&author(), &id, Command::Edit(again)).await.expect("edited");
        let sent = rows::Sent { contribution: row.contribution, name: &name, pitch: &row.base, blob: "lost", seq: 2 };
        let tx = round.bank.here.kit.db.begin().await.expect("begin");
        let identity = at(round._folder.path(), "portal").identity();
        rows::send(&tx, &sent, "0123456789abcdef0123456789abcdef01234567", &identity, 0).await.expect("noted");
        tx.commit().await.expect("commit");
        round.go().await;
        let (_, now) = round.file().await;
        assert_eq!(now, text.replace("\"Rota\"", "\"A rota\""));
        let row = round.row().await;
        assert_eq!((row.base.title.as_str(), row.seq), ("A rota", 2));
        assert!(rows::sent(round.bank.here.kit.db.read()).await.expect("rows").is_empty());
        // What is no news to the repository makes no commit.
        let head = async || round.somebody.fetch(&round.bank.here.kit.fetcher).await.expect("fetched");
        let before = head().await;
        round.bank.here.act(&person("mikko", &[]), &id, Command::Support(true)).await.expect("supported");
        round.go().await;
        assert_eq!((head().await, round.row().await.seq), (before, 4));
    }
}

#[tokio::test]
async fn whoever_is_slower_is_told_and_forces_nothing() {
    for db in databases().await {
        let round = Round::open(&db).await;
        round.bank.here.pitch(&author(), pitch("instant-payments")).await.expect("pitched");
        round.go().await;
        let (name, text) = round.file().await;
        let old = round.somebody.fetch(&round.bank.here.kit.fetcher).await.expect("fetched");
        round.commit(&name, &text.replace("Nobody", "Somebody")).await.expect("pushed");
        let files = [(name, text.replace("Nobody", "Everybody"))];
        let late = round.somebody.commit(old.as_deref(), &files, "late", 0).await.expect("made").expect("a commit");
        let refused = round.somebody.push(&late).await.expect_err("somebody was faster");
        assert!(matches!(&refused, GitError::Rejected(said) if !said.contains("remote rejected")), "{refused}");
        round.go().await;
        assert_eq!(round.row().await.base.problem, "Somebody knows");
    }
}

#[tokio::test]
async fn curators_settle_and_who_may_not_see_it_hears_of_nothing() {
    for db in databases().await {
        let round = Round::open(&db).await;
        let here = &round.bank.here;
        let insider = person("ines", &["secret"]);
        let id = here.pitch(&insider, pitch("secret")).await.expect("pitched");
        round.go().await;
        let (name, text) = round.file().await;
        round.commit(&name, &text.replace("Nobody", "Somebody")).await.expect("pushed");
        let ours = Pitch { problem: "Everybody knows".into(), ..pitch("secret") };
        here.act(&insider, &id, Command::Edit(ours)).await.expect("edited");
        round.go().await;
        let theirs = round.row().await.theirs.expect("they differ");
        assert_eq!((&theirs.why, theirs.from.by.as_str()), (&Why::Differs, "Portico"), "{}", db.name());
        let told = "SELECT recipient FROM inbox_message WHERE kind = 'contributions.differs'";
        assert_eq!(round.bank.column(told).await, ["g:group:default/secret"]);
        let (curator, both) =
            (person("elena", &["developer-experience"]), person("elena", &["developer-experience", "secret"]));
        assert!(here.troubles(&curator).await.expect("nothing").is_empty());
        assert_eq!(here.troubles(&both).await.expect("troubles").len(), 1);
        assert!(here.troubles(&insider).await.expect("nothing").is_empty());
        let hidden = here.settle(&curator, &id, true, &theirs.blob).await.expect_err("hidden");
        assert_eq!(hidden.status(), 404);
        here.settle(&both, &id, true, &theirs.blob).await.expect("settled");
        let detail = here.detail(&insider, &id).await.expect("a contribution");
        assert_eq!(detail.contribution.pitch.problem, "Somebody knows");
        assert!(detail.contribution.makers.contains("user:default/elena"), "who settles has had a hand in it");
        assert!(detail.mirrored.expect("its file").conflict.is_none());
    }
}
