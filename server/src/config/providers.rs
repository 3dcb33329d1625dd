//! `[[providers]]`: where people sign in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{Config, ConfigError, Secret, error, one_of, secret, within};

/// `[[providers]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its name in addresses and in the names of people: lower-case letters, digits and `-`. It stands for one issuer for good.
    pub id: String,
    /// `oidc` or `oauth2`.
    pub kind: String,
    /// What its button says; the id when empty.
    #[serde(default)]
    pub label: String,
    /// OpenID Connect: the issuer, exactly as the provider writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// OAuth 2: where the browser is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<Url>,
    /// OAuth 2: where a code is exchanged for a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<Url>,
    /// OAuth 2: where the claims are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info_url: Option<Url>,
    /// The portal's name at the provider.
    pub client_id: String,
    /// Its secret; better in `client_secret_file` or the variable that `client_secret_env` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// A file that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// A variable that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_env: Option<String>,
    /// How the secret is sent: `basic` or `post`; what the provider announces when empty.
    #[serde(default)]
    pub client_auth: String,
    /// What is asked for; `openid` is added for OpenID Connect.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// How a person is found in the catalog: `none`, `email`, or `claim:<name>`.
    #[serde(default = "default_bind")]
    pub bind: String,
    /// The namespace of the names of people and groups that say none.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Whether signing out of the portal also signs out at the provider.
    #[serde(default = "yes")]
    pub logout: bool,
    /// By how many seconds the clocks may differ: 0 to 300.
    #[serde(default = "default_skew")]
    pub clock_skew_seconds: u32,
    /// Further hosts that its endpoints are on.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Whether its addresses may be private.
    #[serde(default)]
    pub allow_private: bool,
    /// PEM file with further certificate authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Url>,
    /// Where the claims stand.
    #[serde(default)]
    pub claims: ClaimNames,
}

/// `[providers.claims]`: the name of each claim; a dot leads into an object. None where empty.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    /// What never changes for a person.
    pub subject: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the provider has checked the e-mail address.
    pub email_verified: String,
    /// What people call it.
    pub name: String,
    /// The groups.
    pub groups: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            subject: "sub".into(),
            email: "email".into(),
            email_verified: "email_verified".into(),
            name: "name".into(),
            groups: "groups".into(),
        }
    }
}

/// A provider whose settings are checked.
#[derive(Clone)]
pub struct Provider {
    /// Its name in addresses.
    pub id: String,
    /// What its button says.
    pub label: String,
    /// Which protocol, and where.
    pub endpoints: Endpoints,
    /// The portal's name at the provider.
    pub client_id: String,
    /// The portal's secret there; none for a public client.
    pub client_secret: Option<String>,
    /// How the secret is sent.
    pub client_auth: ClientAuth,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How a person is found in the catalog.
    pub bind: Binding,
    /// The namespace of names that say none.
    pub namespace: String,
    /// Whether signing out goes on to the provider.
    pub logout: bool,
    /// By how much the clocks may differ, in seconds.
    pub skew: i64,
    /// Every host that may be asked.
    pub hosts: Vec<String>,
    /// Whether its addresses may be private.
    pub allow_private: bool,
    /// Further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy.
    pub proxy: Option<Url>,
    /// Where the claims stand.
    pub claims: ClaimNames,
}

/// Which protocol a provider speaks, and where.
#[expect(clippy::large_enum_variant, reason = "there is one for each provider, made at start")]
#[derive(Debug, Clone)]
pub enum Endpoints {
    /// OpenID Connect: everything else follows from the issuer.
    Oidc {
        /// Exactly as the provider writes it.
        issuer: String,
    },
    /// Plain OAuth 2.
    OAuth2 {
        /// Where the browser is sent.
        authorize: Url,
        /// Where a code is exchanged for a token.
        token: Url,
        /// Where the claims are.
        user_info: Url,
    },
}

/// How the portal proves itself to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// As the provider announces.
    Announced,
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Post,
}

/// How a person is found in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// Not at all.
    None,
    /// By the e-mail address, which the provider must have checked.
    Email,
    /// By a claim that holds the name or the ref of a User.
    Claim(String),
}

impl Config {
    /// The providers, with their secrets.
    pub fn providers(&self) -> Result<Vec<Provider>, ConfigError> {
        let mut providers: Vec<Provider> = Vec::with_capacity(self.providers.len());
        for (number, each) in self.providers.iter().enumerate() {
            let setting = |field: &str| format!("providers[{number}].{field} ({})", each.id);
            if providers.iter().any(|other| other.id == each.id) {
                return Err(error(&setting("id"), "another provider has this id"));
            }
            providers.push(each.checked(&setting)?);
        }
        Ok(providers)
    }
}

impl ProviderConfig {
    fn checked(&self, setting: &dyn Fn(&str) -> String) -> Result<Provider, ConfigError> {
        let is_id = |text: &str| {
            (1..=40).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !is_id(&self.id) {
            return Err(error(&setting("id"), "it must be 1 to 40 lower-case letters, digits and `-`"));
        }
        one_of(&setting("kind"), "one of", &self.kind, &["oidc", "oauth2"])?;
        if self.client_id.is_empty() {
            return Err(error(&setting("client_id"), "it is missing"));
        }
        let endpoints = self.endpoints(setting)?;
        let client_auth = match self.client_auth.as_str() {
            "" => ClientAuth::Announced,
            "basic" => ClientAuth::Basic,
            "post" => ClientAuth::Post,
            other => {
                return Err(error(
                    &setting("client_auth"),
                    format!("{other:?} is not allowed; it must be basic, post or left out"),
                ));
            }
        };
        let client_secret = secret(
            setting,
            "client_secret",
            self.client_secret.as_ref(),
            self.client_secret_file.as_deref(),
            self.client_secret_env.as_deref(),
        )?;
        if client_secret.as_deref() == Some("") {
            return Err(error(&setting("client_secret"), "it is empty; leave it out for a public client"));
        }
        let bind = match (self.bind.as_str(), self.bind.strip_prefix("claim:")) {
            ("none", _) => Binding::None,
            ("email", _) => Binding::Email,
            (_, Some(name)) if !name.is_empty() => Binding::Claim(name.to_owned()),
            (other, _) => {
                return Err(error(
                    &setting("bind"),
                    format!("{other:?} is not allowed; it must be none, email or claim:<name>"),
                ));
            }
        };
        if !crate::sso::is_entity_name(&self.namespace) {
            return Err(error(&setting("namespace"), "it must be the name of a namespace in lower case"));
        }
        if self.claims.subject.is_empty() {
            return Err(error(&setting("claims.subject"), "without it nobody can be told from somebody else"));
        }
        if let Some(scope) = self.scopes.iter().find(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
            return Err(error(&setting("scopes"), format!("{scope:?} is not allowed; each scope is one word")));
        }
        within(&setting("clock_skew_seconds"), u64::from(self.clock_skew_seconds), 0, 300)?;
        if let Some(file) = self.ca_file.as_ref().filter(|file| !file.is_file()) {
            return Err(error(&setting("ca_file"), format!("{} is not a file", file.display())));
        }
        if self.hosts.iter().any(|host| host.is_empty() || host.contains(['/', '@', ' ', '*'])) {
            return Err(error(&setting("hosts"), "each must be a host or host:port, without scheme, path and `*`"));
        }
        let mut hosts: Vec<String> = endpoints.urls().iter().map(host).collect();
        hosts.extend(self.hosts.iter().map(|host| host.to_lowercase()));
        hosts.sort();
        hosts.dedup();
        Ok(Provider {
            id: self.id.clone(),
            label: if self.label.is_empty() { self.id.clone() } else { self.label.clone() },
            endpoints,
            client_id: self.client_id.clone(),
            client_secret,
            client_auth,
            scopes: self.scopes.clone(),
            bind,
            namespace: self.namespace.clone(),
            logout: self.logout,
            skew: i64::from(self.clock_skew_seconds),
            hosts,
            allow_private: self.allow_private,
            ca_file: self.ca_file.clone(),
            proxy: self.proxy.clone(),
            claims: self.claims.clone(),
        })
    }

    fn endpoints(&self, setting: &dyn Fn(&str) -> String) -> Result<Endpoints, ConfigError> {
        let protected = |field: &str, url: &Url| {
            if is_protected(url) && url.username().is_empty() && url.fragment().is_none() {
                return Ok(());
            }
            Err(error(&setting(field), "it must be an https URL; http only for localhost, 127.0.0.1 and [::1]"))
        };
        let others = [
            ("authorize_url", self.authorize_url.as_ref()),
            ("token_url", self.token_url.as_ref()),
            ("user_info_url", self.user_info_url.as_ref()),
        ];
        if self.kind == "oidc" {
            if let Some((field, _)) = others.iter().find(|(_, url)| url.is_some()) {
                return Err(error(&setting(field), "the provider announces it itself; leave it out for kind oidc"));
            }
            let issuer = self.issuer.clone().ok_or_else(|| error(&setting("issuer"), "it is missing"))?;
            let url = Url::parse(&issuer).map_err(|_| error(&setting("issuer"), "it must be a URL"))?;
            protected("issuer", &url)?;
            return Ok(Endpoints::Oidc { issuer });
        }
        if self.issuer.is_some() {
            return Err(error(&setting("issuer"), "it belongs to kind oidc"));
        }
        let [authorize, token, user_info] = others.map(|(field, url)| {
            let url = url.cloned().ok_or_else(|| error(&setting(field), "it is missing"))?;
            protected(field, &url).map(|()| url)
        });
        Ok(Endpoints::OAuth2 { authorize: authorize?, token: token?, user_info: user_info? })
    }
}

impl Endpoints {
    /// The addresses that the server itself asks.
    fn urls(&self) -> Vec<Url> {
        match self {
            Self::Oidc { issuer } => Url::parse(issuer).into_iter().collect(),
            Self::OAuth2 { token, user_info, .. } => vec![token.clone(), user_info.clone()],
        }
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("id", &self.id).field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

/// Whether nobody on the way can read what is sent there: https, or this machine.
pub(crate) fn is_protected(url: &Url) -> bool {
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || url.scheme() == "http" && here
}

fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn default_scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

fn default_bind() -> String {
    "none".into()
}

fn default_namespace() -> String {
    "default".into()
}

fn default_skew() -> u32 {
    60
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "id = 'bank'\nkind = 'oidc'\nissuer = 'https://login.bank.example/realms/bank'\nclient_id = 'portico'\n";

    fn providers(text: &str) -> Result<Vec<Provider>, String> {
        let config: Config = toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())?;
        config.check().map_err(|error| error.to_string())?;
        config.providers().map_err(|error| error.to_string())
    }

    fn with(line: &str) -> String {
        providers(&format!("[[providers]]\n{GOOD}{line}")).expect_err(line)
    }

    #[test]
    fn a_provider_needs_little_and_may_ask_its_own_host() {
        let found = providers(&format!("[[providers]]\n{GOOD}hosts = ['Graph.bank.example:8443']")).unwrap();
        assert_eq!(found[0].hosts, ["graph.bank.example:8443", "login.bank.example"]);
        assert_eq!((found[0].label.as_str(), found[0].skew, &found[0].bind), ("bank", 60, &Binding::None));
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_is_allowed() {
        insta::assert_snapshot!(with("bind = 'mail'"), @r#"providers[0].bind (bank): "mail" is not allowed; it must be none, email or claim:<name>"#);
        insta::assert_snapshot!(with("client_auth = 'jwt'"), @r#"providers[0].client_auth (bank): "jwt" is not allowed; it must be basic, post or left out"#);
        insta::assert_snapshot!(with("clock_skew_seconds = 301"), @"providers[0].clock_skew_seconds (bank): 301 is not allowed; it must be from 0 to 300");
        insta::assert_snapshot!(with("token_url = 'https://x/'"), @"providers[0].token_url (bank): the provider announces it itself; leave it out for kind oidc");
        insta::assert_snapshot!(with("scopes = ['a b']"), @r#"providers[0].scopes (bank): "a b" is not allowed; each scope is one word"#);
        insta::assert_snapshot!(with("hosts = ['*.bank.example']"), @"providers[0].hosts (bank): each must be a host or host:port, without scheme, path and `*`");
        insta::assert_snapshot!(with("client_secret = 'a'\nclient_secret_env = 'B'"), @"providers[0].client_secret (bank): give one of client_secret, client_secret_file and client_secret_env");
        insta::assert_snapshot!(with("namespace = 'A b'"), @"providers[0].namespace (bank): it must be the name of a namespace in lower case");
        insta::assert_snapshot!(with("[providers.claims]\nsubject = ''"), @"providers[0].claims.subject (bank): without it nobody can be told from somebody else");
        let twice = format!("[[providers]]\n{GOOD}[[providers]]\n{GOOD}");
        insta::assert_snapshot!(providers(&twice).unwrap_err(), @"providers[1].id (bank): another provider has this id");
        let plain = "[[providers]]\nid = 'x'\nkind = 'oauth2'\nclient_id = 'p'\nauthorize_url = 'https://a/'";
        insta::assert_snapshot!(providers(plain).unwrap_err(), @"providers[0].token_url (x): it is missing");
    }

    #[test]
    fn nothing_is_sent_in_the_clear_but_to_this_machine() {
        for (issuer, good) in [
            ("http://login.bank.example", false),
            ("https://user@login.bank.example", false),
            ("ftp://127.0.0.1", false),
            ("http://127.0.0.1:4000", true),
            ("http://[::1]:4000", true),
            ("http://localhost:4000", true),
        ] {
            let text = format!("[[providers]]\nid = 'x'\nkind = 'oidc'\nclient_id = 'p'\nissuer = '{issuer}'");
            assert_eq!(providers(&text).is_ok(), good, "{issuer}");
        }
    }

    #[test]
    fn the_secret_is_never_shown() {
        let text = format!("[[providers]]\n{GOOD}client_secret = 'geheim'\nproxy = 'http://u:auch@proxy.bank.example'");
        let config: Config = toml::from_str(&text).unwrap();
        let shown = format!("{config} {config:?} {:?}", config.providers());
        assert!(!shown.contains("geheim"), "{shown}");
        assert!(!config.to_string().contains("auch"), "{config}");
    }
}
