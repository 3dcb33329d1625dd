//! A path that stays inside its directory.

use std::io::{self, Read};
use std::path::Path;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};

/// How deep a walk goes; each level holds a directory open.
const DEPTH: usize = 64;

/// A directory, held open; nothing outside it can be read through it and no symbolic link is followed, not even one that
/// stays inside. The calls block, so an async caller makes them on a blocking thread.
#[derive(Debug)]
pub struct RootDir {
    dir: Dir,
}

/// What is known of a file besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// Its length.
    pub bytes: u64,
    /// Whether its owner may execute it.
    pub executable: bool,
}

impl RootDir {
    /// Opens `path`, which is the operator's and may itself go through links.
    pub fn open(path: &Path) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(Self { dir })
    }

    /// Reads the file at `relative` (with `/`), at most `max_bytes`.
    pub fn read(&self, relative: &str, max_bytes: u64) -> io::Result<Vec<u8>> {
        let mut file = self.file(relative)?;
        let too_large =
            || io::Error::new(io::ErrorKind::FileTooLarge, format!("{relative:?} is larger than {max_bytes} bytes"));
        if file.metadata()?.len() > max_bytes {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        // The file may grow between the question and the reading.
        (&mut file).take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(bytes) }
    }

    /// What is known of the file at `relative` (with `/`); `None` where a directory stands there.
    pub fn facts(&self, relative: &str) -> io::Result<Option<FileFacts>> {
        let names = names(relative)?;
        let Some((name, parents)) = names.split_last() else { return Ok(None) };
        let below = self.below(parents)?;
        let within = below.as_ref().unwrap_or(&self.dir);
        let found = within.symlink_metadata(name).map_err(|error| explained(error, within, name, &names))?;
        match found.file_type() {
            kind if kind.is_dir() => Ok(None),
            kind if kind.is_file() => Ok(Some(FileFacts { bytes: found.len(), executable: is_executable(&found) })),
            kind if kind.is_symlink() => Err(refused(relative, "is a symbolic link, and links are not followed")),
            _ => Err(refused(relative, "is not a regular file")),
        }
    }

    /// All files below for which `wanted(relative path)` holds, sorted by the bytes of their path; links are not followed
    /// and `.git` is not entered. A directory further down that cannot be read stands there itself, with a `/` at its end;
    /// what has a name that [`RootDir::read`] refuses is left out. Fails where there are more than `most` entries in all.
    pub fn files(&self, most: usize, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        self.files_in("", most, wanted)
    }

    /// The same for one directory below, `""` for the directory itself; the paths are those within it.
    pub fn files_in(&self, relative: &str, most: usize, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let names = if relative.is_empty() { Vec::new() } else { names(relative)? };
        let below = self.below(&names)?;
        let mut found = Vec::new();
        let mut left = most.saturating_add(1);
        walk(below.as_ref().unwrap_or(&self.dir), "", DEPTH, wanted, &mut left, &mut found)?;
        if left == 0 {
            return Err(io::Error::other(format!("the folder holds more than {most} files and folders")));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn file(&self, relative: &str) -> io::Result<File> {
        let names = names(relative)?;
        let Some((name, parents)) = names.split_last() else {
            return Err(refused(relative, "is the directory itself"));
        };
        let below = self.below(parents)?;
        let within = below.as_ref().unwrap_or(&self.dir);
        let mut options = OpenOptions::new();
        // Without `nonblock` the opening of a pipe would wait for somebody to write into it.
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = within.open_with(name, &options).map_err(|error| explained(error, within, name, &names))?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(refused(relative, "is not a regular file")) }
    }

    /// The directory along `names`, without following a link; `None` where there are none.
    fn below(&self, names: &[&str]) -> io::Result<Option<Dir>> {
        let mut below = None;
        for (depth, name) in names.iter().enumerate() {
            let within = below.as_ref().unwrap_or(&self.dir);
            let next = within.open_dir_nofollow(name);
            below = Some(next.map_err(|error| explained(error, within, name, &names[..=depth]))?);
        }
        Ok(below)
    }
}

/// The names along a relative path; whatever could mean another place on some system is refused.
fn names(relative: &str) -> io::Result<Vec<&str>> {
    if relative.starts_with('/') {
        return Err(refused(relative, "is absolute"));
    }
    if relative.contains(['\\', '\0']) {
        return Err(refused(relative, "contains a backslash or NUL"));
    }
    let mut names = Vec::new();
    for name in relative.split('/') {
        match name {
            "" => return Err(refused(relative, "contains an empty name")),
            ".." => return Err(refused(relative, "contains `..`")),
            "." => {}
            name => names.push(name),
        }
    }
    Ok(names)
}

fn refused(relative: &str, problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("the path {relative:?} {problem}"))
}

/// The error of opening `name`, saying so when it is a link that was not followed.
fn explained(error: io::Error, within: &Dir, name: &str, path: &[&str]) -> io::Error {
    let path = path.join("/");
    if within.symlink_metadata(name).is_ok_and(|found| found.is_symlink()) {
        return refused(&path, "is a symbolic link, and links are not followed");
    }
    io::Error::new(error.kind(), format!("{path:?}: {error}"))
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    use cap_std::fs::MetadataExt;
    found.mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

fn walk(
    dir: &Dir,
    prefix: &str,
    depth: usize,
    wanted: &dyn Fn(&str) -> bool,
    left: &mut usize,
    found: &mut Vec<String>,
) -> io::Result<()> {
    if depth == 0 {
        return Err(io::Error::other("too deep"));
    }
    for entry in dir.entries()? {
        let entry = entry?;
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Ok(());
        }
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| names(name).is_ok()) else {
            tracing::debug!(within = prefix, ?name, "left out for its name");
            continue;
        };
        let (path, kind) = (format!("{prefix}{name}"), entry.file_type()?);
        if kind.is_dir() && name != ".git" {
            let below = dir.open_dir_nofollow(name);
            if let Err(error) =
                below.and_then(|below| walk(&below, &format!("{path}/"), depth - 1, wanted, left, found))
            {
                tracing::warn!(?path, %error, "a directory cannot be read");
                found.push(format!("{path}/"));
            }
        } else if kind.is_file() && wanted(&path) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// `secret` lies outside; `root` holds `a/b.txt`.
    fn place() -> (TempDir, RootDir) {
        let place = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(place.path().join("root/a")).expect("mkdir");
        fs::write(place.path().join("root/a/b.txt"), "hello").expect("write");
        fs::write(place.path().join("secret"), "secret").expect("write");
        let root = RootDir::open(&place.path().join("root")).expect("open");
        (place, root)
    }

    fn refusal(root: &RootDir, path: &str) -> String {
        let error = root.read(path, 100).expect_err(path);
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path}: {error}");
        error.to_string()
    }

    #[test]
    fn what_is_inside_is_read() {
        let (_place, root) = place();
        assert_eq!(root.read("a/b.txt", 5).expect("read"), b"hello");
        assert_eq!(root.read("./a/./b.txt", 5).expect("read"), b"hello");
        assert_eq!(root.read("a/c.txt", 5).expect_err("absent").kind(), io::ErrorKind::NotFound);
        assert_eq!(root.read("a/b.txt", 4).expect_err("large").kind(), io::ErrorKind::FileTooLarge);
        assert!(refusal(&root, "a").contains("not a regular file"));
    }

    #[test]
    fn a_file_says_how_long_it_is_and_whether_it_is_a_program() {
        use std::os::unix::fs::PermissionsExt;
        let (place, root) = place();
        let script = place.path().join("root/a/run.sh");
        fs::write(&script, "#!/bin/sh").expect("write");
        fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("set");
        symlink("b.txt", place.path().join("root/a/in")).expect("link");
        assert_eq!(root.facts("a/b.txt").expect("facts"), Some(FileFacts { bytes: 5, executable: false }));
        assert_eq!(root.facts("a/run.sh").expect("facts"), Some(FileFacts { bytes: 9, executable: true }));
        assert_eq!((root.facts("a").expect("a folder"), root.facts(".").expect("itself")), (None, None));
        for bad in ["a/in", "../secret", "/etc/passwd"] {
            assert_eq!(root.facts(bad).expect_err(bad).kind(), io::ErrorKind::InvalidInput, "{bad}");
        }
        assert_eq!(root.facts("a/none").expect_err("absent").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn cve_2021_32662_paths_that_lead_out_are_refused() {
        let (place, root) = place();
        let absolute = place.path().join("secret");
        for path in ["../secret", "a/../../secret", "a/..", "..", "a/../a/b.txt", "", "a//b.txt", "a/", "/", "."] {
            refusal(&root, path);
        }
        for path in ["..\\secret", "a\\..\\..\\secret", "a/b.txt\0", "\\\\host\\share"] {
            refusal(&root, path);
        }
        assert!(refusal(&root, absolute.to_str().expect("UTF-8")).contains("absolute"));
    }

    #[test]
    fn cve_2024_26150_a_link_to_a_file_is_refused() {
        let (_place, root) = place();
        symlink("../../secret", _place.path().join("root/a/out")).expect("link");
        symlink("b.txt", _place.path().join("root/a/in")).expect("link");
        assert!(refusal(&root, "a/out").contains("symbolic link"));
        assert!(refusal(&root, "a/in").contains("symbolic link"), "even when it stays inside");
    }

    #[test]
    fn cve_2026_24046_a_link_to_a_directory_is_refused() {
        let (place, root) = place();
        symlink("..", place.path().join("root/up")).expect("link");
        symlink("a", place.path().join("root/same")).expect("link");
        symlink("/etc", place.path().join("root/a/etc")).expect("link");
        assert!(refusal(&root, "up/secret").contains("\"up\" is a symbolic link"));
        assert!(refusal(&root, "same/b.txt").contains("symbolic link"));
        assert!(refusal(&root, "a/etc/passwd").contains("\"a/etc\" is a symbolic link"));
    }

    #[test]
    fn cve_2026_24047_chains_and_dangling_links_are_refused() {
        let (place, root) = place();
        symlink("two", place.path().join("root/one")).expect("link");
        symlink("three", place.path().join("root/two")).expect("link");
        symlink("../secret", place.path().join("root/three")).expect("link");
        symlink("../not yet there", place.path().join("root/dangling")).expect("link");
        symlink("self", place.path().join("root/self")).expect("link");
        for path in ["one", "two", "three", "dangling", "self", "self/x"] {
            assert!(refusal(&root, path).contains("symbolic link"), "{path}");
        }
    }

    #[test]
    fn cve_2026_25152_a_walk_does_not_enter_or_list_links() {
        let (place, root) = place();
        symlink("../secret", place.path().join("root/secret.txt")).expect("link");
        symlink("..", place.path().join("root/a/up")).expect("link");
        assert_eq!(root.files(100, &|_| true).expect("walk"), ["a/b.txt"]);
    }

    #[test]
    fn a_directory_below_is_listed_by_itself_unless_it_is_a_link() {
        let (place, root) = place();
        fs::write(place.path().join("root/c.txt"), "").expect("write");
        symlink("a", place.path().join("root/same")).expect("link");
        assert_eq!(root.files_in("a", 100, &|_| true).expect("walk"), ["b.txt"]);
        for bad in ["same", "..", "a/../..", "/etc"] {
            assert_eq!(root.files_in(bad, 100, &|_| true).expect_err(bad).kind(), io::ErrorKind::InvalidInput, "{bad}");
        }
        assert_eq!(root.files_in("gone", 100, &|_| true).expect_err("absent").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn cve_2026_106500_a_directory_that_becomes_a_link_is_not_followed() {
        let (place, root) = place();
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        fs::create_dir(place.path().join("outside")).expect("mkdir");
        fs::write(place.path().join("outside/b.txt"), "secret").expect("write");
        let swap = std::thread::spawn({
            let (path, stop) = (place.path().to_owned(), stop.clone());
            move || {
                let (a, kept) = (path.join("root/a"), path.join("root/kept"));
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    fs::rename(&a, &kept).and_then(|()| symlink("../outside", &a)).expect("to a link");
                    fs::remove_file(&a).and_then(|()| fs::rename(&kept, &a)).expect("back");
                }
            }
        });
        for _ in 0..2000 {
            if let Ok(bytes) = root.read("a/b.txt", 100) {
                assert_eq!(bytes, b"hello");
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        swap.join().expect("join");
    }

    #[test]
    fn a_directory_that_cannot_be_read_stands_there_itself() {
        let (place, root) = place();
        fs::create_dir_all(place.path().join("root").join(vec!["d"; DEPTH + 2].join("/"))).expect("mkdir");
        let unread = format!("{}/", vec!["d"; DEPTH].join("/"));
        assert_eq!(root.files(100, &|_| true).expect("a list"), ["a/b.txt".to_owned(), unread]);
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_a_writer() {
        let (place, root) = place();
        let made = std::process::Command::new("mkfifo").arg(place.path().join("root/pipe")).status().expect("mkfifo");
        assert!(made.success());
        let _socket = std::os::unix::net::UnixListener::bind(place.path().join("root/socket")).expect("socket");
        assert!(refusal(&root, "pipe").contains("not a regular file"));
        assert!(root.read("socket", 100).is_err());
        assert_eq!(root.files(100, &|_| true).expect("walk"), ["a/b.txt"]);
    }

    #[test]
    fn the_walk_is_sorted_by_whole_paths_and_passes_git_by() {
        let (place, root) = place();
        for path in ["a.txt", "a-b/x", "a/z", "b", ".git/config", "a/.git/HEAD", "a/.gitignore", "back\\slash"] {
            let path = place.path().join("root").join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("mkdir");
            fs::write(path, "").expect("write");
        }
        let all = root.files(100, &|_| true).expect("walk");
        assert_eq!(all, ["a-b/x", "a.txt", "a/.gitignore", "a/b.txt", "a/z", "b"]);
        assert_eq!(root.files(100, &|path| path.ends_with(".txt")).expect("walk"), ["a.txt", "a/b.txt"]);
        for path in all {
            root.read(&path, 100).expect("what is listed can be read");
        }
    }

    proptest! {
        #[test]
        fn nothing_outside_is_ever_read(
            path in prop::collection::vec(prop_oneof![
                Just(".."), Just("."), Just("/"), Just("//"), Just("\\"), Just("a"), Just("b.txt"), Just("secret"),
                Just("up"), Just("%2e%2e"), Just("%2f"), Just("\0"), Just(" "), Just("…"), Just("．．"),
            ], 1..8)
        ) {
            let (place, root) = place();
            symlink("..", place.path().join("root/up")).expect("link");
            if let Ok(bytes) = root.read(&path.concat(), 100) {
                prop_assert_eq!(bytes, b"hello");
            }
        }
    }
}
