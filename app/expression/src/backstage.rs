//! The filters that Backstage adds to Nunjucks'.

use indexmap::IndexMap;
use minijinja::value::Value;
use url::Url;

use crate::{
    error::Fail,
    runtime::{Run, get},
    value::{Out, as_array, as_dict, as_function, as_text, dict_of, is_nothing, text_of, to_text},
};

/// Parts of a repository's address.
struct Repository {
    host: String,
    /// What its query says, in the order in which the filter gives it.
    parts: Vec<(&'static str, String)>,
}

fn repository(address: &Value) -> Out<Repository> {
    let text = to_text(address)?;
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
            let value =
                url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.trim_matches('/').to_owned())?;
            Some((name, value))
        })
        .collect();
    let missing = |name: &str| !parts.iter().any(|(part, value)| *part == name && !value.is_empty());
    if missing("repo") && missing("project") {
        return Err(Fail::runtime(format!("`{text}` is not the address of a repository: it has no `repo`")));
    }
    if ["owner", "project", "workspace", "organization"].into_iter().all(missing) {
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
    if !reference.is_true() {
        return Err(Fail::runtime("an entity reference must not be empty"));
    }
    let part_of = |value: &Value, name: &str| -> Out<Option<String>> {
        let part = if is_nothing(value) { Value::UNDEFINED } else { get(run, value, &Value::from(name))? };
        Ok(as_text(&part).map(str::to_owned))
    };
    let (kind, namespace, name) = match as_text(reference) {
        Some(text) => parts_of(text)?,
        None => (
            part_of(reference, "kind")?,
            part_of(reference, "namespace")?,
            part_of(reference, "name")?.unwrap_or_default(),
        ),
    };
    let kind = match kind {
        Some(kind) => Some(kind),
        None => part_of(defaults, "defaultKind")?,
    };
    let namespace = match namespace {
        Some(namespace) => namespace,
        None => part_of(defaults, "defaultNamespace")?
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "default".to_owned()),
    };
    let Some(kind) = kind.filter(|kind| !kind.is_empty()) else {
        return Err(Fail::runtime(format!(
            "the entity reference `{}` names no kind, and the filter is given no `defaultKind`",
            to_text(reference)?
        )));
    };
    if name.is_empty() || namespace.is_empty() {
        return Err(Fail::runtime("an entity reference needs a name and a namespace that are not empty"));
    }
    let parts = [("kind", kind), ("namespace", namespace), ("name", name)];
    dict_of(run, parts.into_iter().map(|(key, part)| (key.to_owned(), Value::from(part))).collect(), false)
}

/// Kind, namespace and name of `[kind:][namespace/]name`.
fn parts_of(text: &str) -> Out<(Option<String>, Option<String>, String)> {
    let slash = text.find('/');
    // A colon behind the slash is the name's.
    let colon = text.find(':').filter(|colon| slash.is_none_or(|slash| *colon < slash));
    let start = colon.map_or(0, |colon| colon + 1);
    let kind = colon.map(|colon| text[..colon].to_owned());
    let namespace = slash.map(|slash| text[start..slash].to_owned());
    let name = text[slash.map_or(start, |slash| slash + 1)..].to_owned();
    if name.is_empty() || kind.as_deref() == Some("") || namespace.as_deref() == Some("") {
        return Err(Fail::runtime(format!("`{text}` is no entity reference: it has the form [kind:][namespace/]name")));
    }
    Ok((kind, namespace, name))
}

/// A field by its path, as `a.b[0].c` or a list of keys.
pub(crate) fn pick(run: &Run, object: &Value, path: &Value) -> Out<Value> {
    let keys: Vec<String> = if let Some(keys) = as_array(path) {
        keys.items().iter().map(to_text).collect::<Out<_>>()?
    } else {
        let path = to_text(path)?;
        match as_dict(object) {
            Some(dict) if dict.map().contains_key(&path) => vec![path],
            _ => path
                .split(['.', '['])
                .map(|part| part.strip_suffix(']').unwrap_or(part).trim_matches(['"', '\'']).to_owned())
                .collect(),
        }
    };
    let mut at = object.clone();
    for key in keys {
        if is_nothing(&at) {
            return Ok(Value::UNDEFINED);
        }
        at = get(run, &at, &Value::from(key))?;
    }
    Ok(if as_function(&at).is_some() { Value::UNDEFINED } else { at })
}
