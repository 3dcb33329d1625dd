//! The methods of JavaScript's texts, lists, objects and numbers that a template can call.

use std::cmp::Ordering;

use indexmap::IndexMap;
use minijinja::value::{Value, ValueKind};

use crate::{
    error::Fail,
    lexer::is_js_space,
    runtime::{Call, Run, count, entries, get},
    value::{
        Out, Regex, array_of, as_array, as_dict, as_function, as_number, as_regex, as_safe, as_text, dict_of,
        is_nothing, number_of, number_text, strictly_equal, text_of, to_number, to_text, what,
    },
};

const TEXT: &[&str] = &[
    "at",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "concat",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "localeCompare",
    "match",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "search",
    "slice",
    "split",
    "startsWith",
    "substr",
    "substring",
    "toLocaleLowerCase",
    "toLocaleUpperCase",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimLeft",
    "trimRight",
    "trimStart",
    "valueOf",
    "hasOwnProperty",
];
const LIST: &[&str] = &[
    "at",
    "concat",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "flat",
    "forEach",
    "hasOwnProperty",
    "includes",
    "indexOf",
    "join",
    "lastIndexOf",
    "map",
    "pop",
    "push",
    "reverse",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "toString",
    "unshift",
];
const NUMBER: &[&str] = &["toFixed", "toString", "valueOf"];
const OBJECT: &[&str] = &["hasOwnProperty", "toString", "valueOf"];
const PYTHON_LIST: &[&str] = &["append", "count", "find", "index", "insert", "pop", "remove"];
const PYTHON_DICT: &[&str] = &[
    "get",
    "has_key",
    "items",
    "iteritems",
    "iterkeys",
    "itervalues",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// Whether a value has a method of that name. Constructors and prototypes are no methods here, so they cannot be reached.
pub(crate) fn has(value: &Value, name: &str) -> bool {
    let methods = if as_text(value).is_some() {
        TEXT
    } else if as_array(value).is_some() {
        LIST
    } else if as_number(value).is_some() {
        NUMBER
    } else if as_regex(value).is_some() {
        return name == "test" || OBJECT.contains(&name);
    } else if as_dict(value).is_some() || value.kind() == ValueKind::Bool {
        OBJECT
    } else {
        return as_function(value).is_some() && name == "toString";
    };
    methods.contains(&name)
}

/// Whether it is a method that Python has and JavaScript has not, or has otherwise.
pub(crate) fn is_python(value: &Value, name: &str) -> bool {
    (as_array(value).is_some() && PYTHON_LIST.contains(&name))
        || (as_dict(value).is_some() && PYTHON_DICT.contains(&name))
}

/// The length of a text in JavaScript's units.
pub(crate) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The unit at a place, as a text; half a sign becomes a replacement character.
pub(crate) fn unit(run: &Run, text: &str, index: usize) -> Out<Value> {
    let unit = if text.is_ascii() {
        text.get(index..index + 1).map(str::to_owned)
    } else {
        text.encode_utf16().nth(index).map(|unit| String::from_utf16_lossy(&[unit]))
    };
    unit.map_or(Ok(Value::UNDEFINED), |unit| text_of(run, unit))
}

/// `text.split('')`.
pub(crate) fn split_units(text: &str) -> Vec<String> {
    text.encode_utf16().map(|unit| String::from_utf16_lossy(&[unit])).collect()
}

/// The part of a text between two units.
pub(crate) fn between(text: &str, from: usize, to: usize) -> String {
    if from >= to {
        return String::new();
    }
    if text.is_ascii() {
        return text[from.min(text.len())..to.min(text.len())].to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().skip(from).take(to - from).collect();
    String::from_utf16_lossy(&units)
}

/// Where a byte is in JavaScript's units.
fn unit_of(text: &str, byte: usize) -> usize {
    units(&text[..byte])
}

/// Where a unit is in bytes.
fn byte_of(text: &str, unit: usize) -> usize {
    if text.is_ascii() {
        return unit.min(text.len());
    }
    let mut seen = 0;
    for (byte, c) in text.char_indices() {
        if seen >= unit {
            return byte;
        }
        seen += c.len_utf16();
    }
    text.len()
}

/// A number made whole, as an index: no number is 0.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and lengths are far below")]
pub(crate) fn whole(number: f64) -> i64 {
    if number.is_nan() { 0 } else { number as i64 }
}

fn integer(arguments: &[Value], index: usize, default: i64) -> Out<i64> {
    match arguments.get(index) {
        Some(value) if !value.is_undefined() => Ok(whole(to_number(value)?)),
        _ => Ok(default),
    }
}

/// A place from the start, or from the end if it is negative, within bounds.
fn relative(index: i64, length: usize) -> usize {
    let length_signed = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 { (length_signed + index).max(0) } else { index.min(length_signed) };
    usize::try_from(index).unwrap_or_default()
}

fn clamped(index: i64, length: usize) -> usize {
    usize::try_from(index.max(0)).unwrap_or(usize::MAX).min(length)
}

fn text(arguments: &[Value], index: usize) -> Out<String> {
    match arguments.get(index) {
        Some(value) => to_text(value),
        None => Ok("undefined".to_owned()),
    }
}

pub(crate) fn call(call: &Call<'_, '_>, this: &Value, name: &str, arguments: &[Value]) -> Out<Value> {
    if call.run.compat && is_python(this, name) {
        return python(call.run, this, name, arguments);
    }
    match name {
        "hasOwnProperty" => {
            let key = text(arguments, 0)?;
            let has = match as_dict(this) {
                Some(dict) => dict.map().contains_key(&key),
                None => key == "length" || entries(call.run, this)?.iter().any(|(name, _)| *name == key),
            };
            return Ok(Value::from(has));
        }
        "valueOf" => {
            return match as_safe(this) {
                Some(safe) => text_of(call.run, &*safe.0),
                None => Ok(this.clone()),
            };
        }
        _ => {}
    }
    if let Some(text) = as_text(this) {
        text_method(call, text, name, arguments)
    } else if as_array(this).is_some() {
        list_method(call, this, name, arguments)
    } else if let Some(number) = as_number(this) {
        number_method(call.run, number, name, arguments)
    } else if let (Some(regex), "test") = (as_regex(this), name) {
        Ok(Value::from(regex.compiled.is_match(&text(arguments, 0)?)))
    } else {
        text_of(call.run, to_text(this)?)
    }
}

fn text_method(call: &Call<'_, '_>, this: &str, name: &str, arguments: &[Value]) -> Out<Value> {
    let run = call.run;
    let length = units(this);
    let first_is_regex = arguments.first().and_then(as_regex);
    let no_regex = || match first_is_regex {
        Some(_) => Err(Fail::runtime(format!("`{name}` looks for a text, not for a regular expression"))),
        None => Ok(()),
    };
    match name {
        "toString" => text_of(run, this),
        "toLowerCase" | "toLocaleLowerCase" => text_of(run, this.to_lowercase()),
        "toUpperCase" | "toLocaleUpperCase" => text_of(run, this.to_uppercase()),
        "trim" => text_of(run, this.trim_matches(is_js_space)),
        "trimStart" | "trimLeft" => text_of(run, this.trim_start_matches(is_js_space)),
        "trimEnd" | "trimRight" => text_of(run, this.trim_end_matches(is_js_space)),
        "at" => {
            let index = integer(arguments, 0, 0)?;
            let index = if index < 0 { index + i64::try_from(length).unwrap_or(i64::MAX) } else { index };
            usize::try_from(index).map_or(Ok(Value::UNDEFINED), |index| unit(run, this, index))
        }
        "charAt" => match usize::try_from(integer(arguments, 0, 0)?) {
            Ok(index) if index < length => unit(run, this, index),
            _ => Ok(Value::from("")),
        },
        "charCodeAt" => {
            let code = usize::try_from(integer(arguments, 0, 0)?).ok().and_then(|index| this.encode_utf16().nth(index));
            Ok(number_of(code.map_or(f64::NAN, f64::from)))
        }
        "codePointAt" => match usize::try_from(integer(arguments, 0, 0)?) {
            Ok(index) if index < length => {
                let code = this[byte_of(this, index)..].chars().next().map_or(0, u32::from);
                Ok(number_of(f64::from(code)))
            }
            _ => Ok(Value::UNDEFINED),
        },
        "concat" => {
            let mut all = this.to_owned();
            for argument in arguments {
                all.push_str(&to_text(argument)?);
            }
            text_of(run, all)
        }
        "startsWith" => {
            no_regex()?;
            let from = byte_of(this, clamped(integer(arguments, 1, 0)?, length));
            Ok(Value::from(this[from..].starts_with(&text(arguments, 0)?)))
        }
        "endsWith" => {
            no_regex()?;
            let to = match arguments.get(1) {
                Some(_) => byte_of(this, clamped(integer(arguments, 1, i64::MAX)?, length)),
                None => this.len(),
            };
            Ok(Value::from(this[..to].ends_with(&text(arguments, 0)?)))
        }
        "includes" => {
            no_regex()?;
            let from = byte_of(this, clamped(integer(arguments, 1, 0)?, length));
            Ok(Value::from(this[from..].contains(&text(arguments, 0)?)))
        }
        "indexOf" => {
            let from = byte_of(this, clamped(integer(arguments, 1, 0)?, length));
            let found = this[from..].find(&text(arguments, 0)?).map(|at| unit_of(this, from + at));
            Ok(place(found))
        }
        "lastIndexOf" => {
            let pattern = text(arguments, 0)?;
            let most = match arguments.get(1) {
                Some(value) if !to_number(value)?.is_nan() => clamped(whole(to_number(value)?), length),
                _ => length,
            };
            let found = this.char_indices().map(|(byte, _)| byte).chain([this.len()]);
            let mut found = found.filter(|byte| this[*byte..].starts_with(&pattern)).map(|byte| unit_of(this, byte));
            Ok(place(found.rfind(|at| *at <= most)))
        }
        "localeCompare" => {
            let other = text(arguments, 0)?;
            let order = (this.to_lowercase(), other.as_str(), this).cmp(&(other.to_lowercase(), this, other.as_str()));
            Ok(Value::from(order as i8))
        }
        "slice" => {
            let from = relative(integer(arguments, 0, 0)?, length);
            let to = relative(integer(arguments, 1, i64::MAX)?, length);
            text_of(run, between(this, from, to))
        }
        "substring" => {
            let from = clamped(integer(arguments, 0, 0)?, length);
            let to = clamped(integer(arguments, 1, i64::MAX)?, length);
            text_of(run, between(this, from.min(to), from.max(to)))
        }
        "substr" => {
            let from = relative(integer(arguments, 0, 0)?, length);
            let many = clamped(integer(arguments, 1, i64::MAX)?, length);
            text_of(run, between(this, from, from.saturating_add(many)))
        }
        "padStart" | "padEnd" => {
            let target = clamped(integer(arguments, 0, 0)?, usize::MAX);
            let filler = match arguments.get(1) {
                Some(filler) if !filler.is_undefined() => to_text(filler)?,
                _ => " ".to_owned(),
            };
            if target <= length || filler.is_empty() {
                return text_of(run, this);
            }
            run.charge(target)?;
            let missing = target - length;
            let padding = between(&filler.repeat(missing / units(&filler) + 1), 0, missing);
            text_of(run, if name == "padStart" { format!("{padding}{this}") } else { format!("{this}{padding}") })
        }
        "repeat" => {
            let times = integer(arguments, 0, 0)?;
            let Ok(times) = usize::try_from(times) else {
                return Err(Fail::runtime("`repeat` cannot repeat less than no times"));
            };
            run.charge(this.len().saturating_mul(times))?;
            text_of(run, this.repeat(times))
        }
        "split" => split(run, this, arguments),
        "replace" | "replaceAll" => replaced(call, this, name, arguments),
        "match" => {
            let made;
            let regex = match first_is_regex {
                Some(regex) => regex,
                None => {
                    made = run.pattern(&arguments.first().map_or(Ok(String::new()), to_text)?, "")?;
                    &*made
                }
            };
            matched(run, regex, this)
        }
        "search" => {
            let found = match first_is_regex {
                Some(regex) => regex.compiled.find(this).map(|found| found.start()),
                None => run.pattern(&text(arguments, 0)?, "")?.compiled.find(this).map(|found| found.start()),
            };
            Ok(place(found.map(|byte| unit_of(this, byte))))
        }
        _ => Err(Fail::runtime(format!("a text has no method `{name}`"))),
    }
}

fn place(found: Option<usize>) -> Value {
    number_of(found.map_or(-1.0, count))
}

fn split(run: &Run, this: &str, arguments: &[Value]) -> Out<Value> {
    let limit = match arguments.get(1) {
        // Less than nothing is a lot: the number wraps.
        Some(limit) if !limit.is_undefined() => match usize::try_from(whole(to_number(limit)?)) {
            Ok(limit) => limit,
            Err(_) => usize::MAX,
        },
        _ => usize::MAX,
    };
    let separator = arguments.first().cloned().unwrap_or_default();
    let parts: Vec<Value> = if separator.is_undefined() {
        vec![Value::from(this)]
    } else if let Some(regex) = as_regex(&separator) {
        split_by(regex, this)
    } else {
        let separator = to_text(&separator)?;
        if separator.is_empty() {
            split_units(this).into_iter().map(Value::from).collect()
        } else {
            this.split(separator.as_str()).map(Value::from).collect()
        }
    };
    run.charge(this.len())?;
    array_of(run, parts.into_iter().take(limit).collect())
}

fn split_by(regex: &Regex, this: &str) -> Vec<Value> {
    if this.is_empty() {
        return if regex.compiled.is_match(this) { Vec::new() } else { vec![Value::from("")] };
    }
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some((found, whole)) = match_at(regex, this, at)
        && whole.start < this.len()
    {
        if whole.end == from {
            at = after_sign(this, at);
            continue;
        }
        parts.push(Value::from(&this[from..whole.start]));
        (from, at) = (whole.end, whole.end);
        parts.extend(
            found.iter().skip(1).map(|group| group.map_or(Value::UNDEFINED, |group| Value::from(group.as_str()))),
        );
    }
    parts.push(Value::from(&this[from..]));
    parts
}

/// The first match from a byte on.
fn match_at<'t>(regex: &Regex, this: &'t str, at: usize) -> Option<(regex::Captures<'t>, std::ops::Range<usize>)> {
    if at > this.len() {
        return None;
    }
    let found = regex.compiled.captures_at(this, at)?;
    let whole = found.get(0)?.range();
    Some((found, whole))
}

/// The byte behind the sign at a byte, or past the end.
fn after_sign(this: &str, at: usize) -> usize {
    at + this[at..].chars().next().map_or(1, char::len_utf8)
}

/// All matches, also an empty one right behind another, as JavaScript has it.
fn matches<'t>(regex: &'t Regex, this: &'t str) -> impl Iterator<Item = (regex::Captures<'t>, std::ops::Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (found, whole) = match_at(regex, this, at)?;
        at = if whole.is_empty() { after_sign(this, whole.end) } else { whole.end };
        Some((found, whole))
    })
}

fn matched(run: &Run, regex: &Regex, this: &str) -> Out<Value> {
    if regex.flags.contains('g') {
        let found: Vec<Value> = matches(regex, this).map(|(_, whole)| Value::from(&this[whole])).collect();
        return if found.is_empty() { Ok(Value::from(())) } else { array_of(run, found) };
    }
    match regex.compiled.captures(this) {
        Some(found) => {
            let groups = found.iter().map(|group| group.map_or(Value::UNDEFINED, |group| Value::from(group.as_str())));
            array_of(run, groups.collect())
        }
        None => Ok(Value::from(())),
    }
}

fn replaced(call: &Call<'_, '_>, this: &str, name: &str, arguments: &[Value]) -> Out<Value> {
    let run = call.run;
    let by = arguments.get(1).cloned().unwrap_or_default();
    if as_function(&by).is_some() {
        return Err(Fail::runtime(format!("`{name}` takes a text to put in, not a function")));
    }
    let by = to_text(&by)?;
    if let Some(regex) = arguments.first().and_then(as_regex) {
        let all = regex.flags.contains('g');
        if name == "replaceAll" && !all {
            return Err(Fail::runtime("`replaceAll` needs a regular expression with the flag `g`"));
        }
        return replace_by(run, regex, this, &by, all);
    }
    let pattern = text(arguments, 0)?;
    let mut out = String::new();
    let mut from = 0;
    for (at, found) in this.match_indices(&pattern) {
        out.push_str(&this[from..at]);
        expand(&by, this, (at, at + found.len()), &[], &|_| None, &mut out);
        from = at + found.len();
        too_large(run, &out)?;
        if name == "replace" {
            break;
        }
    }
    out.push_str(&this[from..]);
    text_of(run, out)
}

fn too_large(run: &Run, text: &str) -> Out<()> {
    if text.len() > run.limits.output_bytes { Err(run.too_large()) } else { Ok(()) }
}

/// `text.replace(regex, by)`.
pub(crate) fn replace_by(run: &Run, regex: &Regex, this: &str, by: &str, all: bool) -> Out<Value> {
    let mut out = String::new();
    let mut from = 0;
    for (found, whole) in matches(regex, this) {
        out.push_str(&this[from..whole.start]);
        let groups: Vec<Option<&str>> = found.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect();
        let names = |name: &str| -> Option<String> {
            regex
                .compiled
                .capture_names()
                .flatten()
                .any(|known| known == name)
                .then(|| found.name(name).map(|group| group.as_str().to_owned()).unwrap_or_default())
        };
        expand(by, this, (whole.start, whole.end), &groups, &names, &mut out);
        from = whole.end;
        too_large(run, &out)?;
        if !all {
            break;
        }
    }
    out.push_str(&this[from..]);
    text_of(run, out)
}

/// Puts a replacement in, with `$&`, `$1` and their like.
fn expand(
    by: &str,
    this: &str,
    (start, end): (usize, usize),
    groups: &[Option<&str>],
    named: &dyn Fn(&str) -> Option<String>,
    out: &mut String,
) {
    let mut rest = by;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let group = (1..=digits).rev().find_map(|many| {
            let index: usize = rest[..many].parse().ok()?;
            (1..=groups.len()).contains(&index).then_some((many, index))
        });
        if let Some((many, index)) = group {
            out.push_str(groups[index - 1].unwrap_or_default());
            rest = &rest[many..];
            continue;
        }
        let has_names = named("").is_some() || rest.starts_with('<');
        match rest.chars().next() {
            Some('$') => out.push('$'),
            Some('&') => out.push_str(&this[start..end]),
            Some('`') => out.push_str(&this[..start]),
            Some('\'') => out.push_str(&this[end..]),
            Some('<') if has_names => {
                match rest.split_once('>').and_then(|(name, after)| Some((named(&name[1..])?, after))) {
                    Some((group, after)) => {
                        out.push_str(&group);
                        rest = after;
                    }
                    None => out.push('$'),
                }
                continue;
            }
            _ => {
                out.push('$');
                continue;
            }
        }
        rest = &rest[1..];
    }
    out.push_str(rest);
}

fn list_method(call: &Call<'_, '_>, this: &Value, name: &str, arguments: &[Value]) -> Out<Value> {
    let run = call.run;
    let Some(array) = as_array(this) else { return Ok(Value::UNDEFINED) };
    let first = arguments.first().cloned().unwrap_or_default();
    let length = array.items().len();
    match name {
        "push" | "unshift" => {
            run.charge(arguments.len() * 24)?;
            let at = if name == "push" { length } else { 0 };
            let mut items = array.items();
            items.splice(at..at, arguments.iter().cloned());
            Ok(number_of(count(items.len())))
        }
        "pop" => Ok(array.items().pop().unwrap_or_default()),
        "shift" => {
            let mut items = array.items();
            if items.is_empty() { Ok(Value::UNDEFINED) } else { Ok(items.remove(0)) }
        }
        "reverse" => {
            array.items().reverse();
            Ok(this.clone())
        }
        "sort" => {
            if as_function(&first).is_some() {
                return Err(Fail::runtime("`sort` takes no function here: the filter `sort` takes an attribute"));
            }
            let items = array.items().clone();
            let (nothing, some): (Vec<_>, Vec<_>) = items.into_iter().partition(Value::is_undefined);
            let mut keyed = some.into_iter().map(|item| Ok((to_text(&item)?, item))).collect::<Out<Vec<_>>>()?;
            keyed.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            *array.items() = keyed.into_iter().map(|(_, item)| item).chain(nothing).collect();
            Ok(this.clone())
        }
        "fill" => {
            let from = relative(integer(arguments, 1, 0)?, length);
            let to = relative(integer(arguments, 2, i64::MAX)?, length);
            if from < to {
                array.items()[from..to].fill(first);
            }
            Ok(this.clone())
        }
        "splice" => {
            let from = relative(integer(arguments, 0, 0)?, length);
            let many = match arguments.len() {
                0 => 0,
                1 => length - from,
                _ => clamped(integer(arguments, 1, 0)?, length - from),
            };
            run.charge(arguments.len() * 24)?;
            let new = arguments.iter().skip(2).cloned();
            let gone = array.items().splice(from..from + many, new).collect();
            array_of(run, gone)
        }
        "slice" => {
            let from = relative(integer(arguments, 0, 0)?, length);
            let to = relative(integer(arguments, 1, i64::MAX)?, length);
            let items = array.items().get(from..to).map(<[_]>::to_vec).unwrap_or_default();
            array_of(run, items)
        }
        "concat" => {
            let mut items = array.items().clone();
            for argument in arguments {
                match as_array(argument) {
                    Some(other) => items.extend(other.items().iter().cloned()),
                    None => items.push(argument.clone()),
                }
                run.charge(items.len() * 24)?;
            }
            array_of(run, items)
        }
        "at" => {
            let index = integer(arguments, 0, 0)?;
            let index = if index < 0 { index + i64::try_from(length).unwrap_or(i64::MAX) } else { index };
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            Ok(array.items().get(index).cloned().unwrap_or_default())
        }
        "includes" => {
            let is_nan = as_number(&first).is_some_and(f64::is_nan);
            Ok(Value::from(
                array
                    .items()
                    .iter()
                    .any(|item| strictly_equal(item, &first) || (is_nan && as_number(item).is_some_and(f64::is_nan))),
            ))
        }
        "indexOf" => {
            let from = relative(integer(arguments, 1, 0)?, length);
            Ok(place(array.items().iter().skip(from).position(|item| strictly_equal(item, &first)).map(|at| at + from)))
        }
        "lastIndexOf" => Ok(place(array.items().iter().rposition(|item| strictly_equal(item, &first)))),
        "join" => {
            let separator = if first.is_undefined() { ",".to_owned() } else { to_text(&first)? };
            join(run, &array.items().clone(), &separator)
        }
        "toString" => text_of(run, to_text(this)?),
        "flat" => {
            let depth = integer(arguments, 0, 1)?;
            let mut items = Vec::new();
            flatten(run, &array.items().clone(), depth.clamp(0, 100), &mut items)?;
            array_of(run, items)
        }
        _ => Err(Fail::runtime(format!(
            "`{name}` needs a function, which a template does not have: use `{{% for %}}` or a filter"
        ))),
    }
}

fn flatten(run: &Run, items: &[Value], depth: i64, out: &mut Vec<Value>) -> Out<()> {
    run.charge(items.len() * 24)?;
    for item in items {
        match as_array(item) {
            Some(inner) if depth > 0 => flatten(run, &inner.items().clone(), depth - 1, out)?,
            _ => out.push(item.clone()),
        }
    }
    Ok(())
}

/// `list.join(separator)`.
pub(crate) fn join(run: &Run, items: &[Value], separator: &str) -> Out<Value> {
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        if !is_nothing(item) {
            out.push_str(&to_text(item)?);
        }
        too_large(run, &out)?;
    }
    text_of(run, out)
}

fn number_method(run: &Run, number: f64, name: &str, arguments: &[Value]) -> Out<Value> {
    if name == "toFixed" {
        let Some(digits @ 0..=100) = usize::try_from(integer(arguments, 0, 0)?).ok() else {
            return Err(Fail::runtime("`toFixed` takes between 0 and 100 digits"));
        };
        return text_of(run, fixed(number, digits));
    }
    let radix = integer(arguments, 0, 10)?;
    match u32::try_from(radix) {
        Ok(10) => text_of(run, number_text(number)),
        Ok(radix @ 2..=36) if number.fract() == 0.0 && number.abs() < 9e15 => {
            let mut digits = Vec::new();
            let mut left = whole(number.abs()).unsigned_abs();
            loop {
                let digit = u32::try_from(left % u64::from(radix)).unwrap_or_default();
                digits.push(char::from_digit(digit, radix).unwrap_or('0'));
                left /= u64::from(radix);
                if left == 0 {
                    break;
                }
            }
            let sign = if number < 0.0 { "-" } else { "" };
            text_of(run, format!("{sign}{}", digits.iter().rev().collect::<String>()))
        }
        Ok(2..=36) => Err(Fail::runtime("a fraction is only written to base 10 here")),
        _ => Err(Fail::runtime("`toString` takes a base between 2 and 36")),
    }
}

/// `number.toFixed(digits)`: what lies between two goes up.
fn fixed(number: f64, digits: usize) -> String {
    if !number.is_finite() || number.abs() >= 1e21 {
        return number_text(number);
    }
    // Rust writes every digit that a number has, so that a tie can be seen in them.
    let exact = format!("{:.1$}", number.abs(), digits + 1080);
    let (kept, rest) = exact.split_at(exact.len() - 1080);
    let kept = kept.strip_suffix('.').unwrap_or(kept);
    let up = rest.as_bytes()[0] >= b'5';
    let mut out: Vec<u8> = kept.bytes().collect();
    if up {
        let mut i = out.len();
        loop {
            if i == 0 {
                out.insert(0, b'1');
                break;
            }
            i -= 1;
            match out[i] {
                b'.' => {}
                b'9' => out[i] = b'0',
                digit => {
                    out[i] = digit + 1;
                    break;
                }
            }
        }
    }
    let out = String::from_utf8(out).unwrap_or_default();
    if number < 0.0 { format!("-{out}") } else { out }
}

/// Python's methods, in templates for cookiecutter.
fn python(run: &Run, this: &Value, name: &str, arguments: &[Value]) -> Out<Value> {
    let first = arguments.first().cloned().unwrap_or_default();
    if let Some(array) = as_array(this) {
        let mut items = array.items();
        let at = items.iter().position(|item| strictly_equal(item, &first));
        return match name {
            "append" => {
                run.charge(24)?;
                items.push(first);
                Ok(number_of(count(items.len())))
            }
            "count" => Ok(number_of(count(items.iter().filter(|item| strictly_equal(item, &first)).count()))),
            "find" => Ok(place(at)),
            "index" => {
                at.map(|at| place(Some(at))).ok_or_else(|| Fail::runtime("`index` looks for what is not in the list"))
            }
            "remove" => match at {
                Some(at) => {
                    let gone = items.remove(at);
                    drop(items);
                    array_of(run, vec![gone])
                }
                None => Err(Fail::runtime("`remove` looks for what is not in the list")),
            },
            "insert" => {
                run.charge(24)?;
                let at = relative(whole(to_number(&first)?), items.len());
                items.insert(at, arguments.get(1).cloned().unwrap_or_default());
                drop(items);
                array_of(run, Vec::new())
            }
            _ if first.is_undefined() => Ok(items.pop().unwrap_or_default()),
            _ => match usize::try_from(whole(to_number(&first)?)) {
                Ok(at) if at < items.len() => {
                    let gone = items.remove(at);
                    drop(items);
                    array_of(run, vec![gone])
                }
                _ => Err(Fail::runtime("`pop` takes from where nothing is")),
            },
        };
    }
    let Some(dict) = as_dict(this) else { return Ok(Value::UNDEFINED) };
    let second = arguments.get(1).cloned().unwrap_or_default();
    let key = || to_text(&first);
    match name {
        "items" | "iteritems" => {
            let pairs = entries(run, this)?.into_iter();
            let pairs =
                pairs.map(|(key, value)| array_of(run, vec![Value::from(key), value])).collect::<Out<Vec<_>>>()?;
            array_of(run, pairs)
        }
        "keys" | "iterkeys" => array_of(run, dict.keys().into_iter().map(Value::from).collect()),
        "values" | "itervalues" => array_of(run, entries(run, this)?.into_iter().map(|(_, value)| value).collect()),
        "get" => Ok(dict.map().get(&key()?).filter(|value| !value.is_undefined()).cloned().unwrap_or(second)),
        "has_key" => Ok(Value::from(dict.map().contains_key(&key()?))),
        "setdefault" => {
            run.charge(48)?;
            let default = if arguments.len() > 1 { second } else { Value::from(()) };
            Ok(dict.map().entry(key()?).or_insert(default).clone())
        }
        "update" => {
            let new = entries(run, &first)?;
            run.charge(new.len() * 48)?;
            dict.map().extend(new);
            Ok(Value::from(()))
        }
        "popitem" => {
            let first = dict.keys().into_iter().next();
            match first.and_then(|key| Some((key.clone(), dict.map().shift_remove(&key)?))) {
                Some((key, value)) => array_of(run, vec![Value::from(key), value]),
                None => Err(Fail::runtime("`popitem` takes from an empty object")),
            }
        }
        _ => match dict.map().shift_remove(&key()?) {
            Some(value) => Ok(value),
            None if second.is_undefined() => {
                Err(Fail::runtime(format!("`pop` takes `{}`, which is not there", key()?)))
            }
            None => Ok(second),
        },
    }
}

/// `list[start:stop:step]`.
pub(crate) fn slice(call: &Call<'_, '_>, list: &Value, arguments: &[Value]) -> Out<Value> {
    let part = |index: usize| -> Out<Option<f64>> {
        match arguments.get(index) {
            Some(value) if !is_nothing(value) => to_number(value).map(Some),
            _ => Ok(None),
        }
    };
    let length = match get(call.run, list, &Value::from("length"))? {
        length if length.is_undefined() => 0.0,
        length => to_number(&length)?,
    };
    let step = part(2)?.unwrap_or(1.0);
    let mut start = part(0)?.unwrap_or(if step < 0.0 { length - 1.0 } else { 0.0 });
    let stop = match part(1)? {
        None if step < 0.0 => -1.0,
        None => length,
        Some(stop) if stop < 0.0 => stop + length,
        Some(stop) => stop,
    };
    if start < 0.0 {
        start += length;
    }
    let mut items = Vec::new();
    while (0.0..=length).contains(&start) && !(step > 0.0 && start >= stop) && !(step < 0.0 && start <= stop) {
        items.push(get(call.run, list, &number_of(start))?);
        call.run.charge(24)?;
        start += step;
    }
    array_of(call.run, items)
}

/// A list's item, or a text's unit, at a place.
pub(crate) fn item(run: &Run, list: &Value, index: f64) -> Out<Value> {
    if is_nothing(list) {
        return Err(Fail::runtime(format!("this is {}, which has no items", what(list))));
    }
    get(run, list, &number_of(index))
}

/// Sorts as JavaScript does with a function that says which comes first: the order of equals stays, and what is undefined
/// comes last without being asked about.
pub(crate) fn sort_by(
    items: &mut Vec<Value>,
    key: impl Fn(&Value) -> Out<Value>,
    order: impl Fn(&Value, &Value) -> Out<Ordering>,
) -> Out<()> {
    let (nothing, some): (Vec<_>, Vec<_>) = std::mem::take(items).into_iter().partition(Value::is_undefined);
    let mut keyed = match some.len() {
        0 | 1 => some.into_iter().map(|item| (Value::UNDEFINED, item)).collect(),
        _ => some.into_iter().map(|item| Ok((key(&item)?, item))).collect::<Out<Vec<_>>>()?,
    };
    let mut failed = None;
    merge_sort(&mut keyed, &mut |(a, _), (b, _)| {
        order(a, b).unwrap_or_else(|fail| {
            failed = Some(fail);
            Ordering::Equal
        })
    });
    items.extend(keyed.into_iter().map(|(_, item)| item).chain(nothing));
    failed.map_or(Ok(()), Err)
}

/// Rust's own sort may refuse an order that is none, which what a template compares need not be.
fn merge_sort<T: Clone>(items: &mut [T], order: &mut impl FnMut(&T, &T) -> Ordering) {
    // A short list by insertion behind the run that it begins with, as V8 does, so that orders that are none come out alike.
    if items.len() < 64 {
        for i in sorted_run(items, order)..items.len() {
            let (mut low, mut high) = (0, i);
            while low < high {
                let middle = low + (high - low) / 2;
                if order(&items[i], &items[middle]).is_lt() { high = middle } else { low = middle + 1 }
            }
            items[low..=i].rotate_right(1);
        }
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], order);
    merge_sort(&mut items[middle..], order);
    let mut left = Vec::from(&items[..middle]).into_iter().peekable();
    let mut right = Vec::from(&items[middle..]).into_iter().peekable();
    for slot in items {
        let from_right = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => order(b, a).is_lt(),
            (None, _) => true,
            (_, None) => false,
        };
        if let Some(item) = if from_right { right.next() } else { left.next() } {
            *slot = item;
        }
    }
}

/// How many items at the start are in order; those that go down are turned round first.
fn sorted_run<T>(items: &mut [T], order: &mut impl FnMut(&T, &T) -> Ordering) -> usize {
    if items.len() < 2 {
        return items.len();
    }
    let down = order(&items[1], &items[0]).is_lt();
    let mut run = 2;
    while run < items.len() && order(&items[run], &items[run - 1]).is_lt() == down {
        run += 1;
    }
    if down {
        items[..run].reverse();
    }
    run
}

/// An object of what was found by key, as `groupby` gives it.
pub(crate) fn grouped(run: &Run, groups: IndexMap<String, Vec<Value>>) -> Out<Value> {
    let map = groups.into_iter().map(|(key, items)| Ok((key, array_of(run, items)?))).collect::<Out<_>>()?;
    dict_of(run, map, false)
}
