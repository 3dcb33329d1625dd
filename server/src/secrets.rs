//! Where the keys come from that secrets are sealed with, and `portico secrets`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kit::identity::Caller;
use kit::server::secrets::{Rotation, SEALED, Vault, new_key};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::{Config, ConfigError};
use crate::instance::{Instance, expect_database, make_data_dir};

/// The key that the first start makes where none is configured.
const OWN_KEY: &str = "secret.key";

/// `[secrets]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// A file with the keys, one a line: the first seals, all open. The same for all instances.
    pub key_file: PathBuf,
    /// A variable that holds the keys instead.
    pub key_env: String,
}

/// The keys of this instance: from the file or the variable that the configuration names, else from `secret.key` in the data directory, which the
/// first start makes. Whether they are the database's is another question, which the start asks the database.
pub fn vault(config: &Config) -> Result<Vault, ConfigError> {
    let SecretsConfig { key_file, key_env } = &config.secrets;
    let wrong = |setting: &str, problem: String| ConfigError { setting: setting.to_owned(), problem };
    let (setting, keys) = match (key_file.as_os_str().is_empty(), key_env.is_empty()) {
        (false, false) => return Err(wrong("secrets", "give one of key_file and key_env".into())),
        (true, false) => {
            let missing = |_| wrong("secrets.key_env", format!("the variable {key_env} is not set"));
            ("secrets.key_env", Zeroizing::new(std::env::var(key_env).map_err(missing)?))
        }
        (false, true) => ("secrets.key_file", read(key_file).map_err(|problem| wrong("secrets.key_file", problem))?),
        (true, true) => ("data_dir", own_key(&config.data_dir).map_err(|problem| wrong("data_dir", problem))?),
    };
    Vault::parse(&keys).map_err(|problem| wrong(setting, problem.to_string()))
}

/// Prints a fresh key.
pub fn print_key() -> ExitCode {
    println!("{}", new_key().as_str());
    ExitCode::SUCCESS
}

/// Seals again with the first key what is sealed with another.
pub async fn reseal(config: Config, drop_lost: bool) -> anyhow::Result<ExitCode> {
    expect_database(&config)?;
    let instance =
        if drop_lost { Instance::open_with_any_key(&config).await? } else { Instance::open(&config).await? };
    let kit = &instance.kit;
    let (caller, now) = (&Caller::Operator, kit.clock.now());
    let rotation = Rotation { database: &kit.db, vault: &kit.vault, drop_lost, caller, now };
    let done = rotation.run(&SEALED).await?;
    println!("{} secrets sealed again with the key {}", done.resealed, kit.vault.current());
    if done.dropped > 0 {
        println!("{} secrets of lost keys dropped", done.dropped);
    }
    if done.lost > 0 {
        eprintln!(
            "portico: {} secrets are sealed with keys that are not here: put those keys back, or give --drop-lost",
            done.lost
        );
    }
    instance.close().await?;
    Ok(if done.lost > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The key in the data directory, made where it is missing: whole or not at all, even when two processes start at once.
fn own_key(data_dir: &Path) -> Result<Zeroizing<String>, String> {
    let path = data_dir.join(OWN_KEY);
    if !path.exists() {
        make_data_dir(data_dir).map_err(|problem| format!("{problem:#}"))?;
        // A process that was killed leaves its part behind, and the next one in a container has the same number.
        let part = data_dir.join(format!("{OWN_KEY}.{:016x}", rand::random::<u64>()));
        let written = private(&part).and_then(|mut file| {
            writeln!(file, "{}", new_key().as_str())?;
            file.sync_all()?;
            match std::fs::hard_link(&part, &path) {
                Err(problem) if problem.kind() != std::io::ErrorKind::AlreadyExists => Err(problem),
                _ => std::fs::remove_file(&part),
            }?;
            std::fs::File::open(data_dir)?.sync_all()
        });
        written.map_err(|problem| format!("{}: {problem}", path.display()))?;
    }
    read(&path)
}

fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let name = path.display();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_err(|problem| format!("{name}: {problem}"))?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(format!("{name} can be read by every account of this machine: chmod 600 {name}"));
        }
    }
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(|problem| format!("{name}: {problem}"))
}

/// A new file for its owner alone.
pub(crate) fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn config(data_dir: &Path, secrets: SecretsConfig) -> Config {
        Config { data_dir: data_dir.to_owned(), secrets, ..Config::default() }
    }

    #[test]
    fn the_first_start_makes_a_key_that_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(&folder.path().join("data"), SecretsConfig::default());
        let sealed = vault(&config).expect("made").seal("x", b"y");
        assert_eq!(vault(&config).expect("read").open("x", &sealed).expect("the same key").as_slice(), b"y");
        let mode = std::fs::metadata(folder.path().join("data/secret.key")).expect("it").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            std::fs::read_dir(folder.path().join("data")).expect("a folder").count(),
            1,
            "nothing half-made stays"
        );
    }

    #[test]
    fn what_a_killed_start_left_behind_stops_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        // The part of a process of the same number, as every start of a container has it.
        std::fs::write(folder.path().join(format!("{OWN_KEY}.{}", std::process::id())), "half").expect("written");
        vault(&config(folder.path(), SecretsConfig::default())).expect("made");
    }

    #[test]
    fn a_key_that_cannot_be_had_is_named_by_its_setting_and_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let refused = |secrets: SecretsConfig| vault(&config(folder.path(), secrets)).expect_err("refused").to_string();
        let file = || SecretsConfig { key_file: path.clone(), key_env: String::new() };
        assert!(refused(file()).starts_with("secrets.key_file: "));
        std::fs::write(&path, "geheim").expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("set");
        assert!(refused(file()).contains("chmod 600"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("set");
        let short = refused(file());
        assert!(short.contains("key 1 is not 32 bytes") && !short.contains("geheim"), "{short}");
        let unset = SecretsConfig { key_file: PathBuf::new(), key_env: "NO_SUCH_VARIABLE".into() };
        assert_eq!(refused(unset), "secrets.key_env: the variable NO_SUCH_VARIABLE is not set");
        let both = SecretsConfig { key_file: path.clone(), key_env: "PATH".into() };
        assert_eq!(refused(both), "secrets: give one of key_file and key_env");
    }
}
