//! The portal's own cookies, besides the session's: one way to name and to write them.

use http::header::COOKIE;
use http::{Extensions, HeaderMap};

/// Whether browsers reach the portal by HTTPS alone: an extension of every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Secure(pub bool);

impl Secure {
    /// What holds for a request.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    /// A cookie that scripts do not see: behind HTTPS it is sent over nothing else, and no other host of the domain can set it.
    pub fn write(self, name: &str, value: &str, seconds: u32, same_site: &str) -> String {
        let secure = if self.0 { "; Secure" } else { "" };
        let name = self.name(name);
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}")
    }

    /// What the browser brings of it.
    pub fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        cookie_value(headers, &self.name(name))
    }

    fn name(self, name: &str) -> String {
        if self.0 { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// The value of a cookie.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_behind_https_is_the_hosts_alone() {
        let secure = Secure(true).write("portico-said", "x", 60, "Strict");
        assert_eq!(secure, "__Host-portico-said=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
        let plain = Secure(false).write("portico-said", "x", 60, "Strict");
        assert_eq!(plain, "portico-said=x; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, http::HeaderValue::from_static("portico-said=evil; __Host-portico-said=own"));
        assert_eq!(Secure(true).read(&headers, "portico-said"), Some("own"), "what another host set is not read");
        assert_eq!(Secure(false).read(&headers, "portico-said"), Some("evil"));
    }
}
