//! What an operator does beside serving: backup and restore, and the keys of secrets.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use kit::server::db::{self, Db};
use kit::server::secrets::Vault;
use tempfile::TempDir;

use crate::support::{component, query, write};

fn portico(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(arguments).current_dir(folder).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).output().expect("portico runs")
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", out(output), err(output));
    out(output)
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a database that holds something.
fn portal() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("in/a.yaml"), &component("a"));
    done(&portico(folder.path(), &["import", "in"]));
    folder
}

async fn open(folder: &Path, data: &str) -> Db {
    Db::connect(&format!("sqlite://{}", folder.join(data).join("portico.db").display())).await.expect("the database")
}

/// All rows of all tables, in words.
async fn everything(db: &Db) -> Vec<String> {
    let mut all = Vec::new();
    for table in query(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").await {
        let name = table["name"].as_str().expect("a name");
        // What full text keeps in tables of its own is in the pages of the file, not in rows that can be read.
        if !name.starts_with("sqlite_") && !name.starts_with("search_") {
            let mut rows: Vec<String> =
                query(db, &format!("SELECT * FROM {name}")).await.iter().map(ToString::to_string).collect();
            rows.sort();
            all.push(format!("{name}: {}", rows.join("\n")));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_moment_of_a_database_that_is_written_to() {
    let folder = portal();
    let database = open(folder.path(), "data").await;
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let writing = tokio::spawn({
        let (database, stop, written) = (database.clone(), stop.clone(), written.clone());
        async move {
            // Two rows at a time: half of a pair would be a moment that never was.
            while !stop.load(Ordering::Relaxed) {
                let number = written.load(Ordering::Relaxed);
                let tx = database.begin().await.expect("begun");
                for id in [2 * number + 10, 2 * number + 11] {
                    let text = "INSERT INTO secret_check (id, sealed) VALUES (?, ?)";
                    db::execute(&tx, text, [id.into(), "x".repeat(2000).into()]).await.expect("a row");
                }
                tx.commit().await.expect("kept");
                written.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let mut before = Vec::new();
    for number in 0..5 {
        before.push(written.load(Ordering::Relaxed));
        let file = format!("backup-{number}.db");
        let folder = folder.path().to_owned();
        let output = tokio::task::spawn_blocking(move || portico(&folder, &["backup", &file])).await.expect("run");
        assert!(done(&output).contains("secret.key"), "it says what else to keep");
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.expect("written");
    assert!(written.load(Ordering::Relaxed) > 20, "much was written meanwhile: {}", written.load(Ordering::Relaxed));
    for (number, before) in before.into_iter().enumerate() {
        let (file, data) = (format!("backup-{number}.db"), format!("restored-{number}"));
        std::fs::create_dir(folder.path().join(&data)).expect("a folder");
        std::fs::copy(folder.path().join("data/secret.key"), folder.path().join(&data).join("secret.key"))
            .expect("the key");
        done(&portico(folder.path(), &["restore", &file, "--data-dir", &data]));
        let restored = open(folder.path(), &data).await;
        let text = "SELECT count(*) AS n, COALESCE(max(id), 9) AS last FROM secret_check WHERE id >= 10";
        let rows = db::rows(restored.read(), text, []).await.expect("counted");
        let (count, last): (i64, i64) =
            (rows[0].try_get("", "n").expect("n"), rows[0].try_get("", "last").expect("last"));
        assert_eq!(count % 2, 0, "no half of a pair");
        assert_eq!(last, 9 + count, "without a gap");
        assert!(count / 2 >= before, "what was there when it began is in it: {count} {before}");
        restored.close().await.expect("closed");
    }
    done(&portico(folder.path(), &["backup", "quiet.db"]));
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder.path().join("quiet.db")).expect("it").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::create_dir(folder.path().join("same")).expect("a folder");
    let keyless = portico(folder.path(), &["restore", "quiet.db", "--data-dir", "same"]);
    assert!(
        !keyless.status.success() && err(&keyless).contains("put back the key of the backup first"),
        "{}",
        err(&keyless)
    );
    assert!(!folder.path().join("same/portico.db").exists() && !folder.path().join("same/secret.key").exists());
    std::fs::copy(folder.path().join("data/secret.key"), folder.path().join("same/secret.key")).expect("the key");
    done(&portico(folder.path(), &["restore", "quiet.db", "--data-dir", "same"]));
    let restored = open(folder.path(), "same").await;
    assert_eq!(everything(&restored).await, everything(&database).await);
    let found = query(&restored, "SELECT ref FROM catalog_entity").await;
    assert_eq!(found[0]["ref"], "component:default/a");
}

#[test]
fn a_restore_refuses_what_is_no_backup_and_what_is_in_use() {
    let folder = portal();
    let path = folder.path();
    done(&portico(path, &["backup", "good.db"]));
    let again = portico(path, &["backup", "good.db"]);
    assert!(!again.status.success() && err(&again).contains("good.db is there already"), "{}", err(&again));

    let refused = |arguments: &[&str], expected: &str| {
        let output = portico(path, &[&["restore"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(err(&output).contains(expected), "{arguments:?}: {}", err(&output));
    };
    refused(&["good.db"], "with --force it is put aside");
    refused(&["nowhere.db"], "is not a file");
    write(&path.join("text.db"), "no database at all, whatever its name says");
    refused(&["text.db", "--force"], "text.db");
    let mut damaged = std::fs::read(path.join("good.db")).expect("the backup");
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8192].fill(0xa5);
    std::fs::write(path.join("damaged.db"), damaged).expect("written");
    refused(&["damaged.db", "--force"], "damaged");
    refused(&["good.db", "--database-url", "postgres://localhost/none"], "pg_dump");

    let mut server = Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(["serve", "--addr", "127.0.0.1:0"])
        .current_dir(path)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("portico runs");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(server.stdout.as_mut().expect("its output")), &mut line)
        .expect("a line");
    refused(&["good.db", "--force"], "is in use: stop the portal first");
    done(&portico(path, &["backup", "running.db"]));
    let second = portico(path, &["serve", "--addr", "127.0.0.1:0"]);
    assert!(!second.status.success() && err(&second).contains("another portico serves from data"), "{}", err(&second));
    server.kill().expect("killed");
    server.wait().expect("ended");
    let said = done(&portico(path, &["restore", "good.db", "--force"]));
    assert!(said.contains("before-restore") && path.join("data/portico.db.before-restore").is_file(), "{said}");
    // With another key nothing is changed, and what was put aside before is not overwritten.
    let key = std::fs::read_to_string(path.join("data/secret.key")).expect("the key");
    assert!(key.ends_with('\n'), "another key is a line more");
    std::fs::write(path.join("data/secret.key"), kit::server::secrets::new_key().as_bytes()).expect("another");
    let before = std::fs::read(path.join("data/portico.db")).expect("it");
    refused(&["good.db", "--force"], "nothing is changed");
    assert!(std::fs::read(path.join("data/portico.db")).expect("it") == before, "as it was");
    assert!(!path.join("data/portico.db.restoring").exists());
    std::fs::write(path.join("data/secret.key"), key).expect("the key");
    let said = done(&portico(path, &["restore", "good.db", "--force"]));
    assert!(said.contains("before-restore-2") && path.join("data/portico.db.before-restore-2").is_file(), "{said}");
    let newer = path.join("newer.db");
    std::fs::copy(path.join("good.db"), &newer).expect("copied");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let database = Db::connect(&format!("sqlite://{}", newer.display())).await.expect("it");
        let tx = database.begin().await.expect("begun");
        db::execute(&tx, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99991231_000001_later', 0)", [])
            .await
            .expect("a row");
        tx.commit().await.expect("kept");
        database.close().await.expect("closed");
    });
    refused(&["newer.db", "--force"], "newer Portico (m99991231_000001_later)");
}

#[test]
fn keys_are_made_found_missing_and_rotated() {
    let folder = portal();
    let path = folder.path();
    let fresh = done(&portico(path, &["secrets", "key"]));
    Vault::parse(&fresh).expect("a key");
    assert_ne!(fresh, done(&portico(path, &["secrets", "key"])));

    let keys = |text: &str| {
        use std::os::unix::fs::PermissionsExt;
        write(&path.join("keys"), text);
        std::fs::set_permissions(path.join("keys"), PermissionsExt::from_mode(0o600)).expect("set");
    };
    write(&path.join("portico.toml"), "[secrets]\nkey_file = 'keys'\n");
    let migrate = |arguments: &[&str]| portico(path, &[arguments, &["--config", "portico.toml"]].concat());
    keys(&fresh);
    let refused = migrate(&["import", "in"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        err(&refused).contains("secrets.key_file: the keys of this instance are not those of its database"),
        "{}",
        err(&refused)
    );
    assert!(!err(&refused).contains(fresh.trim()));

    let old = std::fs::read_to_string(path.join("data/secret.key")).expect("the key");
    keys(&format!("{fresh}{old}"));
    let said = done(&migrate(&["secrets", "rotate"]));
    assert!(said.starts_with("1 secrets sealed again with the key "), "{said}");
    assert!(done(&migrate(&["secrets", "rotate"])).starts_with("0 secrets"), "nothing is left to do");
    let verified = done(&migrate(&["audit", "verify"]));
    assert!(verified.contains(" rows 1 to 3, ") && verified.contains(" 0 rows not sealed yet"), "{verified}");
    keys(&fresh);
    done(&migrate(&["import", "in"]));

    let other = done(&portico(path, &["secrets", "key"]));
    keys(&other);
    assert!(!migrate(&["import", "in"]).status.success());
    let said = done(&migrate(&["secrets", "rotate", "--drop-lost"]));
    assert!(said.contains("1 secrets of lost keys dropped"), "{said}");
    done(&migrate(&["import", "in"]));
}
