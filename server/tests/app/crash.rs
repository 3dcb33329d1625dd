//! An import that is killed at any moment and started again ends as one that was left alone.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kit::server::testing::{TestDb, databases};

use crate::support::{Numbers, assert_same, component_of, corpus, location, picture, query, soak, write};

/// 300 small files that refer to each other and contend for names.
fn generate(folder: &Path) {
    for number in 0..300 {
        let (name, other) = (format!("c-{:03}", number * 7 % 240), format!("c-{:03}", number * 11 % 260));
        let metadata = format!("  tags: [t{}]\n", number % 9);
        let text = component_of(&name, &format!("team-{}", number % 13), &metadata)
            + &format!("  system: s-{}\n  dependsOn: ['component:{other}']\n", number % 5);
        write(&folder.join(format!("{:02}/{number}.yaml", number % 17)), &text);
    }
    write(&folder.join("all.yaml"), &location("all", &["./00/*.yaml", "./nowhere.yaml"]));
    write(&folder.join("bad.yaml"), "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x\n");
}

/// Starts an import that says what is wrong into a file in its data directory.
fn start(db: &TestDb, data: &Path, folder: &Path) -> Child {
    let said = std::fs::File::create(data.join("said")).expect("a file");
    portico(db, data, &["import", "--trust-org"]).arg(folder).stderr(said).spawn().expect("portico runs")
}

fn portico(db: &TestDb, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(arguments).args(["--database-url", db.url(), "--data-dir"]).arg(data).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).stdout(Stdio::null());
    command
}

fn import(db: &TestDb, data: &Path, folder: &Path) -> Duration {
    let begun = Instant::now();
    let status = start(db, data, folder).wait().expect("it ends");
    let said = std::fs::read_to_string(data.join("said")).expect("what it said");
    assert!(status.success(), "{}: {status}: {said}", db.name());
    begun.elapsed()
}

async fn killed_and_undisturbed_are_the_same(folder: &Path, kills: usize) {
    for (number, (calm, killed)) in databases().await.into_iter().zip(databases().await).enumerate() {
        // Made by the process that is killed first: its keys and the audit file are to be whole as well.
        let (data, calm_data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let whole = import(&calm, calm_data.path(), folder);
        let mut numbers = Numbers(4711 + number as u64 + u64::from(std::process::id()) * u64::from(soak()));
        for _ in 0..kills {
            let mut child = start(&killed, data.path(), folder);
            sleep(whole.mul_f64(0.02 + 0.98 * numbers.below(1000) as f64 / 1000.0));
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().expect("it ended");
        }
        import(&killed, data.path(), folder);
        let (left, right) = (picture(&calm).await, picture(&killed).await);
        assert!(left.len() > 1000, "{}: {} lines", calm.name(), left.len());
        assert_same(&left, &right, &format!("{}: undisturbed (-) and killed {kills} times (+)", calm.name()));
        let jobs = query(&killed, "SELECT kind, state, lease_owner FROM job ORDER BY kind").await;
        assert!(
            jobs.iter().all(|job| job["state"] == "waiting" && job["lease_owner"].is_null()),
            "{}: {jobs:?}",
            calm.name()
        );
        // The location's own, and those of the plugins that look after what came into the catalog.
        let kinds: Vec<_> = jobs.iter().map(|job| job["kind"].as_str()).collect();
        assert_eq!(kinds, [Some("catalog.refresh"), Some("golden-paths.watch"), Some("templates.watch")]);
        let verified = portico(&killed, data.path(), &["audit", "verify"]).stderr(Stdio::inherit()).status();
        assert!(verified.expect("it ends").success(), "{}: the audit trail is not whole", calm.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_at_random_moments_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    generate(folder.path());
    killed_and_undisturbed_are_the_same(folder.path(), if soak() { 20 } else { 4 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_the_corpus_that_is_killed_loses_and_doubles_nothing() {
    if !soak() {
        println!("skipped: runs with PORTICO_SOAK=full");
        return;
    }
    let Some(corpus) = corpus() else { return };
    let folder: PathBuf = corpus.join("catalog");
    killed_and_undisturbed_are_the_same(&folder, 20).await;
}
