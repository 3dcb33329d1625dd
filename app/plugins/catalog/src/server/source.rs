//! Reading the files of one location, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use kit::server::dir::RootDir;
use kit::server::fetch::{FetchError, Fetcher};
pub use kit::server::source::SourceError;
use tokio::sync::OnceCell;
use url::Url;

use super::git::{self, Checkouts};
use super::integrations::Integrations;

/// The largest descriptor or placeholder content that is read, in bytes.
pub const MAX_FILE: u64 = 10 * 1024 * 1024;

/// The most files and folders that are looked through in a location's directory.
const MAX_LISTED: usize = 1_000_000;

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
    listed: OnceCell<Vec<String>>,
}

enum Start {
    AllDescriptors,
    One(String),
}

/// Whether what a location reads is on an allowed host, as far as its address alone tells: what its names look up to is asked before each fetch.
pub fn listed(kind: &str, target: &str, integrations: &Integrations, fetcher: &Fetcher) -> Result<(), SourceError> {
    match (kind, as_url(target)) {
        ("git", _) => git::listed(target, integrations, fetcher).map(drop),
        (_, Some(url)) => {
            fetcher.listed(&integrations.raw(&url)).map_err(|error| SourceError::Refused(error.to_string()))
        }
        _ => Ok(()),
    }
}

impl Source {
    /// Opens the location; a git location is brought up to date first.
    pub async fn open(
        kind: &str,
        target: &str,
        checkouts: Checkouts<'_>,
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
            listed: OnceCell::new(),
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
                let checkout = git::update(target, checkouts, &source.integrations, &source.fetcher).await?;
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
            Start::AllDescriptors => Ok(self
                .listing()
                .await?
                .iter()
                .filter(|path| is_yaml(path) || is_unread_folder(path))
                .cloned()
                .collect()),
        }
    }

    /// Whether the location is this one file.
    pub fn is_start(&self, path: &str) -> bool {
        matches!(&self.start, Start::One(start) if start == path)
    }

    /// The content of a file that [`first`](Self::first) or [`resolve`](Self::resolve) named.
    pub async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        match as_url(path) {
            None => self.read_local(path).await,
            Some(url) => {
                let raw = self.integrations.raw(&url);
                // With the host's token only what is the location's own, or the page of a file on a known host.
                let with_token = self.is_own(path) || raw != url;
                self.read_url(path, &raw, with_token).await
            }
        }
    }

    /// The content of a file that a placeholder in the file `base` names: with the host's token only within the same
    /// repository, or a descriptor could show what its author may not read.
    pub async fn read_for(&self, base: &str, path: &str) -> Result<Vec<u8>, SourceError> {
        match as_url(path) {
            None => self.read_local(path).await,
            Some(url) => {
                let with_token = as_url(base).is_some_and(|base| self.is_beside(&base, &url));
                self.read_url(path, &self.integrations.raw(&url), with_token).await
            }
        }
    }

    async fn read_url(&self, path: &str, raw: &Url, with_token: bool) -> Result<Vec<u8>, SourceError> {
        let fetched =
            if with_token { self.fetcher.get(raw).await } else { self.fetcher.get_without_credential(raw).await };
        match fetched {
            Ok(fetched) => Ok(fetched.body),
            Err(FetchError::Status(404 | 410)) => Err(SourceError::Missing(shortened(path))),
            Err(error @ FetchError::Status(_)) => Err(SourceError::Failed(format!("{}: {error}", shortened(path)))),
            Err(error) => Err(SourceError::Failed(error.to_string())),
        }
    }

    async fn read_local(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if is_unread_folder(path) {
            return Err(SourceError::Failed(format!("the folder {} cannot be read", shortened(path))));
        }
        let Some(root) = self.root.clone() else {
            return Err(SourceError::Refused(format!("{} is not an address", shortened(path))));
        };
        let name = path.to_owned();
        let read = tokio::task::spawn_blocking(move || root.read(&name, MAX_FILE)).await;
        let read = read.map_err(|error| SourceError::Failed(error.to_string()))?;
        read.map_err(|error| read_error(shortened(path), &error))
    }

    /// The files that `target`, written in the file `base`, names: one, or several where it holds `*`.
    pub async fn resolve(&self, base: &str, target: &str) -> Result<Vec<String>, SourceError> {
        let refused = |reason: &str| SourceError::Refused(format!("{} {reason}", shortened(target)));
        if target.starts_with("http://") || target.starts_with("https://") {
            let url = Url::parse(target).map_err(|error| refused(&format!("is no address: {error}")))?;
            return one_url(url, target);
        }
        if target.contains("://") || target.starts_with("file:") {
            return Err(refused("is not read: only http, https and relative targets are"));
        }
        if let Some(base) = as_url(base) {
            let mut url = base.join(target).map_err(|error| refused(&format!("is no address: {error}")))?;
            if url.query().is_none() {
                // The revision may stand in the query, and a neighbour is of the same one.
                url.set_query(base.query());
            }
            if !self.is_beside(&base, &url) {
                return Err(refused("leads out of the location"));
            }
            return one_url(url, target);
        }
        let path = join(base, target)?;
        // A single file is registered for itself, and may lie in a home directory among secrets.
        let hidden =
            |path: &str| matches!(self.start, Start::One(_)) && path.split('/').any(|part| part.starts_with('.'));
        if hidden(&path) {
            return Err(refused("is hidden, and a location of a single file reads no hidden files"));
        }
        if !path.contains(['*', '?', '[', '{']) {
            return Ok(vec![path]);
        }
        let matcher = glob(&path)?;
        // What is hidden can be meant by a pattern that does not begin with a dot.
        let found = self.listing().await?.iter().filter(|path| matcher.is_match(path) && !hidden(path));
        let found: Vec<String> = found.cloned().collect();
        if found.is_empty() {
            return Err(SourceError::Missing(shortened(target)));
        }
        if found.len() > MAX_GLOB {
            return Err(refused(&format!("stands for {} files; at most {MAX_GLOB} are read", found.len())));
        }
        Ok(found)
    }

    /// The files below the folder of a path that [`resolve`](Self::resolve) named, by their path in it, without hidden ones;
    /// `None` where files cannot be listed, which is so for an address.
    pub async fn beside(&self, path: &str) -> Result<Option<Vec<String>>, SourceError> {
        let Some(root) = self.root.clone().filter(|_| as_url(path).is_none()) else { return Ok(None) };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let shown = shortened(&folder);
        let is_shown = |path: &str| !path.split('/').any(|part| part.starts_with('.'));
        let listed = tokio::task::spawn_blocking(move || root.files_in(&folder, MAX_LISTED, &is_shown)).await;
        let listed = listed.map_err(|error| SourceError::Failed(error.to_string()))?;
        listed.map(Some).map_err(|error| read_error(shown, &error))
    }

    /// The path in this location of what the address names, where the location is a checkout of the address's repository.
    pub fn in_checkout(&self, url: &Url) -> Option<String> {
        let remote = Url::parse(self.prefix.strip_prefix("url:")?.strip_suffix('#')?).ok()?;
        self.root.as_ref()?;
        let repository = format!("{}/", remote.path().trim_end_matches(".git").trim_end_matches('/'));
        let view = url.path().strip_prefix(&repository).filter(|_| url.origin() == remote.origin())?;
        let view = view.strip_prefix("-/").unwrap_or(view);
        let (_, path) = view.strip_prefix("tree/").or_else(|| view.strip_prefix("blob/"))?.split_once('/')?;
        Some(path.to_owned())
    }

    /// The page of a file at its code host, where that is known.
    pub fn web_page(&self, path: &str) -> Option<String> {
        if as_url(path).is_some() {
            return Some(path.to_owned());
        }
        let remote = Url::parse(self.prefix.strip_prefix("url:")?.strip_suffix('#')?).ok()?;
        self.integrations.web_page(&remote, path)
    }

    /// Whether a file is one of the location's own: in the folder of what was registered or below, of the same revision.
    pub fn is_own(&self, path: &str) -> bool {
        match (&self.start, as_url(path)) {
            (Start::AllDescriptors, url) => url.is_none(),
            (Start::One(start), url) => match (as_url(start), url) {
                (None, None) => true,
                (Some(start), Some(url)) => {
                    start.origin() == url.origin()
                        && start.query() == url.query()
                        && url.path().starts_with(&folder(&start))
                }
                _ => false,
            },
        }
    }

    /// Whether `url` lies in the same repository and revision as `base`.
    fn is_beside(&self, base: &Url, url: &Url) -> bool {
        base.origin() == url.origin()
            && base.query() == url.query()
            && url.path().starts_with(&self.integrations.boundary(base))
    }

    /// The value of `backstage.io/managed-by-location` for what `path` brings.
    pub fn managed_by(&self, path: &str) -> String {
        if as_url(path).is_some() { format!("url:{path}") } else { format!("{}{path}", self.prefix) }
    }

    /// All files of the location's directory, listed once.
    async fn listing(&self) -> Result<&[String], SourceError> {
        let Some(root) = self.root.clone() else { return Ok(&[]) };
        let listed = self.listed.get_or_try_init(|| async {
            let listed = tokio::task::spawn_blocking(move || root.files(MAX_LISTED, &|_| true)).await;
            let failed = |error: &dyn std::fmt::Display| SourceError::Failed(error.to_string());
            listed.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
        });
        Ok(listed.await?)
    }
}

/// What the system said of a file that is shown as `shown`.
pub fn read_error(shown: String, error: &std::io::Error) -> SourceError {
    match error.kind() {
        std::io::ErrorKind::NotFound => SourceError::Missing(shown),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::InvalidInput => {
            SourceError::Refused(format!("{shown}: {error}"))
        }
        _ => SourceError::Failed(format!("{shown}: {error}")),
    }
}

/// The directory at `path`, held open.
pub async fn open_root(path: &Path) -> Result<Arc<RootDir>, SourceError> {
    let path: PathBuf = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        RootDir::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::Missing(path.display().to_string()),
            _ => SourceError::Failed(format!("{}: {error}", path.display())),
        })
    });
    opened.await.map_err(|error| SourceError::Failed(error.to_string()))?.map(Arc::new)
}

/// Whether a path stands for a folder that could not be listed, so that what is in it is not taken for gone.
pub fn is_unread_folder(path: &str) -> bool {
    path.ends_with('/')
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// The address that a path is, if it is one.
pub fn as_url(path: &str) -> Option<Url> {
    (path.starts_with("http://") || path.starts_with("https://")).then(|| Url::parse(path).ok()).flatten()
}

/// A URL that names one file; which files a URL with `*` stands for cannot be asked over plain HTTP.
fn one_url(mut url: Url, target: &str) -> Result<Vec<String>, SourceError> {
    let refused = |reason: &str| Err(SourceError::Refused(reason.to_owned()));
    if !url.username().is_empty() || url.password().is_some() {
        return refused("an address with a user or password is not read; configure the host's token instead");
    }
    if target.contains('*') {
        return refused("a pattern in a URL cannot be listed; register the repository as a git location instead");
    }
    url.set_fragment(None);
    Ok(vec![url.into()])
}

/// The folder of a URL's path, with its slash.
pub fn folder(url: &Url) -> String {
    url.path().rsplit_once('/').map_or_else(|| "/".into(), |(folder, _)| format!("{folder}/"))
}

/// A path or address as a message shows it.
fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
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
            // What git keeps for itself may hold a remote's password.
            part if part.eq_ignore_ascii_case(".git") => {
                return Err(SourceError::Refused(format!("{} is not read: .git belongs to git", shortened(target))));
            }
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
    use kit::server::fetch::Policy;
    use proptest::prelude::*;

    use super::super::integrations::{Integration, IntegrationKind};
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

    #[test]
    fn cve_2024_53983_no_step_leads_into_what_git_keeps() {
        for bad in [".git/config", "./.GIT/config", "a/../.git/config", "a/.Git/x", ".git/../x.yaml"] {
            assert!(join("all.yaml", bad).is_err(), "{bad}");
        }
        assert_eq!(join("all.yaml", ".github/x.yaml").unwrap(), ".github/x.yaml");
    }

    async fn at(target: &str) -> Source {
        let of = |kind, host: &str| Integration {
            kind,
            host: host.into(),
            api_base: None,
            token: None,
            ca_file: None,
            proxy: None,
            allow_private: false,
        };
        let integrations = Integrations(vec![
            of(IntegrationKind::GitHub, "github.com"),
            of(IntegrationKind::GitLab, "gitlab.bank.example"),
            of(IntegrationKind::BitbucketServer, "bitbucket.bank.example"),
        ]);
        let fetcher = Arc::new(Fetcher::new(Policy::default()).unwrap());
        let checkouts = Checkouts { path: Path::new("/nowhere"), max_bytes: 0 };
        Source::open("url", target, checkouts, fetcher, Arc::new(integrations)).await.unwrap()
    }

    #[tokio::test]
    async fn cve_2026_106463_own_is_the_folder_of_the_registered_address_in_its_revision() {
        let github = at("https://github.com/o/r/blob/main/org/all.yaml").await;
        let bitbucket = at("https://bitbucket.bank.example/projects/P/repos/R/browse/org/all.yaml?at=main").await;
        for (source, path, own) in [
            (&github, "https://github.com/o/r/blob/main/org/a.yaml", true),
            (&github, "https://github.com/o/r/blob/main/org/sub/a.yaml", true),
            (&github, "https://github.com/o/r/blob/main/a.yaml", false),
            (&github, "https://github.com/o/r/blob/main/organised/a.yaml", false),
            (&github, "https://github.com/o/r/blob/refs/pull/9/head/org/a.yaml", false),
            (&github, "https://github.com/o/r/raw/main/org/a.yaml", false),
            (&github, "https://github.com/o/fork/blob/main/org/a.yaml", false),
            (&github, "https://github.com/o/r/blob/main/org/a.yaml?at=x", false),
            (&github, "http://github.com/o/r/blob/main/org/a.yaml", false),
            (&github, "https://github.com:444/o/r/blob/main/org/a.yaml", false),
            (&github, "https://github.com/o/r/blob/main/org/../a.yaml", false),
            (&github, "a.yaml", false),
            (&bitbucket, "https://bitbucket.bank.example/projects/P/repos/R/browse/org/a.yaml?at=main", true),
            (&bitbucket, "https://bitbucket.bank.example/projects/P/repos/R/browse/org/a.yaml", false),
            (
                &bitbucket,
                "https://bitbucket.bank.example/projects/P/repos/R/browse/org/a.yaml?at=refs/pull-requests/9/from",
                false,
            ),
        ] {
            assert_eq!(source.is_own(path), own, "{path}");
        }
    }

    #[tokio::test]
    async fn cve_2026_29185_a_relative_target_keeps_the_revision_of_its_file() {
        let bitbucket = "https://bitbucket.bank.example/projects/P/repos/R/browse/org/all.yaml?at=main";
        let source = at(bitbucket).await;
        assert_eq!(
            source.resolve(bitbucket, "../a.yaml").await.unwrap(),
            ["https://bitbucket.bank.example/projects/P/repos/R/browse/a.yaml?at=main"]
        );
        for bad in ["a.yaml?at=refs/pull-requests/9/from", "?at=other", "../../../S/browse/a.yaml"] {
            assert!(source.resolve(bitbucket, bad).await.is_err(), "{bad}");
        }
        let gitlab = "https://gitlab.bank.example/g/p/-/blob/main/org/all.yaml";
        let source = at(gitlab).await;
        for bad in ["../../refs/merge-requests/9/head/a.yaml", "/g/p/-/blob/other/a.yaml", "/g/q/-/blob/main/a.yaml"] {
            assert!(source.resolve(gitlab, bad).await.is_err(), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)) })]

        /// Whatever a descriptor writes for a neighbour is in its own repository and revision, or is refused.
        #[test]
        fn no_target_of_a_descriptor_leaves_its_repository(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "..", ".", "/", "//", "\\", "%2e%2e", "%2E.", "%2f", "%5c", "%252e", "a", "b.yaml", ".git", ".GIT", "*", "**", "?", "?at=x", "?ref=x", "#", "@", ":", "evil.example", "github.com",
                "https:", "\t", "\n", " ", "\0", "\u{ff0e}\u{ff0e}", "/o/other/blob/main/", "/o/r/blob/other/", "refs/pull/9/head",
            ]), 1..8)
        ) {
            let target = pieces.concat();
            if let Ok(path) = join("a/b/all.yaml", &target) {
                prop_assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git")), "{target:?}: {path:?}");
                prop_assert!(!path.contains(['\\', '\0']), "{target:?}: {path:?}");
            }
            // A complete address is asked without the token, which is another test's matter.
            prop_assume!(!target.starts_with("http:") && !target.starts_with("https:"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            for (start, inside) in [
                ("https://github.com/o/r/blob/main/org/all.yaml", "/o/r/"),
                ("https://bitbucket.bank.example/projects/P/repos/R/browse/org/all.yaml?at=main", "/projects/P/repos/R/"),
            ] {
                let found = runtime.block_on(async { at(start).await.resolve(start, &target).await });
                for found in found.unwrap_or_default() {
                    let (start, found) = (Url::parse(start).unwrap(), Url::parse(&found).unwrap());
                    prop_assert_eq!(start.origin(), found.origin(), "{:?}", target);
                    prop_assert!(found.path().starts_with(inside) && found.username().is_empty(), "{:?}: {}", target, found);
                    prop_assert_eq!(start.query(), found.query(), "{:?}", target);
                    if inside == "/o/r/" {
                        prop_assert!(found.path().starts_with("/o/r/blob/main/"), "{:?}: {}", target, found);
                    }
                }
            }
        }
    }
}
