//! What is read of a `mkdocs.yml`.

use serde_json::Value;

use super::pages::normalised;

/// The deepest nesting of a navigation.
const MAX_DEPTH: usize = 8;

/// What a `mkdocs.yml` says that docs need here; whatever else it says is for MkDocs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The name of the docs; empty where it says none.
    pub site_name: String,
    /// The folder of the pages, seen from the file.
    pub docs_dir: String,
    /// The navigation; `None` for all pages in the order of their files.
    pub nav: Option<Vec<Nav>>,
}

impl Default for Config {
    fn default() -> Self {
        Self { site_name: String::new(), docs_dir: "docs".into(), nav: None }
    }
}

/// A line of the navigation as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nav {
    /// A page by its file, or an address elsewhere.
    Page { title: Option<String>, target: String },
    /// A heading with lines below it.
    Section { title: String, items: Vec<Nav> },
}

impl Config {
    /// Reads the file. Tags that only MkDocs knows are passed by.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut documents = descriptor::read(text);
        let Some(document) = (!documents.is_empty()).then(|| documents.remove(0)) else { return Ok(Self::default()) };
        let Some(value) = document.value else {
            return match document.errors.first() {
                Some(error) => Err(format!("line {}: {}", error.line, error.message)),
                None => Ok(Self::default()),
            };
        };
        let docs_dir = text_of(&value["docs_dir"]);
        let docs_dir = if docs_dir.is_empty() { "docs".to_owned() } else { docs_dir };
        // `.` is what the plugin `same-dir` allows.
        let docs_dir =
            if docs_dir.trim_matches(['.', '/']).is_empty() && docs_dir.starts_with('.') && !docs_dir.contains("..") {
                String::new()
            } else {
                normalised("", &docs_dir).ok_or_else(|| format!("docs_dir: {docs_dir} leads out of the folder"))?
            };
        let nav = value["nav"].as_array().map(|items| lines(items, 0));
        Ok(Self { site_name: text_of(&value["site_name"]), docs_dir, nav })
    }
}

fn lines(items: &[Value], depth: usize) -> Vec<Nav> {
    if depth == MAX_DEPTH {
        return Vec::new();
    }
    let mut lines_of = Vec::new();
    for item in items {
        match item {
            Value::String(target) => lines_of.push(Nav::Page { title: None, target: target.clone() }),
            Value::Object(entries) => lines_of.extend(entries.iter().filter_map(|(title, value)| match value {
                Value::String(target) => Some(Nav::Page { title: Some(title.clone()), target: target.clone() }),
                Value::Array(items) => Some(Nav::Section { title: title.clone(), items: lines(items, depth + 1) }),
                _ => None,
            })),
            _ => {}
        }
    }
    lines_of
}

/// A text, or of `!ENV [NAME, 'otherwise']` what stands last.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.last().map(text_of).unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: Option<&str>, target: &str) -> Nav {
        Nav::Page { title: title.map(str::to_owned), target: target.into() }
    }

    #[test]
    fn a_file_for_mkdocs_is_read_with_its_tags() {
        let config = Config::read(
            "site_name: !ENV [SITE, 'Cards']\ndocs_dir: ./handbook\ntheme: {name: material}\nmarkdown_extensions:\n  - pymdownx.emoji:\n      \
             emoji_index: !!python/name:material.extensions.emoji.twemoji\n      emoji_generator: !!python/name:material.extensions.emoji.to_svg\n  \
             - toc:\n      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}\nplugins:\n  - search\n  - x: !ENV TOKEN\nextra: !relative $docs_dir\n\
             nav:\n  - index.md\n  - Guide:\n      - guide/a.md\n      - Deep: [x.md, {Two: y.md}]\n  - Site: https://bank.example\n  - 7\n",
        )
        .unwrap();
        assert_eq!((config.site_name.as_str(), config.docs_dir.as_str()), ("Cards", "handbook"));
        let deep = Nav::Section { title: "Deep".into(), items: vec![page(None, "x.md"), page(Some("Two"), "y.md")] };
        let guide = Nav::Section { title: "Guide".into(), items: vec![page(None, "guide/a.md"), deep] };
        assert_eq!(config.nav.unwrap(), [page(None, "index.md"), guide, page(Some("Site"), "https://bank.example")]);
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        assert_eq!(Config::read("").unwrap(), Config::default());
        assert_eq!(Config::read("docs_dir: .").unwrap().docs_dir, "");
        assert!(Config::read("nav: [\n").unwrap_err().starts_with("line "));
        for bad in ["../x", "/etc", "a/../../b", ".."] {
            assert!(Config::read(&format!("docs_dir: {bad}")).is_err(), "{bad}");
        }
    }
}
