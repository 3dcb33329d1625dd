//! The `git` command, with everything switched off that a repository could make it do.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::process::Command;
use url::Url;

/// The longest that one command may take.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The longest complaint of git that an error repeats, in characters.
const SHOWN: usize = 300;

/// What a command has to do with.
#[derive(Clone, Default)]
pub struct Remote {
    /// Its address, or its path on this machine, which begins with `/`; empty for a command that asks no remote.
    pub url: String,
    /// The token that is sent to it, over https or to this machine.
    pub token: Option<String>,
    /// Further settings of git, such as a certificate or a proxy.
    pub settings: Vec<(String, String)>,
}

/// Why a command did not do its work. The texts hold neither tokens nor passwords.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// It could not be run at all.
    #[error("{0}")]
    Unusable(String),
    /// The remote is not there, or not for whoever has this token.
    #[error("{0}")]
    Refused(String),
    /// The remote took the command and not what was pushed.
    #[error("{0}")]
    Rejected(String),
    /// It failed in another way, which may pass.
    #[error("{0}")]
    Failed(String),
}

/// Runs `git` in `dir` and gives what it prints.
pub async fn run(dir: &Path, args: &[impl AsRef<OsStr>], remote: &Remote) -> Result<String, GitError> {
    run_with(dir, args, remote, None).await
}

/// The same, with a file to read from.
pub async fn run_with(
    dir: &Path,
    args: &[impl AsRef<OsStr>],
    remote: &Remote,
    input: Option<File>,
) -> Result<String, GitError> {
    Ok(String::from_utf8_lossy(&bytes(dir, args, remote, input).await?).into_owned())
}

/// The same, to the byte.
pub async fn bytes(
    dir: &Path,
    args: &[impl AsRef<OsStr>],
    remote: &Remote,
    input: Option<File>,
) -> Result<Vec<u8>, GitError> {
    let mut command = command(dir, remote);
    command.args(args).stdin(input.map_or_else(Stdio::null, Stdio::from));
    let name = args.first().map(|name| name.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
    let output = match tokio::time::timeout(TIMEOUT, command.output()).await {
        Err(_) => return Err(GitError::Failed(format!("git {name} took longer than {} s", TIMEOUT.as_secs()))),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            let help = "git is not installed on the portal's machine: install it, or put it on PATH";
            return Err(GitError::Unusable(help.into()));
        }
        Ok(Err(error)) => return Err(GitError::Unusable(format!("git could not be started: {error}"))),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(complaint(&name, remote, &String::from_utf8_lossy(&output.stderr)))
}

/// The command, ready to be given arguments, for whoever speaks with it while it runs.
pub fn command(dir: &Path, remote: &Remote) -> Command {
    let is_local = remote.url.starts_with('/');
    let mut settings: Vec<(String, String)> = [
        ("core.hooksPath", "/dev/null"),
        ("core.attributesFile", "/dev/null"),
        ("core.excludesFile", "/dev/null"),
        ("core.symlinks", "false"),
        ("core.fsmonitor", "false"),
        ("gc.auto", "0"),
        ("protocol.allow", "never"),
        ("protocol.https.allow", "always"),
        ("protocol.http.allow", "always"),
        ("protocol.ssh.allow", "always"),
        ("protocol.file.allow", if is_local { "always" } else { "never" }),
        ("http.followRedirects", "false"),
        ("submodule.recurse", "false"),
        ("safe.directory", "*"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    if let (Some(token), Some(url)) = (&remote.token, Url::parse(&remote.url).ok().filter(may_carry_a_token)) {
        let credential = STANDARD.encode(format!("x-access-token:{token}"));
        let origin = url.origin().ascii_serialization();
        settings.push((format!("http.{origin}/.extraHeader"), format!("Authorization: Basic {credential}")));
    }
    settings.extend(remote.settings.iter().cloned());
    let mut command = Command::new("git");
    command.current_dir(dir).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    for name in ["PATH", "HOME", "SSH_AUTH_SOCK"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("LC_ALL", "C")
        .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    // Through the environment and not as arguments, so that a token does not show in the list of processes.
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    command
}

/// Whether a token may be sent there: in clear text only to this machine.
pub fn may_carry_a_token(url: &Url) -> bool {
    url.scheme() == "https" || matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The remote without what may be a password.
pub fn without_user(remote: &str) -> String {
    match Url::parse(remote) {
        Ok(mut url) => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.into()
        }
        Err(_) => remote.to_owned(),
    }
}

/// What git's own words come to.
fn complaint(name: &str, remote: &Remote, said: &str) -> GitError {
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    // The reason stands before git's advice on it.
    let first = |is: fn(&str) -> bool| said.lines().find(|line| is(line));
    let line = first(|line| line.contains("rejected]"))
        .or_else(|| first(|line| line.starts_with("fatal: ") || line.starts_with("error: ")))
        .or_else(|| said.lines().last());
    let line: String = line.unwrap_or("failed").trim().chars().take(SHOWN).collect();
    let of = if remote.url.is_empty() { String::new() } else { format!(" of {}", without_user(&remote.url)) };
    let mut text = format!("git {name}{of}: {line}");
    if let Some(token) = remote.token.as_ref().filter(|token| !token.is_empty()) {
        text = text.replace(token.as_str(), super::secrets::MASK);
    }
    if says(&["rejected]", "non-fast-forward", "fetch first", "pre-receive hook declined"]) {
        GitError::Rejected(text)
    } else if says(&[
        "Authentication failed",
        "could not read Username",
        "Permission denied",
        "returned error: 401",
        "returned error: 403",
        "' not found",
        "does not appear to be a git repository",
    ]) {
        GitError::Refused(text)
    } else {
        GitError::Failed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_in_no_argument_and_no_error_and_a_local_transport_is_off() {
        let remote = Remote {
            url: "https://user:geheim@git.bank.example/x.git".into(),
            token: Some("s3cret".into()),
            ..Remote::default()
        };
        let command = command(Path::new("/"), &remote);
        let args: Vec<_> = command.as_std().get_args().map(|each| each.to_string_lossy().into_owned()).collect();
        assert!(args.is_empty(), "{args:?}");
        let error = complaint("push", &remote, "fatal: s3cret was refused\n");
        assert!(!error.to_string().contains("s3cret") && !error.to_string().contains("geheim"), "{error}");

        let dir = tempfile::tempdir().unwrap();
        let none = Remote::default();
        run(dir.path(), &["init", "--quiet", "--bare", "a"], &none).await.expect("a repository");
        let path = dir.path().join("a").display().to_string();
        let error = run(dir.path(), &["ls-remote", path.as_str()], &none).await.expect_err("off");
        assert!(error.to_string().contains("transport 'file' not allowed"), "{error}");
        let local = Remote { url: path.clone(), ..Remote::default() };
        run(dir.path(), &["ls-remote", path.as_str()], &local).await.expect("its own");
    }

    #[test]
    fn a_token_goes_in_clear_text_to_this_machine_alone() {
        let may = |url: &str| may_carry_a_token(&Url::parse(url).unwrap());
        assert!(may("https://git.bank.example/") && may("http://127.0.0.1:8080/"));
        assert!(!may("http://git.bank.example/") && !may("ssh://git.bank.example/"));
    }

    #[test]
    fn what_git_says_is_told_apart() {
        let of = |said: &str| complaint("push", &Remote::default(), said);
        assert!(matches!(
            of(" ! [rejected]  main -> main (fetch first)\nerror: failed to push"),
            GitError::Rejected(_)
        ));
        assert!(matches!(of("fatal: Authentication failed for 'https://x/'"), GitError::Refused(_)));
        assert!(matches!(of("fatal: unable to access 'https://x/': Could not resolve host"), GitError::Failed(_)));
    }
}
