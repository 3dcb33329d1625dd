//! Which URLs a host entry covers, in the form into which the `url` crate brings every name.

use std::cmp::Reverse;
use std::net::IpAddr;

use url::{Host, Url};

/// The host and port of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// In lower case and IDNA form; an IPv6 address stands in brackets.
    host: String,
    /// Whether the subdomains are meant instead of the host.
    wild: bool,
    /// None: the own port of the scheme.
    port: Option<u16>,
}

impl Rule {
    /// Reads `host`, `host:port` or `*.host`.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let wrong = || "the name must be `host`, `host:port` or `*.host`".to_owned();
        let (wild, plain) = name.strip_prefix("*.").map_or((false, name), |rest| (true, rest));
        if plain.is_empty() || plain.contains(|c: char| c.is_whitespace() || c.is_control() || "/\\@?#*%".contains(c)) {
            return Err(wrong());
        }
        let http = Url::parse(&format!("http://{plain}/")).map_err(|_| wrong())?;
        let https = Url::parse(&format!("https://{plain}/")).map_err(|_| wrong())?;
        if wild && !matches!(http.host(), Some(Host::Domain(_))) {
            return Err("an address has no subdomains".to_owned());
        }
        // Each form leaves its own scheme's port out.
        let port = http.port().or(https.port());
        Ok(Self { host: http.host_str().ok_or_else(wrong)?.to_owned(), wild, port })
    }

    /// Whether the URL's host and port are the ones meant.
    pub(super) fn covers(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host_is = if self.wild {
            matches!(url.host(), Some(Host::Domain(_)))
                && host
                    .strip_suffix(&self.host)
                    .and_then(|rest| rest.strip_suffix('.'))
                    .is_some_and(|sub| !sub.is_empty())
        } else {
            host == self.host
        };
        let port_is = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        host_is && port_is
    }

    /// Whether it covers more than one host.
    pub(super) fn is_wild(&self) -> bool {
        self.wild
    }

    /// Orders rules from the narrowest.
    pub(super) fn breadth(&self) -> impl Ord + use<> {
        (self.wild, Reverse(self.host.len()), self.port.is_none())
    }
}

/// Why this URL is never fetched, whatever the hosts; its path is judged by `path`.
pub(super) fn problem(url: &Url, path: &str) -> Option<&'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some("is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("contains a user name or password");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Some("has no host");
    }
    hides_a_step(path).then_some("contains an encoded dot, slash or backslash")
}

/// The address, where the host is one.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}

/// Whether the URL is one of this machine by its name alone.
pub(super) fn is_this_machine(url: &Url) -> bool {
    match literal(url) {
        Some(address) => address.to_canonical().is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}

/// Whether some server, decoding the path once or several times, would see other steps in it than are checked here
/// (CVE-2026-29185). Dots need no encoding, so no honest URL is refused for one.
fn hides_a_step(path: &str) -> bool {
    let mut path = path.to_ascii_lowercase();
    loop {
        if ["%2e", "%2f", "%5c", "%00", "\\"].iter().any(|hidden| path.contains(hidden)) {
            return true;
        }
        // Some servers cut parameters off a step: `..;x` is `..` to them.
        if path.split('/').any(|step| matches!(step.split(';').next(), Some("." | ".."))) {
            return true;
        }
        if !path.contains("%25") {
            return false;
        }
        path = path.replace("%25", "%");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(rule: &str, url: &str) -> bool {
        Rule::parse(rule).expect(rule).covers(&Url::parse(url).expect(url))
    }

    #[test]
    fn a_rule_covers_its_host_and_port_alone() {
        for (rule, url) in [
            ("git.bank.example", "https://git.bank.example/x"),
            ("git.bank.example", "http://GIT.Bank.example:80/"),
            ("Git.Bank.Example:8443", "https://git.bank.example:8443/"),
            ("git.bank.example:443", "https://git.bank.example/"),
            ("bücher.example", "https://xn--bcher-kva.example/"),
            ("*.bank.example", "https://a.b.bank.example/"),
            ("127.0.0.1:80", "http://0x7f.1/"),
            ("[::1]:8080", "http://[0:0::1]:8080/"),
        ] {
            assert!(covers(rule, url), "{rule} {url}");
        }
        for (rule, url) in [
            ("git.bank.example", "https://git.bank.example:8443/"),
            ("git.bank.example:8443", "https://git.bank.example/"),
            ("git.bank.example", "https://git.bank.example.evil.example/"),
            ("git.bank.example", "https://evilgit.bank.example/"),
            ("git.bank.example", "https://git.bank.example./"),
            ("*.bank.example", "https://bank.example/"),
            ("*.bank.example", "https://evilbank.example/"),
            ("*.bank.example", "https://.bank.example/"),
            ("*.bank.example", "https://a.bank.example:8443/"),
        ] {
            assert!(!covers(rule, url), "{rule} {url}");
        }
    }

    #[test]
    fn a_name_that_is_no_host_is_refused() {
        for name in ["", "*", "*.", "*.*.x", "a/b", "u@h", "h?x", "h#x", "h\\x", "a b", "*.127.0.0.1", "h:x", "a%2eb"] {
            assert!(Rule::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn cve_2026_29185_encoded_steps_are_refused() {
        for path in
            ["a%2fb", "a%2Fb", "a/%252e%252e/b", "a/%25252E./b", "a%5c..%5cb", "a/..;x/b", "a/.;/b", "a%00b", "x%2ey"]
        {
            assert!(hides_a_step(&format!("/{path}")), "{path}");
        }
        for path in ["a/b.c", "a/..b/c..", "a%20b", "%C3%A4", "100%25", "a;b=c"] {
            assert!(!hides_a_step(&format!("/{path}")), "{path}");
        }
    }
}
