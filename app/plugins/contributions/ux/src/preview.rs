//! What a site looks like to people: in a theme and a motion of their choice, with what the workbench asks of it.
//!
//! A frame takes both from the system, and none of it can be asked for from outside. So the files are served as if the system had what is
//! wanted: media queries about it are put right, and scripts are told the same. Evidence is made of the files as they are.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::VALIDATOR;
use crate::report::Theme;

/// Where a page of a preview finds what answers the workbench.
pub const SCRIPT: &str = "/.portico/workbench.js";

/// What answers the workbench within a page.
const WORKBENCH: &str = include_str!("workbench.js");

/// What a query says that always holds, and one that never does.
const HOLDS: &str = "(min-width:0px)";
const NEVER: &str = "(max-width:0px)";

static THEME: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)"));
static MOTION: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\(\s*prefers-reduced-motion\s*(?::\s*(reduce|no-preference)\s*)?\)"));
static SCHEME: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\bcolor-scheme\s*:\s*(?:light\s+dark|dark\s+light)\b"));
static SCHEME_TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)<meta\b[^>]*\bcolor-scheme\b[^>]*>"));
static BOTH: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\b(?:light\s+dark|dark\s+light)\b"));
static FONT: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\bfont-display\s*:\s*(?:optional|fallback)\b"));
static HEAD: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)<head(?:\s[^>]*)?>"));

/// How somebody wants to see a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// In which theme.
    pub theme: Theme,
    /// Whether with as little motion as the site has for those who ask for it.
    pub still: bool,
}

/// A file as it is served to somebody who wants it so. Files that are neither pages nor style sheets are as they are.
pub fn dressed<'a>(content_type: &str, body: &'a [u8], wanted: Wanted) -> Cow<'a, [u8]> {
    let is_page = content_type.starts_with("text/html");
    if !(is_page || content_type.starts_with("text/css")) {
        return Cow::Borrowed(body);
    }
    let Ok(text) = std::str::from_utf8(body) else { return Cow::Borrowed(body) };
    let theme = wanted.theme.name();
    let text = THEME.replace_all(text, |found: &Captures<'_>| truth(found[1].eq_ignore_ascii_case(theme)));
    let text = SCHEME.replace_all(&text, format!("color-scheme:{theme}"));
    let text = if wanted.still {
        MOTION.replace_all(&text, |found: &Captures<'_>| {
            truth(found.get(1).is_none_or(|motion| motion.as_str().eq_ignore_ascii_case("reduce")))
        })
    } else {
        text
    };
    // Nothing of a preview is kept, so that a font that may come too late would never be seen.
    let text = FONT.replace_all(&text, "font-display:swap");
    if !is_page {
        return Cow::Owned(text.into_owned().into_bytes());
    }
    let text = SCHEME_TAG.replace_all(&text, |found: &Captures<'_>| BOTH.replace(&found[0], theme).into_owned());
    let script = format!("<script src=\"{SCRIPT}\"></script>");
    // Before the page's own scripts; a page without a head gets it at its end, so that it stays in the mode that it asks for.
    let text = match HEAD.find(&text) {
        Some(head) => format!("{}{script}{}", &text[..head.end()], &text[head.end()..]),
        None => format!("{text}{script}"),
    };
    Cow::Owned(text.into_bytes())
}

/// The script that answers the workbench within a page that is wanted so; the options are the validator's, or null where there are none.
pub fn script(options: &Value, wanted: Wanted) -> String {
    let wanted = json!({ "theme": wanted.theme.name(), "still": wanted.still });
    format!("({})({VALIDATOR},{options},{wanted})", WORKBENCH.trim_end().trim_end_matches(';'))
}

fn truth(holds: bool) -> &'static str {
    if holds { HOLDS } else { NEVER }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(content_type: &str, text: &str, theme: Theme, still: bool) -> String {
        String::from_utf8(dressed(content_type, text.as_bytes(), Wanted { theme, still }).into_owned()).expect("text")
    }

    #[test]
    fn a_style_sheet_follows_what_is_wanted() {
        let sheet = "@media (prefers-color-scheme: dark){a{}} @media ( Prefers-Reduced-Motion ){b{}} :root{color-scheme: light dark}";
        same(
            &served("text/css", sheet, Theme::Dark, true),
            "@media (min-width:0px){a{}} @media (min-width:0px){b{}} :root{color-scheme:dark}",
        );
        same(
            &served("text/css", sheet, Theme::Light, false),
            "@media (max-width:0px){a{}} @media ( Prefers-Reduced-Motion ){b{}} :root{color-scheme:light}",
        );
        let still = "@media (prefers-reduced-motion: no-preference){a{}}";
        same(&served("text/css", still, Theme::Light, true), "@media (max-width:0px){a{}}");
    }

    #[test]
    fn a_page_has_the_script_before_its_own_and_keeps_its_mode() {
        let page =
            "<!doctype html><head lang=en><meta content='light dark' name=color-scheme><script>1</script></head>";
        let head = "<!doctype html><head lang=en><script src=\"/.portico/workbench.js\"></script>";
        same(
            &served("text/html; charset=utf-8", page, Theme::Dark, false),
            &format!("{head}<meta content='dark' name=color-scheme><script>1</script></head>"),
        );
        let bare = served("text/html", "<!doctype html><p>x", Theme::Light, false);
        assert!(bare.starts_with("<!doctype html><p>x<script"), "{bare}");
    }

    #[test]
    fn other_files_and_what_is_no_text_are_as_they_are() {
        let wanted = Wanted { theme: Theme::Dark, still: true };
        let json = b"{\"a\": \"(prefers-color-scheme: dark)\"}";
        assert_eq!(dressed("application/json", json, wanted), json.as_slice());
        assert_eq!(
            dressed("text/css", b"\xff(prefers-color-scheme: dark)", wanted),
            b"\xff(prefers-color-scheme: dark)".as_slice()
        );
    }

    fn same(is: &str, should: &str) {
        assert_eq!(is, should);
    }
}
