//! What plain forms send, as commands take it.

use journey::Evidence;
use kit::error::AppError;
use serde_json::{Map, Value, json};

/// The most people whom one comment turns to.
const MENTIONED: usize = 20;

/// A person or a group as somebody writes it: a bare name is a person's.
pub fn whom(to: &str) -> String {
    let to = to.trim().trim_start_matches('@').to_lowercase();
    match to.split_once(':') {
        Some(("user" | "group", rest)) if !rest.contains('/') && !rest.is_empty() => to.replacen(':', ":default/", 1),
        Some(_) => to,
        None if to.is_empty() => to,
        None if to.contains('/') => format!("user:{to}"),
        None => format!("user:default/{to}"),
    }
}

/// Whom a text turns to: each name behind an `@` that begins a word.
pub fn mentions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ',' | ';' | '"' | '“' | '‘')) {
        let Some(name) = word.strip_prefix('@') else { continue };
        let name = name.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/'));
        let who = whom(name);
        if is_name && !found.contains(&who) && found.len() < MENTIONED {
            found.push(who);
        }
    }
    found
}

/// A link that shows something; nothing where no link is given.
///
/// # Errors
/// When the address is none that can be followed safely.
pub fn evidence(name: &str, link: &str) -> Result<Option<Evidence>, AppError> {
    let (name, link) = (name.trim(), link.trim());
    if link.is_empty() {
        return Ok(None);
    }
    let is_good = url::Url::parse(link)
        .is_ok_and(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
    if !is_good || link.len() > 2_000 {
        return Err(AppError::bad_request("A link that shows something is an https address without a password"));
    }
    let name = if name.is_empty() { link } else { name };
    Ok(Some(Evidence { name: name.chars().take(200).collect(), href: link.to_owned() }))
}

/// What is said with the end of a task that asks nothing.
pub fn noted(note: &str) -> Map<String, Value> {
    let note = note.trim();
    if note.is_empty() { Map::new() } else { Map::from_iter([("note".to_owned(), json!(note))]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_written_in_several_ways() {
        let written = ["jane", "@Jane", "user:jane", "user:default/jane", "group:sre", "people/jane", "", "service:x"];
        let read = [
            "user:default/jane",
            "user:default/jane",
            "user:default/jane",
            "user:default/jane",
            "group:default/sre",
            "user:people/jane",
            "",
            "service:x",
        ];
        assert_eq!(written.map(whom), read.map(str::to_owned));
    }

    #[test]
    fn a_comment_turns_to_whom_it_names() {
        let text = "Please look, @amara.diallo and (@group:data-platform): mail me@home.example, @amara.diallo.";
        assert_eq!(mentions(text), ["user:default/amara.diallo", "group:default/data-platform"]);
        assert!(mentions("@ @!").is_empty());
    }

    #[test]
    fn links_can_be_followed_safely_or_are_refused() {
        assert_eq!(evidence("", ""), Ok(None));
        let named = |link: &str| evidence("Model", link).map(|found| found.map(|found| found.href));
        assert_eq!(named("https://a.example/x"), Ok(Some("https://a.example/x".to_owned())));
        for bad in ["javascript:alert(1)", "http://a.example", "https://u:p@a.example", "/x"] {
            assert!(named(bad).is_err(), "{bad}");
        }
    }
}
