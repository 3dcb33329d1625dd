//! Who holds a lease: a name by which a later process on the same machine can tell that its holder is gone.

use std::path::Path;
use std::sync::OnceLock;
use std::{fs, io, process};

/// This process: boot, pid namespace, pid and start time, so that neither a reused pid nor another container is taken for it.
pub(super) fn me() -> &'static str {
    static ME: OnceLock<String> = OnceLock::new();
    ME.get_or_init(|| from_proc().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()))
}

/// Whether the process that is named so is known to have ended; `false` for all that cannot be seen from here.
pub(super) fn is_gone(owner: &str) -> bool {
    let (Some((here, _, _)), Some((there, pid, start))) = (parts(me()), parts(owner)) else { return false };
    // Where /proc hides other users' processes, an absent pid says nothing.
    if here != there || !Path::new("/proc/1").exists() {
        return false;
    }
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => state_and_start(&stat).is_some_and(|(state, now)| now != start || matches!(state, "Z" | "X")),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn from_proc() -> Option<String> {
    let pid = process::id();
    // A /proc of another pid namespace would show other processes under our numbers.
    if fs::read_link("/proc/self").ok()?.to_str()? != pid.to_string() {
        return None;
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, start) = state_and_start(&stat)?;
    Some(format!("{}/{}/{pid}/{start}", boot.trim(), namespace.to_str()?))
}

/// The machine and namespace, the pid and the start time.
fn parts(owner: &str) -> Option<(&str, u32, &str)> {
    let (rest, start) = owner.rsplit_once('/')?;
    let (place, pid) = rest.rsplit_once('/')?;
    Some((place, pid.parse().ok()?, start))
}

/// Fields 3 and 22 of `/proc/<pid>/stat`; the name before them may hold blanks and brackets.
fn state_and_start(stat: &str) -> Option<(&str, &str)> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?, fields.nth(18)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_are_not_gone() {
        assert!(!is_gone(me()));
        assert!(!is_gone("somewhere else/1/1"));
        assert!(!is_gone("0b9f7f2e-8a34-4ef0-bb9b-5c9d9a3f0a11"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_dead_and_a_reused_pid_are_gone() {
        let (place, pid, _) = parts(me()).expect("Linux names its processes");
        assert!(is_gone(&format!("{place}/{pid}/1")), "the same pid, started at another time");

        let mut child = process::Command::new("true").spawn().expect("true runs");
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("an unreaped child has a stat");
        let start = state_and_start(&stat).expect("22 fields").1.to_owned();
        child.wait().expect("true ends");
        assert!(is_gone(&format!("{place}/{}/{start}", child.id())));
    }

    #[test]
    fn a_name_with_brackets_does_not_move_the_fields() {
        let stat = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        assert_eq!(state_and_start(stat), Some(("S", "4242")));
    }
}
