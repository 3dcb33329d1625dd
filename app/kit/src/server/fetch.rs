//! The one client for everything that is fetched from outside.

mod address;
mod guard;
mod rule;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Proxy, Response, redirect};
use url::Url;

use self::guard::{Guard, Lookup, NotAllowed, System};
use self::rule::Rule;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// The longest URL shown in an error, in characters.
const SHOWN: usize = 300;

/// A guarded HTTP client: allowed hosts only, no private addresses unless allowed, limits on size and time, redirects checked one by one.
pub struct Fetcher {
    /// The narrower rule first, so that of two that match it is the one that counts, in whatever order they were written.
    entries: Vec<Entry>,
    max_bytes: u64,
    timeout: Duration,
}

/// What may be fetched, and how.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Hosts that may be asked, each with its integration.
    pub hosts: Vec<Host>,
    /// Largest body, in bytes.
    pub max_bytes: u64,
    /// Longest time for one fetch, all hops together.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { hosts: Vec::new(), max_bytes: 10 * 1024 * 1024, timeout: Duration::from_secs(30) }
    }
}

/// A host that may be asked.
#[derive(Clone, Default)]
pub struct Host {
    /// `host` (at its scheme's own port) or `host:port`; `*.example.com` allows its subdomains, not itself.
    pub name: String,
    /// Whether its addresses may be private or loopback. Link-local addresses and those of cloud metadata stay forbidden.
    pub allow_private: bool,
    /// Value of the `Authorization` header, sent to exactly this host over https (over http only to this machine) and never after a redirect from elsewhere.
    pub authorization: Option<String>,
    /// PEM file with further certificate authorities.
    pub ca_file: Option<std::path::PathBuf>,
    /// HTTP proxy for this host. The proxy then looks the host's name up, so its addresses cannot be checked here.
    pub proxy: Option<Url>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("name", &self.name)
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

/// What was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where the last hop answered.
    pub url: Url,
    /// The body.
    pub body: Vec<u8>,
}

/// Why something was not fetched. The texts are safe to show: they hold neither queries nor credentials.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The host is not on the list.
    #[error("{0} is not an allowed host")]
    HostNotAllowed(String),
    /// The host is allowed, but it has an address that is not.
    #[error("{0} has a private or reserved address, which is not allowed for it")]
    AddressNotAllowed(String),
    /// One redirect led to the next.
    #[error("{0} redirects more than {REDIRECTS} times")]
    TooManyRedirects(String),
    /// The body is larger than the limit.
    #[error("{0} is larger than the limit")]
    TooLarge(String),
    /// It took longer than the limit.
    #[error("{0} did not answer in time")]
    Timeout(String),
    /// The host answered with something else than success.
    #[error("the host answered with status {0}")]
    Status(u16),
    /// The address itself is one that is never fetched.
    #[error("{0}")]
    BadUrl(String),
    /// No connection came about, so nothing was sent.
    #[error("{0}")]
    Unreached(String),
    /// The connection broke.
    #[error("{0}")]
    Failed(String),
    /// The policy itself is wrong.
    #[error("{name}: {problem}")]
    Setting {
        /// Which setting.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Fetcher {
    /// A client under `policy`.
    pub fn new(policy: Policy) -> Result<Self, FetchError> {
        Self::with_lookup(policy, Arc::new(System))
    }

    /// Gets `url` with the host's credential.
    pub async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.fetch(url, true).await
    }

    /// Gets `url` as anybody could: for what somebody else's text asks for.
    pub async fn get_without_credential(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.fetch(url, false).await
    }

    /// Sends a request of a protocol that needs more than reading (sign-in, the API of a code host): the same checks and limits, without the host's credential.
    /// No redirect is followed, and every status is an answer.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError> {
        self.exchange(request, false).await
    }

    /// The same to an address whose steps the caller has encoded itself, each from a checked name: a slash within one (`group%2Fproject`) is meant.
    pub async fn send_encoded(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, FetchError> {
        self.exchange(request, true).await
    }

    /// Checks that `url` is on an allowed host, without looking its name up.
    pub fn listed(&self, url: &Url) -> Result<(), FetchError> {
        self.entry(url).map(drop)
    }

    /// Checks that `url` may be fetched, its addresses included, for a program that fetches by itself.
    pub async fn check(&self, url: &Url) -> Result<(), FetchError> {
        let entry = self.entry(url)?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or(22);
        let found = tokio::net::lookup_host((host, port)).await;
        let mut found = found.map_err(|error| FetchError::Failed(format!("{}: {error}", origin(url))))?;
        if found.any(|address| !address::allowed(address.ip(), entry.allow_private)) {
            return Err(FetchError::AddressNotAllowed(origin(url)));
        }
        Ok(())
    }

    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
        slashes: bool,
    ) -> Result<http::Response<Vec<u8>>, FetchError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let url =
            Url::parse(&url).map_err(|_| FetchError::BadUrl("the address of the request is no URL".to_owned()))?;
        let exchange = async {
            let entry = if slashes { self.entry_of(&url, &url.path().replace("%2F", "_"))? } else { self.entry(&url)? };
            let request = entry.client.request(parts.method, url.clone()).headers(parts.headers).body(body);
            let response = request.send().await.map_err(|error| failed(&url, error))?;
            let mut answer = http::Response::new(Vec::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = response.headers().clone();
            *answer.body_mut() = self.body(response, &url).await?;
            Ok(answer)
        };
        tokio::time::timeout(self.timeout, exchange).await.unwrap_or_else(|_| Err(FetchError::Timeout(shown(&url))))
    }

    async fn fetch(&self, url: &Url, with_credential: bool) -> Result<Fetched, FetchError> {
        let fetched = tokio::time::timeout(self.timeout, self.follow(url, with_credential)).await;
        fetched.unwrap_or_else(|_| Err(FetchError::Timeout(shown(url))))
    }

    fn with_lookup(policy: Policy, lookup: Arc<dyn Lookup>) -> Result<Self, FetchError> {
        let mut entries: Vec<Entry> = Vec::with_capacity(policy.hosts.len());
        for host in policy.hosts {
            let entry = Entry::new(host, lookup.clone())?;
            if entries.iter().any(|other| other.rule == entry.rule) {
                return Err(setting(&entry.name, "name", "the host is on the list twice"));
            }
            entries.push(entry);
        }
        entries.sort_by_key(|entry| entry.rule.breadth());
        Ok(Self { entries, max_bytes: policy.max_bytes, timeout: policy.timeout })
    }

    async fn follow(&self, first: &Url, with_credential: bool) -> Result<Fetched, FetchError> {
        let mut url = first.clone();
        let mut same_origin = with_credential;
        for _ in 0..=REDIRECTS {
            url.set_fragment(None);
            let entry = self.entry(&url)?;
            // Once a redirect has led elsewhere the credential stays at home, also when the next one leads back.
            same_origin &= url.origin() == first.origin();
            let response = entry.send(&url, same_origin).await?;
            match next(&response, &url)? {
                Some(next) => url = next,
                None => return self.read(response, url).await,
            }
        }
        Err(FetchError::TooManyRedirects(shown(first)))
    }

    /// The host entry under which this URL may be fetched: every check that needs no look-up.
    fn entry(&self, url: &Url) -> Result<&Entry, FetchError> {
        self.entry_of(url, url.path())
    }

    /// The same, with the path by which it is judged.
    fn entry_of(&self, url: &Url, path: &str) -> Result<&Entry, FetchError> {
        if let Some(problem) = rule::problem(url, path) {
            return Err(FetchError::BadUrl(format!("{} {problem}", shown(url))));
        }
        let entry = self.entries.iter().find(|entry| entry.rule.covers(url));
        let entry = entry.ok_or_else(|| FetchError::HostNotAllowed(origin(url)))?;
        // A literal address is never looked up, so the guard of look-ups does not see it.
        match rule::literal(url) {
            Some(address) if !address::allowed(address, entry.allow_private) => {
                Err(FetchError::AddressNotAllowed(origin(url)))
            }
            _ => Ok(entry),
        }
    }

    async fn read(&self, response: Response, url: Url) -> Result<Fetched, FetchError> {
        let status = response.status();
        if !status.is_success() {
            return Err(FetchError::Status(status.as_u16()));
        }
        let body = self.body(response, &url).await?;
        Ok(Fetched { url, body })
    }

    async fn body(&self, mut response: Response, url: &Url) -> Result<Vec<u8>, FetchError> {
        if response.content_length().is_some_and(|length| length > self.max_bytes) {
            return Err(FetchError::TooLarge(shown(url)));
        }
        let mut body = Vec::new();
        // The chunks come out of the decompression, so what is counted is what is kept.
        while let Some(chunk) = response.chunk().await.map_err(|error| failed(url, error))? {
            if (body.len() + chunk.len()) as u64 > self.max_bytes {
                return Err(FetchError::TooLarge(shown(url)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|entry| &entry.name)).finish()
    }
}

/// A host with its own client, so that no connection, authority or proxy of one serves another.
struct Entry {
    name: String,
    rule: Rule,
    allow_private: bool,
    authorization: Option<HeaderValue>,
    client: Client,
}

impl Entry {
    fn new(host: Host, lookup: Arc<dyn Lookup>) -> Result<Self, FetchError> {
        let name = host.name.clone();
        let wrong = |part: &str, problem: &str| setting(&name, part, problem);
        let rule = Rule::parse(&host.name).map_err(|problem| wrong("name", &problem))?;
        // `no_proxy` keeps a proxy of the environment out, behind which no address could be checked.
        let mut client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("portico/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &host.ca_file {
            let pem = fs::read(path).map_err(|error| wrong("ca_file", &format!("{}: {error}", path.display())))?;
            let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if certificates.is_empty() {
                return Err(wrong("ca_file", &format!("{} holds no certificate in PEM form", path.display())));
            }
            client = certificates.into_iter().fold(client, |client, each| client.add_root_certificate(each));
        }
        client = match &host.proxy {
            Some(proxy) if !matches!(proxy.scheme(), "http" | "https") => {
                return Err(wrong("proxy", "the proxy must be an http or https URL"));
            }
            Some(proxy) => {
                client.proxy(Proxy::all(proxy.as_str()).map_err(|_| wrong("proxy", "the proxy's URL is not valid"))?)
            }
            None => client.dns_resolver(Arc::new(Guard { lookup, allow_private: host.allow_private })),
        };
        let authorization = match &host.authorization {
            Some(_) if rule.is_wild() => {
                return Err(wrong("authorization", "a credential belongs to one host, not to a wildcard"));
            }
            Some(value) => {
                let mut value = HeaderValue::from_str(value)
                    .map_err(|_| wrong("authorization", "the value holds characters that a header cannot"))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let client = client.build().map_err(|error| wrong("client", &cause(&error)))?;
        Ok(Self { rule, allow_private: host.allow_private, authorization, client, name })
    }

    async fn send(&self, url: &Url, same_origin: bool) -> Result<Response, FetchError> {
        let mut request = self.client.get(url.clone());
        let private = url.scheme() == "https" || self.allow_private && rule::is_this_machine(url);
        if let Some(value) = self.authorization.as_ref().filter(|_| same_origin && private) {
            request = request.header(AUTHORIZATION, value.clone());
        }
        request.send().await.map_err(|error| failed(url, error))
    }
}

/// Where a redirect leads; `None` when the response is none.
fn next(response: &Response, url: &Url) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let next = location.to_str().ok().and_then(|location| url.join(location).ok());
    let next = next.ok_or_else(|| FetchError::BadUrl(format!("{} redirects to no valid URL", shown(url))))?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(FetchError::BadUrl(format!("{} redirects from https to http", shown(url))));
    }
    Ok(Some(next))
}

/// The URL as an error shows it: without query, fragment and credentials.
fn shown(url: &Url) -> String {
    format!("{}{}", origin(url), url.path()).chars().take(SHOWN).collect()
}

fn origin(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

fn failed(url: &Url, error: reqwest::Error) -> FetchError {
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(each) = source {
        if each.is::<NotAllowed>() {
            return FetchError::AddressNotAllowed(origin(url));
        }
        source = each.source();
    }
    let text = format!("{} could not be fetched: {}", shown(url), cause(&error));
    if error.is_connect() { FetchError::Unreached(text) } else { FetchError::Failed(text) }
}

/// The innermost cause; the outer texts may hold the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost = error.source();
    while let Some(source) = innermost.and_then(Error::source) {
        innermost = Some(source);
    }
    innermost.map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

fn setting(host: &str, part: &str, problem: &str) -> FetchError {
    FetchError::Setting { name: format!("hosts[{host}].{part}"), problem: problem.to_owned() }
}
