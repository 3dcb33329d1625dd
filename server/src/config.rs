//! Configuration: from a file, then the environment, then the command line; each setting is checked at start by its name.

mod actions;
mod providers;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use catalog::server::{Integration, IntegrationKind, Integrations};
use contributions::server::mirror::Mirror;
use contributions::server::previews::Previews;
use descriptor::EntityRef;
use kit::identity::{PrincipalKind, Subject};
use kit::server::audit::{SealKey, SealOptions};
use kit::server::code_hosts::CodeHosts;
use kit::server::mail::{MailSettings, Mailer, Protection};
use kit::server::secrets::MASK;
pub use kit::server::secrets::Secret;
use review::Rules;
use serde::{Deserialize, Serialize};
use style::TokenSet;
use url::Url;

pub use self::actions::ActionsConfig;
pub(crate) use self::providers::is_protected;
pub use self::providers::{Binding, ClaimNames, ClientAuth, Endpoints, Provider, ProviderConfig};

use crate::client::ProxyConfig;
use crate::limits::LimitsConfig;
use crate::secrets::SecretsConfig;

/// The file of the embedded database.
pub const DATABASE: &str = "portico.db";

/// Variables that the scripts and tests of this repository use, and the server does not.
const NOT_OURS: [&str; 12] = [
    "PORTICO_CACHE",
    "PORTICO_CORPUS",
    "PORTICO_TEST_POSTGRES_URL",
    "PORTICO_SITE_DIR",
    "PORTICO_SOAK",
    "PORTICO_BIN",
    "PORTICO_URL",
    "PORTICO_STATE",
    "PORTICO_CHROMIUM",
    "PORTICO_BENCH",
    "PORTICO_SCREENS",
    "PORTICO_CONFIG",
];

/// The environment's names and the settings that they set.
const VARIABLES: [(&str, &str); 11] = [
    ("PORTICO_ADDR", "addr"),
    ("PORTICO_PUBLIC_URL", "public_url"),
    ("PORTICO_DATA_DIR", "data_dir"),
    ("PORTICO_DATABASE_URL", "database_url"),
    ("PORTICO_PLUGINS", "plugins"),
    ("PORTICO_CATALOG_REFRESH_SECONDS", "catalog.refresh_seconds"),
    ("PORTICO_LOOK_TOKENS", "look.tokens"),
    ("PORTICO_AUDIT_FILE", "audit.file"),
    ("PORTICO_AUDIT_KEY_FILE", "audit.key_file"),
    ("PORTICO_LOG_LEVEL", "log.level"),
    ("PORTICO_LOG_FORMAT", "log.format"),
];

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub addr: SocketAddr,
    /// Where people reach the portal, such as `https://portico.bank.example`; needed off loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Url>,
    /// Where the embedded database and git checkouts live.
    pub data_dir: PathBuf,
    /// `sqlite://…` or `postgres://…`; the embedded database in `data_dir` when empty.
    pub database_url: String,
    /// The plugins that run here; all when empty.
    pub plugins: Vec<String>,
    /// The catalog.
    pub catalog: CatalogConfig,
    /// Runs of templates.
    pub templates: TemplatesConfig,
    /// Contributions.
    pub contributions: ContributionsConfig,
    /// The audit trail.
    pub audit: AuditConfig,
    /// The look.
    pub look: LookConfig,
    /// The log.
    pub log: LogConfig,
    /// Fetching from outside.
    pub fetch: FetchConfig,
    /// Mail to people.
    pub mail: MailConfig,
    /// Known hosts.
    pub integrations: Vec<IntegrationConfig>,
    /// Who may do what.
    pub access: AccessConfig,
    /// How long a sign-in lasts.
    pub sessions: SessionsConfig,
    /// Where people sign in.
    pub providers: Vec<ProviderConfig>,
    /// The proxies before the portal.
    pub proxy: ProxyConfig,
    /// How often somebody may ask.
    pub limits: LimitsConfig,
    /// The keys that secrets are sealed with.
    pub secrets: SecretsConfig,
    /// Services that do steps of templates.
    pub actions: Vec<ActionsConfig>,
}

/// `[access]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// The first administrators: refs of people and groups, such as `user:default/jane` or `group:default/platform`.
    pub administrators: Vec<String>,
    /// Files with the bank's own policies, in Cedar's language.
    pub policies: Vec<PathBuf>,
    /// Whether those stand in place of the default policies; else they are added.
    pub replace_default: bool,
}

/// `[sessions]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionsConfig {
    /// Minutes without a request after which a sign-in ends: 1 to 1,440.
    pub idle_minutes: u32,
    /// Hours after which a sign-in ends in any case: 1 to 168.
    pub absolute_hours: u32,
}

/// `[catalog]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogConfig {
    /// Seconds between two readings of a location: 10 to 86,400.
    pub refresh_seconds: u32,
    /// The most files of one location, those that its files point to included: 1 to 1,000,000.
    pub max_files: u32,
    /// The largest checkout of a git location: 1 to 100,000.
    pub max_checkout_mb: u32,
    /// Seconds that the check before registering may take: 1 to 25, since a request may take 30.
    pub check_seconds: u32,
    /// The most locations that one person or service registers: up to 1,000,000; no limit when 0. The commands of the operator are not limited.
    pub max_locations_per_person: u32,
}

/// `[templates]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TemplatesConfig {
    /// Runs at a time on this instance: 1 to 256.
    pub concurrency: u32,
    /// Minutes that one attempt of a step may take: 1 to 1,440.
    pub step_minutes: u32,
    /// Days that a run may take, with all that it waits: 1 to 365.
    pub run_days: u32,
    /// Hours that `debug:wait` may wait at most: 1 to 8,760. A run has to end within `run_days` all the same.
    pub longest_wait_hours: u32,
    /// The most that the files of one run may hold, in MB: 1 to 10,000.
    pub workspace_mb: u32,
    /// Days that the files of a run are kept which did not complete: 1 to 365.
    pub keep_files_days: u32,
    /// Days that a draft is kept which nobody goes on with: 1 to 3,650.
    pub keep_drafts_days: u32,
    /// Days that a run which is over is kept, with its steps and its log: 1 to 3,650.
    pub keep_runs_days: u32,
}

impl Default for TemplatesConfig {
    fn default() -> Self {
        Self {
            concurrency: 16,
            step_minutes: 15,
            run_days: 7,
            longest_wait_hours: 24,
            workspace_mb: 256,
            keep_files_days: 7,
            keep_drafts_days: 90,
            keep_runs_days: 365,
        }
    }
}

/// `[contributions]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContributionsConfig {
    /// A file that says who opens which gate, and by what; the rules that come along when empty.
    pub rules: PathBuf,
    /// Minutes between two looks at the standards of what is live: 1 to 1,440.
    pub check_minutes: u32,
    /// The address below which pages of contributors are shown: of another registrable domain than the portal's, with a wildcard for its names.
    pub previews: Option<Url>,
    /// The git repository that pitches are mirrored with: `https://`, `ssh://` or an absolute path on this machine; nothing is mirrored when empty.
    pub mirror: String,
    /// Its branch.
    pub mirror_branch: String,
    /// Its folder with the files.
    pub mirror_folder: String,
    /// Minutes between two looks at it: 1 to 1,440.
    pub mirror_minutes: u32,
}

impl Default for ContributionsConfig {
    fn default() -> Self {
        Self {
            rules: PathBuf::new(),
            check_minutes: 15,
            previews: None,
            mirror: String::new(),
            mirror_branch: "main".into(),
            mirror_folder: "pitches".into(),
            mirror_minutes: 1,
        }
    }
}

/// `[audit]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The append-only file outside the database; `audit/trail.jsonl` in the data directory when empty.
    pub file: PathBuf,
    /// The key that checkpoints are signed with, made at the first start where it is missing; `audit/key` in the data directory when empty.
    pub key_file: PathBuf,
    /// The variable that holds the key, instead of a file.
    pub key_env: String,
    /// Public keys of other instances and of earlier times, whose checkpoints are good as well.
    pub trusted_keys: Vec<String>,
    /// After how many days events are dropped, a whole segment at a time: up to 36,500; never when 0.
    pub keep_days: u32,
}

/// `[look]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LookConfig {
    /// A file with the bank's own design tokens; Portico's own when empty.
    pub tokens: PathBuf,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// `text` or `json`.
    pub format: String,
}

/// `[fetch]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FetchConfig {
    /// Largest body, in bytes: 1,024 to 104,857,600.
    pub max_bytes: u64,
    /// Seconds for one fetch, all hops together: 1 to 300.
    pub timeout_seconds: u32,
}

/// `[mail]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// The SMTP server; no mail is sent when empty.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `starttls`, `tls`, or `none` for a relay on this machine.
    pub tls: String,
    /// The name to sign in with; none when empty.
    pub user: String,
    /// The password; better in `password_file` or the variable that `password_env` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// A file that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// A variable that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// The sender, such as `Portico <portico@bank.example>`.
    pub from: String,
}

/// `[[integrations]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationConfig {
    /// `github`, `gitlab`, `bitbucket-server` or `plain`.
    pub kind: String,
    /// `host` or `host:port`.
    pub host: String,
    /// Where its API answers.
    #[serde(default)]
    pub api_base: Option<Url>,
    /// A token to read with; better in `token_file` or the variable that `token_env` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// A file that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// A variable that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// PEM file with further certificate authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Url>,
    /// Whether its addresses may be private.
    #[serde(default)]
    pub allow_private: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: None,
            data_dir: PathBuf::from("data"),
            database_url: String::new(),
            plugins: Vec::new(),
            catalog: CatalogConfig::default(),
            templates: TemplatesConfig::default(),
            contributions: ContributionsConfig::default(),
            audit: AuditConfig::default(),
            look: LookConfig::default(),
            log: LogConfig::default(),
            fetch: FetchConfig::default(),
            mail: MailConfig::default(),
            integrations: Vec::new(),
            proxy: ProxyConfig::default(),
            limits: LimitsConfig::default(),
            secrets: SecretsConfig::default(),
            access: AccessConfig::default(),
            sessions: SessionsConfig::default(),
            providers: Vec::new(),
            actions: Vec::new(),
        }
    }
}

impl Default for SessionsConfig {
    fn default() -> Self {
        Self { idle_minutes: 15, absolute_hours: 12 }
    }
}

impl Default for CatalogConfig {
    fn default() -> Self {
        Self {
            refresh_seconds: 120,
            max_files: 50_000,
            max_checkout_mb: 2_048,
            check_seconds: 20,
            max_locations_per_person: 1_000,
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: "starttls".into(),
            user: String::new(),
            password: None,
            password_file: None,
            password_env: None,
            from: String::new(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".into(), format: "text".into() }
    }
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self { max_bytes: 10 * 1024 * 1024, timeout_seconds: 30 }
    }
}

/// A setting that stops the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// Its name, with the file or variable that it stands in.
    pub setting: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl Config {
    /// Reads `file` (or the one that `PORTICO_CONFIG` names) and the given environment, and checks every setting.
    pub fn load(file: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let named = environment.get("PORTICO_CONFIG").map(PathBuf::from);
        let mut table = match file.or(named.as_deref()) {
            None => toml::Table::new(),
            Some(path) => read_file(path)?,
        };
        let mut origins = BTreeMap::new();
        for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("PORTICO_")) {
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            let Some((_, setting)) = VARIABLES.iter().find(|(variable, _)| variable == name) else {
                let known: Vec<_> = VARIABLES.iter().map(|(variable, _)| *variable).collect();
                return Err(error(name, format!("unknown variable; those that exist are {}", known.join(", "))));
            };
            set(&mut table, setting, name, value)?;
            origins.insert(*setting, name.as_str());
        }
        let config: Self =
            table.try_into().map_err(|problem: toml::de::Error| error("configuration", problem.message()))?;
        config.check().map_err(|mut problem| {
            if let Some(variable) = origins.get(problem.setting.as_str()) {
                problem.setting = format!("{variable} ({})", problem.setting);
            }
            problem
        })?;
        Ok(config)
    }

    /// Checks what types cannot say.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url {
            let plain =
                url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            if !plain || !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)) {
                return Err(error(
                    "public_url",
                    "it must be https:// and a host, with nothing behind it, such as https://portico.bank.example",
                ));
            }
        } else if !self.addr.ip().is_loopback() {
            let problem = format!(
                "{} is not a loopback address, so the portal must know where people reach it: set public_url, or use 127.0.0.1:{}",
                self.addr,
                self.addr.port()
            );
            return Err(error("addr", problem));
        }
        let scheme = self.database_url.split_once(':').map(|(scheme, _)| scheme);
        let known = matches!(scheme, Some("sqlite" | "postgres" | "postgresql"));
        if !known && !self.database_url.is_empty() {
            // The value is not repeated: it may be a password that came into the wrong variable.
            return Err(error("database_url", "it must begin with sqlite: or postgres:"));
        }
        for plugin in &self.plugins {
            let known: Vec<&str> = app::PLUGINS.iter().map(|info| info.id).collect();
            one_of("plugins", "a list of", plugin, &known)?;
        }
        one_of("log.level", "one of", &self.log.level, &["error", "warn", "info", "debug", "trace"])?;
        one_of("log.format", "one of", &self.log.format, &["text", "json"])?;
        within("catalog.refresh_seconds", u64::from(self.catalog.refresh_seconds), 10, 86_400)?;
        within("catalog.max_files", u64::from(self.catalog.max_files), 1, 1_000_000)?;
        within("catalog.max_checkout_mb", u64::from(self.catalog.max_checkout_mb), 1, 100_000)?;
        within("catalog.check_seconds", u64::from(self.catalog.check_seconds), 1, 25)?;
        let most = u64::from(self.catalog.max_locations_per_person);
        within("catalog.max_locations_per_person", most, 0, 1_000_000)?;
        within("templates.concurrency", u64::from(self.templates.concurrency), 1, 256)?;
        within("templates.step_minutes", u64::from(self.templates.step_minutes), 1, 1_440)?;
        within("templates.run_days", u64::from(self.templates.run_days), 1, 365)?;
        within("templates.longest_wait_hours", u64::from(self.templates.longest_wait_hours), 1, 8_760)?;
        within("templates.workspace_mb", u64::from(self.templates.workspace_mb), 1, 10_000)?;
        within("templates.keep_files_days", u64::from(self.templates.keep_files_days), 1, 365)?;
        within("templates.keep_drafts_days", u64::from(self.templates.keep_drafts_days), 1, 3_650)?;
        within("templates.keep_runs_days", u64::from(self.templates.keep_runs_days), 1, 3_650)?;
        within("contributions.check_minutes", u64::from(self.contributions.check_minutes), 1, 1_440)?;
        self.previews()?;
        within("contributions.mirror_minutes", u64::from(self.contributions.mirror_minutes), 1, 1_440)?;
        within("fetch.timeout_seconds", u64::from(self.fetch.timeout_seconds), 1, 300)?;
        within("sessions.idle_minutes", u64::from(self.sessions.idle_minutes), 1, 1_440)?;
        within("sessions.absolute_hours", u64::from(self.sessions.absolute_hours), 1, 168)?;
        self.administrators()?;
        if self.access.replace_default && self.access.policies.is_empty() {
            return Err(error(
                "access.replace_default",
                "without access.policies nobody could do anything; name the files that stand in place of the default policies",
            ));
        }
        within("fetch.max_bytes", self.fetch.max_bytes, 1_024, 104_857_600)?;
        self.proxy.networks()?;
        within("audit.keep_days", u64::from(self.audit.keep_days), 0, 36_500)?;
        for key in &self.audit.trusted_keys {
            if key.len() != 64 || !key.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(error(
                    "audit.trusted_keys",
                    format!("{key:?} is not a public key as portico audit key prints it"),
                ));
            }
        }
        self.tokens()?;
        self.rules()?;
        self.integrations()?;
        self.mirror()?;
        self.actions()?;
        self.mailer()?;
        self.providers()?;
        Ok(())
    }

    /// The administrators as canonical refs, in order.
    pub fn administrators(&self) -> Result<Vec<String>, ConfigError> {
        let canonical = |text: &String| {
            let group = text.parse::<EntityRef>().ok().filter(|parsed| parsed.kind == "group");
            let person = text.parse::<Subject>().ok().filter(|subject| subject.kind == PrincipalKind::Person);
            group.map(|group| group.to_string()).or(person.map(|person| person.to_string())).ok_or_else(|| {
                error(
                    "access.administrators",
                    format!("{text:?} is not a ref such as user:default/jane or group:default/platform"),
                )
            })
        };
        let mut all = self.access.administrators.iter().map(canonical).collect::<Result<Vec<_>, _>>()?;
        all.sort();
        Ok(all)
    }

    /// The file of the audit trail outside the database.
    pub fn audit_file(&self) -> PathBuf {
        self.of_audit(&self.audit.file, "trail.jsonl")
    }

    /// The file with the key that seals the audit trail.
    pub fn audit_key_file(&self) -> PathBuf {
        self.of_audit(&self.audit.key_file, "key")
    }

    fn of_audit(&self, configured: &Path, name: &str) -> PathBuf {
        match configured.as_os_str().is_empty() {
            true => self.data_dir.join("audit").join(name),
            false => configured.to_owned(),
        }
    }

    /// How the audit trail is sealed; makes the key where there is none yet.
    pub fn seal(&self) -> Result<SealOptions, ConfigError> {
        let AuditConfig { key_env, trusted_keys, keep_days, .. } = &self.audit;
        let key = if key_env.is_empty() {
            let path = self.audit_key_file();
            SealKey::load(&path).map_err(|problem| error("audit.key_file", format!("{}: {problem}", path.display())))?
        } else {
            let text = std::env::var(key_env)
                .map_err(|_| error("audit.key_env", format!("the variable {key_env} is not set")))?;
            SealKey::parse(&text)
                .ok_or_else(|| error("audit.key_env", format!("{key_env} does not hold a key of 64 hex digits")))?
        };
        Ok(SealOptions { key, trusted: trusted_keys.clone(), file: self.audit_file(), keep_days: *keep_days })
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        if self.database_url.is_empty() {
            format!("sqlite://{}?mode=rwc", self.data_dir.join(DATABASE).display())
        } else {
            self.database_url.clone()
        }
    }

    /// The file of the embedded database; none for PostgreSQL and for one in memory.
    pub fn database_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let rest = url.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
        let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
        (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path.into_owned()))
    }

    /// The design tokens: ours, with those of the bank's own file in their place.
    pub fn tokens(&self) -> Result<TokenSet, ConfigError> {
        let wrong = |problem: String| error("look.tokens", problem);
        let ours = TokenSet::ours().map_err(|problem| wrong(problem.to_string()))?;
        let path = &self.look.tokens;
        if path.as_os_str().is_empty() {
            return Ok(ours);
        }
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|problem| wrong(format!("{file}: {problem}")))?;
        let tokens = ours.with(&file, &text).map_err(|problem| wrong(problem.to_string()))?;
        let failures: Vec<String> = tokens.contrast().iter().map(|failure| format!("\n  {failure}")).collect();
        if !failures.is_empty() {
            let number = failures.len();
            return Err(wrong(format!(
                "{file}: {number} pairs of colours have too little contrast:{}",
                failures.concat()
            )));
        }
        Ok(tokens)
    }

    /// Who opens which gate of contributions, and by what.
    pub fn rules(&self) -> Result<Rules, ConfigError> {
        let path = &self.contributions.rules;
        if path.as_os_str().is_empty() {
            return Ok(Rules::default());
        }
        let wrong = |problem: String| error("contributions.rules", format!("{}: {problem}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|problem| wrong(problem.to_string()))?;
        Rules::parse(&text).map_err(|problem| wrong(problem.to_string()))
    }

    /// The repository that pitches are mirrored with; none where nothing is.
    pub fn mirror(&self) -> Result<Option<Mirror>, ConfigError> {
        let ContributionsConfig { mirror, mirror_branch, mirror_folder, mirror_minutes, .. } = &self.contributions;
        if mirror.is_empty() {
            return Ok(None);
        }
        for (setting, path) in [("mirror_branch", mirror_branch), ("mirror_folder", mirror_folder)] {
            if !path.split('/').all(is_step) {
                let problem = format!("{path:?} is not a name such as main or docs/pitches");
                return Err(error(&format!("contributions.{setting}"), problem));
            }
        }
        let integrations = self.integrations()?;
        let (mut address, mut contents) = (None, String::new());
        if !mirror.starts_with('/') {
            let wrong = |problem: &str| error("contributions.mirror", problem);
            let url = Url::parse(mirror).ok().filter(|url| matches!(url.scheme(), "https" | "ssh") && url.has_host());
            let Some(url) = url else {
                return Err(wrong("it must begin with https:// or ssh://, or be an absolute path on this machine"));
            };
            if url.password().is_some() || (url.scheme() == "https" && !url.username().is_empty()) {
                return Err(wrong("a user or password does not belong into it: the token is that of the integration"));
            }
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            let name = format!("{}{port}", url.host_str().unwrap_or_default());
            let Some(host) = integrations.host(&name) else {
                return Err(wrong(&format!("{name} is not among the [[integrations]]")));
            };
            if url.scheme() == "https" {
                contents = host.contents(mirror, mirror_branch);
            }
            address = Url::parse(&format!("https://{name}/")).ok();
        }
        Ok(Some(Mirror {
            remote: integrations.remote(mirror),
            address,
            branch: mirror_branch.clone(),
            folder: mirror_folder.clone(),
            contents,
            // Git is run in there.
            dir: std::path::absolute(&self.data_dir).unwrap_or_else(|_| self.data_dir.clone()).join("mirror"),
            every: i64::from(*mirror_minutes) * 60_000,
        }))
    }

    /// What carries mail; none where no server is named.
    pub fn mailer(&self) -> Result<Option<Mailer>, ConfigError> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Ok(None);
        }
        let protection = match mail.tls.as_str() {
            "starttls" => Protection::StartTls,
            "tls" => Protection::Tls,
            "none" if names_loopback(&mail.host) => Protection::None,
            "none" => return Err(error("mail.tls", "none is for a server on this machine alone; use starttls or tls")),
            other => return Err(error("mail.tls", format!("{other:?} is not one of starttls, tls, none"))),
        };
        let setting = |field: &str| format!("mail.{field}");
        let password = secret(
            &setting,
            "password",
            mail.password.as_ref(),
            mail.password_file.as_deref(),
            mail.password_env.as_deref(),
        )?;
        let credentials = match (mail.user.as_str(), password) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((user.to_owned(), password)),
            _ => return Err(error("mail.user", "a user and its password are given together")),
        };
        let settings = MailSettings {
            host: mail.host.clone(),
            port: mail.port,
            protection,
            credentials,
            from: mail.from.clone(),
            public_url: self.reached_at()?,
        };
        Mailer::new(settings).map(Some).map_err(|problem| error("mail.from", problem.to_string()))
    }

    /// Where people reach the portal.
    pub fn reached_at(&self) -> Result<Url, ConfigError> {
        if let Some(url) = &self.public_url {
            return Ok(url.clone());
        }
        format!("http://{}", self.addr).parse().map_err(|_| error("addr", "it is no address for people"))
    }

    /// Where pages of contributors are shown. They are hostile until somebody has looked at them, so that nothing that a browser keeps for the
    /// portal may belong to their host as well.
    pub fn previews(&self) -> Result<Previews, ConfigError> {
        let portal = self.reached_at()?;
        let Some(url) = &self.contributions.previews else {
            return Ok(if is_loopback(&portal) { Previews::Here } else { Previews::Nowhere });
        };
        let wrong = |problem: String| error("contributions.previews", problem);
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let Some(host) = url.domain().filter(|_| plain && matches!(url.scheme(), "https" | "http")) else {
            return Err(wrong(
                "it must be https:// and a host, with nothing behind it, such as https://portico-pages.example".into(),
            ));
        };
        if url.scheme() != portal.scheme() {
            return Err(wrong(format!("it must begin with {}://, as public_url does", portal.scheme())));
        }
        // What is below nobody's domain, such as localhost, is one of its own.
        let registrable = |host: &str| psl::domain_str(host).unwrap_or(host).to_ascii_lowercase();
        let of_portal = portal.domain().map(registrable).unwrap_or_default();
        if registrable(host) == of_portal {
            return Err(wrong(format!(
                "{host} belongs to {of_portal}, as the portal does: pages of contributors need another registrable domain, so that no cookie is shared"
            )));
        }
        Ok(Previews::At(url.clone(), portal))
    }

    /// The known hosts with their tokens.
    pub fn integrations(&self) -> Result<Integrations, ConfigError> {
        let integrations = self.integrations.iter().enumerate().map(|(number, each)| {
            let setting = |field: &str| format!("integrations[{number}].{field} ({})", each.host);
            let kind = match each.kind.as_str() {
                "github" => IntegrationKind::GitHub,
                "gitlab" => IntegrationKind::GitLab,
                "bitbucket-server" => IntegrationKind::BitbucketServer,
                "plain" => IntegrationKind::Plain,
                other => {
                    return Err(error(
                        &setting("kind"),
                        format!("{other:?} is not one of github, gitlab, bitbucket-server, plain"),
                    ));
                }
            };
            if each.host.is_empty() || each.host.contains(['/', '@', ' ']) {
                return Err(error(&setting("host"), "must be a host or host:port, without scheme and path"));
            }
            let token =
                secret(&setting, "token", each.token.as_ref(), each.token_file.as_deref(), each.token_env.as_deref())?;
            if let Some(file) = each.ca_file.as_ref().filter(|file| !file.is_file()) {
                return Err(error(&setting("ca_file"), format!("{} is not a file", file.display())));
            }
            Ok(Integration {
                kind,
                host: each.host.to_lowercase(),
                api_base: each.api_base.clone(),
                token,
                ca_file: each.ca_file.clone(),
                proxy: each.proxy.clone(),
                allow_private: each.allow_private,
            })
        });
        Ok(Integrations(integrations.collect::<Result<_, _>>()?))
    }
}

/// The effective configuration as TOML, with every secret masked.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.clone();
        shown.database_url = without_password(&shown.database_url());
        let proxies = shown.providers.iter_mut().map(|provider| &mut provider.proxy);
        let addresses = shown.integrations.iter_mut().flat_map(|each| [&mut each.proxy, &mut each.api_base]);
        let services = shown.actions.iter_mut().flat_map(|each| [&mut each.proxy, &mut each.manifest, &mut each.url]);
        for url in addresses.chain(proxies).chain(services) {
            *url = url.take().and_then(|url| without_password(url.as_str()).parse().ok());
        }
        f.write_str(&toml::to_string(&shown).map_err(|_| fmt::Error)?)
    }
}

/// Whether a branch or a folder can have this as one step of its name.
fn is_step(step: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !step.is_empty()
        && step.chars().all(plain)
        && !step.starts_with(['.', '-'])
        && !step.ends_with('.')
        && !step.ends_with(".lock")
        && !step.contains("..")
}

fn read_file(path: &Path) -> Result<toml::Table, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|problem| error(&name, problem.to_string()))?;
    let parsed: Result<Config, toml::de::Error> = toml::from_str(&text);
    if let Err(problem) = parsed {
        let place = problem.span().map_or(0, |span| span.start.min(text.len()));
        let before = &text[..text.floor_char_boundary(place)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        return Err(error(&format!("{name}:{line}:{column}"), problem.message()));
    }
    text.parse().map_err(|problem: toml::de::Error| error(&name, problem.message()))
}

/// Sets a setting from a variable; numbers are numbers and lists are separated by commas.
fn set(table: &mut toml::Table, setting: &str, variable: &str, value: &str) -> Result<(), ConfigError> {
    let value = match setting {
        "catalog.refresh_seconds" => {
            let number =
                value.parse::<i64>().map_err(|_| error(variable, format!("{value:?} is not a whole number")))?;
            toml::Value::Integer(number)
        }
        "plugins" => {
            toml::Value::Array(value.split(',').map(|each| toml::Value::String(each.trim().to_owned())).collect())
        }
        "addr" => {
            value.parse::<SocketAddr>().map_err(|_| {
                error(variable, format!("{value:?} is not an address with a port, such as 127.0.0.1:3000"))
            })?;
            toml::Value::String(value.to_owned())
        }
        _ => toml::Value::String(value.to_owned()),
    };
    match setting.split_once('.') {
        None => table.insert(setting.to_owned(), value),
        Some((section, name)) => {
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            section.as_table_mut().and_then(|section| section.insert(name.to_owned(), value))
        }
    };
    Ok(())
}

/// A secret that stands in the file itself, in a file of its own, or in a variable; `setting` gives a field its full name.
fn secret(
    setting: &dyn Fn(&str) -> String,
    field: &str,
    value: Option<&Secret>,
    file: Option<&Path>,
    variable: Option<&str>,
) -> Result<Option<String>, ConfigError> {
    let of = |suffix: &str| setting(&format!("{field}{suffix}"));
    match (value, file, variable) {
        (None, None, None) => Ok(None),
        (Some(value), None, None) => Ok(Some(value.expose().to_owned())),
        (None, Some(file), None) => {
            let text = std::fs::read_to_string(file)
                .map_err(|problem| error(&of("_file"), format!("{}: {problem}", file.display())))?;
            Ok(Some(text.trim().to_owned()))
        }
        (None, None, Some(name)) => {
            let text = std::env::var(name);
            text.map(Some).map_err(|_| error(&of("_env"), format!("the variable {name} is not set")))
        }
        _ => Err(error(&of(""), format!("give one of {field}, {field}_file and {field}_env"))),
    }
}

fn error(setting: &str, problem: impl Into<String>) -> ConfigError {
    ConfigError { setting: setting.to_owned(), problem: problem.into() }
}

fn one_of(setting: &str, what: &str, value: &str, allowed: &[&str]) -> Result<(), ConfigError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed: Vec<&str> = allowed.iter().copied().filter(|each| !each.is_empty()).collect();
    Err(error(setting, format!("{value:?} is not allowed; it must be {what} {}", allowed.join(", "))))
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}

fn within(setting: &str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(error(setting, format!("{value} is not allowed; it must be from {least} to {most}")))
    }
}

fn names_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The URL with whatever may be a secret masked: user, password and the values of its query.
fn without_password(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if parsed.password().is_some() {
        // A URL that had a password can have another one.
        let _ = parsed.set_password(Some(MASK));
    } else if !parsed.username().is_empty() {
        let _ = parsed.set_username(MASK);
    }
    if parsed.scheme() != "sqlite" && parsed.query().is_some() {
        parsed.set_query(Some(MASK));
    }
    parsed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("portico.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::load(Some(&path), &environment).map_err(|mut error| {
            error.setting = error.setting.replace(&dir.path().display().to_string(), "");
            error
        })
    }

    #[test]
    fn pages_of_contributors_are_on_another_registrable_domain_or_nowhere() {
        let previews = |text: &str| load(text, &[]).and_then(|config| config.previews());
        assert_eq!(previews(""), Ok(Previews::Here));
        assert_eq!(previews("public_url = 'http://localhost:3000'"), Ok(Previews::Here));
        let public = "public_url = 'https://portico.bank.example'";
        assert_eq!(previews(public), Ok(Previews::Nowhere), "nothing is shown by accident");
        let at = |url: &str| previews(&format!("{public}\n[contributions]\npreviews = '{url}'"));
        assert!(matches!(at("https://bank-pages.example"), Ok(Previews::At(..))));
        for url in [
            "https://pages.bank.example",
            "https://portico.bank.example",
            "https://BANK.example",
            "https://a.portico.bank.example",
        ] {
            let said = at(url).unwrap_err().to_string();
            assert!(
                said.starts_with("contributions.previews: ") && said.contains("another registrable domain"),
                "{url}: {said}"
            );
        }
        for url in [
            "http://bank-pages.example",
            "https://bank-pages.example/x",
            "https://192.0.2.1",
            "ftp://bank-pages.example",
        ] {
            assert!(at(url).unwrap_err().to_string().starts_with("contributions.previews: it must"), "{url}");
        }
        // Two hosts of a domain under which anybody can have one are two.
        let shared =
            "public_url = 'https://bank.github.io'\n[contributions]\npreviews = 'https://bank-pages.github.io'";
        assert!(previews(shared).is_ok());
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let config =
            load("addr = '127.0.0.1:4000'\n[catalog]\nrefresh_seconds = 60", &[("PORTICO_ADDR", "127.0.0.1:5000")])
                .unwrap();
        assert_eq!(config.addr.port(), 5000);
        assert_eq!(config.catalog.refresh_seconds, 60);
    }

    #[test]
    fn a_bad_setting_is_named_with_what_is_allowed() {
        let message = |file, environment: &[(&str, &str)]| load(file, environment).unwrap_err().to_string();
        insta::assert_snapshot!(message("adr = 'x'", &[]), @"/portico.toml:1:1: unknown field `adr`, expected one of `addr`, `public_url`, `data_dir`, `database_url`, `plugins`, `catalog`, `templates`, `contributions`, `audit`, `look`, `log`, `fetch`, `mail`, `integrations`, `access`, `sessions`, `providers`, `proxy`, `limits`, `secrets`, `actions`");
        insta::assert_snapshot!(message("", &[("PORTICO_ADR", "x")]), @"PORTICO_ADR: unknown variable; those that exist are PORTICO_ADDR, PORTICO_PUBLIC_URL, PORTICO_DATA_DIR, PORTICO_DATABASE_URL, PORTICO_PLUGINS, PORTICO_CATALOG_REFRESH_SECONDS, PORTICO_LOOK_TOKENS, PORTICO_AUDIT_FILE, PORTICO_AUDIT_KEY_FILE, PORTICO_LOG_LEVEL, PORTICO_LOG_FORMAT");
        insta::assert_snapshot!(message("", &[("PORTICO_LOG_LEVEL", "loud")]), @r#"PORTICO_LOG_LEVEL (log.level): "loud" is not allowed; it must be one of error, warn, info, debug, trace"#);
        insta::assert_snapshot!(message("addr = '0.0.0.0:3000'", &[]), @"addr: 0.0.0.0:3000 is not a loopback address, so the portal must know where people reach it: set public_url, or use 127.0.0.1:3000");
        insta::assert_snapshot!(message("[audit]\ntrusted_keys = ['x']", &[]), @r#"audit.trusted_keys: "x" is not a public key as portico audit key prints it"#);
        insta::assert_snapshot!(message("[catalog]\nrefresh_seconds = 1", &[]), @"catalog.refresh_seconds: 1 is not allowed; it must be from 10 to 86400");
        insta::assert_snapshot!(message("[[integrations]]\nkind = 'svn'\nhost = 'x'", &[]), @r#"integrations[0].kind (x): "svn" is not one of github, gitlab, bitbucket-server, plain"#);
    }

    #[test]
    fn rules_that_could_never_open_a_gate_stop_the_start_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.toml");
        let asked = || {
            let config = load(&format!("[contributions]\nrules = '{}'", path.display()), &[]);
            config.map(|_| ()).map_err(|error| error.to_string())
        };
        assert!(asked().unwrap_err().starts_with("contributions.rules: "), "there is no such file");
        let text = include_str!("../../app/plugins/contributions/review/src/rules.toml");
        std::fs::write(&path, text.replace("quorum = 2", "quorum = 0")).unwrap();
        assert!(asked().unwrap_err().contains("stages.architecture.quorum"));
        std::fs::write(&path, text).unwrap();
        assert_eq!(asked(), Ok(()));
    }

    #[test]
    fn pitches_are_mirrored_with_a_repository_on_a_known_host_or_on_this_machine() {
        let asked = |text: &str| {
            let host = "[[integrations]]\nkind = 'github'\nhost = 'ghe.bank.example:8443'\ntoken = 's3cret'";
            let config = load(&format!("[contributions]\n{text}\n{host}"), &[]);
            config.and_then(|config| config.mirror()).map_err(|error| error.to_string())
        };
        assert!(asked("").unwrap().is_none());
        let mirror = asked("mirror = 'https://ghe.bank.example:8443/bank/pitches.git'").unwrap().expect("a mirror");
        assert_eq!(mirror.contents, "https://ghe.bank.example:8443/bank/pitches/blob/main");
        assert_eq!(mirror.remote.token.as_deref(), Some("s3cret"));
        let local =
            asked("mirror = '/srv/git/pitches.git'\nmirror_folder = 'docs/pitches'").unwrap().expect("a mirror");
        assert!(local.contents.is_empty() && local.address.is_none() && local.remote.token.is_none());
        let ssh = asked("mirror = 'ssh://git@ghe.bank.example:8443/bank/pitches.git'").unwrap().expect("a mirror");
        assert_eq!(ssh.address.map(String::from).as_deref(), Some("https://ghe.bank.example:8443/"));
        for (text, setting) in [
            ("mirror = 'https://git.bank.example/x.git'", "contributions.mirror"),
            ("mirror = 'https://jane:geheim@ghe.bank.example:8443/x.git'", "contributions.mirror"),
            ("mirror = 'http://ghe.bank.example:8443/x.git'", "contributions.mirror"),
            ("mirror = 'pitches.git'", "contributions.mirror"),
            ("mirror = '/x'\nmirror_branch = '--upload-pack=x'", "contributions.mirror_branch"),
            ("mirror = '/x'\nmirror_folder = '../x'", "contributions.mirror_folder"),
            ("mirror = '/x'\nmirror_folder = '.git'", "contributions.mirror_folder"),
            ("mirror_minutes = 0", "contributions.mirror_minutes"),
        ] {
            let refused = asked(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(refused.starts_with(&format!("{setting}: ")) && !refused.contains("geheim"), "{refused}");
        }
    }

    #[test]
    fn secrets_are_masked_where_the_configuration_is_shown() {
        let config = load(
            "database_url = 'postgres://portico:geheim@db/portico'\n[[integrations]]\nkind = 'github'\nhost = 'github.com'\ntoken = 'ghp_secret'",
            &[],
        )
        .unwrap();
        let shown = config.to_string();
        assert!(!shown.contains("geheim") && !shown.contains("ghp_secret"), "{shown}");
        assert!(shown.contains(MASK));
    }
}
