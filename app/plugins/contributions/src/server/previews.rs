//! Where the pages of contributors are shown to people: on another host than the portal's, under a name that nobody can guess.
//!
//! The name says which submission and until when, and bears the portal's mark; nothing is asked of whoever knows it, since no cookie of the
//! portal reaches that host. It is made for those who may see the contribution.

use review::{Contribution, Millis, Ui};
use url::Url;
use uuid::Uuid;

use super::Contributions;
use super::store;

/// What marks are for.
const PURPOSE: &str = "preview";

/// An hour.
const HOUR: Millis = 60 * 60 * 1000;

/// How long a name is good for, in hours.
const HOURS: i64 = 24;

/// The digits of a name before its mark: the contribution, the submission, how it is shown, and the last hour.
const SAID: usize = 32 + 3 + 1 + 6;

/// The host below which pages are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previews {
    /// This machine alone: below `localhost`, at the port at which the portal was asked.
    Here,
    /// Below a host of the bank's, which the portal at the second address shows in frames.
    At(Url, Url),
    /// Nowhere: the portal has no second host.
    Nowhere,
}

/// What is shown, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The contribution, by its public number.
    pub contribution: String,
    /// The submission; at most 4,095.
    pub submission: u32,
    /// Whether it is dark.
    pub dark: bool,
    /// Whether it has as little motion as it can.
    pub still: bool,
}

impl Previews {
    /// Where frames of the portal's pages may come from, as a policy names it; nothing where there are none.
    pub fn sources(&self) -> String {
        match self {
            Self::Here => "http://*.localhost:*".to_owned(),
            Self::At(url, _) => format!("{}://*.{}", url.scheme(), authority(url)),
            Self::Nowhere => String::new(),
        }
    }

    /// The name below the host that a request names in its Host header; nothing where that is another host.
    pub fn name<'a>(&self, host: &'a str) -> Option<&'a str> {
        let below = match self {
            Self::Here => "localhost".to_owned(),
            Self::At(url, _) => url.host_str()?.to_owned(),
            Self::Nowhere => return None,
        };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let (name, rest) = name.split_once('.')?;
        rest.eq_ignore_ascii_case(&below).then_some(name)
    }

    /// The pages that may show a page of this Host in a frame: the portal's, as a policy names them.
    pub fn portal(&self, host: &str) -> String {
        match self {
            Self::Here => {
                let port = host.rsplit_once(':').map_or("", |(_, port)| port);
                let port = if port.bytes().all(|byte| byte.is_ascii_digit()) { port } else { "" };
                let port = if port.is_empty() { String::new() } else { format!(":{port}") };
                format!("http://127.0.0.1{port} http://localhost{port}")
            }
            Self::At(_, portal) => portal.origin().ascii_serialization(),
            Self::Nowhere => "'none'".to_owned(),
        }
    }

    /// The address of the page of this name, for whoever asked the portal by `host`.
    fn href(&self, host: &str, name: &str) -> Option<String> {
        match self {
            Self::Here => {
                let port = host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
                Some(format!("http://{name}.localhost{port}"))
            }
            Self::At(url, _) => Some(format!("{}://{name}.{}", url.scheme(), authority(url))),
            Self::Nowhere => None,
        }
    }
}

impl Contributions {
    /// The address below which a submission is shown, for whoever asked the portal by `host`; nothing where it cannot be.
    pub fn preview_href(&self, host: &str, preview: &Preview) -> Option<String> {
        let id = Uuid::parse_str(&preview.contribution).ok()?.simple().to_string();
        let shows = u8::from(preview.dark) | u8::from(preview.still) << 1;
        let until = self.kit.clock.now() / HOUR + HOURS;
        let said = format!("{id}{:03x}{shows:x}{until:06x}", preview.submission);
        (said.len() == SAID)
            .then(|| self.previews.href(host, &format!("{said}{}", self.kit.vault.mark(PURPOSE, &said))))?
    }

    /// What a name means; nothing where it was not given by this portal, or is over.
    pub fn preview(&self, name: &str) -> Option<Preview> {
        let (said, mark) = name.split_at_checked(SAID)?;
        if !self.kit.vault.is_mark(PURPOSE, said, mark) {
            return None;
        }
        let number = |from: usize, to: usize| i64::from_str_radix(said.get(from..to)?, 16).ok();
        if number(SAID - 6, SAID)? < self.kit.clock.now() / HOUR {
            return None;
        }
        let shows = number(35, 36)?;
        Some(Preview {
            contribution: Uuid::parse_str(said.get(..32)?).ok()?.to_string(),
            submission: u32::try_from(number(32, 35)?).ok()?,
            dark: shows & 1 != 0,
            still: shows & 2 != 0,
        })
    }

    /// The pages that a preview shows.
    pub async fn previewed(&self, preview: &Preview) -> Result<Option<Ui>, sea_orm::DbErr> {
        let stored = store::load(self.kit.db.read(), &preview.contribution).await?;
        Ok(stored.and_then(|stored| ui(&stored.contribution, preview.submission)))
    }
}

/// The pages of a submission.
pub(super) fn ui(contribution: &Contribution, submission: u32) -> Option<Ui> {
    contribution.submission(submission)?.material.ui.clone()
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use kit::server::testing::databases;

    use super::*;
    use crate::server::tests::Bank;

    #[test]
    fn pages_are_shown_below_a_host_and_nowhere_else() {
        let url = |text: &str| Url::parse(text).expect("an address");
        let at = Previews::At(url("https://pages.example"), url("https://portico.bank.example"));
        assert_eq!(at.name("abc.pages.example"), Some("abc"));
        assert_eq!(at.name("abc.pages.example:443"), Some("abc"));
        for other in
            ["pages.example", "a.b.pages.example", "abc.evilpages.example", "portico.bank.example", "abc.localhost"]
        {
            assert_eq!(at.name(other), None, "{other}");
        }
        assert_eq!(
            (at.sources().as_str(), at.portal("x").as_str()),
            ("https://*.pages.example", "https://portico.bank.example")
        );
        let here = Previews::Here;
        assert_eq!(
            (here.name("abc.localhost:3000"), here.name("localhost:3000"), here.name("127.0.0.1")),
            (Some("abc"), None, None)
        );
        assert_eq!(here.portal("abc.localhost:3000"), "http://127.0.0.1:3000 http://localhost:3000");
        assert_eq!(
            here.portal("abc.localhost:3; script-src *"),
            "http://127.0.0.1 http://localhost",
            "what is no port is left out"
        );
        assert_eq!(Previews::Nowhere.name("abc.localhost"), None);
    }

    #[tokio::test]
    async fn a_name_is_good_for_a_day_and_for_one_submission() {
        let db = databases().await.swap_remove(0);
        let bank = Bank::open(&db);
        let preview = Preview { contribution: Uuid::new_v4().to_string(), submission: 3, dark: true, still: true };
        let href = bank.here.preview_href("127.0.0.1:3000", &preview).expect("an address");
        let host = href.strip_prefix("http://").expect("http");
        assert!(host.ends_with(".localhost:3000"), "{href}");
        let name = bank.here.previews.name(host).expect("a name");
        assert!(name.len() <= 63, "a name of the DNS has 63 characters at most: {name}");
        assert_eq!(bank.here.preview(name), Some(preview.clone()));
        for at in 0..name.len() {
            let mut other = name.as_bytes().to_vec();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(bank.here.preview(std::str::from_utf8(&other).expect("text")), None, "{at}");
        }
        bank.later(25 * HOUR);
        assert_eq!(bank.here.preview(name), None, "it is over");
    }
}
