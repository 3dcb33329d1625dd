//! Git repositories as locations, through the `git` command with everything switched off that a repository could make it do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kit::server::fetch::Fetcher;
use kit::server::git::{self, without_user};
use url::Url;

use super::integrations::Integrations;
use super::source::SourceError;

/// How often the size of a checkout is looked at while git works on it.
const SIZE_LOOK: Duration = Duration::from_millis(500);

/// Where repositories are checked out.
#[derive(Debug, Clone, Copy)]
pub struct Checkouts<'a> {
    /// The folder.
    pub path: &'a Path,
    /// The largest checkout, history and files together.
    pub max_bytes: u64,
}

/// A repository as it stands on disk.
pub struct Checkout {
    /// Its work tree.
    pub path: PathBuf,
    /// The commit that it shows.
    pub revision: String,
}

/// Brings the checkout of `remote` up to date, cloning it where it is not there yet or cannot be brought up to date: a
/// command that was cut off leaves locks behind. A half-made clone is never used: it is moved into place when complete.
pub async fn update(
    remote: &str,
    checkouts: Checkouts<'_>,
    integrations: &Integrations,
    fetcher: &Fetcher,
) -> Result<Checkout, SourceError> {
    allowed(remote, integrations, fetcher).await?;
    let path = checkout_of(remote, checkouts);
    let is_there = path.join(".git").exists();
    if !is_there || bring_up_to_date(&path, remote, checkouts, integrations).await.is_err() {
        clone(&path, remote, checkouts, integrations).await?;
    }
    let revision = git(&path, &["rev-parse", "HEAD"], remote, integrations).await?;
    Ok(Checkout { path, revision: revision.trim().to_owned() })
}

/// Where a repository is checked out.
pub fn checkout_of(remote: &str, checkouts: Checkouts<'_>) -> PathBuf {
    checkouts.path.join(&blake3::hash(remote.as_bytes()).to_hex().as_str()[..32])
}

/// Whether a repository holds a commit.
pub async fn has_commit(repository: &Path, commit: &str, remote: &str, integrations: &Integrations) -> bool {
    let object = format!("{commit}^{{commit}}");
    output(repository, &["cat-file", "-e", &object], remote, integrations).await.is_ok()
}

/// Fetches what `reference` of `remote` shows into a bare repository in the folder `path`, and gives the commit.
pub async fn fetch_commit(
    path: &Path,
    reference: &str,
    remote: &str,
    checkouts: Checkouts<'_>,
    integrations: &Integrations,
) -> Result<String, SourceError> {
    git(path, &["init", "--quiet", "--bare", "."], remote, integrations).await?;
    let fetch = ["fetch", "--quiet", "--depth", "1", "--no-tags", "--", remote, reference];
    within(path, checkouts, git(path, &fetch, remote, integrations)).await?;
    let commit = git(path, &["rev-parse", "--verify", "FETCH_HEAD^{commit}"], remote, integrations).await?;
    Ok(commit.trim().to_owned())
}

async fn bring_up_to_date(
    path: &Path,
    remote: &str,
    checkouts: Checkouts<'_>,
    integrations: &Integrations,
) -> Result<(), SourceError> {
    let fetch = ["fetch", "--quiet", "--depth", "1", "--no-tags", "origin", "HEAD"];
    within(path, checkouts, git(path, &fetch, remote, integrations)).await?;
    within(path, checkouts, git(path, &["reset", "--quiet", "--hard", "FETCH_HEAD"], remote, integrations)).await?;
    git(path, &["clean", "--quiet", "-ffdx"], remote, integrations).await?;
    Ok(())
}

async fn clone(
    path: &Path,
    remote: &str,
    checkouts: Checkouts<'_>,
    integrations: &Integrations,
) -> Result<(), SourceError> {
    let failed = |error: std::io::Error| SourceError::Failed(format!("the folder for checkouts: {error}"));
    std::fs::create_dir_all(checkouts.path).map_err(failed)?;
    let fresh = tempfile::tempdir_in(checkouts.path).map_err(failed)?;
    let into = fresh.path().join("clone");
    let into_text = into.to_string_lossy();
    let args = ["clone", "--quiet", "--depth", "1", "--no-tags", "--", remote, &into_text];
    within(fresh.path(), checkouts, git(checkouts.path, &args, remote, integrations)).await?;
    if path.exists() {
        std::fs::rename(path, fresh.path().join("old")).map_err(failed)?;
    }
    std::fs::rename(&into, path).map_err(failed)
}

/// Waits for git while what it writes below `path` stays within the limit; past it, git is stopped.
async fn within(
    path: &Path,
    checkouts: Checkouts<'_>,
    git: impl Future<Output = Result<String, SourceError>>,
) -> Result<(), SourceError> {
    let max_bytes = checkouts.max_bytes;
    let measure = async || {
        let path = path.to_owned();
        let size = tokio::task::spawn_blocking(move || size(&path, max_bytes)).await;
        if size.is_ok_and(|size| size <= max_bytes) {
            return Ok(());
        }
        let limit = max_bytes / (1024 * 1024);
        Err(SourceError::Refused(format!(
            "the repository takes more than {limit} MB when it is checked out; keep the descriptors in a smaller one, or have the operator raise catalog.max_checkout_mb"
        )))
    };
    tokio::pin!(git);
    loop {
        tokio::select! {
            done = &mut git => {
                done?;
                return measure().await;
            }
            () = tokio::time::sleep(SIZE_LOOK) => measure().await?,
        }
    }
}

/// The bytes of all files below `path`; stops counting once there are more than `most`. What goes away meanwhile counts nothing.
fn size(path: &Path, most: u64) -> u64 {
    let mut total = 0;
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(found) if found.is_dir() => total += size(&entry.path(), most.saturating_sub(total)),
            Ok(found) => total += found.len(),
            Err(_) => {}
        }
        if total > most {
            break;
        }
    }
    total
}

/// A remote on the network must be on an allowed host and have allowed addresses.
pub async fn allowed(remote: &str, integrations: &Integrations, fetcher: &Fetcher) -> Result<(), SourceError> {
    let Some(address) = listed(remote, integrations, fetcher)? else { return Ok(()) };
    // What the look-up says now; git looks the name up again, which a host on the list is trusted not to abuse.
    fetcher.check(&address).await.map_err(|error| SourceError::Refused(error.to_string()))
}

/// The address by which a remote is on the list of allowed hosts; none for a local one, a path that somebody had the right to register.
pub fn listed(remote: &str, integrations: &Integrations, fetcher: &Fetcher) -> Result<Option<Url>, SourceError> {
    if remote.starts_with('/') {
        return Ok(None);
    }
    let refused = || SourceError::Refused(format!("{} is not on an allowed host", without_user(remote)));
    let url = Url::parse(remote).map_err(|_| refused())?;
    if !matches!(url.scheme(), "https" | "http" | "ssh") || integrations.of(&url).is_none() {
        return Err(refused());
    }
    let mut address = url.clone();
    if url.scheme() == "ssh" {
        // With its port, by which the host is on the list.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        address = Url::parse(&format!("https://{host}{port}/")).map_err(|_| refused())?;
    }
    fetcher.listed(&address).map_err(|error| SourceError::Refused(error.to_string()))?;
    Ok(Some(address))
}

async fn git(dir: &Path, args: &[&str], remote: &str, integrations: &Integrations) -> Result<String, SourceError> {
    Ok(String::from_utf8_lossy(&output(dir, args, remote, integrations).await?).into_owned())
}

/// What a git command prints.
pub async fn output(
    dir: &Path,
    args: &[&str],
    remote: &str,
    integrations: &Integrations,
) -> Result<Vec<u8>, SourceError> {
    let remote = integrations.remote(remote);
    git::bytes(dir, args, &remote, None).await.map_err(|error| SourceError::Failed(error.to_string()))
}
