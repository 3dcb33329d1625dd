//! Reading the files of one location, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use kit::server::dir::RootDir;
use kit::server::fetch::{FetchError, Fetcher};
use url::Url;

use super::git;
use super::integrations::Integrations;

/// The largest descriptor or placeholder content that is read, in bytes.
const MAX_FILE: u64 = 10 * 1024 * 1024;

/// The most files that one glob may stand for.
const MAX_GLOB: usize = 10_000;

/// An opened location. A file is named by its path within the location's directory, or by its URL.
pub struct Source {
    root: Option<Arc<RootDir>>,
    start: Start,
    /// What goes before a path in `backstage.io/managed-by-location`.
    prefix: String,
    /// The commit, of a git location.
    pub revision: String,
    fetcher: Arc<Fetcher>,
    integrations: Arc<Integrations>,
}

enum Start {
    AllDescriptors,
    One(String),
}

/// Why a file or a location could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not there: what it brought before is gone.
    #[error("{0} does not exist")]
    Missing(String),
    /// It may not be read.
    #[error("{0}")]
    Refused(String),
    /// It could not be read this time: what it brought before stays.
    #[error("{0}")]
    Failed(String),
}

impl Source {
    /// Opens the location; a git location is brought up to date first.
    pub async fn open(
        kind: &str,
        target: &str,
        checkouts: &Path,
        fetcher: Arc<Fetcher>,
        integrations: Arc<Integrations>,
    ) -> Result<Self, SourceError> {
        let mut source = Self {
            root: None,
            start: Start::AllDescriptors,
            prefix: format!("file:{target}/"),
            revision: String::new(),
            fetcher,
            integrations,
        };
        match kind {
            "dir" => source.root = Some(open_root(Path::new(target)).await?),
            "file" => {
                let path = Path::new(target);
                let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str()))
                else {
                    return Err(SourceError::Refused(format!("{target} does not name a file")));
                };
                source.root = Some(open_root(folder).await?);
                source.prefix = format!("file:{}/", folder.display());
                source.start = Start::One(name.to_owned());
            }
            "git" => {
                let checkout = git::update(target, checkouts, &source.integrations).await?;
                source.root = Some(open_root(&checkout.path).await?);
                source.prefix = format!("url:{target}#");
                source.revision = checkout.revision;
            }
            _ => {
                source.prefix = "url:".into();
                source.start = Start::One(target.to_owned());
            }
        }
        Ok(source)
    }

    /// The files to begin with, sorted.
    pub async fn first(&self) -> Result<Vec<String>, SourceError> {
        match &self.start {
            Start::One(path) => Ok(vec![path.clone()]),
            Start::AllDescriptors => self.list(is_yaml).await,
        }
    }

    /// Whether the location is this one file.
    pub fn is_start(&self, path: &str) -> bool {
        matches!(&self.start, Start::One(start) if start == path)
    }

    /// The content of a file that [`first`](Self::first) or [`resolve`](Self::resolve) named.
    pub async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if let Some(url) = as_url(path) {
            let raw = self.integrations.raw(&url);
            return match self.fetcher.get(&raw).await {
                Ok(fetched) => Ok(fetched.body),
                Err(FetchError::Status(404 | 410)) => Err(SourceError::Missing(path.to_owned())),
                Err(error @ FetchError::Status(_)) => Err(SourceError::Failed(format!("{path}: {error}"))),
                Err(error) => Err(SourceError::Failed(error.to_string())),
            };
        }
        let Some(root) = self.root.clone() else {
            return Err(SourceError::Refused(format!("{path} is not an address")));
        };
        let name = path.to_owned();
        let read = tokio::task::spawn_blocking(move || root.read(&name, MAX_FILE)).await;
        read.map_err(|error| SourceError::Failed(error.to_string()))?.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::Missing(path.to_owned()),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::InvalidInput => {
                SourceError::Refused(format!("{path}: {error}"))
            }
            _ => SourceError::Failed(format!("{path}: {error}")),
        })
    }

    /// The files that `target`, written in the file `base`, names: one, or several where it holds `*`.
    pub async fn resolve(&self, base: &str, target: &str) -> Result<Vec<String>, SourceError> {
        if target.starts_with("http://") || target.starts_with("https://") {
            let url = Url::parse(target).map_err(|error| SourceError::Refused(format!("{target}: {error}")))?;
            return no_glob(url.as_str(), target);
        }
        if target.contains("://") || target.starts_with("file:") {
            return Err(SourceError::Refused(format!("{target}: only http, https and relative targets are read")));
        }
        if let Some(base) = as_url(base) {
            let url = base.join(target).map_err(|error| SourceError::Refused(format!("{target}: {error}")))?;
            if url.origin() != base.origin() || !url.path().starts_with(&self.integrations.boundary(&base)) {
                return Err(SourceError::Refused(format!("{target} leads out of the location")));
            }
            return no_glob(url.as_str(), target);
        }
        let path = join(base, target)?;
        if !path.contains(['*', '?', '[', '{']) {
            return Ok(vec![path]);
        }
        let matcher = glob(&path)?;
        let found = self.list(move |path| matcher.is_match(path)).await?;
        if found.is_empty() {
            return Err(SourceError::Missing(target.to_owned()));
        }
        if found.len() > MAX_GLOB {
            return Err(SourceError::Refused(format!(
                "{target} stands for {} files; at most {MAX_GLOB} are read",
                found.len()
            )));
        }
        Ok(found)
    }

    /// Whether a file is one of the location's own, and not somebody else's that one of them points to.
    pub fn is_own(&self, path: &str) -> bool {
        match &self.start {
            Start::One(start) => match (as_url(start), as_url(path)) {
                (Some(start), Some(url)) => {
                    start.origin() == url.origin() && url.path().starts_with(&self.integrations.boundary(&start))
                }
                (None, None) => true,
                _ => false,
            },
            Start::AllDescriptors => as_url(path).is_none(),
        }
    }

    /// The value of `backstage.io/managed-by-location` for what `path` brings.
    pub fn managed_by(&self, path: &str) -> String {
        if as_url(path).is_some() { format!("url:{path}") } else { format!("{}{path}", self.prefix) }
    }

    async fn list(&self, wanted: impl Fn(&str) -> bool + Send + 'static) -> Result<Vec<String>, SourceError> {
        let Some(root) = self.root.clone() else { return Ok(Vec::new()) };
        let listed = tokio::task::spawn_blocking(move || root.files(&wanted)).await;
        listed
            .map_err(|error| SourceError::Failed(error.to_string()))?
            .map_err(|error| SourceError::Failed(error.to_string()))
    }
}

async fn open_root(path: &Path) -> Result<Arc<RootDir>, SourceError> {
    let path: PathBuf = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        RootDir::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::Missing(path.display().to_string()),
            _ => SourceError::Failed(format!("{}: {error}", path.display())),
        })
    });
    opened.await.map_err(|error| SourceError::Failed(error.to_string()))?.map(Arc::new)
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn as_url(path: &str) -> Option<Url> {
    (path.starts_with("http://") || path.starts_with("https://")).then(|| Url::parse(path).ok()).flatten()
}

/// A URL that names one file; which files a URL with `*` stands for cannot be asked over plain HTTP.
fn no_glob(url: &str, target: &str) -> Result<Vec<String>, SourceError> {
    if target.contains('*') {
        return Err(SourceError::Refused(format!(
            "{target}: a pattern in a URL cannot be listed; register the repository as a git location instead"
        )));
    }
    Ok(vec![url.to_owned()])
}

fn glob(pattern: &str) -> Result<GlobMatcher, SourceError> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| SourceError::Refused(format!("{pattern}: {error}")))
}

/// `target` seen from the folder of `base`, normalised; refuses what is absolute or leads out of the location.
fn join(base: &str, target: &str) -> Result<String, SourceError> {
    if target.starts_with('/') || target.contains('\\') || target.contains('\0') {
        return Err(SourceError::Refused(format!("{target}: only targets relative to the file are read")));
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(SourceError::Refused(format!("{target} leads out of the location")));
                }
            }
            other => parts.push(other),
        }
    }
    if parts.is_empty() {
        return Err(SourceError::Refused(format!("{target} does not name a file")));
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_seen_from_their_file_and_stay_inside() {
        assert_eq!(join("a/b/all.yaml", "./c.yaml").unwrap(), "a/b/c.yaml");
        assert_eq!(join("a/b/all.yaml", "../c/*.yaml").unwrap(), "a/c/*.yaml");
        assert_eq!(join("all.yaml", "c.yaml").unwrap(), "c.yaml");
        for bad in ["../x.yaml", "a/../../x.yaml", "/etc/passwd", "..\\x.yaml", "."] {
            assert!(join("all.yaml", bad).is_err(), "{bad}");
        }
    }
}
