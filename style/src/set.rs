//! A set of tokens: ours, or ours with a bank's own over it.

use serde_json::{Map, Value as Json};

use crate::color::Color;
use crate::contrast::{self, Pairs};
use crate::error::{Problem, TokenError};
use crate::value::{Kind, Value};

/// Where a file keeps the value for dark.
const DARK: &str = "portico.dark";

/// What marks a group as one of the states that components take.
const TONE: &str = "portico.tone";

const FILES: [(&str, &str); 3] = [
    ("style/tokens/base.json", include_str!("../tokens/base.json")),
    ("style/tokens/functional.json", include_str!("../tokens/functional.json")),
    ("style/tokens/component.json", include_str!("../tokens/component.json")),
];

/// All tokens, in the order of their files; every alias in it leads somewhere.
#[derive(Debug, Clone)]
pub struct TokenSet {
    tokens: Vec<Token>,
    pub(crate) tones: Vec<Tone>,
    pub(crate) pairs: Vec<Pairs>,
}

/// One token.
#[derive(Debug, Clone)]
pub struct Token {
    /// Its tier.
    pub tier: Tier,
    /// Its path: `functional.text.quiet`.
    pub path: String,
    /// Its type.
    pub kind: Kind,
    /// What it is for, where the file says so.
    pub description: Option<String>,
    /// In light, and in both modes where there is no other.
    pub(crate) light: Value,
    /// In dark.
    pub(crate) dark: Option<Value>,
    file: String,
    pointer: String,
}

/// How far a token is from the raw value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Raw values, in no style sheet.
    Base,
    /// What a value is for.
    Functional,
    /// What a single component uses.
    Component,
}

/// A state that components take.
#[derive(Debug, Clone)]
pub(crate) struct Tone {
    pub name: String,
    pub description: String,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Dark words on light surfaces.
    Light,
    /// Light words on dark surfaces.
    Dark,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];
}

impl TokenSet {
    /// Our own tokens.
    pub fn ours() -> Result<Self, TokenError> {
        let mut set = Self { tokens: Vec::new(), tones: Vec::new(), pairs: Vec::new() };
        for (file, text) in FILES {
            let (written, tones) = Written::read(file, text)?;
            set.tones.extend(tones);
            for token in written {
                let Some(kind) = token.kind else {
                    return Err(token.error(Problem::Type("neither it nor a group round it has a $type".to_owned())));
                };
                set.tokens.push(token.typed(kind)?);
            }
        }
        set.check()?;
        set.pairs = contrast::pairs(&set)?;
        Ok(set)
    }

    /// These tokens with those of a bank's file in their place.
    pub fn with(&self, file: &str, text: &str) -> Result<Self, TokenError> {
        let mut set = self.clone();
        for written in Written::read(file, text)?.0 {
            let Some(token) = set.tokens.iter_mut().find(|token| token.path == written.path) else {
                return Err(written.error(Problem::UnknownToken(written.path.clone())));
            };
            if token.tier == Tier::Component {
                return Err(written.error(Problem::Component(written.path.clone())));
            }
            if let Some(kind) = written.kind.filter(|kind| *kind != token.kind) {
                return Err(written.error(Problem::Type(format!("{} is a {}, not a {kind}", token.path, token.kind))));
            }
            let description = token.description.take();
            *token = Token { description, ..written.typed(token.kind)? };
        }
        set.check()?;
        Ok(set)
    }

    /// All tokens, in the order of their files.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(crate) fn token(&self, path: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.path == path)
    }

    /// What a value comes to in a mode, behind all aliases.
    pub(crate) fn resolve<'a>(&'a self, mut value: &'a Value, mode: Mode) -> &'a Value {
        while let Value::Alias(path) = value {
            match self.token(path) {
                Some(token) => value = token.value(mode),
                None => break,
            }
        }
        value
    }

    /// The colour that the token with this path comes to in a mode.
    pub fn color(&self, path: &str, mode: Mode) -> Option<Color> {
        match self.resolve(self.token(path)?.value(mode), mode) {
            Value::Color(color) => Some(*color),
            _ => None,
        }
    }

    fn check(&self) -> Result<(), TokenError> {
        for token in &self.tokens {
            for mode in Mode::ALL {
                self.check_value(token, token.value(mode), token.kind, mode)?;
            }
        }
        Ok(())
    }

    fn check_value(&self, token: &Token, value: &Value, kind: Kind, mode: Mode) -> Result<(), TokenError> {
        if let Value::Shadow { color, .. } = value {
            return self.check_value(token, color, Kind::Color, mode);
        }
        let (mut value, mut seen) = (value, vec![token.path.clone()]);
        while let Value::Alias(path) = value {
            let next = self.token(path).ok_or_else(|| token.error(Problem::UnknownAlias(path.clone())))?;
            let again = seen.contains(path);
            seen.push(path.clone());
            if again {
                return Err(token.error(Problem::Cycle(seen)));
            }
            if next.kind != kind {
                return Err(token.error(Problem::AliasType { alias: path.clone(), found: next.kind, kind }));
            }
            if next.tier > token.tier {
                return Err(token.error(Problem::Tier(path.clone())));
            }
            value = next.value(mode);
        }
        Ok(())
    }
}

impl Token {
    /// The custom property that holds it; base tokens have none.
    pub fn property(&self) -> Option<String> {
        (self.tier != Tier::Base).then(|| {
            let names = self.path.split('.').skip(1).filter(|name| *name != "$root");
            names.fold("--pk".to_owned(), |property, name| property + "-" + name)
        })
    }

    /// The value that the token has in a mode.
    pub(crate) fn value(&self, mode: Mode) -> &Value {
        match mode {
            Mode::Dark => self.dark.as_ref().unwrap_or(&self.light),
            Mode::Light => &self.light,
        }
    }

    fn error(&self, problem: Problem) -> TokenError {
        TokenError { file: self.file.clone(), pointer: self.pointer.clone(), problem }
    }
}

/// A token as its file has it, before its type is known.
struct Written {
    tier: Tier,
    path: String,
    kind: Option<Kind>,
    value: Json,
    dark: Option<Json>,
    description: Option<String>,
    file: String,
    pointer: String,
}

impl Written {
    /// The tokens of a file, and the groups that are marked as tones.
    fn read(file: &str, text: &str) -> Result<(Vec<Self>, Vec<Tone>), TokenError> {
        let error = |problem| TokenError { file: file.to_owned(), pointer: String::new(), problem };
        let json: Json = serde_json::from_str(text).map_err(|problem| error(Problem::Json(problem.to_string())))?;
        let Json::Object(root) = json else {
            return Err(error(Problem::Format("a token file is a JSON object".to_owned())));
        };
        let mut walk = Walk { file, tokens: Vec::new(), tones: Vec::new() };
        for (name, child) in &root {
            let tier = match name.as_str() {
                "base" => Tier::Base,
                "functional" => Tier::Functional,
                "component" => Tier::Component,
                "$schema" | "$description" => continue,
                _ => {
                    return Err(
                        walk.error(&format!("/{name}"), "the groups of a file are base, functional and component")
                    );
                }
            };
            walk.visit(tier, name, &format!("/{name}"), None, child)?;
        }
        Ok((walk.tokens, walk.tones))
    }

    fn typed(self, kind: Kind) -> Result<Token, TokenError> {
        let value = |json: &Json, place: &str| {
            kind.read(json).map_err(|expected| TokenError {
                pointer: format!("{}/{place}", self.pointer),
                ..self.error(Problem::Value { kind, expected })
            })
        };
        let light = value(&self.value, "$value")?;
        let dark = self.dark.as_ref().map(|json| value(json, &format!("$extensions/{DARK}"))).transpose()?;
        match (self.tier == Tier::Functional && kind == Kind::Color, &dark) {
            (true, None) => return Err(self.error(Problem::NoDark)),
            (false, Some(_)) => return Err(self.error(Problem::Dark)),
            _ => {}
        }
        let Self { tier, path, description, file, pointer, .. } = self;
        Ok(Token { tier, path, kind, description, light, dark, file, pointer })
    }

    fn error(&self, problem: Problem) -> TokenError {
        TokenError { file: self.file.clone(), pointer: self.pointer.clone(), problem }
    }
}

/// The way through the groups of a file.
struct Walk<'a> {
    file: &'a str,
    tokens: Vec<Written>,
    tones: Vec<Tone>,
}

impl Walk<'_> {
    fn visit(
        &mut self,
        tier: Tier,
        path: &str,
        pointer: &str,
        kind: Option<Kind>,
        json: &Json,
    ) -> Result<(), TokenError> {
        let Json::Object(object) = json else {
            return Err(self.error(pointer, "neither a token nor a group: both are objects"));
        };
        let kind = match object.get("$type") {
            None => kind,
            Some(name) => Some(Kind::named(name.as_str().unwrap_or_default()).map_err(|problem| TokenError {
                problem: Problem::Type(problem),
                ..self.error(&format!("{pointer}/$type"), "")
            })?),
        };
        let description = object.get("$description").and_then(Json::as_str).map(str::to_owned);
        let extension = |name: &str| object.get("$extensions").and_then(|extensions| extensions.get(name));
        if let Some(value) = object.get("$value") {
            self.only(object, pointer, |name| name == "$value")?;
            self.tokens.push(Written {
                tier,
                path: path.to_owned(),
                kind,
                value: value.clone(),
                dark: extension(DARK).cloned(),
                description,
                file: self.file.to_owned(),
                pointer: pointer.to_owned(),
            });
            return Ok(());
        }
        self.only(object, pointer, |name| name == "$root" || is_name(name))?;
        if extension(TONE).is_some() {
            let name = path.rsplit('.').next().unwrap_or(path).to_owned();
            self.tones.push(Tone { name, description: description.unwrap_or_default() });
        }
        for (name, child) in object.iter().filter(|(name, _)| *name == "$root" || !name.starts_with('$')) {
            self.visit(tier, &format!("{path}.{name}"), &format!("{pointer}/{name}"), kind, child)?;
        }
        Ok(())
    }

    /// Refuses what is neither a property of every token and group nor allowed here.
    fn only(
        &self,
        object: &Map<String, Json>,
        pointer: &str,
        allowed: impl Fn(&str) -> bool,
    ) -> Result<(), TokenError> {
        let known = ["$type", "$description", "$extensions", "$deprecated"];
        match object.keys().find(|name| !known.contains(&name.as_str()) && !allowed(name)) {
            None => Ok(()),
            Some(name) => Err(self.error(
                &format!("{pointer}/{name}"),
                "no such property here; names of tokens and groups have lower-case letters, digits and hyphens",
            )),
        }
    }

    fn error(&self, pointer: &str, problem: &str) -> TokenError {
        TokenError {
            file: self.file.to_owned(),
            pointer: pointer.to_owned(),
            problem: Problem::Format(problem.to_owned()),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
