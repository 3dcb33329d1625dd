//! `portico backup` and `portico restore`, for the embedded database.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use kit::server::db::{self, Db};
use kit::server::secrets;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::config::Config;
use crate::instance::{hold_alone, make_data_dir, open_database};
use crate::secrets::{SecretsConfig, private, vault};

/// Copies the database into `file` as it is at one moment, while the server runs.
pub async fn backup(config: Config, file: PathBuf) -> anyhow::Result<ExitCode> {
    let place = place(&config)?;
    ensure!(place.is_file(), "there is no database at {}", place.display());
    ensure!(!file.exists(), "{} is there already", file.display());
    let part = beside(&file, "partial");
    // What an earlier run left that was cut off.
    let _ = fs::remove_file(&part);
    drop(private(&part).with_context(|| part.display().to_string())?);
    let db = Db::connect(&config.database_url()).await.context("the database")?;
    let target = part.to_str().context("the name of the file is not UTF-8")?;
    db::execute(db.read(), "VACUUM INTO ?", [target.into()]).await.context("copying")?;
    db.close().await?;
    examine(&part).await?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, &file)?;
    sync_folder(&file)?;
    let megabytes = fs::metadata(&file)?.len() as f64 / 1_048_576.0;
    println!("{} holds the whole database ({megabytes:.1} MB).", file.display());
    println!(
        "Keep besides, the keys apart from the rest: the configuration, the keys of secrets ({}), and the audit trail's key ({}) and file ({}).",
        keys_of(&config),
        audit_key_of(&config),
        config.audit_file().display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Puts the database in `file` in the place of the present one, which is kept beside it.
pub async fn restore(config: Config, file: PathBuf, force: bool) -> anyhow::Result<ExitCode> {
    let place = place(&config)?;
    make_data_dir(&config.data_dir)?;
    let _alone = hold_alone(&config.data_dir)?;
    examine(&file).await?;
    ensure!(force || !place.exists(), "{} is there already; with --force it is put aside", place.display());
    let SecretsConfig { key_file, key_env } = &config.secrets;
    ensure!(
        !key_file.as_os_str().is_empty() || !key_env.is_empty() || Path::new(&keys_of(&config)).is_file(),
        "put back the key of the backup first, as {}; where it is lost, `portico secrets key` makes another, and what the old one sealed stays lost",
        keys_of(&config)
    );
    let part = beside(&place, "restoring");
    let _ = fs::remove_file(&part);
    let mut copy = private(&part).with_context(|| part.display().to_string())?;
    std::io::copy(&mut File::open(&file)?, &mut copy)?;
    copy.sync_all()?;
    // Read again from where it will be used: the disk may be full or bad.
    examine(&part).await?;
    let opened = opens(&part, &config).await;
    if let Err(problem) = opened {
        let _ = fs::remove_file(&part);
        bail!("nothing is changed: {problem:#}; put back the keys of the backup as {}", keys_of(&config));
    }
    if place.exists() {
        let aside = free(&beside(&place, "before-restore"));
        // The journal belongs to the old database: it may hold what is not in the file yet.
        for end in ["", "-wal", "-shm"] {
            let (from, to) = (with_end(&place, end), with_end(&aside, end));
            if from.exists() {
                fs::rename(&from, &to).with_context(|| from.display().to_string())?;
            }
        }
        println!("What was there is kept as {}.", aside.display());
    }
    fs::rename(&part, &place)?;
    sync_folder(&place)?;
    println!("The database is that of {}.", file.display());
    if config.audit.key_env.is_empty() && !config.audit_key_file().is_file() {
        eprintln!(
            "portico: warning: {} is not there: put back the audit trail's key before the portal starts, or `portico audit verify` trusts nothing of what was sealed before",
            config.audit_key_file().display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings a copy up to date and fails unless the keys of the configuration are its own.
async fn opens(part: &Path, config: &Config) -> anyhow::Result<()> {
    let copy = Config { database_url: format!("sqlite://{}?mode=rw", part.display()), ..config.clone() };
    let db = open_database(&copy).await?;
    let checked = secrets::check(&db, &vault(config)?).await;
    db.close().await?;
    Ok(checked?)
}

/// The name, or the first with a number behind it that nothing has.
fn free(file: &Path) -> PathBuf {
    let numbered = (2..).map(|number| with_end(file, &format!("-{number}")));
    std::iter::once(file.to_owned()).chain(numbered).find(|name| !name.exists()).unwrap_or_else(|| file.to_owned())
}

/// Fails unless `file` is a whole database of Portico, not newer than this program.
async fn examine(file: &Path) -> anyhow::Result<()> {
    let name = file.display();
    ensure!(file.is_file(), "{name} is not a file");
    let connection = open_as_it_is(file).await.with_context(|| format!("{name} is not a database"))?;
    let examined = async {
        let rows = db::rows(&connection, "PRAGMA integrity_check", []).await.context("it is damaged")?;
        let said = rows.first().map(|row| row.try_get_by_index::<String>(0)).transpose()?.unwrap_or_default();
        ensure!(said == "ok", "it is damaged: {said}");
        let rows = db::rows(&connection, "SELECT version FROM seaql_migrations", []).await;
        let rows = rows.context("it is not a database of Portico")?;
        let known: BTreeSet<String> = Migrator::migrations().iter().map(|each| each.name().to_owned()).collect();
        for row in &rows {
            let version: String = row.try_get("", "version")?;
            if !known.contains(&version) {
                bail!("it comes from a newer Portico ({version})");
            }
        }
        Ok(())
    };
    let outcome = examined.await;
    let _ = connection.close().await;
    outcome.with_context(|| name.to_string())
}

/// A connection that changes nothing, not even the journal.
async fn open_as_it_is(file: &Path) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new("sqlite://");
    let file = file.to_owned();
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |options| options.filename(&file).read_only(true).immutable(true));
    Ok(Database::connect(options).await?)
}

/// The file of the embedded database.
fn place(config: &Config) -> anyhow::Result<PathBuf> {
    ensure!(
        config.database_url().starts_with("sqlite:"),
        "this is for the embedded database; PostgreSQL has pg_dump and pg_restore, as docs/operations.md shows"
    );
    config.database_file().context("the database is not in a file")
}

fn keys_of(config: &Config) -> String {
    match (config.secrets.key_file.as_os_str().is_empty(), config.secrets.key_env.is_empty()) {
        (false, _) => config.secrets.key_file.display().to_string(),
        (true, false) => format!("the variable {}", config.secrets.key_env),
        (true, true) => config.data_dir.join("secret.key").display().to_string(),
    }
}

fn audit_key_of(config: &Config) -> String {
    match config.audit.key_env.as_str() {
        "" => config.audit_key_file().display().to_string(),
        variable => format!("the variable {variable}"),
    }
}

fn beside(file: &Path, end: &str) -> PathBuf {
    with_end(file, &format!(".{end}"))
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Makes the renaming itself survive a power cut.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
