//! The files that something stands among, for whoever reads more of them than descriptors: templates and their skeletons.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use kit::server::dir::RootDir;
use kit::server::fetch::{FetchError, Fetcher};
use kit::server::source::{SourceError, Tree, TreeFile};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::OnceCell;
use url::Url;

use super::git::{self, Checkouts};
use super::integrations::{Integrations, Repository};
use super::source::{MAX_FILE, as_url, folder, open_root, read_error};

/// The most files and folders below one folder of a directory.
const MAX_LISTED: usize = 100_000;

/// How long what was fetched of a repository is taken for what it holds.
const FRESH: Duration = Duration::from_secs(20);

/// What stays as it is in the path of an address.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Repositories that this process has fetched, by their folder: one fetch at a time, and none while what is there is fresh.
static FETCHED: LazyLock<std::sync::Mutex<HashMap<PathBuf, Arc<Fetch>>>> = LazyLock::new(Default::default);

/// When a repository was fetched last, and what it showed.
type Fetch = tokio::sync::Mutex<Option<(Instant, String)>>;

/// A directory of the portal's own machine.
pub struct DirTree {
    root: Arc<RootDir>,
    start: String,
    /// Of a single file's folder nothing that is hidden is read: it may be a home directory.
    hides: bool,
}

impl DirTree {
    /// The directory `path`, opened for the file `start` in it.
    pub async fn open(path: &Path, start: &str, hides: bool) -> Result<Self, SourceError> {
        Ok(Self { root: open_root(path).await?, start: start.to_owned(), hides })
    }

    fn check(&self, path: &str) -> Result<(), SourceError> {
        if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            return Err(SourceError::Refused(format!("{path} is not read: .git belongs to git")));
        }
        if self.is_hidden(path) {
            return Err(SourceError::Refused(format!(
                "{path} is hidden, and a location of a single file reads no hidden files"
            )));
        }
        Ok(())
    }

    fn is_hidden(&self, path: &str) -> bool {
        self.hides && path.starts_with('.')
    }
}

#[async_trait]
impl Tree for DirTree {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        self.check(folder)?;
        let (root, below, hides) = (self.root.clone(), folder.to_owned(), self.hides);
        let listed = tokio::task::spawn_blocking(move || {
            let file = |path: String| {
                let facts = root.facts(&path)?;
                Ok::<_, std::io::Error>(facts.map(|facts| TreeFile {
                    path,
                    bytes: facts.bytes,
                    executable: facts.executable,
                }))
            };
            if !below.is_empty()
                && let Some(file) = file(below.clone())?
            {
                return Ok(vec![file]);
            }
            let prefix = if below.is_empty() { String::new() } else { format!("{below}/") };
            let mut files = Vec::new();
            for path in root.files_in(&below, MAX_LISTED, &|_| true)? {
                if path.ends_with('/') {
                    return Err(std::io::Error::other(format!("the folder {prefix}{path} cannot be read")));
                }
                if !(hides && prefix.is_empty() && path.starts_with('.')) {
                    files.extend(file(format!("{prefix}{path}"))?);
                }
            }
            Ok(files)
        });
        let listed = listed.await.map_err(|error| SourceError::Failed(error.to_string()))?;
        listed.map_err(|error| read_error(folder.to_owned(), &error))
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.check(path)?;
        let (root, name) = (self.root.clone(), path.to_owned());
        let read = tokio::task::spawn_blocking(move || root.read(&name, MAX_FILE)).await;
        let read = read.map_err(|error| SourceError::Failed(error.to_string()))?;
        read.map_err(|error| read_error(path.to_owned(), &error))
    }
}

/// One commit of a repository, read from what git keeps: it stays the same whatever is checked out meanwhile.
pub struct GitTree {
    repository: PathBuf,
    remote: String,
    commit: String,
    start: String,
    integrations: Arc<Integrations>,
    listed: OnceCell<BTreeMap<String, (TreeFile, String)>>,
}

impl GitTree {
    /// The repository `remote` as it was at `commit`, or as it is where nobody says: taken from a checkout that has the commit, else fetched.
    pub async fn of_location(
        remote: &str,
        commit: &str,
        start: &str,
        checkouts: Checkouts<'_>,
        integrations: Arc<Integrations>,
        fetcher: &Fetcher,
    ) -> Result<Self, SourceError> {
        let of = |repository, commit| Self {
            repository,
            remote: remote.to_owned(),
            commit,
            start: start.to_owned(),
            integrations: integrations.clone(),
            listed: OnceCell::new(),
        };
        if commit.is_empty() {
            let (repository, commit) = fetched(remote, "HEAD", checkouts, &integrations, fetcher).await?;
            return Ok(of(repository, commit));
        }
        let checkout = git::checkout_of(remote, checkouts);
        if checkout.join(".git").exists() && git::has_commit(&checkout, commit, remote, &integrations).await {
            return Ok(of(checkout, commit.to_owned()));
        }
        // Another instance read the location; some hosts give a single commit, some only what a branch shows.
        let (repository, commit) = match fetched(remote, commit, checkouts, &integrations, fetcher).await {
            Err(SourceError::Failed(_)) => fetched(remote, "HEAD", checkouts, &integrations, fetcher).await?,
            fetched => fetched?,
        };
        Ok(of(repository, commit))
    }

    /// A place in a repository of a code host, as it is now.
    pub async fn of_place(
        place: &Repository,
        checkouts: Checkouts<'_>,
        integrations: Arc<Integrations>,
        fetcher: &Fetcher,
    ) -> Result<Self, SourceError> {
        let remote = place.remote.to_string();
        let (repository, commit) = fetched(&remote, &place.reference, checkouts, &integrations, fetcher).await?;
        Ok(Self { repository, remote, commit, start: place.path.clone(), integrations, listed: OnceCell::new() })
    }

    async fn listing(&self) -> Result<&BTreeMap<String, (TreeFile, String)>, SourceError> {
        let listed = self.listed.get_or_try_init(|| async {
            let args = ["ls-tree", "-r", "-z", "--long", "--full-tree", self.commit.as_str()];
            let listed = git::output(&self.repository, &args, &self.remote, &self.integrations).await?;
            let files = listed.split(|byte| *byte == 0).filter_map(listed_file);
            Ok(files.map(|(file, object)| (file.path.clone(), (file, object))).collect())
        });
        listed.await
    }
}

#[async_trait]
impl Tree for GitTree {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        &self.commit
    }

    async fn author(&self) -> String {
        let args = ["log", "-1", "--format=%an", self.commit.as_str()];
        let author = git::output(&self.repository, &args, &self.remote, &self.integrations).await;
        author.map(|author| String::from_utf8_lossy(&author).trim().to_owned()).unwrap_or_default()
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        let listing = self.listing().await?;
        if let Some((file, _)) = listing.get(folder) {
            return Ok(vec![file.clone()]);
        }
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below = listing.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let files: Vec<_> = below.map(|(_, (file, _))| file.clone()).collect();
        if files.is_empty() && !folder.is_empty() { Err(SourceError::Missing(folder.to_owned())) } else { Ok(files) }
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let Some((file, object)) = self.listing().await?.get(path) else {
            return Err(SourceError::Missing(path.to_owned()));
        };
        if file.bytes > MAX_FILE {
            return Err(SourceError::Refused(format!("{path} is larger than {MAX_FILE} bytes")));
        }
        git::output(&self.repository, &["cat-file", "blob", object], &self.remote, &self.integrations).await
    }
}

/// A line of `git ls-tree --long`: a file with the name of its content; nothing for links and submodules.
fn listed_file(line: &[u8]) -> Option<(TreeFile, String)> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, object, bytes) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let executable = match mode {
        "100755" => true,
        "100644" | "100664" => false,
        _ => return None,
    };
    Some((TreeFile { path: path.to_owned(), bytes: bytes.parse().ok()?, executable }, object.to_owned()))
}

/// A repository of the portal's own that holds what `reference` of `remote` shows, and the commit that this is.
async fn fetched(
    remote: &str,
    reference: &str,
    checkouts: Checkouts<'_>,
    integrations: &Integrations,
    fetcher: &Fetcher,
) -> Result<(PathBuf, String), SourceError> {
    if reference.starts_with(['-', '+', '^']) || reference.contains([':', ' ', '*', '\0', '\\']) || reference.is_empty()
    {
        return Err(SourceError::Refused(format!("{reference:?} names no branch, tag or commit")));
    }
    git::allowed(remote, integrations, fetcher).await?;
    let name = blake3::hash(format!("{remote}\n{reference}").as_bytes()).to_hex();
    let path = checkouts.path.join("trees").join(&name.as_str()[..32]);
    let turn = FETCHED.lock().unwrap_or_else(PoisonError::into_inner).entry(path.clone()).or_default().clone();
    let mut known = turn.lock().await;
    if let Some((at, commit)) = known.as_ref()
        && at.elapsed() < FRESH
        && path.is_dir()
    {
        return Ok((path, commit.clone()));
    }
    let failed = |error: std::io::Error| SourceError::Failed(format!("the folder for checkouts: {error}"));
    let existed = path.exists();
    std::fs::create_dir_all(&path).map_err(failed)?;
    let commit = match git::fetch_commit(&path, reference, remote, checkouts, integrations).await {
        // A fetch that was cut off leaves locks behind, and what was fetched over the years adds up.
        Err(SourceError::Failed(_) | SourceError::Refused(_)) if existed => {
            std::fs::remove_dir_all(&path).and_then(|()| std::fs::create_dir_all(&path)).map_err(failed)?;
            git::fetch_commit(&path, reference, remote, checkouts, integrations).await?
        }
        fetched => fetched?,
    };
    *known = Some((Instant::now(), commit.clone()));
    Ok((path, commit))
}

/// A file at a plain address, and what lies beside it or below: single files can be read there, and nothing listed.
pub struct AddressTree {
    /// The address of the folder, with its slash.
    root: Url,
    start: String,
    with_credential: bool,
    fetcher: Arc<Fetcher>,
}

impl AddressTree {
    /// The folder of `url`, opened for the file that it names.
    pub fn of(url: &Url, with_credential: bool, fetcher: Arc<Fetcher>) -> Result<Self, SourceError> {
        fetcher.listed(url).map_err(|error| SourceError::Refused(error.to_string()))?;
        let below = folder(url);
        let start = percent_encoding::percent_decode_str(&url.path()[below.len().min(url.path().len())..]);
        let start = start.decode_utf8().map_err(|error| SourceError::Refused(error.to_string()))?.into_owned();
        let mut root = url.clone();
        root.set_path(&below);
        Ok(Self { root, start, with_credential, fetcher })
    }
}

#[async_trait]
impl Tree for AddressTree {
    fn start(&self) -> &str {
        &self.start
    }

    fn revision(&self) -> &str {
        ""
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        match self.read(folder).await {
            Ok(content) => {
                Ok(vec![TreeFile { path: folder.to_owned(), bytes: content.len() as u64, executable: false }])
            }
            Err(SourceError::Missing(_)) => Err(SourceError::Missing(format!(
                "{folder} (a folder at a plain address cannot be listed; register the repository instead)"
            ))),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\\') {
            return Err(SourceError::Missing(path.to_owned()));
        }
        let mut url = self.root.clone();
        url.set_path(&format!("{}{}", self.root.path(), utf8_percent_encode(path, KEPT)));
        let fetched = match self.with_credential {
            true => self.fetcher.get(&url).await,
            false => self.fetcher.get_without_credential(&url).await,
        };
        match fetched {
            Ok(fetched) => Ok(fetched.body),
            Err(FetchError::Status(404 | 410)) => Err(SourceError::Missing(path.to_owned())),
            Err(error @ (FetchError::HostNotAllowed(_) | FetchError::AddressNotAllowed(_) | FetchError::BadUrl(_))) => {
                Err(SourceError::Refused(error.to_string()))
            }
            Err(error) => Err(SourceError::Failed(format!("{path}: {error}"))),
        }
    }
}

/// The files at an address: of the repository where its host is known, else the file with its neighbours. The host's token goes to a plain host
/// only for what is a location's own.
pub async fn at(
    address: &str,
    is_own: bool,
    checkouts: Checkouts<'_>,
    integrations: Arc<Integrations>,
    fetcher: Arc<Fetcher>,
) -> Result<Arc<dyn Tree>, SourceError> {
    let url = as_url(address).ok_or_else(|| SourceError::Refused(format!("{address} is no address")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SourceError::Refused("an address with a user or password is not read".into()));
    }
    match integrations.repository(&url) {
        Some(place) => Ok(Arc::new(GitTree::of_place(&place, checkouts, integrations, &fetcher).await?)),
        None => Ok(Arc::new(AddressTree::of(&url, is_own, fetcher)?)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    use kit::server::fetch::Policy;

    use super::*;

    fn git(folder: &Path, args: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@bank.example", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").current_dir(folder).args(identity).args(args).output().expect("git");
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn put(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("mkdir");
        std::fs::write(path, text).expect("write");
    }

    fn filled(folder: &Path) {
        put(folder, "t/template.yaml", "kind: Template");
        put(folder, "t/skeleton/.github/ci.yaml", "on: push");
        put(folder, "t/skeleton/run.sh", "#!/bin/sh");
        put(folder, "t/skeleton/name with ${{ values.name }}.txt", "\u{0}binary");
        put(folder, ".env", "secret");
        std::fs::set_permissions(folder.join("t/skeleton/run.sh"), PermissionsExt::from_mode(0o755)).expect("set");
        symlink("run.sh", folder.join("t/skeleton/link")).expect("link");
    }

    fn shown(files: &[TreeFile]) -> Vec<(&str, u64, bool)> {
        files.iter().map(|file| (file.path.as_str(), file.bytes, file.executable)).collect()
    }

    const SKELETON: [(&str, u64, bool); 3] = [
        ("t/skeleton/.github/ci.yaml", 8, false),
        ("t/skeleton/name with ${{ values.name }}.txt", 7, false),
        ("t/skeleton/run.sh", 9, true),
    ];

    async fn holds_the_skeleton(tree: &dyn Tree) {
        assert_eq!(shown(&tree.files("t/skeleton").await.expect("files")), SKELETON);
        assert_eq!(shown(&tree.files("t/skeleton/run.sh").await.expect("a file")), SKELETON[2..]);
        assert_eq!(tree.read(SKELETON[1].0).await.expect("read"), b"\0binary");
        assert!(matches!(tree.files("t/none").await, Err(SourceError::Missing(_))));
        assert!(matches!(tree.read("t/none").await, Err(SourceError::Missing(_))));
        assert!(tree.read("t/skeleton/link").await.is_err() && tree.read(".git/config").await.is_err());
        assert!(tree.read("../t/template.yaml").await.is_err());
    }

    #[tokio::test]
    async fn a_directory_is_a_tree_and_a_single_files_folder_hides_what_is_hidden() {
        let place = tempfile::tempdir().expect("a folder");
        filled(place.path());
        let tree = DirTree::open(place.path(), "t/template.yaml", false).await.expect("a tree");
        holds_the_skeleton(&tree).await;
        assert_eq!(tree.read(".env").await.expect("read"), b"secret");
        assert_eq!((tree.start(), tree.files("").await.expect("files").len()), ("t/template.yaml", 5));
        let single = DirTree::open(place.path(), "t/template.yaml", true).await.expect("a tree");
        holds_the_skeleton(&single).await;
        assert!(matches!(single.read(".env").await, Err(SourceError::Refused(_))));
        assert_eq!(single.files("").await.expect("files").len(), 4);
    }

    #[tokio::test]
    async fn a_repository_is_read_at_one_commit_whatever_comes_after_it() {
        let place = tempfile::tempdir().expect("a folder");
        let (work, checkouts) = (place.path().join("work"), place.path().join("checkouts"));
        std::fs::create_dir_all(&work).expect("mkdir");
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        filled(&work);
        git(&work, &["add", "--all"]);
        git(&work, &["commit", "--quiet", "-m", "one"]);
        let commit = git(&work, &["rev-parse", "HEAD"]);
        git(place.path(), &["clone", "--quiet", "--bare", "work", "bare.git"]);
        let remote = place.path().join("bare.git").display().to_string();
        let fetcher = Fetcher::new(Policy::default()).expect("a client");
        let checkouts = Checkouts { path: &checkouts, max_bytes: 10_000_000 };
        let open = async |commit: &str| {
            GitTree::of_location(&remote, commit, "t/template.yaml", checkouts, Arc::default(), &fetcher).await
        };
        let fetched = open(&commit).await.expect("fetched by its commit");
        assert_eq!((fetched.revision(), fetched.author().await.as_str()), (commit.as_str(), "t"));
        holds_the_skeleton(&fetched).await;
        git::update(&remote, checkouts, &Integrations::default(), &fetcher).await.expect("a checkout");
        let kept = open(&commit).await.expect("from the checkout");
        put(&work, "t/skeleton/run.sh", "changed");
        git(&work, &["commit", "--quiet", "-am", "two"]);
        git(&work, &["push", "--quiet", &remote, "main"]);
        git::update(&remote, checkouts, &Integrations::default(), &fetcher).await.expect("brought up to date");
        holds_the_skeleton(&kept).await;
        let newest = open("").await.expect("as it is");
        assert_ne!(newest.revision(), commit);
        assert_eq!(newest.read("t/skeleton/run.sh").await.expect("read"), b"changed");
        let gone = open(&"0".repeat(40)).await.expect("what the branch shows instead");
        assert_eq!(gone.revision(), newest.revision());
    }

    #[tokio::test]
    async fn only_what_can_be_a_reference_is_handed_to_git() {
        let place = tempfile::tempdir().expect("a folder");
        let fetcher = Fetcher::new(Policy::default()).expect("a client");
        let checkouts = Checkouts { path: place.path(), max_bytes: 1 };
        for bad in ["", "--upload-pack=x", "+main", "main:refs/heads/x", "a b", "^x"] {
            let refused = fetched("/nowhere", bad, checkouts, &Integrations::default(), &fetcher).await;
            assert!(matches!(refused, Err(SourceError::Refused(_))), "{bad}");
        }
        let elsewhere = at("https://evil.example/x/template.yaml", true, checkouts, Arc::default(), Arc::new(fetcher));
        assert!(matches!(elsewhere.await.err(), Some(SourceError::Refused(_))));
    }
}
