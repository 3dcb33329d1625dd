//! The filters that Backstage adds to Nunjucks'.

use indexmap::IndexMap;
use minijinja::value::Value;
use url::Url;

use crate::{
    error::Fail,
    runtime::{Run, get},
    value::{Out, as_dict, as_text, dict_of, is_nothing, text_of, to_text, what},
};

/// Parts of a repository's address.
struct Repository {
    host: String,
    /// What its query says, in the order in which the filter gives it.
    parts: Vec<(&'static str, String)>,
}

fn repository(address: &Value) -> Out<Repository> {
    let Some(text) = as_text(address) else {
        return Err(Fail::runtime(format!(
            "the address of a repository is a text like `github.com?owner=o&repo=r`, and this is {}",
            what(address)
        )));
    };
    let url = Url::parse(&format!("https://{text}"))
        .map_err(|error| Fail::runtime(format!("`{text}` is not the address of a repository: {error}")))?;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        _ => return Err(Fail::runtime(format!("`{text}` names no host"))),
    };
    let names = ["owner", "repo", "organization", "workspace", "project"];
    let parts: Vec<(&'static str, String)> = names
        .into_iter()
        .filter_map(|name| {
            let value = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())?;
            Some((name, value))
        })
        .collect();
    let missing = |name: &str| !parts.iter().any(|(part, value)| *part == name && !value.is_empty());
    if missing("repo") {
        return Err(Fail::runtime(format!("`{text}` is not the address of a repository: it has no `repo`")));
    }
    if missing("owner") && missing("project") && missing("workspace") {
        return Err(Fail::runtime(format!("`{text}` is not the address of a repository: it has no `owner`")));
    }
    Ok(Repository { host, parts })
}

pub(crate) fn parse_repo_url(run: &Run, address: &Value) -> Out<Value> {
    let repository = repository(address)?;
    let mut map = IndexMap::from([("host".to_owned(), Value::from(repository.host))]);
    map.extend(repository.parts.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
    dict_of(run, map, false)
}

pub(crate) fn project_slug(run: &Run, address: &Value) -> Out<Value> {
    let repository = repository(address)?;
    let part = |name: &str| {
        let part = repository.parts.iter().find(|(part, _)| *part == name);
        part.map_or("undefined", |(_, value)| value.as_str())
    };
    text_of(run, format!("{}/{}", part("owner"), part("repo")))
}

pub(crate) fn parse_entity_ref(run: &Run, reference: &Value, defaults: &Value) -> Out<Value> {
    let default = |name: &str| -> Out<Option<String>> {
        let value = if is_nothing(defaults) { Value::UNDEFINED } else { get(run, defaults, &Value::from(name))? };
        Ok(as_text(&value).filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let (kind, namespace, name) = if let Some(text) = as_text(reference) {
        let text = text.trim();
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (Some(kind), rest),
            None => (None, text),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        if name.is_empty() || name.contains([':', '/']) || kind == Some("") || namespace == Some("") {
            return Err(Fail::runtime(format!(
                "`{text}` is no entity reference: it has the form [kind:][namespace/]name"
            )));
        }
        (kind.map(str::to_owned), namespace.map(str::to_owned), name.to_owned())
    } else if as_dict(reference).is_some() {
        let part = |name: &str| get(run, reference, &Value::from(name)).map(|part| as_text(&part).map(str::to_owned));
        let Some(name) = part("name")? else {
            return Err(Fail::runtime("an entity reference needs a `name`"));
        };
        (part("kind")?, part("namespace")?, name)
    } else {
        return Err(Fail::runtime(format!("an entity reference is a text, and this is {}", what(reference))));
    };
    let Some(kind) = kind.map_or_else(|| default("defaultKind"), |kind| Ok(Some(kind)))? else {
        return Err(Fail::runtime(format!(
            "the entity reference `{}` names no kind, and the filter is given no `defaultKind`",
            to_text(reference)?
        )));
    };
    let namespace = namespace.map_or_else(|| default("defaultNamespace"), |namespace| Ok(Some(namespace)))?;
    let parts = [("kind", kind), ("namespace", namespace.unwrap_or_else(|| "default".to_owned())), ("name", name)];
    dict_of(run, parts.into_iter().map(|(key, part)| (key.to_owned(), Value::from(part))).collect(), false)
}

/// A field by its path, as `a.b[0].c`.
pub(crate) fn pick(run: &Run, object: &Value, path: &Value) -> Out<Value> {
    let path = to_text(path)?;
    if let Some(dict) = as_dict(object)
        && let Some(value) = dict.map().get(&path)
    {
        return Ok(value.clone());
    }
    let mut at = object.clone();
    for part in path.split(['.', '[']).map(|part| part.trim_end_matches(']').trim_matches(['"', '\''])) {
        if is_nothing(&at) {
            return Ok(Value::UNDEFINED);
        }
        at = get(run, &at, &Value::from(part))?;
    }
    Ok(at)
}
