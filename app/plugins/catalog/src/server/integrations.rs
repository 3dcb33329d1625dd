//! What is known of code hosts: how the page of a file becomes the address of its content.

use std::path::PathBuf;

use kit::server::code_hosts::{CodeHost, CodeHostKind, CodeHosts};
use kit::server::fetch::Host;
use kit::server::git::Remote;
use kit::server::secrets::Secret;
use percent_encoding::percent_decode_str;
use url::Url;

use super::source::folder;

/// The configured hosts.
#[derive(Debug, Clone, Default)]
pub struct Integrations(pub Vec<Integration>);

/// One host.
#[derive(Clone)]
pub struct Integration {
    /// What runs there.
    pub kind: IntegrationKind,
    /// `host` or `host:port`.
    pub host: String,
    /// Where its API answers, such as `https://ghe.bank.example/api/v3`; not needed for github.com.
    pub api_base: Option<Url>,
    /// A token to read with.
    pub token: Option<String>,
    /// PEM file with further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy.
    pub proxy: Option<Url>,
    /// Whether its addresses may be private.
    pub allow_private: bool,
}

/// What kind of host it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegrationKind {
    /// github.com or GitHub Enterprise.
    GitHub,
    /// gitlab.com or a GitLab of one's own.
    GitLab,
    /// Bitbucket Server and Data Center.
    BitbucketServer,
    /// Any HTTP server or git remote.
    Plain,
}

impl std::fmt::Debug for Integration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Integration").field("kind", &self.kind).field("host", &self.host).finish_non_exhaustive()
    }
}

impl CodeHosts for Integrations {
    fn host(&self, name: &str) -> Option<CodeHost> {
        let integration = self.0.iter().find(|integration| integration.host.eq_ignore_ascii_case(name))?;
        let kind = match integration.kind {
            IntegrationKind::GitHub => CodeHostKind::GitHub,
            IntegrationKind::GitLab => CodeHostKind::GitLab,
            IntegrationKind::BitbucketServer | IntegrationKind::Plain => CodeHostKind::Plain,
        };
        Some(CodeHost {
            kind,
            api: integration.api(),
            web: integration.web()?,
            token: integration.token.as_deref().map(Secret::from),
            git: integration.git_settings(),
        })
    }
}

impl Integration {
    /// Where its repositories are shown and cloned. Without https only where its API, on the same host, is without as well.
    fn web(&self) -> Option<Url> {
        let api = self.api_base.as_ref().filter(|api| host_and_port(api).as_ref() == Some(&self.host));
        let scheme = api.map_or("https", |api| api.scheme());
        Url::parse(&format!("{scheme}://{}/", self.host)).ok()
    }

    /// Where its API answers: as configured, else where hosts of its kind have it.
    fn api(&self) -> Url {
        let path = match self.kind {
            _ if self.host == "github.com" => return Url::parse("https://api.github.com/").expect("a constant"),
            IntegrationKind::GitHub => "api/v3/",
            IntegrationKind::GitLab => "api/v4/",
            IntegrationKind::BitbucketServer => "rest/api/1.0/",
            IntegrationKind::Plain => "",
        };
        let usual = || Url::parse(&format!("https://{}/{path}", self.host)).ok();
        self.api_base.clone().or_else(usual).unwrap_or_else(|| Url::parse("https://invalid./").expect("a constant"))
    }

    /// The settings of `git` for the host.
    pub fn git_settings(&self) -> Vec<(String, String)> {
        let certificate = self.ca_file.iter().map(|file| ("http.sslCAInfo".to_owned(), file.display().to_string()));
        certificate.chain(self.proxy.iter().map(|proxy| ("http.proxy".to_owned(), proxy.to_string()))).collect()
    }
}

impl Integrations {
    /// The hosts for the guarded client. A GitHub host brings the hosts that serve its content with it.
    pub fn hosts(&self) -> Vec<Host> {
        let mut hosts = Vec::new();
        for integration in &self.0 {
            let mut names = vec![integration.host.clone()];
            // Only hosts that serve the content of files: with a token, an API answers far more than that.
            if integration.kind == IntegrationKind::BitbucketServer {
                names.extend(integration.api_base.as_ref().and_then(host_and_port));
            }
            if integration.kind == IntegrationKind::GitHub && integration.host == "github.com" {
                names.push("raw.githubusercontent.com".to_owned());
            }
            names.sort();
            names.dedup();
            hosts.extend(names.into_iter().map(|name| Host {
                name,
                allow_private: integration.allow_private,
                authorization: integration.token.as_ref().map(|token| format!("Bearer {token}")),
                ca_file: integration.ca_file.clone(),
                proxy: integration.proxy.clone(),
            }));
        }
        hosts
    }

    /// The hosts with their APIs, for a guarded client that brings no credential of its own: whoever asks an API says with which.
    pub fn api_hosts(&self) -> Vec<Host> {
        let mut hosts: Vec<Host> = Vec::new();
        for integration in &self.0 {
            let api = integration.api();
            for name in [Some(integration.host.clone()), host_and_port(&api)].into_iter().flatten() {
                if !hosts.iter().any(|host| host.name == name) {
                    hosts.push(Host {
                        name,
                        allow_private: integration.allow_private,
                        authorization: None,
                        ca_file: integration.ca_file.clone(),
                        proxy: integration.proxy.clone(),
                    });
                }
            }
        }
        hosts
    }

    /// The integration of the host of `url`.
    pub fn of(&self, url: &Url) -> Option<&Integration> {
        let name = host_and_port(url)?;
        self.0.iter().find(|integration| integration.host == name)
    }

    /// What `git` has to know of a remote; a path on this machine has no host.
    pub fn remote(&self, remote: &str) -> Remote {
        let integration = Url::parse(remote).ok().and_then(|url| self.of(&url));
        Remote {
            url: remote.to_owned(),
            token: integration.and_then(|integration| integration.token.clone()),
            settings: integration.map(Integration::git_settings).unwrap_or_default(),
        }
    }

    /// Where the content of `url` is: the raw file for a file's page on a known host, else `url` itself.
    pub fn raw(&self, url: &Url) -> Url {
        let Some(integration) = self.of(url) else { return url.clone() };
        match integration.kind {
            IntegrationKind::GitHub => github_raw(url),
            IntegrationKind::GitLab => gitlab_raw(url),
            IntegrationKind::BitbucketServer => bitbucket_raw(url, integration.api_base.as_ref()),
            IntegrationKind::Plain => None,
        }
        .unwrap_or_else(|| url.clone())
    }

    /// The page of a file in the repository at `remote`, at its newest revision; `None` where it is not known how the host shows files.
    pub fn web_page(&self, remote: &Url, path: &str) -> Option<String> {
        let view = match self.of(remote).filter(|_| matches!(remote.scheme(), "https" | "http"))?.kind {
            IntegrationKind::GitHub => "blob/HEAD",
            IntegrationKind::GitLab => "-/blob/HEAD",
            IntegrationKind::BitbucketServer | IntegrationKind::Plain => return None,
        };
        let mut page = remote.clone();
        page.set_path(&format!("{}/{view}/{path}", remote.path().trim_end_matches(".git").trim_end_matches('/')));
        Some(page.into())
    }

    /// The place in a repository that `url` is the page or the raw file of; `None` where the host's addresses are not known.
    pub fn repository(&self, url: &Url) -> Option<Repository> {
        if url.host_str() == Some("raw.githubusercontent.com") {
            let mut home = url.clone();
            home.set_host(Some("github.com")).ok()?;
            let segments = segments(url);
            return (self.of(&home)?.kind == IntegrationKind::GitHub && segments.len() > 2)
                .then(|| Repository::of(&home, &segments[..2], &segments[2..]));
        }
        let segments = segments(url);
        let segments = match segments.split_last() {
            Some((&"", before)) => before,
            _ => &segments[..],
        };
        let view = |segment: &&str| matches!(*segment, "blob" | "tree" | "raw" | "edit");
        match self.of(url)?.kind {
            IntegrationKind::GitHub => match segments {
                [_, _] => Some(Repository::of(url, segments, &[])),
                [_, _, shown, rest @ ..] if view(shown) => Some(Repository::of(url, &segments[..2], rest)),
                _ => None,
            },
            IntegrationKind::GitLab => {
                let end = segments.iter().position(|segment| *segment == "-");
                let at = match end {
                    Some(dash) => segments.get(dash + 1).filter(|shown| view(shown)).map(|_| dash + 1)?,
                    None => segments.iter().position(view).unwrap_or(segments.len()),
                };
                let project = &segments[..end.unwrap_or(at)];
                (project.len() > 1).then(|| Repository::of(url, project, segments.get(at + 1..).unwrap_or_default()))
            }
            IntegrationKind::BitbucketServer => {
                let at = segments.iter().position(|segment| *segment == "projects")?;
                let ["projects", project, "repos", repo, rest @ ..] = &segments[at..] else { return None };
                let path = match rest.split_first() {
                    None => rest,
                    Some((view, path)) if matches!(*view, "browse" | "raw") => path,
                    Some(_) => return None,
                };
                let (project, shown) = (project.to_lowercase(), url.query_pairs().find(|(name, _)| name == "at"));
                let place = [&segments[..at], &["scm", &project, repo]].concat();
                let mut found = Repository::of(url, &place, &[]);
                found.path = decoded(path);
                found.reference = shown.map_or(found.reference, |(_, reference)| reference.into_owned());
                Some(found)
            }
            IntegrationKind::Plain => url.path().ends_with(".git").then(|| Repository::of(url, segments, &[])),
        }
    }

    /// The part of `url`'s path within which relative targets stay: the repository and revision on a known host, else the folder.
    pub fn boundary(&self, url: &Url) -> String {
        let segments = segments(url);
        let within = |count: usize| format!("/{}/", segments[..count].join("/"));
        match self.of(url).map(|integration| integration.kind) {
            Some(IntegrationKind::GitHub) => match reference_end(&segments, 3) {
                Some(end) => within(end),
                None => folder(url),
            },
            Some(IntegrationKind::GitLab) => {
                let dash = segments.iter().position(|segment| *segment == "-");
                match dash.and_then(|dash| reference_end(&segments, dash + 2)) {
                    Some(end) => within(end),
                    None => folder(url),
                }
            }
            Some(IntegrationKind::BitbucketServer) if segments.len() > 5 => within(5),
            _ => folder(url),
        }
    }
}

/// A place in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Where it is cloned from.
    pub remote: Url,
    /// A branch, a tag or a commit; `HEAD` where the address names none.
    pub reference: String,
    /// The file or folder; empty for the root.
    pub path: String,
}

impl Repository {
    /// On the host of `url`, at `place`; `shown` is the reference followed by the path.
    fn of(url: &Url, place: &[&str], shown: &[&str]) -> Self {
        let mut remote = url.clone();
        remote.set_query(None);
        remote.set_fragment(None);
        remote.set_path(&format!("/{}.git", place.join("/").trim_end_matches(".git")));
        let end = if shown.first() == Some(&"refs") { 3 } else { 1 }.min(shown.len());
        let reference = if shown.is_empty() { "HEAD".to_owned() } else { decoded(&shown[..end]) };
        Self { remote, reference, path: decoded(&shown[end..]) }
    }
}

fn decoded(segments: &[&str]) -> String {
    percent_decode_str(&segments.join("/")).decode_utf8_lossy().into_owned()
}

/// `host`, or `host:port` where the port is not the scheme's own.
fn host_and_port(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().map(|segments| segments.collect()).unwrap_or_default()
}

/// Where the reference that begins at segment `start` ends, if a path follows: `main` is one segment, `refs/heads/main` three.
fn reference_end(segments: &[&str], start: usize) -> Option<usize> {
    let end = start + if segments.get(start) == Some(&"refs") { 3 } else { 1 };
    (segments.len() > end).then_some(end)
}

/// `/owner/repo/blob/ref/path` to the host's raw address.
fn github_raw(url: &Url) -> Option<Url> {
    let segments = segments(url);
    let [owner, repo, view @ ("blob" | "tree" | "raw" | "edit"), rest @ ..] = segments.as_slice() else { return None };
    if rest.len() < 2 {
        return None;
    }
    let mut raw = url.clone();
    raw.set_query(None);
    raw.set_fragment(None);
    if url.host_str() == Some("github.com") {
        raw.set_host(Some("raw.githubusercontent.com")).ok()?;
        raw.set_path(&format!("/{owner}/{repo}/{}", rest.join("/")));
    } else if *view != "raw" {
        raw.set_path(&format!("/{owner}/{repo}/raw/{}", rest.join("/")));
    }
    Some(raw)
}

/// `/group/project/-/blob/ref/path` to `/group/project/-/raw/ref/path`.
fn gitlab_raw(url: &Url) -> Option<Url> {
    let mut segments = segments(url);
    let view = segments.iter().position(|segment| matches!(*segment, "blob" | "tree" | "edit"))?;
    if view < 2 || segments.len() < view + 3 {
        return None;
    }
    segments[view] = "raw";
    let path = format!("/{}", segments.join("/"));
    let mut raw = url.clone();
    raw.set_query(None);
    raw.set_fragment(None);
    raw.set_path(&path);
    Some(raw)
}

/// `/projects/P/repos/R/browse/path?at=ref` to the raw resource of the REST API.
fn bitbucket_raw(url: &Url, api_base: Option<&Url>) -> Option<Url> {
    let segments = segments(url);
    let at = segments.iter().position(|segment| *segment == "projects")?;
    let ["projects", project, "repos", repo, "browse" | "raw", path @ ..] = &segments[at..] else { return None };
    let mut raw = api_base.cloned().unwrap_or_else(|| {
        let mut base = url.clone();
        base.set_path(&format!(
            "{}/rest/api/1.0",
            segments[..at].iter().map(|segment| format!("/{segment}")).collect::<String>()
        ));
        base
    });
    let base = raw.path().trim_end_matches('/').to_owned();
    raw.set_path(&format!("{base}/projects/{project}/repos/{repo}/raw/{}", path.join("/")));
    raw.set_query(url.query());
    raw.set_fragment(None);
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrations() -> Integrations {
        let of = |kind, host: &str| Integration {
            kind,
            host: host.into(),
            api_base: None,
            token: Some("secret".into()),
            ca_file: None,
            proxy: None,
            allow_private: false,
        };
        Integrations(vec![
            of(IntegrationKind::GitHub, "github.com"),
            of(IntegrationKind::GitHub, "ghe.bank.example"),
            of(IntegrationKind::GitLab, "gitlab.bank.example"),
            of(IntegrationKind::BitbucketServer, "bitbucket.bank.example:7990"),
        ])
    }

    fn raw(url: &str) -> String {
        integrations().raw(&Url::parse(url).unwrap()).into()
    }

    #[test]
    fn the_page_of_a_file_is_read_as_its_raw_file() {
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a/b.yaml"),
            "https://raw.githubusercontent.com/o/r/main/a/b.yaml"
        );
        assert_eq!(
            raw("https://ghe.bank.example/o/r/blob/main/b.yaml"),
            "https://ghe.bank.example/o/r/raw/main/b.yaml"
        );
        assert_eq!(
            raw("https://gitlab.bank.example/g/s/p/-/blob/main/b.yaml?ref_type=heads"),
            "https://gitlab.bank.example/g/s/p/-/raw/main/b.yaml"
        );
        assert_eq!(
            raw("https://bitbucket.bank.example:7990/projects/P/repos/R/browse/a/b.yaml?at=main"),
            "https://bitbucket.bank.example:7990/rest/api/1.0/projects/P/repos/R/raw/a/b.yaml?at=main"
        );
        assert_eq!(raw("https://other.example/o/r/blob/main/b.yaml"), "https://other.example/o/r/blob/main/b.yaml");
    }

    #[test]
    fn the_page_of_a_file_or_folder_is_a_place_in_a_repository() {
        let place = |url: &str| {
            let found = integrations().repository(&Url::parse(url).unwrap());
            found.map(|found| format!("{} {} {}", found.remote, found.reference, found.path))
        };
        for (url, expected) in [
            ("https://github.com/o/r/blob/main/a%20b/t.yaml", "https://github.com/o/r.git main a b/t.yaml"),
            ("https://github.com/o/r/tree/v1.2/skeleton/", "https://github.com/o/r.git v1.2 skeleton"),
            ("https://github.com/o/r/tree/refs/heads/x/a", "https://github.com/o/r.git refs/heads/x a"),
            ("https://github.com/o/r/tree/main", "https://github.com/o/r.git main "),
            ("https://github.com/o/r", "https://github.com/o/r.git HEAD "),
            ("https://github.com/o/r.git", "https://github.com/o/r.git HEAD "),
            ("https://raw.githubusercontent.com/o/r/main/a.yaml", "https://github.com/o/r.git main a.yaml"),
            (
                "https://gitlab.bank.example/g/s/p/-/blob/main/a.yaml?ref_type=heads",
                "https://gitlab.bank.example/g/s/p.git main a.yaml",
            ),
            ("https://gitlab.bank.example/g/p/tree/main/a", "https://gitlab.bank.example/g/p.git main a"),
            ("https://gitlab.bank.example/g/p", "https://gitlab.bank.example/g/p.git HEAD "),
            (
                "https://bitbucket.bank.example:7990/projects/P/repos/r/browse/a/b.yaml?at=refs/heads/main",
                "https://bitbucket.bank.example:7990/scm/p/r.git refs/heads/main a/b.yaml",
            ),
        ] {
            assert_eq!(place(url).as_deref(), Some(expected), "{url}");
        }
        for url in ["https://other.example/o/r/blob/main/a", "https://github.com/o", "https://github.com/o/r/issues/1"]
        {
            assert_eq!(place(url), None, "{url}");
        }
    }

    #[test]
    fn relative_targets_stay_within_the_repository_and_revision() {
        let boundary = |url: &str| integrations().boundary(&Url::parse(url).unwrap());
        assert_eq!(boundary("https://github.com/o/r/blob/main/a/b.yaml"), "/o/r/blob/main/");
        assert_eq!(boundary("https://gitlab.bank.example/g/p/-/blob/main/a/b.yaml"), "/g/p/-/blob/main/");
        assert_eq!(boundary("https://other.example/x/y/b.yaml"), "/x/y/");
        assert_eq!(boundary("https://github.com/o/r/blob/refs/pull/9/head/b.yaml"), "/o/r/blob/refs/pull/9/");
        assert_eq!(
            boundary("https://gitlab.bank.example/g/s/p/-/blob/refs/heads/x/b.yaml"),
            "/g/s/p/-/blob/refs/heads/x/"
        );
        assert_eq!(
            boundary("https://bitbucket.bank.example:7990/projects/P/repos/R/browse/a/b.yaml?at=main"),
            "/projects/P/repos/R/browse/"
        );
        assert_eq!(
            boundary("https://github.com/o/r/blob/main"),
            "/o/r/blob/",
            "a page without a path is not of main alone"
        );
    }

    #[test]
    fn cve_2026_106459_an_api_that_serves_more_than_files_is_not_asked() {
        let mut integrations = integrations();
        for integration in &mut integrations.0 {
            integration.api_base = Some(Url::parse("https://api.bank.example/v3").unwrap());
        }
        let with = |kind| {
            let hosts = Integrations(integrations.0.iter().filter(|each| each.kind == kind).cloned().collect()).hosts();
            hosts.iter().any(|host| host.name == "api.bank.example")
        };
        assert!(!with(IntegrationKind::GitHub) && !with(IntegrationKind::GitLab));
        assert!(with(IntegrationKind::BitbucketServer), "it serves files through its API alone");
    }

    #[test]
    fn where_something_is_made_is_known_and_asked_without_a_credential() {
        let mut integrations = integrations();
        let of = |integrations: &Integrations, name: &str| {
            let host = integrations.host(name).expect(name);
            (host.kind, host.api.to_string(), host.web.to_string())
        };
        let github = |api: &str, web: &str| (CodeHostKind::GitHub, api.to_owned(), web.to_owned());
        assert_eq!(of(&integrations, "github.com"), github("https://api.github.com/", "https://github.com/"));
        assert_eq!(
            of(&integrations, "GHE.bank.example"),
            github("https://ghe.bank.example/api/v3/", "https://ghe.bank.example/")
        );
        integrations.0[1].host = "127.0.0.1:9000".into();
        integrations.0[1].api_base = Url::parse("http://127.0.0.1:9000/api").ok();
        assert_eq!(of(&integrations, "127.0.0.1:9000"), github("http://127.0.0.1:9000/api", "http://127.0.0.1:9000/"));
        assert!(integrations.host("evil.example").is_none());
        let hosts = integrations.api_hosts();
        assert!(hosts.iter().any(|host| host.name == "api.github.com"));
        assert!(hosts.iter().all(|host| host.authorization.is_none()));
    }

    #[test]
    fn a_token_is_not_printed() {
        assert!(!format!("{:?}", integrations()).contains("secret"));
    }
}
