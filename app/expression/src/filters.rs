//! Nunjucks' filters and tests, and those that Backstage adds.

use indexmap::IndexMap;
use minijinja::value::{Value, ValueKind};

use crate::{
    backstage,
    error::Fail,
    lexer::is_js_space,
    methods::{self, between, grouped, item, join, sort_by, whole},
    runtime::{Call, Run, count, entries, get, power},
    value::{
        Out, Safe, array_of, as_array, as_dict, as_function, as_number, as_regex, as_safe, as_text, compared, dict_of,
        is_nothing, json, number_of, number_text, parse_float, parse_int, strictly_equal, text_of, to_number, to_text,
        what,
    },
};

/// The filters that are read.
pub(crate) const FILTERS: &[&str] = &[
    "abs",
    "batch",
    "capitalize",
    "center",
    "d",
    "default",
    "dictsort",
    "dump",
    "e",
    "escape",
    "first",
    "float",
    "forceescape",
    "groupby",
    "indent",
    "int",
    "join",
    "jsonify",
    "last",
    "length",
    "list",
    "lower",
    "nl2br",
    "parseEntityRef",
    "parseRepoUrl",
    "pick",
    "projectSlug",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "trim",
    "truncate",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
];

/// The tests that `is` knows.
pub(crate) const TESTS: &[&str] = &[
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "falsy",
    "ge",
    "greaterthan",
    "gt",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "null",
    "number",
    "none",
    "odd",
    "sameas",
    "string",
    "truthy",
    "undefined",
    "upper",
];

pub(crate) fn call(call: &Call<'_, '_>, this: &Value, arguments: &[Value]) -> Out<Value> {
    let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
    filter(call, name, this, &arguments[1..])
}

/// A filter's input, with what the filter is called for errors.
struct Input<'a> {
    run: &'a Run,
    name: &'a str,
    this: &'a Value,
    arguments: &'a [Value],
}

impl Input<'_> {
    fn arg(&self, index: usize) -> Value {
        self.arguments.get(index).cloned().unwrap_or_default()
    }

    fn unfit(&self, wanted: &str) -> Fail {
        Fail::runtime(format!("the filter `{}` needs {wanted}, and this is {}", self.name, what(self.this)))
    }

    /// The text that the filter works on; `null`, nothing and `false` count as empty.
    fn text(&self) -> Out<&str> {
        if is_nothing(self.this) || is_false(self.this) { Ok("") } else { self.exact_text() }
    }

    /// The input, where `null`, nothing and `false` count as an empty text.
    fn or_empty(&self) -> Value {
        if is_nothing(self.this) || is_false(self.this) { Value::from("") } else { self.this.clone() }
    }

    /// The length of a value, which is no number where it has none.
    fn length_of(&self, value: &Value) -> Out<f64> {
        to_number(&get(self.run, value, &Value::from("length"))?)
    }

    fn exact_text(&self) -> Out<&str> {
        as_text(self.this).ok_or_else(|| self.unfit("a text"))
    }

    /// The items of a list.
    fn items(&self) -> Out<Vec<Value>> {
        as_array(self.this).map(|array| array.items().clone()).ok_or_else(|| self.unfit("a list"))
    }

    /// What has a length and items by number: as Nunjucks' own `map` goes over it.
    fn mapped(&self) -> Out<Vec<Value>> {
        if is_nothing(self.this) {
            return Ok(Vec::new());
        }
        if let Some(array) = as_array(self.this) {
            return Ok(array.items().clone());
        }
        if let Some(text) = self.this.as_str() {
            return Ok(methods::split_units(text).into_iter().map(Value::from).collect());
        }
        let length = get(self.run, self.this, &Value::from("length"))?;
        let length = if length.is_undefined() { 0.0 } else { to_number(&length)? };
        let mut items = Vec::new();
        while count(items.len()) < length {
            self.run.charge(24)?;
            items.push(item(self.run, self.this, count(items.len()))?);
        }
        Ok(items)
    }

    /// A text that is safe where the input was.
    fn like_input(&self, text: String) -> Out<Value> {
        let safe = as_safe(self.this).is_some();
        if safe { safe_of(self.run, text) } else { text_of(self.run, text) }
    }
}

fn is_false(value: &Value) -> bool {
    value.kind() == ValueKind::Bool && !value.is_true()
}

fn safe_of(run: &Run, text: String) -> Out<Value> {
    run.charge(text.len())?;
    Ok(Value::from_object(Safe(text.into())))
}

/// What a filter that takes its arguments by name gets, in the order of the names.
fn by_name(names: &[&str], arguments: &[Value]) -> Vec<Value> {
    let (by_place, named) = match arguments.split_last() {
        Some((last, rest)) if as_dict(last).is_some_and(|dict| dict.named) => (rest, Some(last)),
        _ => (arguments, None),
    };
    let named = named.and_then(as_dict);
    let value = |(i, name): (usize, &&str)| match by_place.get(i) {
        Some(value) => value.clone(),
        None => named.and_then(|dict| dict.map().get(*name).cloned()).unwrap_or_default(),
    };
    names.iter().enumerate().map(value).collect()
}

fn filter(call: &Call<'_, '_>, name: &str, this: &Value, arguments: &[Value]) -> Out<Value> {
    let run = call.run;
    let input = Input { run, name, this, arguments };
    let arg = |index| input.arg(index);
    match name {
        "abs" => Ok(number_of(to_number(this)?.abs())),
        "batch" => batch(&input),
        "capitalize" => input.like_input(capitalized(input.text()?)),
        "center" => center(&input),
        "default" | "d" => {
            let keep = if arg(1).is_true() { this.is_true() } else { !this.is_undefined() };
            Ok(if keep { this.clone() } else { arg(0) })
        }
        "dictsort" => dictsort(&input),
        "dump" => dump(&input),
        // Backstage has it for cookiecutter alone.
        "jsonify" if run.compat => dump(&input),
        "escape" | "e" if as_safe(this).is_some() => Ok(this.clone()),
        "escape" | "e" | "forceescape" => {
            safe_of(run, escaped(&if is_nothing(this) { String::new() } else { to_text(this)? }))
        }
        "safe" if as_safe(this).is_some() => Ok(this.clone()),
        "safe" => safe_of(run, if is_nothing(this) { String::new() } else { to_text(this)? }),
        "first" => item(run, this, 0.0),
        "last" => {
            let length = get(run, this, &Value::from("length"))?;
            item(run, this, to_number(&length)? - 1.0)
        }
        "random" => {
            let length = to_number(&get(run, this, &Value::from("length"))?)?;
            item(run, this, (random() * length).floor())
        }
        "float" => {
            let number = parse_float(this)?;
            Ok(if number.is_nan() { arg(0) } else { number_of(number) })
        }
        "int" => {
            let arguments = by_name(&["default", "base"], arguments);
            let base = if arguments[1].is_undefined() { 10.0 } else { to_number(&arguments[1])? };
            let number = parse_int(this, base)?;
            Ok(if number.is_nan() { arguments[0].clone() } else { number_of(number) })
        }
        "groupby" => groupby(&input),
        "indent" => indent(&input),
        "join" => {
            let separator = if arg(0).is_true() { to_text(&arg(0))? } else { String::new() };
            let items = if arg(1).is_true() { attribute(&input, &input.mapped()?, &arg(1))? } else { input.items()? };
            join(run, &items, &separator)
        }
        "length" => length(&input),
        "list" => list(&input),
        "lower" => text_of(run, input.text()?.to_lowercase()),
        "upper" => text_of(run, input.text()?.to_uppercase()),
        "nl2br" => {
            if is_nothing(this) {
                return Ok(Value::from(""));
            }
            let text = input.exact_text()?;
            input.like_input(text.replace("\r\n", "\n").replace('\n', "<br />\n"))
        }
        "reject" | "select" => {
            if is_nothing(this) {
                return Err(input.unfit("a list"));
            }
            let test_name = if arg(0).is_undefined() { "truthy".to_owned() } else { to_text(&arg(0))? };
            let mut kept = Vec::new();
            for item in input.mapped()? {
                if test_of(&test_name, &item, &arg(1))? == (name == "select") {
                    kept.push(item);
                }
            }
            array_of(run, kept)
        }
        "rejectattr" | "selectattr" => {
            let mut kept = Vec::new();
            for item in input.items()? {
                if field(run, &item, &arg(0))?.is_true() == (name == "selectattr") {
                    kept.push(item);
                }
            }
            array_of(run, kept)
        }
        "replace" => replace(&input),
        "reverse" => {
            if let Some(text) = this.as_str() {
                let reversed: Vec<u16> = text.encode_utf16().collect::<Vec<_>>().into_iter().rev().collect();
                return text_of(run, String::from_utf16_lossy(&reversed));
            }
            let mut items = input.mapped()?;
            items.reverse();
            array_of(run, items)
        }
        "round" => round(&input),
        "slice" => slice(&input),
        "sort" => sort(&input),
        "string" => match as_safe(this) {
            Some(_) => Ok(this.clone()),
            None if is_nothing(this) => Err(input.unfit("a value")),
            None => text_of(run, to_text(this)?),
        },
        "striptags" => striptags(&input),
        "sum" => sum(&input),
        "title" => input.like_input(input.text()?.split(' ').map(capitalized).collect::<Vec<_>>().join(" ")),
        "trim" => input.like_input(input.exact_text()?.trim_matches(is_js_space).to_owned()),
        "truncate" => truncate(&input),
        "urlencode" => urlencode(&input),
        "urlize" => urlize(&input),
        "wordcount" => {
            if !this.is_true() {
                return Ok(Value::from(()));
            }
            let text = input.text()?;
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
            Ok(match words.count() {
                0 => Value::from(()),
                words => number_of(count(words)),
            })
        }
        "parseRepoUrl" => backstage::parse_repo_url(run, this),
        "projectSlug" => backstage::project_slug(run, this),
        "parseEntityRef" => backstage::parse_entity_ref(run, this, &arg(0)),
        "pick" => backstage::pick(run, this, &arg(0)),
        _ => Err(Fail::runtime(match nearest(name, FILTERS.iter().copied()) {
            Some(nearest) => format!("there is no filter `{name}`; did you mean `{nearest}`?"),
            None => format!("there is no filter `{name}`"),
        })),
    }
}

/// The word most like another, if one is like it at all.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let least =
        known.map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase()), known)).min()?;
    (least.0 <= (name.chars().count() / 3).max(1)).then_some(least.1)
}

fn capitalized(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut chars = lower.chars();
    match chars.next() {
        // A sign of two units has no upper case by its halves.
        Some(first) if first.len_utf16() == 1 => first.to_uppercase().chain(chars).collect(),
        _ => lower,
    }
}

fn repeat(run: &Run, text: &str, times: f64) -> Out<String> {
    let times = if times > 0.0 { usize::try_from(whole(times.ceil())).unwrap_or_default() } else { 0 };
    run.charge(text.len().saturating_mul(times))?;
    Ok(text.repeat(times))
}

fn batch(input: &Input<'_>) -> Out<Value> {
    let size = to_number(&input.arg(0))?;
    let filler = input.arg(1);
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let items = match as_array(input.this) {
        Some(_) => input.items()?,
        None if is_nothing(input.this) => return Err(input.unfit("a list")),
        None => input.mapped()?,
    };
    for (i, item) in items.into_iter().enumerate() {
        if count(i) % size == 0.0 && !batch.is_empty() {
            batches.push(array_of(input.run, std::mem::take(&mut batch))?);
        }
        batch.push(item);
    }
    if !batch.is_empty() {
        while filler.is_true() && count(batch.len()) < size {
            input.run.charge(24)?;
            batch.push(filler.clone());
        }
        batches.push(array_of(input.run, batch)?);
    }
    array_of(input.run, batches)
}

fn center(input: &Input<'_>) -> Out<Value> {
    let this = input.or_empty();
    let width = if input.arg(0).is_true() { to_number(&input.arg(0))? } else { 80.0 };
    let length = input.length_of(&this)?;
    if length >= width {
        return Ok(this);
    }
    let spaces = width - length;
    let before = repeat(input.run, " ", spaces / 2.0 - spaces % 2.0)?;
    let after = repeat(input.run, " ", spaces / 2.0)?;
    input.like_input(format!("{before}{}{after}", to_text(&this)?))
}

fn dictsort(input: &Input<'_>) -> Out<Value> {
    if as_dict(input.this).is_none() {
        return Err(input.unfit("an object"));
    }
    let by = input.arg(1);
    let index = if by.is_undefined() || by.as_str() == Some("key") {
        0
    } else if by.as_str() == Some("value") {
        1
    } else {
        return Err(Fail::runtime("the filter `dictsort` sorts by `key` or by `value`"));
    };
    let exact = input.arg(0).is_true();
    let entries = entries(input.run, input.this)?.into_iter();
    let mut pairs =
        entries.map(|(key, value)| array_of(input.run, vec![Value::from(key), value])).collect::<Out<Vec<_>>>()?;
    let key = |pair: &Value| {
        let key = as_array(pair).and_then(|pair| pair.items().get(index).cloned()).unwrap_or_default();
        Ok(match key.as_str() {
            Some(text) if !exact => Value::from(text.to_uppercase()),
            _ => key,
        })
    };
    let order = |a: &Value, b: &Value| {
        let above = compared(a, b)?.is_some_and(std::cmp::Ordering::is_gt);
        Ok(match above {
            true => std::cmp::Ordering::Greater,
            false if strictly_equal(a, b) => std::cmp::Ordering::Equal,
            false => std::cmp::Ordering::Less,
        })
    };
    sort_by(&mut pairs, key, order)?;
    array_of(input.run, pairs)
}

fn dump(input: &Input<'_>) -> Out<Value> {
    let spaces = input.arg(0);
    let indent = match (as_number(&spaces), as_text(&spaces)) {
        // Less than one space still breaks the lines.
        (Some(width), _) if width > 0.0 => Some(" ".repeat(usize::try_from(whole(width).min(10)).unwrap_or_default())),
        (_, Some(text)) => Some(between(text, 0, 10)).filter(|text| !text.is_empty()),
        _ => None,
    };
    match json(input.run, input.this, indent.as_deref())? {
        Some(text) => text_of(input.run, text),
        None => Ok(Value::UNDEFINED),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            c => out.push(c),
        }
    }
    out
}

/// A number between 0 and 1, from the seeds that the standard library gives its maps.
fn random() -> f64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    let bits = std::hash::RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

/// `item[name]`, where nothing has no fields.
fn field(run: &Run, item: &Value, name: &Value) -> Out<Value> {
    if is_nothing(item) {
        return Err(Fail::runtime(format!("an item of the list is {}, which has no fields", what(item))));
    }
    get(run, item, name)
}

fn attribute(input: &Input<'_>, items: &[Value], name: &Value) -> Out<Vec<Value>> {
    items.iter().map(|item| field(input.run, item, name)).collect()
}

/// A field by its path, of what the item itself has.
fn by_path(run: &Run, item: &Value, path: &Value) -> Out<Value> {
    let parts: Vec<String> = match path.as_str() {
        Some(path) => path.split('.').map(str::to_owned).collect(),
        None => vec![to_text(path)?],
    };
    let mut at = item.clone();
    for part in parts {
        if is_nothing(&at) {
            return Err(Fail::runtime(format!("an item of the list is {}, which has no fields", what(&at))));
        }
        let own = match as_dict(&at) {
            Some(dict) => dict.map().contains_key(&part),
            None => part == "length" || entries(run, &at)?.iter().any(|(name, _)| *name == part),
        };
        if !own {
            return Ok(Value::UNDEFINED);
        }
        at = get(run, &at, &Value::from(part))?;
    }
    Ok(at)
}

fn groupby(input: &Input<'_>) -> Out<Value> {
    if is_nothing(input.this) {
        return Err(input.unfit("a list"));
    }
    let mut groups: IndexMap<String, Vec<Value>> = IndexMap::new();
    for item in input.mapped()? {
        let key = if input.arg(0).is_true() { by_path(input.run, &item, &input.arg(0))? } else { item.clone() };
        groups.entry(to_text(&key)?).or_default().push(item);
    }
    grouped(input.run, groups)
}

fn indent(input: &Input<'_>) -> Out<Value> {
    let text = input.text()?;
    if text.is_empty() && as_safe(input.this).is_none() {
        return Ok(Value::from(""));
    }
    let width = if input.arg(0).is_true() { to_number(&input.arg(0))? } else { 4.0 };
    let spaces = repeat(input.run, " ", width)?;
    let first = input.arg(1).is_true();
    let lines = text.split('\n').count();
    input.run.charge(spaces.len().saturating_mul(lines))?;
    let indented =
        |(i, line): (usize, &str)| if i == 0 && !first { line.to_owned() } else { format!("{spaces}{line}") };
    input.like_input(text.split('\n').enumerate().map(indented).collect::<Vec<_>>().join("\n"))
}

fn length(input: &Input<'_>) -> Out<Value> {
    let this = input.this;
    if is_nothing(this) || is_false(this) {
        return Ok(Value::from(0));
    }
    if let Some(dict) = as_dict(this) {
        return Ok(number_of(count(dict.map().len() + usize::from(dict.named))));
    }
    get(input.run, this, &Value::from("length"))
}

fn list(input: &Input<'_>) -> Out<Value> {
    let run = input.run;
    if let Some(text) = input.this.as_str() {
        return array_of(run, methods::split_units(text).into_iter().map(Value::from).collect());
    }
    if as_array(input.this).is_some() {
        return Ok(input.this.clone());
    }
    if as_dict(input.this).is_some() || as_safe(input.this).is_some() {
        let pairs = entries(run, input.this)?.into_iter().map(|(key, value)| {
            let pair = [("key".to_owned(), Value::from(key)), ("value".to_owned(), value)];
            dict_of(run, pairs_of(pair), false)
        });
        return array_of(run, pairs.collect::<Out<_>>()?);
    }
    Err(input.unfit("a text, a list or an object"))
}

fn pairs_of<const N: usize>(pairs: [(String, Value); N]) -> IndexMap<String, Value> {
    pairs.into()
}

fn replace(input: &Input<'_>) -> Out<Value> {
    let (run, this) = (input.run, input.this);
    let (old, new) = (input.arg(0), input.arg(1));
    if let Some(regex) = as_regex(&old) {
        return methods::replace_by(run, regex, input.exact_text()?, &to_text(&new)?, regex.flags.contains('g'));
    }
    let old = match (as_number(&old), old.as_str()) {
        (Some(number), _) => number_text(number),
        (_, Some(old)) => old.to_owned(),
        _ => return Ok(this.clone()),
    };
    let text = match (as_number(this), as_text(this)) {
        (Some(number), _) => number_text(number),
        (_, Some(text)) => text.to_owned(),
        _ => return Ok(this.clone()),
    };
    let new_text = to_text(&new)?;
    if old.is_empty() {
        let units = methods::split_units(&text);
        // A list joined by nothing is joined by commas.
        let between = if new.is_undefined() { "," } else { &new_text };
        run.charge(between.len().saturating_mul(units.len()))?;
        let inside = units.join(between);
        return input.like_input(format!("{new_text}{inside}{new_text}"));
    }
    let most = match input.arg(2) {
        most if most.is_undefined() => -1.0,
        most => to_number(&most)?,
    };
    let strict_zero = as_number(&input.arg(2)) == Some(0.0);
    if strict_zero || !text.contains(&old) {
        return if as_number(this).is_some() { text_of(run, text) } else { Ok(this.clone()) };
    }
    let mut out = String::new();
    let mut from = 0;
    let mut done = 0.0;
    for (at, found) in text.match_indices(&old) {
        if !(most == -1.0 || done < most) {
            break;
        }
        out.push_str(&text[from..at]);
        out.push_str(&new_text);
        from = at + found.len();
        done += 1.0;
        if out.len() > run.limits.output_bytes {
            return Err(run.too_large());
        }
    }
    out.push_str(&text[from..]);
    input.like_input(out)
}

fn round(input: &Input<'_>) -> Out<Value> {
    let precision = if input.arg(0).is_true() { to_number(&input.arg(0))? } else { 0.0 };
    let factor = power(10.0, precision);
    let number = to_number(input.this)? * factor;
    let rounded = match input.arg(1).as_str() {
        Some("ceil") => number.ceil(),
        Some("floor") => number.floor(),
        // What lies in the middle goes up, below zero as well.
        _ if number.fract() == -0.5 => number.ceil(),
        _ => number.round(),
    };
    Ok(number_of(rounded / factor))
}

fn slice(input: &Input<'_>) -> Out<Value> {
    let run = input.run;
    if is_nothing(input.this) {
        return Err(input.unfit("a list"));
    }
    let slices = to_number(&input.arg(0))?;
    let filler = input.arg(1);
    let bounds = slice_bounds(run, input.length_of(input.this)?, slices)?;
    let mut parts = Vec::new();
    for (from, to, filled) in bounds {
        let filled = filled && filler.is_true();
        match as_array(input.this) {
            Some(array) => {
                let items = array.items();
                let mut part = items.get(from..to.min(items.len())).map(<[_]>::to_vec).unwrap_or_default();
                drop(items);
                if filled {
                    part.push(filler.clone());
                }
                parts.push(array_of(run, part)?);
            }
            None if filled => return Err(input.unfit("a list")),
            None => parts.push(text_of(run, between(input.exact_text()?, from, to))?),
        }
    }
    array_of(run, parts)
}

/// Where each of so many slices begins and ends, and whether it is one of the shorter ones.
fn slice_bounds(run: &Run, length: f64, slices: f64) -> Out<Vec<(usize, usize, bool)>> {
    let each = (length / slices).floor();
    let extra = length % slices;
    let mut offset = 0.0;
    let mut bounds = Vec::new();
    let mut i = 0.0;
    let index = |number: f64| usize::try_from(whole(number)).unwrap_or_default();
    while i < slices {
        run.charge(24)?;
        let start = offset + i * each;
        if i < extra {
            offset += 1.0;
        }
        let end = offset + (i + 1.0) * each;
        bounds.push((index(start), index(end), i >= extra));
        i += 1.0;
    }
    Ok(bounds)
}

fn sort(input: &Input<'_>) -> Out<Value> {
    let arguments = by_name(&["reverse", "case_sensitive", "attribute"], input.arguments);
    let mut items = input.mapped()?;
    let (exact, path) = (arguments[1].is_true(), &arguments[2]);
    let key = |item: &Value| {
        let key = if path.is_true() { by_path(input.run, item, path)? } else { item.clone() };
        Ok(match key.as_str() {
            Some(text) if !exact => Value::from(text.to_lowercase()),
            _ => key,
        })
    };
    let reversed = arguments[0].is_true();
    let order = |a: &Value, b: &Value| {
        let order = compared(a, b)?.unwrap_or(std::cmp::Ordering::Equal);
        Ok(if reversed { order.reverse() } else { order })
    };
    sort_by(&mut items, key, order)?;
    array_of(input.run, items)
}

fn striptags(input: &Input<'_>) -> Out<Value> {
    let text = without_tags(input.text()?);
    let text = text.trim_matches(is_js_space);
    let mut out = String::new();
    if input.arg(0).is_true() {
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                out.push('\n');
            }
            // A carriage return ends a line as well, so that spaces before it go too.
            let (line, end) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\r"));
            out.push_str(&squashed(line.trim_matches(' '), |c| c == ' '));
            out.push_str(end);
        }
        out = out.replace("\r\n", "\n");
        while out.contains("\n\n\n") {
            out = out.replace("\n\n\n", "\n\n");
        }
    } else {
        out = squashed(text, is_js_space);
    }
    input.like_input(out)
}

/// With one space for as many as stand together.
fn squashed(text: &str, is_space: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut before = false;
    for c in text.chars() {
        let space = is_space(c);
        if !space {
            out.push(c);
        } else if !before {
            out.push(' ');
        }
        before = space;
    }
    out
}

fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = &rest[at..];
        let name = tag[1..].strip_prefix('/').unwrap_or(&tag[1..]);
        let end = if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let after = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            // The name must end where a word does.
            if after.starts_with('_') { None } else { tag.find('>').map(|end| end + 1) }
        } else {
            tag.strip_prefix("<!--").and_then(|comment| comment.find("-->")).map(|end| end + 7)
        };
        match end {
            Some(end) => rest = &tag[end..],
            None => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn sum(input: &Input<'_>) -> Out<Value> {
    let items =
        if input.arg(0).is_true() { attribute(input, &input.mapped()?, &input.arg(0))? } else { input.items()? };
    let mut total = Value::from(0);
    for item in items {
        total = crate::value::add(input.run, &total, &item)?;
    }
    let start = if input.arg(1).is_undefined() { Value::from(0) } else { input.arg(1) };
    crate::value::add(input.run, &start, &total)
}

fn truncate(input: &Input<'_>) -> Out<Value> {
    let this = input.or_empty();
    let length = if input.arg(0).is_true() { to_number(&input.arg(0))? } else { 255.0 };
    if input.length_of(&this)? <= length {
        return Ok(this);
    }
    let text = input.text()?;
    let most = usize::try_from(whole(length)).unwrap_or_default();
    let cut = if input.arg(1).is_true() {
        between(text, 0, most)
    } else {
        let head = between(text, 0, most + 1);
        match head.rfind(' ') {
            Some(space) => head[..space].to_owned(),
            None => between(text, 0, most),
        }
    };
    let end = if is_nothing(&input.arg(2)) { "...".to_owned() } else { to_text(&input.arg(2))? };
    input.like_input(cut + &end)
}

/// `encodeURIComponent`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn urlencode(input: &Input<'_>) -> Out<Value> {
    if let Some(text) = input.this.as_str() {
        return text_of(input.run, encoded(text));
    }
    let mut parts = Vec::new();
    if let Some(array) = as_array(input.this) {
        for pair in array.items().clone() {
            let key = field(input.run, &pair, &Value::from(0))?;
            let value = field(input.run, &pair, &Value::from(1))?;
            parts.push(format!("{}={}", encoded(&to_text(&key)?), encoded(&to_text(&value)?)));
        }
    } else {
        for (key, value) in entries(input.run, input.this)? {
            parts.push(format!("{}={}", encoded(&key), encoded(&to_text(&value)?)));
        }
    }
    text_of(input.run, parts.join("&"))
}

fn urlize(input: &Input<'_>) -> Out<Value> {
    let text = input.exact_text()?;
    // No length at all is not a number to Nunjucks only where it is `NaN`; what is left out cuts nothing.
    let limit = match as_number(&input.arg(0)) {
        Some(limit) if limit.is_nan() => usize::MAX,
        Some(limit) => usize::try_from(whole(limit)).unwrap_or_default(),
        None if input.arg(0).is_undefined() => usize::MAX,
        None => usize::try_from(whole(to_number(&input.arg(0))?)).unwrap_or_default(),
    };
    let follow =
        if input.arg(1).kind() == ValueKind::Bool && input.arg(1).is_true() { " rel=\"nofollow\"" } else { "" };
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let space = rest.len() - rest.trim_start_matches(is_js_space).len();
        out.push_str(&rest[..space]);
        rest = &rest[space..];
        let word = &rest[..rest.find(is_js_space).unwrap_or(rest.len())];
        rest = &rest[word.len()..];
        out.push_str(&linked(word, limit, follow));
    }
    text_of(input.run, out)
}

fn linked(word: &str, limit: usize, follow: &str) -> String {
    let open = ["(", "<", "&lt;"].iter().find_map(|open| word.strip_prefix(open)).unwrap_or(word);
    let url = [".", ",", ")", "&gt;"].iter().find_map(|close| open.strip_suffix(close)).unwrap_or(open);
    let short = between(url, 0, limit);
    if url.starts_with("http://") || url.starts_with("https://") {
        return format!("<a href=\"{url}\"{follow}>{short}</a>");
    }
    if url.starts_with("www.") {
        return format!("<a href=\"http://{url}\"{follow}>{short}</a>");
    }
    if is_address(url) {
        return format!("<a href=\"mailto:{url}\">{url}</a>");
    }
    let ends = |domain: &str| {
        url.match_indices(domain).any(|(at, _)| {
            let after = &url[at + domain.len()..];
            after.is_empty() || after.starts_with(':') || after.starts_with('/')
        })
    };
    if [".org", ".net", ".com"].iter().any(|domain| ends(domain)) {
        return format!("<a href=\"http://{url}\"{follow}>{short}</a>");
    }
    word.to_owned()
}

fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.!#$%&'*+-/=?^`{|}~".contains(c);
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !name.is_empty() && name.chars().all(is_name) && labels.len() > 1 && labels.iter().all(is_label)
}

pub(crate) fn test(_: &Call<'_, '_>, this: &Value, arguments: &[Value]) -> Out<Value> {
    let name = arguments.first().and_then(Value::as_str).unwrap_or_default();
    let argument = arguments.get(1).cloned().unwrap_or_default();
    test_of(name, this, &argument).map(Value::from)
}

fn test_of(name: &str, this: &Value, other: &Value) -> Out<bool> {
    let remainder = |by: f64| Ok::<_, Fail>(to_number(this)? % by);
    let order = || compared(this, other);
    let text = || {
        as_text(this).ok_or_else(|| Fail::runtime(format!("`is {name}` asks about a text, and this is {}", what(this))))
    };
    Ok(match name {
        "callable" => as_function(this).is_some(),
        "defined" => !this.is_undefined(),
        "undefined" => this.is_undefined(),
        "divisibleby" => to_number(this)? % to_number(other)? == 0.0,
        "escaped" => as_safe(this).is_some(),
        "equalto" | "eq" | "sameas" => strictly_equal(this, other),
        "ne" => !strictly_equal(this, other),
        "even" => remainder(2.0)? == 0.0,
        "odd" => remainder(2.0)? == 1.0,
        "falsy" => !this.is_true(),
        "truthy" => this.is_true(),
        "ge" => order()?.is_some_and(std::cmp::Ordering::is_ge),
        "greaterthan" | "gt" => order()?.is_some_and(std::cmp::Ordering::is_gt),
        "le" => order()?.is_some_and(std::cmp::Ordering::is_le),
        "lessthan" | "lt" => order()?.is_some_and(std::cmp::Ordering::is_lt),
        "lower" => as_safe(this).is_none() && text()?.to_lowercase() == text()?,
        "upper" => as_safe(this).is_none() && text()?.to_uppercase() == text()?,
        "null" => this.is_none(),
        "number" => as_number(this).is_some(),
        "string" => this.as_str().is_some(),
        "iterable" if is_nothing(this) => {
            return Err(Fail::runtime(format!("`is iterable` asks about a value, and this is {}", what(this))));
        }
        "iterable" => as_text(this).is_some() || as_array(this).is_some(),
        "mapping" => {
            (as_dict(this).is_some() || as_safe(this).is_some() || as_regex(this).is_some()) && as_array(this).is_none()
        }
        _ => {
            let nearest = nearest(name, TESTS.iter().copied())
                .map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
            return Err(Fail::runtime(format!("there is no test `{name}`{nearest}")));
        }
    })
}
