//! `[[actions]]`: services of others that do steps of templates.

use std::path::PathBuf;

use kit::server::fetch::Host;
use kit::server::secrets::Secret;
use scaffold::actions::external::{Declared, External, Manifest, Service};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{Config, ConfigError, error, secret};

/// The shortest secret that requests are signed with.
const SHORTEST: usize = 16;

/// `[[actions]]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActionsConfig {
    /// Where the service says which actions it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Url>,
    /// Instead: the one action that it has.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
    /// What it does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether a second request with the same key does nothing a second time.
    pub idempotent: bool,
    /// Whether it changes nothing.
    pub reads_only: bool,
    /// Whether it may call back.
    pub callback: bool,
    /// The JSON Schema of its input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// The JSON Schema of its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<serde_json::Value>,
    /// What requests are signed with; better in `secret_file` or the variable that `secret_env` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// A file that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// A variable that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// PEM file with further certificate authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Url>,
    /// Whether its addresses may be private.
    pub allow_private: bool,
}

impl Config {
    /// The services that do steps of templates, each with its secret.
    pub fn actions(&self) -> Result<Vec<Service>, ConfigError> {
        self.actions.iter().enumerate().map(|(number, each)| each.service(number)).collect()
    }

    /// Whom actions may ask: the code hosts with their APIs and the services, none with a credential of the client's own.
    pub fn action_hosts(&self) -> Result<Vec<Host>, ConfigError> {
        let mut hosts = self.integrations()?.api_hosts();
        for each in &self.actions {
            let Some(url) = each.manifest.as_ref().or(each.url.as_ref()) else { continue };
            let host = url.host_str().unwrap_or_default();
            let name = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            if !hosts.iter().any(|host| host.name == name) {
                hosts.push(Host {
                    name,
                    allow_private: each.allow_private,
                    authorization: None,
                    ca_file: each.ca_file.clone(),
                    proxy: each.proxy.clone(),
                });
            }
        }
        Ok(hosts)
    }
}

impl ActionsConfig {
    fn service(&self, number: usize) -> Result<Service, ConfigError> {
        let setting = |field: &str| format!("actions[{number}].{field}");
        let (variable, file) = (self.secret_env.as_deref(), self.secret_file.as_deref());
        let found = secret(&setting, "secret", self.secret.as_ref(), file, variable)?;
        let found = found.filter(|text| text.len() >= SHORTEST).map(Secret::from);
        let problem = format!("requests are signed with a secret of at least {SHORTEST} characters");
        let secret = found.ok_or_else(|| error(&setting("secret"), problem))?;
        let manifest = match (&self.manifest, &self.url) {
            (Some(manifest), None) if self.id.is_empty() => Manifest::At(protected("manifest", manifest, &setting)?),
            (None, Some(url)) => {
                protected("url", url, &setting)?;
                let declared = Declared {
                    id: self.id.clone(),
                    description: self.description.clone(),
                    url: url.to_string(),
                    input: self.input.clone().unwrap_or_else(|| json!({ "type": "object" })),
                    output: self.output.clone().unwrap_or_else(|| json!({ "type": "object" })),
                    examples: Vec::new(),
                    idempotent: self.idempotent,
                    reads_only: self.reads_only,
                    callback: self.callback,
                };
                External::new(declared.clone(), None, &secret)
                    .map_err(|problem| error(&setting("id"), problem.to_string()))?;
                Manifest::Inline(Box::new(declared))
            }
            _ => return Err(error(&setting("manifest"), "give either manifest, or id and url")),
        };
        Ok(Service { manifest, secret })
    }
}

/// What a service is asked and answers is seen by nobody on the way.
fn protected(field: &str, url: &Url, setting: &dyn Fn(&str) -> String) -> Result<Url, ConfigError> {
    let is_here = super::names_loopback(url.host_str().unwrap_or_default());
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && (url.scheme() == "https" || url.scheme() == "http" && is_here) {
        return Ok(url.clone());
    }
    Err(error(&setting(field), "it must begin with https://, or be on this machine, and hold no user or password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Service>, String> {
        let config: Config = toml::from_str(text).map_err(|problem| problem.to_string())?;
        config.actions().map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_service_is_named_by_its_manifest_or_written_out() {
        let secret = "secret = 'a secret of the service'";
        let by_manifest = format!("[[actions]]\nmanifest = 'https://actions.bank.example/portico.json'\n{secret}");
        assert!(matches!(read(&by_manifest).unwrap()[0].manifest, Manifest::At(_)));
        let inline = format!(
            "[[actions]]\nid = 'jira:issue'\nurl = 'http://127.0.0.1:9/issue'\nidempotent = true\n{secret}\n[actions.input]\ntype = 'object'\nrequired = ['title']"
        );
        let services = read(&inline).unwrap();
        let Manifest::Inline(declared) = &services[0].manifest else { panic!("{services:?}") };
        assert_eq!(declared.input, json!({ "type": "object", "required": ["title"] }));
        assert!(!format!("{services:?}").contains("a secret of"));
        let config: Config = toml::from_str(&inline).unwrap();
        assert!(config.action_hosts().unwrap().iter().any(|host| host.name == "127.0.0.1:9"));
        assert!(!config.to_string().contains("a secret of"));
        for (text, expected) in [
            (format!("[[actions]]\n{secret}"), "actions[0].manifest: give either manifest, or id and url"),
            (
                "[[actions]]\nmanifest = 'https://x.example/'".to_owned(),
                "actions[0].secret: requests are signed with a secret of at least 16 characters",
            ),
            (
                format!("[[actions]]\nmanifest = 'http://x.example/'\n{secret}"),
                "actions[0].manifest: it must begin with https://, or be on this machine, and hold no user or password",
            ),
            (
                format!("[[actions]]\nid = 'a b'\nurl = 'https://x.example/'\n{secret}"),
                "actions[0].id: the action \"a b\": an id is made of letters, digits, colons, dashes, dots and underscores",
            ),
        ] {
            assert_eq!(read(&text).unwrap_err(), expected);
        }
    }
}
