//! The browser: found on the machine, started for one check with a profile of its own, and ended whatever happens.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::cdp::{Cdp, CdpError};

/// The variables that name a browser, the first one first.
const VARIABLES: [&str; 3] = ["PORTICO_CHROMIUM", "CHROMIUM_PATH", "CHROME_PATH"];
/// The names that a browser has on PATH.
const NAMES: [&str; 6] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "headless_shell"];
/// Where else one may be.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// The most memory that all processes of a browser take together.
pub const MEMORY_BYTES: u64 = 1536 << 20;
/// The most that the scripts of a page take.
const HEAP_MB: u32 = 384;
/// How often memory is looked at.
const WATCH: Duration = Duration::from_millis(200);
/// How long a browser may take to start.
const START: Duration = Duration::from_secs(30);

/// A browser that runs; it ends when this is dropped.
#[derive(Debug)]
pub struct Chromium {
    /// The way to speak with it.
    pub cdp: Cdp,
    /// Its name and version.
    pub version: String,
    child: Child,
    outgrown: Arc<AtomicBool>,
    watch: tokio::task::JoinHandle<()>,
    // Removed after the browser that writes into it.
    _profile: TempDir,
}

/// Finds a browser: the one that the environment names, one on PATH, or one in its usual place.
pub fn find() -> Option<PathBuf> {
    let named = VARIABLES.iter().filter_map(std::env::var_os).find(|path| !path.is_empty()).map(PathBuf::from);
    if named.is_some() {
        return named;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|dir| dir.is_absolute());
    let on_path: Vec<PathBuf> = on_path.collect();
    let by_name = NAMES.iter().flat_map(|name| on_path.iter().map(move |dir| dir.join(name)));
    by_name.chain(PLACES.iter().map(PathBuf::from)).find(|file| file.is_file())
}

impl Chromium {
    /// Starts a browser that knows no address but `host`, if one is given.
    pub async fn start(program: &Path, host: Option<&str>) -> Result<Self, String> {
        let profile = tempfile::Builder::new().prefix("portico-ux-").tempdir().map_err(|error| error.to_string())?;
        // The shell puts the two pipes where the browser looks for them, and becomes the browser.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"]).arg(program);
        command.args(flags(profile.path(), host));
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", profile.path()).env("TMPDIR", profile.path()).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let (Some(write), Some(read)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the browser has no pipes".to_owned());
        };
        let cdp = Cdp::over(read, write);
        let outgrown = Arc::new(AtomicBool::new(false));
        let watch = tokio::spawn(watch(child.id(), Arc::clone(&outgrown)));
        let mut browser = Self { cdp, version: String::new(), child, outgrown, watch, _profile: profile };
        let version = browser.cdp.ask(None, "Browser.getVersion", json!({}), START).await;
        let version = version.map_err(|error| format!("{} does not start: {error}", program.display()))?;
        browser.version = version["product"].as_str().unwrap_or("unknown").to_owned();
        Ok(browser)
    }

    /// Whether it was ended because it took too much memory.
    pub fn is_outgrown(&self) -> bool {
        self.outgrown.load(Ordering::Relaxed)
    }

    /// Sends a command to the browser itself.
    pub async fn ask(&self, method: &str, params: Value) -> Result<Value, CdpError> {
        self.cdp.ask(None, method, params, START).await
    }

    /// Ends it and waits until it is gone, so that its profile can be removed.
    pub async fn end(mut self) {
        end_group(self.child.id());
        // It has been told to end; what is left of it is no matter here.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.watch.abort();
        end_group(self.child.id());
    }
}

fn flags(profile: &Path, host: Option<&str>) -> Vec<String> {
    let known = host.map_or_else(String::new, |host| format!(" , EXCLUDE {host}"));
    let mut flags: Vec<String> = [
        "--headless",
        "--remote-debugging-pipe",
        "--no-first-run",
        "--no-default-browser-check",
        "--no-proxy-server",
        "--no-pings",
        "--disable-background-networking",
        "--disable-breakpad",
        "--disable-client-side-phishing-detection",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        // A sandboxed frame is looked into as a part of its page.
        "--disable-site-isolation-trials",
        "--disable-features=IsolateSandboxedIframes,Translate,MediaRouter,OptimizationHints,InterestFeedContentSuggestions",
        "--deny-permission-prompts",
        "--disable-lcd-text",
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
        "--force-device-scale-factor=1",
        "--hide-scrollbars",
        "--lang=en-US",
        "--metrics-recording-only",
        "--mute-audio",
        "--password-store=basic",
        "--renderer-process-limit=2",
        "--use-mock-keychain",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    ]
    .map(str::to_owned)
    .into();
    flags.push(format!("--user-data-dir={}", profile.display()));
    flags.push(format!("--js-flags=--max-old-space-size={HEAP_MB}"));
    flags.push(format!("--host-resolver-rules=MAP * ~NOTFOUND{known}"));
    if rustix::process::geteuid().is_root() {
        // Chromium's own sandbox does not work for root.
        flags.push("--no-sandbox".to_owned());
    }
    flags
}

fn end_group(id: Option<u32>) {
    let pid = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may be gone already.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

async fn watch(id: Option<u32>, outgrown: Arc<AtomicBool>) {
    let Some(id) = id else { return };
    loop {
        tokio::time::sleep(WATCH).await;
        let taken = tokio::task::spawn_blocking(move || resident(id)).await.unwrap_or(0);
        if taken > MEMORY_BYTES {
            outgrown.store(true, Ordering::Relaxed);
            end_group(Some(id));
            return;
        }
    }
}

/// How much memory the processes of a group take that they do not share: what `/proc` says, and nothing where there is none.
pub fn resident(group: u32) -> u64 {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0 };
    let mut pages = 0;
    for process in processes.flatten() {
        let path = process.path();
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else { continue };
        // The name stands in brackets and may hold anything; the group is the third field after it.
        let field = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(2));
        if field.and_then(|field| field.parse().ok()) != Some(group) {
            continue;
        }
        let Ok(memory) = std::fs::read_to_string(path.join("statm")) else { continue };
        let mut fields = memory.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
        if let (Some(resident), Some(shared)) = (fields.next(), fields.next()) {
            pages += resident.saturating_sub(shared);
        }
    }
    pages * rustix::param::page_size() as u64
}
