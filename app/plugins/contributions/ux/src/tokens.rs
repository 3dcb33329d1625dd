//! A bank's token file: CSS with custom properties, or JSON in the format of the W3C Design Tokens Community Group.
//!
//! Both become CSS here, and the browser says what the properties come to: it alone knows what `calc()`, `light-dark()` and a
//! cascade of themes mean.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

/// The largest token file.
pub const BYTES: usize = 4 << 20;
/// How many aliases may lead on to each other.
const ALIASES: usize = 32;

/// Design tokens as CSS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    css: String,
    /// What a token is for where its file says so and its name may not.
    roles: BTreeMap<String, &'static str>,
}

/// Why a token file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokensError {
    /// Too long.
    #[error("the token file is larger than {BYTES} bytes")]
    Large,
    /// No custom property in it.
    #[error("the token file declares no custom property, and is no JSON of design tokens")]
    None,
    /// The JSON is none.
    #[error("the token file is no JSON: {0}")]
    Json(String),
    /// A token that cannot be read.
    #[error("the token {path}: {problem}")]
    Token {
        /// Its path.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

struct Token<'a> {
    kind: Option<String>,
    value: &'a Value,
    dark: Option<&'a Value>,
}

impl Tokens {
    /// Reads a file of either form.
    pub fn read(text: &str) -> Result<Self, TokensError> {
        if text.len() > BYTES {
            return Err(TokensError::Large);
        }
        if text.trim_start().starts_with('{') { Self::json(text) } else { Self::css_file(text) }
    }

    /// Custom properties that are known to be sound, such as those the portal itself publishes.
    pub fn of_css(css: String) -> Self {
        Self { css, roles: BTreeMap::new() }
    }

    /// The custom properties.
    pub fn css(&self) -> &str {
        &self.css
    }

    /// What tokens are for, by their names, where the file says so.
    pub fn roles(&self) -> &BTreeMap<String, &'static str> {
        &self.roles
    }

    /// A hash of them.
    pub fn hash(&self) -> String {
        blake3::hash(self.css.as_bytes()).to_hex().to_string()
    }

    fn css_file(text: &str) -> Result<Self, TokensError> {
        let has_property = text.match_indices("--").any(|(at, _)| {
            let rest = &text[at + 2..];
            let name = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_');
            name.is_some_and(|end| end > 0 && rest[end..].trim_start().starts_with(':'))
        });
        if has_property { Ok(Self::of_css(text.to_owned())) } else { Err(TokensError::None) }
    }

    fn json(text: &str) -> Result<Self, TokensError> {
        let root: Value = serde_json::from_str(text).map_err(|error| TokensError::Json(error.to_string()))?;
        let mut found = BTreeMap::new();
        let mut order = Vec::new();
        if let Value::Object(group) = &root {
            collect(group, "", None, &mut found, &mut order);
        }
        if order.is_empty() {
            return Err(TokensError::None);
        }
        let (mut light, mut dark, mut roles) = (String::new(), String::new(), BTreeMap::new());
        for path in &order {
            let name = property(path);
            for (css, is_dark) in [(&mut light, false), (&mut dark, true)] {
                let (kind, value) = resolved(&found, path, is_dark)?;
                for (part, text) in written(&found, kind.as_deref(), &value, is_dark)
                    .map_err(|problem| TokensError::Token { path: path.clone(), problem })?
                {
                    // No text of the file reaches CSS that could end the declaration it stands in.
                    if text.chars().any(|letter| matches!(letter, ';' | '{' | '}' | '<' | '\\') || letter.is_control())
                    {
                        return Err(TokensError::Token {
                            path: path.clone(),
                            problem: format!("{text:?} is no value"),
                        });
                    }
                    let _ = write!(css, "{name}{part}:{text};");
                }
                if let Some(role) = kind.as_deref().and_then(role) {
                    roles.insert(name.clone(), role);
                }
            }
        }
        let css = format!(
            ":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}:root[data-theme=light]{{{light}}}:root[data-theme=dark]{{{dark}}}"
        );
        Ok(Self { css, roles })
    }
}

fn collect<'a>(
    group: &'a Map<String, Value>,
    path: &str,
    kind: Option<&str>,
    found: &mut BTreeMap<String, Token<'a>>,
    order: &mut Vec<String>,
) {
    let kind = group.get("$type").and_then(Value::as_str).or(kind);
    for (name, child) in group {
        let Value::Object(inner) = child else { continue };
        if name.starts_with('$') && name != "$root" {
            continue;
        }
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(value) = inner.get("$value") {
            let own = inner.get("$type").and_then(Value::as_str).or(kind);
            let dark = inner.get("$extensions").and_then(in_dark);
            found.insert(path.clone(), Token { kind: own.map(str::to_owned), value, dark });
            order.push(path);
        } else {
            collect(inner, &path, kind, found, order);
        }
    }
}

/// The value for dark, which the format leaves to extensions: under a key that is `dark`, or ends with it.
fn in_dark(extensions: &Value) -> Option<&Value> {
    let Value::Object(members) = extensions else { return None };
    let is_dark =
        |name: &str| name.rsplit(['.', '-', '/']).next().is_some_and(|last| last.eq_ignore_ascii_case("dark"));
    let own = members.iter().find(|(name, _)| is_dark(name)).map(|(_, value)| value.get("$value").unwrap_or(value));
    own.or_else(|| members.values().find_map(in_dark))
}

fn property(path: &str) -> String {
    let names = path.split('.').filter(|name| *name != "$root");
    let mut property = String::from("-");
    for name in names {
        property.push('-');
        property.extend(
            name.chars().map(
                |letter| {
                    if letter.is_alphanumeric() || letter == '_' || letter == '-' { letter } else { '-' }
                },
            ),
        );
    }
    property
}

/// A token's type and value behind its aliases.
fn resolved(
    found: &BTreeMap<String, Token<'_>>,
    path: &str,
    is_dark: bool,
) -> Result<(Option<String>, Value), TokensError> {
    let (mut at, mut kind) = (path.to_owned(), None);
    for _ in 0..ALIASES {
        let Some(token) = found.get(&at).or_else(|| found.get(&format!("{at}.$root"))) else {
            return Err(TokensError::Token { path: path.to_owned(), problem: format!("{{{at}}} names no token") });
        };
        kind = kind.or_else(|| token.kind.clone());
        let value = if is_dark { token.dark.unwrap_or(token.value) } else { token.value };
        match alias(value) {
            Some(next) => at = next.to_owned(),
            None => return Ok((kind, value.clone())),
        }
    }
    Err(TokensError::Token { path: path.to_owned(), problem: "its aliases lead nowhere".to_owned() })
}

fn alias(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix('{')?.strip_suffix('}').map(|path| path.strip_suffix(".value").unwrap_or(path))
}

/// What a token is for, of what its type says.
fn role(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "fontFamily" | "fontFamilies" => "family",
        "fontWeight" | "fontWeights" => "weight",
        "fontSize" | "fontSizes" => "font-size",
        "lineHeight" | "lineHeights" => "line",
        "borderRadius" | "radius" => "radius",
        "borderWidth" | "strokeWidth" => "stroke",
        "spacing" => "space",
        "sizing" => "size",
        "shadow" | "boxShadow" => "shadow",
        "duration" | "cubicBezier" | "transition" => "time",
        _ => return None,
    })
}

/// A value as CSS has it; a token of several parts becomes a property for each.
fn written(
    found: &BTreeMap<String, Token<'_>>,
    kind: Option<&str>,
    value: &Value,
    is_dark: bool,
) -> Result<Vec<(&'static str, String)>, String> {
    let follow = |value: &Value| match alias(value) {
        Some(path) => resolved(found, path, is_dark).map(|(_, value)| value).map_err(|error| error.to_string()),
        None => Ok(value.clone()),
    };
    let one = |text: String| Ok(vec![("", text)]);
    match (kind, value) {
        (Some("typography"), Value::Object(parts)) => {
            let names = [
                ("fontFamily", "-font-family"),
                ("fontSize", "-font-size"),
                ("fontWeight", "-font-weight"),
                ("lineHeight", "-line-height"),
            ];
            let present = names.into_iter().filter_map(|(key, part)| parts.get(key).map(|value| (key, part, value)));
            present.map(|(key, part, value)| Ok((part, plain(Some(key), &follow(value)?)?))).collect()
        }
        (Some("border"), Value::Object(parts)) => {
            let names = [("color", "-border-color"), ("width", "-border-width")];
            let present = names.into_iter().filter_map(|(key, part)| parts.get(key).map(|value| (key, part, value)));
            present.map(|(key, part, value)| Ok((part, plain(Some(key), &follow(value)?)?))).collect()
        }
        (Some("shadow" | "boxShadow"), Value::Object(_) | Value::Array(_)) => {
            let layers = match value {
                Value::Array(layers) => layers.clone(),
                single => vec![single.clone()],
            };
            let mut texts = Vec::new();
            for layer in &layers {
                let layer = follow(layer)?;
                let part = |names: [&str; 2], absent: &str| {
                    let given = names.iter().find_map(|name| layer.get(*name));
                    given.map_or_else(
                        || Ok(absent.to_owned()),
                        |value| follow(value).and_then(|value| plain(None, &value)),
                    )
                };
                let inset = if layer.get("inset").and_then(Value::as_bool).unwrap_or(false) { "inset " } else { "" };
                let [x, y, blur, spread] = [
                    part(["offsetX", "x"], "0px")?,
                    part(["offsetY", "y"], "0px")?,
                    part(["blur", "blurRadius"], "0px")?,
                    part(["spread", "spreadRadius"], "0px")?,
                ];
                texts.push(format!("{inset}{x} {y} {blur} {spread} {}", part(["color", "colour"], "#000000")?));
            }
            one(texts.join(","))
        }
        (Some("transition" | "gradient" | "strokeStyle" | "cubicBezier"), _) => Ok(Vec::new()),
        _ => one(plain(kind, value)?),
    }
}

fn plain(kind: Option<&str>, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if kind == Some("fontWeight") => Ok(weight(text)),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Array(parts) => {
            let names = parts.iter().map(|part| part.as_str().map(quoted).ok_or("a list of names is needed"));
            Ok(names.collect::<Result<Vec<_>, _>>()?.join(","))
        }
        Value::Object(parts) if parts.contains_key("components") => color(parts),
        Value::Object(parts) => match (parts.get("value"), parts.get("unit").and_then(Value::as_str)) {
            (Some(Value::Number(number)), Some(unit)) => Ok(format!("{number}{unit}")),
            _ => Err("a value and a unit are needed".to_owned()),
        },
        Value::Null => Err("it has no value".to_owned()),
    }
}

fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("\"{}\"", name.replace('"', "")) } else { name.to_owned() }
}

fn weight(name: &str) -> String {
    let number = match name.to_ascii_lowercase().as_str() {
        "thin" | "hairline" => 100,
        "extra-light" | "ultra-light" => 200,
        "light" => 300,
        "normal" | "regular" | "book" => 400,
        "medium" => 500,
        "semi-bold" | "demi-bold" | "semibold" => 600,
        "bold" => 700,
        "extra-bold" | "ultra-bold" => 800,
        "black" | "heavy" => 900,
        _ => return name.to_owned(),
    };
    number.to_string()
}

fn color(parts: &Map<String, Value>) -> Result<String, String> {
    let space = parts.get("colorSpace").and_then(Value::as_str).unwrap_or("srgb");
    let alpha = parts.get("alpha").and_then(Value::as_f64).unwrap_or(1.0);
    // The number of eight bits is what the file was made from, where it is there.
    if let Some(hex) = parts.get("hex").and_then(Value::as_str).filter(|_| alpha >= 1.0) {
        return Ok(hex.to_owned());
    }
    let channels = parts.get("components").and_then(Value::as_array).ok_or("components are needed")?;
    let channels: Vec<String> =
        channels.iter().map(|each| each.as_f64().map_or_else(|| "none".to_owned(), |n| n.to_string())).collect();
    let percent = |at: usize| channels.get(at).map_or_else(String::new, |text| format!("{text}%"));
    Ok(match space {
        "hsl" => format!("hsl({} {} {} / {alpha})", channels[0], percent(1), percent(2)),
        "hwb" => format!("hwb({} {} {} / {alpha})", channels[0], percent(1), percent(2)),
        "lab" | "lch" | "oklab" | "oklch" => format!("{space}({} / {alpha})", channels.join(" ")),
        _ => format!("color({space} {} / {alpha})", channels.join(" ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_css_file_is_taken_as_it_is() {
        let css = ":root { --bank-accent: #123456; }";
        assert_eq!(Tokens::read(css).expect("tokens").css(), css);
        assert_eq!(Tokens::read("p { color: red }"), Err(TokensError::None));
        assert_eq!(Tokens::read(""), Err(TokensError::None));
    }

    #[test]
    fn aliases_themes_and_parts_become_properties() {
        let file = r##"{
            "palette": {"$type": "color", "ink": {"$value": "#101010"}, "snow": {"$value": {"colorSpace": "srgb", "components": [1, 1, 1]}}},
            "text": {"$type": "color", "$root": {"$value": "{palette.ink}", "$extensions": {"bank.modes": {"dark": "{palette.snow}"}}}},
            "gap": {"$type": "dimension", "small": {"$value": {"value": 8, "unit": "px"}}},
            "lead": {"$type": "typography", "$value": {"fontFamily": ["Bank Sans", "serif"], "fontSize": "{gap.small}", "fontWeight": "bold", "lineHeight": 1.5}},
            "float": {"$type": "shadow", "$value": {"color": "{palette.ink}", "offsetX": "0px", "offsetY": "2px", "blur": "4px", "spread": "0px"}}
        }"##;
        let css = Tokens::read(file).expect("tokens");
        let light = css.css().split("@media").next().expect("a first part");
        for part in [
            "--text:#101010;",
            "--gap-small:8px;",
            "--lead-font-family:\"Bank Sans\",serif;",
            "--lead-font-size:8px;",
            "--lead-font-weight:700;",
            "--float:0px 2px 4px 0px #101010;",
        ] {
            assert!(light.contains(part), "{part} in {light}");
        }
        assert!(css.css().contains(
            "[data-theme=dark]{--palette-ink:#101010;--palette-snow:color(srgb 1 1 1 / 1);--text:color(srgb 1 1 1 / 1);"
        ));
    }

    #[test]
    fn what_is_wrong_is_said_with_the_token() {
        let error = |text: &str| Tokens::read(text).expect_err("refused").to_string();
        assert_eq!(error(r#"{"a": {"$value": "{b}"}}"#), "the token a: {b} names no token");
        assert_eq!(
            error(r#"{"a": {"$value": "{b}"}, "b": {"$value": "{a}"}}"#),
            "the token a: its aliases lead nowhere"
        );
        assert_eq!(
            error(r#"{"a": {"$value": "red;} * {color: blue"}}"#),
            "the token a: \"red;} * {color: blue\" is no value"
        );
        assert!(error("{").starts_with("the token file is no JSON"));
    }

    #[test]
    fn our_own_files_are_read_too() {
        let files = ["base", "functional", "component"].map(|name| {
            let path = format!(
                "{}/../../../../style/tokens/{name}.json",
                std::env::var("CARGO_MANIFEST_DIR").expect("cargo names it")
            );
            let text = std::fs::read_to_string(path).expect("a token file");
            text.trim().trim_start_matches('{').trim_end_matches('}').to_owned()
        });
        let tokens = Tokens::read(&format!("{{{}}}", files.join(","))).expect("tokens");
        assert!(tokens.css().contains("--functional-accent:#045a5e;"));
        assert!(tokens.css().contains("--functional-accent:#7fcecd;"));
    }
}
