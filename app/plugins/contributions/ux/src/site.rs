//! What was handed in: static files, from a directory, a zip archive or a git tree.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::Path;

use walkdir::WalkDir;
use zip::ZipArchive;

/// The most files of a site.
pub const FILES: usize = 5_000;
/// The largest file.
pub const FILE_BYTES: u64 = 10 << 20;
/// The most that all files come to.
pub const TOTAL_BYTES: u64 = 50 << 20;
/// The largest archive.
pub const ARCHIVE_BYTES: usize = 50 << 20;
/// How many times larger than its packed form a file of an archive may be; small files are let off.
pub const RATIO: u64 = 200;
/// The longest path.
pub const PATH_BYTES: usize = 400;
/// How deep folders may lie in each other.
pub const DEPTH: usize = 16;
/// The most pages that are checked.
pub const PAGES: usize = 20;

/// What a file may be, by the end of its name, and what it is served as.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/plain; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("ico", "image/x-icon"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("wasm", "application/wasm"),
];

/// What lies about in folders and belongs to no site; it is left out of folders and of archives that were made of them.
const LEFT_OUT: &[&str] = &[".git", ".DS_Store", "__MACOSX", "node_modules", ".gitignore", ".gitattributes"];

/// Static files by path, such as `assets/app.js`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

/// Why something is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// There is nothing to show.
    #[error("there is no page: an index.html is needed, or a single .html file")]
    NoPage,
    /// A path that could lead elsewhere, or mean two things.
    #[error("{path:?} is no path of a site: {why}")]
    Path {
        /// As it was handed in.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A kind of file that a site does not hold.
    #[error("{0}: files of this kind are not taken")]
    Kind(String),
    /// A link, a device or the like.
    #[error("{0} is neither a file nor a folder; links are not followed")]
    Link(String),
    /// Two files of one name.
    #[error("{0} is there twice")]
    Twice(String),
    /// More than there may be.
    #[error("{what}: at most {most} {unit}")]
    Limit {
        /// What is too large.
        what: String,
        /// The limit.
        most: u64,
        /// Of what.
        unit: &'static str,
    },
    /// The archive is none, or one that cannot be read.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// The folder cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
}

impl Site {
    /// The files of a zip archive. A single folder round everything is taken off.
    pub fn from_zip(bytes: &[u8]) -> Result<Self, SiteError> {
        if bytes.len() > ARCHIVE_BYTES {
            return Err(limit("the archive", ARCHIVE_BYTES as u64, "bytes"));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| SiteError::Archive(error.to_string()))?;
        if archive.len() > FILES * 2 {
            return Err(limit("the archive", FILES as u64, "files"));
        }
        let mut site = Self::default();
        for at in 0..archive.len() {
            let entry = archive.by_index(at).map_err(|error| SiteError::Archive(error.to_string()))?;
            let name = entry.name().to_owned();
            let path = plain(name.trim_end_matches('/'))?;
            if entry.is_dir() || path.split('/').any(|part| LEFT_OUT.contains(&part)) {
                continue;
            }
            // A link is written as a file whose mode says what it is.
            if entry.is_symlink() || entry.unix_mode().is_some_and(|mode| !matches!(mode & 0o170_000, 0 | 0o100_000)) {
                return Err(SiteError::Link(name));
            }
            if entry.encrypted() {
                return Err(SiteError::Archive(format!("{name} is encrypted")));
            }
            let packed = entry.compressed_size();
            let most = FILE_BYTES.min(packed.saturating_mul(RATIO).max(1 << 20));
            let mut content = Vec::new();
            // What the archive says of a size is not believed.
            entry
                .take(most + 1)
                .read_to_end(&mut content)
                .map_err(|error| SiteError::Archive(format!("{name}: {error}")))?;
            if content.len() as u64 > most {
                return Err(match most {
                    FILE_BYTES => limit(&path, most, "bytes when unpacked"),
                    _ => limit(&path, RATIO, "times its packed size when unpacked"),
                });
            }
            site.insert(&path, content)?;
        }
        site.without_wrapper().whole()
    }

    /// The files below a directory on disk that a site may hold; others are left out. Without an index.html all pages count.
    pub fn from_dir(dir: &Path) -> Result<Self, SiteError> {
        let mut site = Self::default();
        let walk = WalkDir::new(dir).follow_links(false).max_depth(DEPTH + 1).sort_by_file_name();
        let is_left_out =
            |entry: &walkdir::DirEntry| LEFT_OUT.iter().any(|name| entry.file_name() == std::ffi::OsStr::new(name));
        for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry)) {
            let entry = entry.map_err(|error| SiteError::Io {
                path: error.path().unwrap_or(dir).display().to_string(),
                error: error.into(),
            })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.path().strip_prefix(dir).unwrap_or(entry.path()).display().to_string();
            if !entry.file_type().is_file() {
                return Err(SiteError::Link(name));
            }
            // What lies beside a site in its folder, such as the notes and settings of those who make it, is never shown.
            if content_type(&name).is_none() {
                continue;
            }
            let failed = |error| SiteError::Io { path: entry.path().display().to_string(), error };
            let file = std::fs::File::open(entry.path()).map_err(failed)?;
            let mut content = Vec::new();
            file.take(FILE_BYTES + 1).read_to_end(&mut content).map_err(failed)?;
            site.insert(&name, content)?;
        }
        if site.pages().is_empty() { Err(SiteError::NoPage) } else { Ok(site) }
    }

    /// Files that were read elsewhere, such as those of a git tree; those whose names begin with a dot are left out.
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, SiteError> {
        let mut site = Self::default();
        let is_hidden = |path: &str| path.split('/').any(|part| part.starts_with('.') && part != "." && part != "..");
        for (path, content) in files.into_iter().filter(|(path, _)| !is_hidden(path)) {
            site.insert(&path, content)?;
        }
        site.whole()
    }

    /// The content of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// All files, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// The pages that are checked: the first one, which a preview opens with, and the others in the order of their paths.
    pub fn pages(&self) -> Vec<&str> {
        let mut pages = self.all_pages();
        pages.truncate(PAGES);
        pages
    }

    /// The pages that are more than are checked.
    pub fn more_pages(&self) -> Vec<&str> {
        self.all_pages().into_iter().skip(PAGES).collect()
    }

    fn all_pages(&self) -> Vec<&str> {
        let is_page = |path: &&str| path.ends_with(".html") || path.ends_with(".htm");
        let mut pages: Vec<&str> = self.files.keys().map(String::as_str).filter(is_page).collect();
        pages.sort_by_key(|path| (*path != "index.html", path.matches('/').count(), (*path).to_owned()));
        pages
    }

    /// A hash over the names and contents of all files.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (path, content) in &self.files {
            // Each part after its length, so that no two sites are written alike.
            hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes());
            hasher.update(&(content.len() as u64).to_le_bytes()).update(content);
        }
        hasher.finalize().to_hex().to_string()
    }

    fn insert(&mut self, path: &str, content: Vec<u8>) -> Result<(), SiteError> {
        let path = plain(path)?;
        if content.len() as u64 > FILE_BYTES {
            return Err(limit(&path, FILE_BYTES, "bytes"));
        }
        if content_type(&path).is_none() {
            return Err(SiteError::Kind(path));
        }
        self.bytes += content.len() as u64;
        if self.bytes > TOTAL_BYTES {
            return Err(limit("all files together", TOTAL_BYTES, "bytes"));
        }
        if self.files.len() >= FILES {
            return Err(limit("the site", FILES as u64, "files"));
        }
        if self.files.insert(path.clone(), content).is_some() {
            return Err(SiteError::Twice(path));
        }
        Ok(())
    }

    fn without_wrapper(mut self) -> Self {
        let folder = |path: &String| path.split_once('/').map(|(folder, _)| folder.to_owned());
        let Some(first) = self.files.keys().next().and_then(folder) else { return self };
        if self.files.keys().all(|path| folder(path).as_ref() == Some(&first)) {
            let files = std::mem::take(&mut self.files).into_iter();
            self.files = files.map(|(path, content)| (path[first.len() + 1..].to_owned(), content)).collect();
        }
        self
    }

    fn whole(self) -> Result<Self, SiteError> {
        let pages = self.pages();
        let alone = pages.len() == 1;
        if pages.first().is_some_and(|page| *page == "index.html" || alone) { Ok(self) } else { Err(SiteError::NoPage) }
    }
}

/// What a file is served as, if a site may hold it.
pub fn content_type(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let extension = extension.to_ascii_lowercase();
    // What licences are called.
    if extension.is_empty() && matches!(stem, "LICENSE" | "NOTICE" | "CNAME" | "robots") {
        return Some("text/plain; charset=utf-8");
    }
    TYPES.iter().find(|(known, _)| *known == extension).map(|(_, content_type)| *content_type)
}

/// A path that leads to one place within the site, whoever reads it.
fn plain(path: &str) -> Result<String, SiteError> {
    let refuse = |why| Err(SiteError::Path { path: path.chars().take(PATH_BYTES).collect(), why });
    if path.len() > PATH_BYTES {
        return refuse("it is too long");
    }
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return refuse("it is not relative to the site");
    }
    if path.chars().any(char::is_control) {
        return refuse("it holds a control character");
    }
    let path = path.strip_prefix("./").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > DEPTH {
        return refuse("it lies too deep");
    }
    for part in &parts {
        if part.is_empty() || *part == "." || *part == ".." {
            return refuse("a part of it is empty or leads up");
        }
        if part.ends_with('.') || part.ends_with(' ') || part.starts_with(' ') {
            return refuse("a part of it begins or ends with a space or a dot");
        }
    }
    Ok(parts.join("/"))
}

fn limit(what: &str, most: u64, unit: &'static str) -> SiteError {
    SiteError::Limit { what: what.to_owned(), most, unit }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default()).expect("a name");
            writer.write_all(content).expect("in memory");
        }
        writer.finish().expect("an archive").into_inner()
    }

    fn refused(files: &[(&str, &[u8])]) -> String {
        Site::from_zip(&zip(files)).expect_err("refused").to_string()
    }

    #[test]
    fn a_folder_round_everything_is_taken_off() {
        let site = Site::from_zip(&zip(&[("ui/index.html", b"<p>"), ("ui/a/b.css", b"")])).expect("a site");
        assert_eq!(site.files().map(|(path, _)| path).collect::<Vec<_>>(), ["a/b.css", "index.html"]);
        assert_eq!(site.pages(), ["index.html"]);
    }

    #[test]
    fn what_a_desktop_puts_into_an_archive_is_left_out() {
        let files: [(&str, &[u8]); 4] = [
            ("ui/index.html", b"<p>"),
            ("ui/.DS_Store", b"x"),
            ("__MACOSX/ui/._index.html", b"x"),
            ("ui/.git/config", b"x"),
        ];
        let site = Site::from_zip(&zip(&files)).expect("a site");
        assert_eq!(site.files().map(|(path, _)| path).collect::<Vec<_>>(), ["index.html"]);
    }

    #[test]
    fn pages_beyond_those_that_are_checked_are_known() {
        let pages = (0..PAGES + 2).map(|n| (format!("{n:02}.html"), b"<p>".to_vec()));
        let site = Site::from_files(pages.chain([("index.html".to_owned(), b"<p>".to_vec())])).expect("a site");
        assert_eq!((site.pages().len(), site.more_pages()), (PAGES, vec!["19.html", "20.html", "21.html"]));
    }

    #[test]
    fn no_path_leaves_the_site() {
        for path in [
            "../x.html",
            "a/../../x.html",
            "/etc/x.html",
            "C:\\x.html",
            "a\\..\\x.html",
            "a//x.html",
            "a/./x.html",
            "x.html\0.png",
            "a/ x.html",
            "x\n.html",
        ] {
            let text = refused(&[("index.html", b"<p>"), (path, b"x")]);
            assert!(text.contains("no path of a site"), "{path}: {text}");
        }
    }

    #[test]
    fn links_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("index.html", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
        let bytes = writer.finish().expect("an archive").into_inner();
        assert!(matches!(Site::from_zip(&bytes), Err(SiteError::Link(name)) if name == "index.html"));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("index.html"), "<p>").expect("a file");
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("notes.txt")).expect("a link");
        assert!(matches!(Site::from_dir(folder.path()), Err(SiteError::Link(name)) if name == "notes.txt"));
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let text = refused(&[("index.html", b"<p>"), ("big.txt", &vec![b'0'; 9 << 20])]);
        assert_eq!(text, "big.txt: at most 200 times its packed size when unpacked");
        let many: Vec<(String, Vec<u8>)> = (0..6).map(|n| (format!("{n}.txt"), vec![0; 10 << 20])).collect();
        let text = Site::from_files(many).expect_err("refused").to_string();
        assert!(text.starts_with("all files together"), "{text}");
    }

    #[test]
    fn there_are_no_more_than_five_thousand_files() {
        let names: Vec<String> = (0..=FILES).map(|n| format!("{n}.txt")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(refused(&files), "the site: at most 5000 files");
        let names: Vec<String> = (0..100_000).map(|n| format!("{n}.txt")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(refused(&files), "the archive: at most 5000 files");
    }

    #[test]
    fn only_what_a_page_is_made_of_is_taken() {
        for name in ["run.exe", "a.php", "x.sh", "index", ".htaccess", "a.html.zip", "x.xht"] {
            let text = refused(&[("index.html", b"<p>"), (name, b"")]);
            assert_eq!(text, format!("{name}: files of this kind are not taken"));
        }
        assert!(matches!(Site::from_zip(b"PK no archive"), Err(SiteError::Archive(_))));
        assert!(matches!(Site::from_zip(&zip(&[("a.css", b"")])), Err(SiteError::NoPage)));
        assert!(matches!(Site::from_zip(&zip(&[("a.html", b""), ("b.html", b"")])), Err(SiteError::NoPage)));
    }

    #[test]
    fn the_hash_is_over_names_and_contents() {
        let site = |files: &[(&str, &[u8])]| Site::from_zip(&zip(files)).expect("a site").hash();
        let first = site(&[("index.html", b"ab"), ("a.css", b"c")]);
        assert_eq!(first, site(&[("a.css", b"c"), ("index.html", b"ab")]), "the order of the archive is no matter");
        assert_ne!(first, site(&[("index.html", b"a"), ("a.css", b"bc")]));
        assert_ne!(first, site(&[("index.html", b"ab"), ("b.css", b"c")]));
    }
}
