//! JavaScript's values on top of `minijinja`'s: what they are as text, as number, as truth, and what equals what.

use std::{
    cmp::Ordering,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indexmap::IndexMap;
use minijinja::value::{Object, Value, ValueKind};

use crate::{error::Fail, lexer::is_js_space, runtime::Run};

pub(crate) type Out<T> = Result<T, Fail>;

/// Values that hold each other more deeply cannot be walked.
const MAX_DEPTH: usize = 100;

/// An array, which methods change in place.
#[derive(Debug, Default)]
pub(crate) struct Array(Mutex<Vec<Value>>);

/// An object, in the order in which its keys were set.
#[derive(Debug, Default)]
pub(crate) struct Dict {
    map: Mutex<IndexMap<String, Value>>,
    /// The named arguments of a call.
    pub named: bool,
}

/// What the filter `safe` and macros give: a text that is an object.
#[derive(Debug)]
pub(crate) struct Safe(pub Arc<str>);

/// What arithmetic gives where there is no number.
#[derive(Debug)]
struct NotANumber;

/// A regular expression.
#[derive(Debug)]
pub(crate) struct Regex {
    pub compiled: regex::Regex,
    pub source: String,
    pub flags: String,
}

/// Something that can be called.
#[derive(Debug)]
pub(crate) enum Function {
    /// A macro: `minijinja`'s, and how its arguments are named.
    Macro { value: Value, names: Vec<String>, defaults: Vec<String>, keeps_frame: bool },
    /// A method with what it belongs to.
    Method { this: Value, name: String },
    /// One of the functions that every template knows.
    Global(&'static str),
    /// What `joiner` gives.
    Joiner { separator: Value, used: Mutex<bool> },
    /// The two functions of what `cycler` gives.
    Cycler { items: Vec<Value>, next: Arc<Mutex<usize>>, object: Value, resets: bool },
}

macro_rules! truthy_object {
    ($($name:ty),*) => {$(
        impl Object for $name {
            fn is_true(self: &Arc<Self>) -> bool {
                true
            }
        }
    )*};
}
truthy_object!(Array, Dict, Safe, Regex, Function);

impl Object for NotANumber {
    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
}

impl Array {
    pub fn items(&self) -> MutexGuard<'_, Vec<Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dict {
    pub fn map(&self) -> MutexGuard<'_, IndexMap<String, Value>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys in JavaScript's order: whole numbers first, then as they were set.
    pub fn keys(&self) -> Vec<String> {
        let map = self.map();
        let mut numbers: Vec<(u32, &String)> = map.keys().filter_map(|key| Some((index_of(key)?, key))).collect();
        numbers.sort_unstable();
        let rest = map.keys().filter(|key| index_of(key).is_none());
        numbers.iter().map(|(_, key)| *key).chain(rest).cloned().collect()
    }
}

/// The index that a key is, as JavaScript tells them from names.
pub(crate) fn index_of(key: &str) -> Option<u32> {
    let index: u32 = key.parse().ok()?;
    (index != u32::MAX && index.to_string() == key).then_some(index)
}

pub(crate) fn array_of(run: &Run, items: Vec<Value>) -> Out<Value> {
    run.charge(16 + items.len() * 24)?;
    Ok(run.keep(Value::from_object(Array(Mutex::new(items)))))
}

pub(crate) fn dict_of(run: &Run, map: IndexMap<String, Value>, named: bool) -> Out<Value> {
    run.charge(16 + map.len() * 48)?;
    Ok(run.keep(Value::from_object(Dict { map: Mutex::new(map), named })))
}

pub(crate) fn text_of(run: &Run, text: impl Into<String>) -> Out<Value> {
    let text = text.into();
    run.charge(text.len())?;
    Ok(Value::from(text))
}

pub(crate) fn number_of(number: f64) -> Value {
    if number.is_nan() {
        Value::from_object(NotANumber)
    } else if number.fract() == 0.0 && number.abs() < 9e15 && (number != 0.0 || number.is_sign_positive()) {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
        let whole = number as i64;
        Value::from(whole)
    } else {
        Value::from(number)
    }
}

pub(crate) fn as_array(value: &Value) -> Option<&Array> {
    value.downcast_object_ref()
}

pub(crate) fn as_dict(value: &Value) -> Option<&Dict> {
    value.downcast_object_ref()
}

pub(crate) fn as_safe(value: &Value) -> Option<&Safe> {
    value.downcast_object_ref()
}

pub(crate) fn as_regex(value: &Value) -> Option<&Regex> {
    value.downcast_object_ref()
}

pub(crate) fn as_function(value: &Value) -> Option<&Function> {
    value.downcast_object_ref()
}

/// A number, if it is one; `NaN` is.
pub(crate) fn as_number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::Map if value.downcast_object_ref::<NotANumber>().is_some() => Some(f64::NAN),
        _ => None,
    }
}

/// The text of a string, or of a text that is an object.
pub(crate) fn as_text(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| as_safe(value).map(|safe| &*safe.0))
}

pub(crate) fn is_nothing(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// The value that the context brings.
pub(crate) fn from_json(run: &Run, json: &serde_json::Value) -> Out<Value> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => number_of(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => {
            let items = items.iter().map(|item| from_json(run, item)).collect::<Out<_>>()?;
            run.keep(Value::from_object(Array(Mutex::new(items))))
        }
        Json::Object(map) => {
            let map = map
                .iter()
                .map(|(key, item)| Ok((key.clone(), from_json(run, item)?)))
                .collect::<Out<IndexMap<_, _>>>()?;
            run.keep(Value::from_object(Dict { map: Mutex::new(map), named: false }))
        }
    })
}

/// `String(value)`.
pub(crate) fn to_text(value: &Value) -> Out<String> {
    let mut text = String::new();
    write_text(value, &mut text, MAX_DEPTH)?;
    Ok(text)
}

fn write_text(value: &Value, text: &mut String, depth: usize) -> Out<()> {
    if depth == 0 {
        return Err(Fail::limit("a value holds others too deeply to be written out"));
    }
    if let Some(string) = as_text(value) {
        text.push_str(string);
    } else if let Some(number) = as_number(value) {
        text.push_str(&number_text(number));
    } else if value.is_undefined() {
        text.push_str("undefined");
    } else if value.is_none() {
        text.push_str("null");
    } else if let Some(array) = as_array(value) {
        let items = array.items().clone();
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            if !is_nothing(item) {
                write_text(item, text, depth - 1)?;
            }
            too_long(text)?;
        }
    } else if let Some(regex) = as_regex(value) {
        text.push('/');
        text.push_str(&regex.source);
        text.push('/');
        text.push_str(&regex.flags);
    } else if as_function(value).is_some() {
        text.push_str("[function]");
    } else if as_dict(value).is_some() {
        text.push_str("[object Object]");
    } else {
        text.push_str(if value.is_true() { "true" } else { "false" });
    }
    Ok(())
}

/// More than any text may hold, whatever the limits are.
fn too_long(text: &str) -> Out<()> {
    if text.len() > 1 << 26 { Err(Fail::limit("a text grew too long")) } else { Ok(()) }
}

/// A number as JavaScript writes it.
pub(crate) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-6..21).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{}", exponent.abs())
}

/// `Number(value)`.
pub(crate) fn to_number(value: &Value) -> Out<f64> {
    if let Some(number) = as_number(value) {
        return Ok(number);
    }
    if value.is_undefined() {
        return Ok(f64::NAN);
    }
    if value.is_none() {
        return Ok(0.0);
    }
    if value.kind() == ValueKind::Bool {
        return Ok(if value.is_true() { 1.0 } else { 0.0 });
    }
    Ok(text_number(&to_text(value)?))
}

/// `Number(text)`.
fn text_number(text: &str) -> f64 {
    let text = text.trim_matches(is_js_space);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return match digits.chars().map(|c| c.to_digit(radix)).collect::<Option<Vec<_>>>() {
                Some(digits) if !digits.is_empty() => {
                    digits.iter().fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(*digit))
                }
                _ => f64::NAN,
            };
        }
    }
    match text {
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    // Rust also reads words here.
    if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

/// `parseFloat(value)`.
pub(crate) fn parse_float(value: &Value) -> Out<f64> {
    let text = to_text(value)?;
    let text = text.trim_start_matches(is_js_space);
    for (word, number) in [("Infinity", f64::INFINITY), ("+Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)]
    {
        if text.starts_with(word) {
            return Ok(number);
        }
    }
    let bytes = text.as_bytes();
    let digits = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let start = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut end = digits(start);
    let mut any = end > start;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > end + 1;
        if any {
            end = fraction;
        }
    }
    if !any {
        return Ok(f64::NAN);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(sign);
        if exponent > sign {
            end = exponent;
        }
    }
    Ok(text[..end].parse().unwrap_or(f64::NAN))
}

/// `parseInt(value, base)`.
pub(crate) fn parse_int(value: &Value, base: f64) -> Out<f64> {
    let text = to_text(value)?;
    let text = text.trim_start_matches(is_js_space);
    let (negative, text) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let mut radix = match to_i32(base) {
        0 => 10,
        radix => match u32::try_from(radix) {
            Ok(radix @ 2..=36) => radix,
            _ => return Ok(f64::NAN),
        },
    };
    let mut text = text;
    if (radix == 16 || to_i32(base) == 0)
        && let Some(rest) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
    {
        radix = 16;
        text = rest;
    }
    let end = text.find(|c: char| c.to_digit(radix).is_none()).unwrap_or(text.len());
    let text = &text[..end];
    if text.is_empty() {
        return Ok(f64::NAN);
    }
    let number = if radix == 10 {
        text.parse().unwrap_or(f64::NAN)
    } else {
        text.chars().filter_map(|c| c.to_digit(radix)).fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit))
    };
    Ok(if negative { -number } else { number })
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, which is far outside of what is asked")]
fn to_i32(number: f64) -> i32 {
    if number.is_nan() { 0 } else { number as i32 }
}

/// What operators make of an object first: its text.
fn primitive(value: &Value) -> Out<Value> {
    if let Some(safe) = as_safe(value) {
        return Ok(Value::from(safe.0.clone()));
    }
    if as_number(value).is_none() && value.as_object().is_some() {
        Ok(Value::from(to_text(value)?))
    } else {
        Ok(value.clone())
    }
}

pub(crate) fn strictly_equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (as_number(a), as_number(b)) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.as_object(), b.as_object()) {
        return same_object(a, b);
    }
    match (a.kind(), b.kind()) {
        (ValueKind::Undefined, ValueKind::Undefined) | (ValueKind::None, ValueKind::None) => true,
        (ValueKind::Bool, ValueKind::Bool) => a.is_true() == b.is_true(),
        _ => false,
    }
}

fn same_object(a: &minijinja::value::DynObject, b: &minijinja::value::DynObject) -> bool {
    fn at<T: 'static>(object: &minijinja::value::DynObject) -> Option<*const T> {
        object.downcast_ref::<T>().map(std::ptr::from_ref)
    }
    let same = |a: Option<*const ()>, b: Option<*const ()>| a.is_some() && a == b;
    same(at::<Array>(a).map(<*const _>::cast), at::<Array>(b).map(<*const _>::cast))
        || same(at::<Dict>(a).map(<*const _>::cast), at::<Dict>(b).map(<*const _>::cast))
        || same(at::<Safe>(a).map(<*const _>::cast), at::<Safe>(b).map(<*const _>::cast))
        || same(at::<Function>(a).map(<*const _>::cast), at::<Function>(b).map(<*const _>::cast))
}

pub(crate) fn loosely_equal(a: &Value, b: &Value) -> Out<bool> {
    if is_nothing(a) || is_nothing(b) {
        return Ok(is_nothing(a) && is_nothing(b));
    }
    let is_object = |value: &Value| as_number(value).is_none() && value.as_object().is_some();
    if is_object(a) && is_object(b) {
        return Ok(strictly_equal(a, b));
    }
    let (a, b) = (primitive(a)?, primitive(b)?);
    if a.as_str().is_some() && b.as_str().is_some() {
        return Ok(strictly_equal(&a, &b));
    }
    Ok(to_number(&a)? == to_number(&b)?)
}

/// `a < b` and its like; nothing where a number is missing.
pub(crate) fn compared(a: &Value, b: &Value) -> Out<Option<Ordering>> {
    let (a, b) = (primitive(a)?, primitive(b)?);
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(Some(a.encode_utf16().cmp(b.encode_utf16())));
    }
    Ok(to_number(&a)?.partial_cmp(&to_number(&b)?))
}

/// `a + b`.
pub(crate) fn add(run: &Run, a: &Value, b: &Value) -> Out<Value> {
    let (a, b) = (primitive(a)?, primitive(b)?);
    if a.as_str().is_some() || b.as_str().is_some() {
        let mut text = to_text(&a)?;
        text.push_str(&to_text(&b)?);
        return text_of(run, text);
    }
    Ok(number_of(to_number(&a)? + to_number(&b)?))
}

/// `typeof value`, with what an array and nothing are instead of "object".
pub(crate) fn what(value: &Value) -> &'static str {
    if value.is_undefined() {
        "undefined"
    } else if value.is_none() {
        "null"
    } else if as_number(value).is_some() {
        "a number"
    } else if as_text(value).is_some() {
        "a text"
    } else if as_array(value).is_some() {
        "a list"
    } else if as_function(value).is_some() {
        "a function"
    } else if value.kind() == ValueKind::Bool {
        "true or false"
    } else {
        "an object"
    }
}

/// `JSON.stringify(value, null, indent)`; nothing for what JSON does not have.
pub(crate) fn json(run: &Run, value: &Value, indent: Option<&str>) -> Out<Option<String>> {
    let mut text = String::new();
    let written = write_json(run, value, indent, 0, &mut text)?;
    Ok(written.then_some(text))
}

fn write_json(run: &Run, value: &Value, indent: Option<&str>, depth: usize, text: &mut String) -> Out<bool> {
    if depth > MAX_DEPTH {
        return Err(Fail::limit("a value holds others too deeply to be written as JSON"));
    }
    if text.len() > run.limits.output_bytes {
        return Err(run.too_large());
    }
    let line = |text: &mut String, depth: usize| {
        if let Some(indent) = indent {
            text.push('\n');
            (0..depth).for_each(|_| text.push_str(indent));
        }
    };
    if let Some(string) = value.as_str() {
        text.push_str(&quoted(string));
    } else if let Some(number) = as_number(value) {
        text.push_str(&if number.is_finite() { number_text(number) } else { "null".to_owned() });
    } else if value.is_undefined() || as_function(value).is_some() {
        return Ok(false);
    } else if value.is_none() {
        text.push_str("null");
    } else if let Some(array) = as_array(value) {
        let items = array.items().clone();
        text.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            line(text, depth + 1);
            if !write_json(run, item, indent, depth + 1, text)? {
                text.push_str("null");
            }
        }
        if !items.is_empty() {
            line(text, depth);
        }
        text.push(']');
    } else if let Some(safe) = as_safe(value) {
        // It is an object to JavaScript, with these two fields.
        let fields = [("val", quoted(&safe.0)), ("length", safe.0.encode_utf16().count().to_string())];
        write_fields(text, fields.map(|(key, field)| (key.to_owned(), field)).into(), indent, depth);
    } else if as_regex(value).is_some() {
        text.push_str("{}");
    } else if let Some(dict) = as_dict(value) {
        let mut fields = Vec::new();
        let mut size = text.len();
        for key in dict.keys() {
            let item = dict.map().get(&key).cloned().unwrap_or_default();
            let mut field = String::new();
            if write_json(run, &item, indent, depth + 1, &mut field)? {
                size += field.len();
                if size > run.limits.output_bytes {
                    return Err(run.too_large());
                }
                fields.push((key, field));
            }
        }
        if dict.named {
            fields.push(("__keywords".to_owned(), "true".to_owned()));
        }
        write_fields(text, fields, indent, depth);
    } else {
        text.push_str(if value.is_true() { "true" } else { "false" });
    }
    Ok(true)
}

fn write_fields(text: &mut String, fields: Vec<(String, String)>, indent: Option<&str>, depth: usize) {
    let line = |text: &mut String, depth: usize| {
        if let Some(indent) = indent {
            text.push('\n');
            (0..depth).for_each(|_| text.push_str(indent));
        }
    };
    text.push('{');
    let empty = fields.is_empty();
    for (i, (key, field)) in fields.into_iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        line(text, depth + 1);
        text.push_str(&quoted(&key));
        text.push(':');
        if indent.is_some() {
            text.push(' ');
        }
        text.push_str(&field);
    }
    if !empty {
        line(text, depth);
    }
    text.push('}');
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
