//! The forms of names, tags, keys and the like: small predicates, each with its rule in words.

use serde_json::Value;
use url::Url;

use super::{Errors, shown};
use crate::placeholders::{self, Source};

/// How long a name may be.
const LONGEST: usize = 63;

/// A rule about strings.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    holds: fn(&str) -> bool,
    /// The rule, after "must be".
    rule: &'static str,
}

pub(crate) const API_VERSION: Format = Format {
    holds: is_api_version,
    rule: "a version of letters and digits, with or without a lower-case domain and `/` before it, such as \
           backstage.io/v1alpha1",
};
pub(crate) const KIND: Format =
    Format { holds: is_kind, rule: "1 to 63 letters and digits, of which the first is a letter" };
pub(crate) const NAME: Format =
    Format { holds: is_name, rule: "1 to 63 characters: letters and digits, with `-`, `_` and `.` allowed in between" };
pub(crate) const NAMESPACE: Format = Format {
    holds: is_dns_label,
    rule: "1 to 63 characters: lower-case letters and digits, with `-` allowed in between",
};
pub(crate) const LABEL_VALUE: Format = Format {
    holds: |text| text.is_empty() || is_name(text),
    rule: "empty, or up to 63 letters and digits with `-`, `_` and `.` allowed in between",
};
pub(crate) const TAG: Format = Format {
    holds: is_tag,
    rule: "1 to 63 characters: lower-case letters, digits, `+`, `#` and `:`, with single `-` in between",
};
pub(crate) const URL: Format =
    Format { holds: |text| Url::parse(text).is_ok(), rule: "a complete URL, such as https://example.com/docs" };
pub(crate) const NOT_BLANK: Format = Format { holds: is_not_blank, rule: "a string that is not blank" };

/// The rule for the keys of labels and annotations.
pub(crate) const QUALIFIED: &str = "a key is a name (up to 63 letters and digits with `-`, `_` and `.` in between), with \
                                    or without a lower-case domain and `/` before it";

impl Format {
    /// Notes a value that is no string or breaks the rule.
    pub fn check(self, value: &Value, at: &str, errors: &mut Errors) {
        let holds = match value {
            Value::String(text) => (self.holds)(text),
            value => placeholders::source(value) == Some(Source::Text),
        };
        if !holds {
            let a_string = if value.is_string() { "" } else { "a string: " };
            let length = value.as_str().map_or(0, |text| text.chars().count());
            let length = if length > LONGEST { format!(", which has {length} characters") } else { String::new() };
            errors.add(at, format!("must be {a_string}{}; it is {}{length}", self.rule, shown(value)));
        }
    }
}

/// `name` or `domain/name`.
pub(crate) fn is_qualified_name(text: &str) -> bool {
    with_domain(text, is_name)
}

fn is_api_version(text: &str) -> bool {
    with_domain(text, |version| is_short(version) && version.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn with_domain(text: &str, suffix: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        Some((domain, rest)) => is_dns_subdomain(domain) && !rest.contains('/') && suffix(rest),
        None => suffix(text),
    }
}

fn is_short(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
}

fn is_kind(text: &str) -> bool {
    is_short(text)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_name(text: &str) -> bool {
    is_short(text)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_dns_label(text: &str) -> bool {
    is_short(text)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_dns_subdomain(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(is_dns_label)
}

fn is_tag(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b":+#".contains(&b);
    is_short(text) && text.split('-').all(|part| !part.is_empty() && part.bytes().all(allowed))
}

/// Blank is what JavaScript trims away: it keeps U+0085 and takes U+FEFF.
fn is_not_blank(text: &str) -> bool {
    text.chars().any(|c| c == '\u{85}' || !(c.is_whitespace() || c == '\u{feff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(63);
        for name in ["a", "A.b_c-d", "a--b", &long] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", ".", "a b", "ä", &"a".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn tags() {
        assert!(["c++", "c#", "a-b", "lang:go"].iter().all(|tag| is_tag(tag)));
        assert!(!["Java", "a--b", "-a", "a b", ""].iter().any(|tag| is_tag(tag)));
    }

    #[test]
    fn keys_and_versions() {
        assert!(is_qualified_name("example.com/team"));
        assert!(!["Example.com/x", "a/b/c", "/x", "x/", ""].iter().any(|key| is_qualified_name(key)));
        assert!(is_api_version("v1") && is_api_version("a.b/v1"));
        assert!(!is_api_version("backstage.io") && !is_api_version("a/b/v1"));
    }

    #[test]
    fn blank_is_what_javascript_trims() {
        assert!(!is_not_blank(" \t\u{feff}\u{a0}"));
        assert!(is_not_blank("\u{85}"));
    }
}
