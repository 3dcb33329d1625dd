//! What a translated template calls while `minijinja` runs it: Nunjucks' frames, JavaScript's operators, calls.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use indexmap::IndexMap;
use minijinja::{
    AutoEscape, Environment, ErrorKind as EngineError, Output, State, UndefinedBehavior,
    value::{Object, Rest, Value},
};

use crate::{
    Limits,
    error::Fail,
    filters, methods,
    value::{
        Function, Out, Regex, add, array_of, as_array, as_dict, as_function, as_safe, as_text, compared, dict_of,
        from_json, is_nothing, loosely_equal, number_of, strictly_equal, text_of, to_number, to_text, what,
    },
};

/// One rendering: its limits, and all that it makes.
#[derive(Debug)]
pub(crate) struct Run {
    pub limits: Limits,
    /// Python's names and methods, which cookiecutter templates use.
    pub compat: bool,
    pub strict: bool,
    spent: AtomicUsize,
    /// Bytes and items that were looked at.
    seen: AtomicUsize,
    /// The regular expressions that were made, so that a loop makes each once.
    patterns: Mutex<HashMap<(String, String), Arc<Regex>>>,
    /// Arrays and objects live until the end, so that letting go of them never recurses.
    kept: Mutex<Vec<Value>>,
    /// The variables of the template as a whole.
    variables: Mutex<HashMap<String, Value>>,
    /// From where the call came that is about to be made.
    calling: Mutex<Option<Value>>,
    /// Which of the translation's uses found nothing.
    pub missing: Mutex<Vec<usize>>,
    /// The last place in the source that was reached.
    pub reached: AtomicUsize,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run {
    pub fn new(limits: Limits, compat: bool, strict: bool) -> Self {
        Self {
            limits,
            compat,
            strict,
            spent: AtomicUsize::new(0),
            seen: AtomicUsize::new(0),
            patterns: Mutex::default(),
            kept: Mutex::default(),
            variables: Mutex::default(),
            calling: Mutex::default(),
            missing: Mutex::default(),
            reached: AtomicUsize::new(0),
        }
    }

    /// The variables that the context brings.
    pub fn fill(&self, context: &serde_json::Value) -> Out<()> {
        if let Some(context) = context.as_object() {
            for (name, value) in context {
                let value = from_json(self, value)?;
                open(&self.variables).insert(name.clone(), value);
            }
        }
        Ok(())
    }

    /// Counts bytes that were made, of texts and of lists alike.
    pub fn charge(&self, bytes: usize) -> Out<()> {
        let spent = self.spent.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if bytes > self.limits.output_bytes || spent > self.limits.output_bytes.saturating_mul(8) {
            return Err(self.too_large());
        }
        Ok(())
    }

    /// Counts what an operation has to look at, which may be a lot though it is one operation and makes nothing.
    fn look(&self, size: usize) -> Out<()> {
        let seen = self.seen.fetch_add(size, Ordering::Relaxed).saturating_add(size);
        if u64::try_from(seen).unwrap_or(u64::MAX) / 100 > self.limits.fuel {
            return Err(Fail::limit("this works through too much, again and again"));
        }
        Ok(())
    }

    /// A regular expression, made once.
    pub fn pattern(&self, source: &str, flags: &str) -> Out<Arc<Regex>> {
        let key = (source.to_owned(), flags.to_owned());
        if let Some(regex) = open(&self.patterns).get(&key) {
            return Ok(regex.clone());
        }
        // Far more work than its text is long.
        self.charge(1 << 14)?;
        let regex = Arc::new(crate::pattern::compile(source, flags)?);
        open(&self.patterns).insert(key, regex.clone());
        Ok(regex)
    }

    pub fn too_large(&self) -> Fail {
        Fail::limit(format!("what this makes is larger than {} bytes", self.limits.output_bytes))
    }

    pub fn keep(&self, value: Value) -> Value {
        open(&self.kept).push(value.clone());
        value
    }

    fn lookup(&self, name: &str) -> Value {
        if let Some(value) = open(&self.variables).get(name) {
            return value.clone();
        }
        match name {
            "range" => Value::from_object(Function::Global("range")),
            "cycler" => Value::from_object(Function::Global("cycler")),
            "joiner" => Value::from_object(Function::Global("joiner")),
            _ => Value::UNDEFINED,
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut contents: Vec<Value> = Vec::new();
        let kept = std::mem::take(&mut *open(&self.kept));
        for value in &kept {
            if let Some(array) = as_array(value) {
                contents.append(&mut array.items());
            } else if let Some(dict) = as_dict(value) {
                contents.extend(dict.map().drain(..).map(|(_, value)| value));
            } else if let Some(frame) = value.downcast_object_ref::<Frame>() {
                // A macro holds on to the frame that holds it.
                contents.extend(open(&frame.variables).drain().map(|(_, value)| value));
            }
        }
    }
}

/// The run as a value that the template hands to each of its helpers.
#[derive(Debug)]
struct Handle(Arc<Run>);

impl Object for Handle {}

/// A frame of variables, as Nunjucks keeps them.
pub(crate) struct Frame {
    variables: Mutex<HashMap<String, Value>>,
    /// The frame around it, as a value, or nothing for that of a macro.
    parent: Option<Arc<Frame>>,
    /// What is set stays in here, even where the name is known outside.
    isolated: bool,
    /// That of the template itself: what is set here everybody sees.
    top: bool,
    /// The named arguments of the macro's call.
    named: IndexMap<String, Value>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("frame")
    }
}

impl Object for Frame {}

impl Frame {
    fn new(parent: Option<Arc<Frame>>, isolated: bool, top: bool) -> Self {
        Self { variables: Mutex::default(), parent, isolated, top, named: IndexMap::new() }
    }

    fn own(&self, name: &str) -> Value {
        open(&self.variables).get(name).cloned().unwrap_or_default()
    }

    fn put(&self, name: &str, value: Value) {
        open(&self.variables).insert(name.to_owned(), value);
    }

    fn lookup(&self, name: &str) -> Value {
        let mut frame = self;
        loop {
            let value = frame.own(name);
            if !value.is_undefined() {
                return value;
            }
            match &frame.parent {
                Some(parent) => frame = parent,
                None => return Value::UNDEFINED,
            }
        }
    }

    /// Sets a name where it is known, or else in here.
    fn set(&self, name: &str, value: Value) {
        let mut frame = self;
        loop {
            if !frame.own(name).is_undefined() {
                return frame.put(name, value);
            }
            match &frame.parent {
                Some(parent) if !(std::ptr::eq(frame, self) && self.isolated) => frame = parent,
                _ => return self.put(name, value),
            }
        }
    }
}

/// What a helper is given.
pub(crate) struct Call<'a, 's> {
    pub run: &'a Run,
    pub state: &'a State<'s, 's>,
}

type Helper = for<'a> fn(&Call<'a, '_>, &Value, &[Value]) -> Out<Value>;

/// The engine that runs translated templates.
pub(crate) fn engine(limits: &Limits) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Lenient);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(limits.fuel));
    engine.set_recursion_limit(limits.recursion);
    engine.set_formatter(|out, state, value| {
        let run = run_of(state)?;
        write(out, &run, value).map_err(|fail| raise(&run, fail, None))
    });
    let helpers: [(&'static str, Helper); 22] = [
        ("_n", name),
        ("_l", local),
        ("_g", member),
        ("_c", call),
        ("_f", filters::call),
        ("_is", filters::test),
        ("_u", used),
        ("_op", operate),
        ("_un", unary),
        ("_in", contains),
        ("_arr", array),
        ("_obj", dict),
        ("_named", named),
        ("_last", last),
        ("_re", regex),
        ("_slice", methods::slice),
        ("_push", push),
        ("_rows", rows),
        ("_bind", bind),
        ("_set", set),
        ("_put", put),
        ("_take", take),
    ];
    for (name, helper) in helpers {
        add_helper(&mut engine, name, helper);
    }
    add_helper(&mut engine, "_def", define);
    add_helper(&mut engine, "_fn", function);
    add_helper(&mut engine, "_refuse", refuse);
    add_helper(&mut engine, "_same", same);
    engine
}

fn add_helper(engine: &mut Environment<'static>, name: &'static str, helper: Helper) {
    engine.add_filter(name, move |state: &State, this: Value, at: usize, rest: Rest<Value>| {
        let run = run_of(state)?;
        run.reached.store(at, Ordering::Relaxed);
        let sizes = rest.iter().chain([&this]).map(size_of).fold(0, usize::saturating_add);
        run.look(sizes).map_err(|fail| raise(&run, fail, Some(at)))?;
        helper(&Call { run: &run, state }, &this, &rest).map_err(|fail| raise(&run, fail, Some(at)))
    });
}

/// How much there is to look at in a value, at first sight.
fn size_of(value: &Value) -> usize {
    if let Some(Function::Method { this, .. }) = as_function(value) {
        return size_of(this);
    }
    match (as_text(value), as_array(value)) {
        (Some(text), _) => text.len(),
        (_, Some(array)) => array.items().len(),
        _ => 1,
    }
}

/// The names that a translated template finds: the run, and the template's own frame.
pub(crate) fn root(run: &Arc<Run>) -> Value {
    let frame = run.keep(Value::from_object(Frame::new(None, false, true)));
    Value::from_iter([("run", Value::from_object(Handle(run.clone()))), ("f0", frame)])
}

fn run_of(state: &State) -> Result<Arc<Run>, minijinja::Error> {
    let handle = state.lookup("run").and_then(|run| run.downcast_object::<Handle>());
    handle.map(|handle| handle.0.clone()).ok_or_else(|| minijinja::Error::from(EngineError::InvalidOperation))
}

fn raise(run: &Run, fail: Fail, at: Option<usize>) -> minijinja::Error {
    let fail = fail.at(at.unwrap_or_else(|| run.reached.load(Ordering::Relaxed)));
    minijinja::Error::new(EngineError::InvalidOperation, fail.message.clone()).with_source(fail)
}

/// What an error of the engine says in our words.
pub(crate) fn failure(run: &Run, error: &minijinja::Error) -> Fail {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(fail) = error.downcast_ref::<Fail>() {
            return fail.clone();
        }
        cause = error.source();
    }
    let at = run.reached.load(Ordering::Relaxed);
    match error.kind() {
        EngineError::OutOfFuel => Fail::limit(format!("this takes more than {} operations", run.limits.fuel)),
        _ if error.to_string().contains("recursion") => {
            Fail::limit("macros call each other too deeply, or too much stands in each other")
        }
        EngineError::WriteFailure => run.too_large(),
        _ => Fail::runtime("this cannot be rendered"),
    }
    .at(at)
}

fn write(out: &mut Output, run: &Run, value: &Value) -> Out<()> {
    if is_nothing(value) {
        return Ok(());
    }
    let owned;
    let text = match as_text(value) {
        Some(text) => text,
        None => {
            owned = to_text(value)?;
            &owned
        }
    };
    run.charge(text.len())?;
    fmt::Write::write_str(out, text).map_err(|_| run.too_large())
}

fn frame_of(value: &Value) -> Out<Arc<Frame>> {
    value.downcast_object::<Frame>().ok_or_else(|| Fail::runtime("a frame is missing"))
}

fn arg(arguments: &[Value], index: usize) -> Value {
    arguments.get(index).cloned().unwrap_or_default()
}

fn word(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_str).unwrap_or_default()
}

fn name(call: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    let name = word(arguments, 0);
    let mut value = frame_of(frame)?.lookup(name);
    if value.is_undefined() {
        value = call.run.lookup(name);
    }
    if value.is_undefined() && call.run.compat {
        value = match name {
            "True" => Value::from(true),
            "False" => Value::from(false),
            "None" => Value::from(()),
            _ => value,
        };
    }
    Ok(value)
}

fn local(_: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    Ok(frame_of(frame)?.own(word(arguments, 0)))
}

fn member(call: &Call<'_, '_>, target: &Value, arguments: &[Value]) -> Out<Value> {
    get(call.run, target, &arg(arguments, 0))
}

/// `target[key]`, methods included.
pub(crate) fn get(run: &Run, target: &Value, key: &Value) -> Out<Value> {
    let key = match as_text(key) {
        Some(key) => key.to_owned(),
        None => to_text(key)?,
    };
    if run.compat && methods::is_python(target, &key) {
        return Ok(Value::from_object(Function::Method { this: target.clone(), name: key }));
    }
    if let Some(dict) = as_dict(target)
        && let Some(value) = dict.map().get(&key)
    {
        return Ok(value.clone());
    }
    if let Some(array) = as_array(target) {
        if let Some(index) = crate::value::index_of(&key) {
            return Ok(array.items().get(index as usize).cloned().unwrap_or_default());
        }
        if key == "length" {
            return Ok(number_of(count(array.items().len())));
        }
    }
    if let Some(text) = as_text(target) {
        if key == "length" {
            return Ok(number_of(count(methods::units(text))));
        }
        if as_safe(target).is_some() && key == "val" {
            return text_of(run, text);
        }
        if as_safe(target).is_none()
            && let Some(index) = crate::value::index_of(&key)
        {
            return methods::unit(run, text, index as usize);
        }
    }
    if methods::has(target, &key) {
        return Ok(Value::from_object(Function::Method { this: target.clone(), name: key }));
    }
    Ok(Value::UNDEFINED)
}

#[expect(clippy::cast_precision_loss, reason = "no length comes near")]
pub(crate) fn count(length: usize) -> f64 {
    length as f64
}

fn call(call: &Call<'_, '_>, callee: &Value, arguments: &[Value]) -> Out<Value> {
    let (frame, said) = (arg(arguments, 0), word(arguments, 1));
    let arguments = &arguments[2..];
    let Some(function) = as_function(callee) else {
        return Err(Fail::runtime(if callee.is_true() {
            format!("`{said}` is {} and cannot be called", what(callee))
        } else {
            format!("`{said}` is not defined, so it cannot be called")
        }));
    };
    *open(&call.run.calling) = Some(frame);
    invoke(call, function, arguments)
}

fn invoke(call: &Call<'_, '_>, function: &Function, arguments: &[Value]) -> Out<Value> {
    let run = call.run;
    match function {
        Function::Macro { value, names, defaults, keeps_frame } => {
            let parent = if *keeps_frame {
                open(&run.calling).take().and_then(|frame| frame.downcast_object::<Frame>())
            } else {
                None
            };
            let frame = arguments_of(names, defaults, arguments, parent);
            run.charge(200)?;
            let frame = run.keep(Value::from_object(frame));
            let text = value.call(call.state, &[frame]).map_err(|error| failure(run, &error))?;
            Ok(Value::from_object(crate::value::Safe(to_text(&text)?.into())))
        }
        Function::Method { this, name } => methods::call(call, this, name, arguments),
        Function::Global("range") => range(run, arguments),
        Function::Global("joiner") => {
            let separator = arg(arguments, 0);
            let separator = if separator.is_true() { separator } else { Value::from(",") };
            Ok(Value::from_object(Function::Joiner { separator, used: Mutex::new(false) }))
        }
        Function::Global(_) => cycler(run, arguments),
        Function::Joiner { separator, used } => {
            let used = std::mem::replace(&mut *open(used), true);
            Ok(if used { separator.clone() } else { Value::from("") })
        }
        Function::Cycler { items, next, object, resets } => {
            let mut index = open(next);
            let current = if *resets {
                *index = 0;
                Value::from(())
            } else {
                let current = items.get(*index).cloned().unwrap_or_default();
                *index = (*index + 1) % items.len().max(1);
                current
            };
            if let Some(object) = as_dict(object) {
                object.map().insert("current".to_owned(), current.clone());
            }
            Ok(if *resets { Value::UNDEFINED } else { current })
        }
    }
}

/// The frame of a macro's call: what is missing by place is looked for by name, and the other way round.
fn arguments_of(names: &[String], defaults: &[String], arguments: &[Value], parent: Option<Arc<Frame>>) -> Frame {
    let (arguments, mut named) = match arguments.split_last() {
        Some((last, rest)) if as_dict(last).is_some_and(|dict| dict.named) => {
            (rest, as_dict(last).map(|dict| dict.map().clone()).unwrap_or_default())
        }
        _ => (arguments, IndexMap::new()),
    };
    let mut frame = Frame::new(parent, true, false);
    frame.isolated = frame.parent.is_some();
    if let Some(caller) = named.get("caller") {
        frame.put("caller", caller.clone());
    }
    for (i, name) in names.iter().enumerate() {
        let value = match arguments.get(i) {
            Some(value) => value.clone(),
            None => named.shift_remove(name).unwrap_or_default(),
        };
        frame.put(name, value);
    }
    for (name, value) in defaults.iter().zip(arguments.iter().skip(names.len())) {
        named.insert(name.clone(), value.clone());
    }
    frame.named = named;
    frame
}

fn range(run: &Run, arguments: &[Value]) -> Out<Value> {
    let first = arg(arguments, 0);
    let (start, stop, step) = if arg(arguments, 1).is_undefined() {
        (Value::from(0), first, 1.0)
    } else {
        let step = arg(arguments, 2);
        (first, arg(arguments, 1), if step.is_true() { to_number(&step)? } else { 1.0 })
    };
    let (mut at, stop) = (to_number(&start)?, to_number(&stop)?);
    let mut items = Vec::new();
    while if step > 0.0 { at < stop } else { at > stop } {
        items.push(number_of(at));
        at += step;
        if items.len().is_multiple_of(1024) {
            run.charge(1024 * 24)?;
        }
    }
    array_of(run, items)
}

fn cycler(run: &Run, arguments: &[Value]) -> Out<Value> {
    let object = dict_of(run, IndexMap::from([("current".to_owned(), Value::from(()))]), false)?;
    let next = Arc::new(Mutex::new(0));
    if let Some(dict) = as_dict(&object) {
        for (name, resets) in [("reset", true), ("next", false)] {
            let function =
                Function::Cycler { items: arguments.to_vec(), next: next.clone(), object: object.clone(), resets };
            dict.map().insert(name.to_owned(), Value::from_object(function));
        }
    }
    Ok(object)
}

fn used(call: &Call<'_, '_>, value: &Value, arguments: &[Value]) -> Out<Value> {
    if value.is_undefined()
        && let Some(id) = arguments.first().and_then(Value::as_usize)
    {
        let mut missing = open(&call.run.missing);
        if !missing.contains(&id) {
            missing.push(id);
        }
        if call.run.strict {
            return Err(Fail { kind: crate::ErrorKind::Undefined, message: String::new(), at: None });
        }
    }
    Ok(value.clone())
}

fn operate(call: &Call<'_, '_>, left: &Value, arguments: &[Value]) -> Out<Value> {
    let right = &arg(arguments, 1);
    let order = || compared(left, right);
    let numbers = || Ok::<_, Fail>((to_number(left)?, to_number(right)?));
    Ok(match word(arguments, 0) {
        "+" => add(call.run, left, right)?,
        "-" => numbers().map(|(a, b)| number_of(a - b))?,
        "*" => numbers().map(|(a, b)| number_of(a * b))?,
        "/" => numbers().map(|(a, b)| number_of(a / b))?,
        "%" => numbers().map(|(a, b)| number_of(a % b))?,
        "**" => numbers().map(|(a, b)| number_of(power(a, b)))?,
        "==" => Value::from(loosely_equal(left, right)?),
        "!=" => Value::from(!loosely_equal(left, right)?),
        "===" => Value::from(strictly_equal(left, right)),
        "!==" => Value::from(!strictly_equal(left, right)),
        "<" => Value::from(order()?.is_some_and(std::cmp::Ordering::is_lt)),
        ">" => Value::from(order()?.is_some_and(std::cmp::Ordering::is_gt)),
        "<=" => Value::from(order()?.is_some_and(std::cmp::Ordering::is_le)),
        _ => Value::from(order()?.is_some_and(std::cmp::Ordering::is_ge)),
    })
}

/// `Math.pow`, which has no answer where C has one.
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        f64::NAN
    } else {
        libm::pow(base, exponent)
    }
}

fn unary(_: &Call<'_, '_>, value: &Value, arguments: &[Value]) -> Out<Value> {
    let sign = word(arguments, 0);
    if ["++", "--"].contains(&sign) {
        return Err(Fail::runtime(format!("`{sign}` is no operator of templates")));
    }
    let number = to_number(value)?;
    Ok(number_of(match sign {
        "-" => -number,
        "floor" => number.floor(),
        _ => number,
    }))
}

fn contains(_: &Call<'_, '_>, key: &Value, arguments: &[Value]) -> Out<Value> {
    let list = &arg(arguments, 0);
    if let Some(array) = as_array(list) {
        return Ok(Value::from(array.items().iter().any(|item| strictly_equal(item, key))));
    }
    if let Some(text) = list.as_str() {
        return Ok(Value::from(text.contains(&to_text(key)?)));
    }
    let key = to_text(key)?;
    if let Some(dict) = as_dict(list) {
        return Ok(Value::from(dict.map().contains_key(&key)));
    }
    if as_safe(list).is_some() {
        return Ok(Value::from(key == "val" || key == "length"));
    }
    Err(Fail::runtime(format!("`in` looks into a text, a list or an object, and this is {}", what(list))))
}

fn array(call: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    array_of(call.run, arguments.to_vec())
}

fn pairs(arguments: &[Value]) -> IndexMap<String, Value> {
    let pairs = arguments.chunks_exact(2);
    pairs.map(|pair| (pair[0].as_str().unwrap_or_default().to_owned(), pair[1].clone())).collect()
}

fn dict(call: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    dict_of(call.run, pairs(arguments), false)
}

fn named(call: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    dict_of(call.run, pairs(arguments), true)
}

fn last(_: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    Ok(arguments.last().cloned().unwrap_or_default())
}

fn regex(call: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    call.run.pattern(word(arguments, 0), word(arguments, 1)).map(Value::from_dyn_object)
}

fn same(_: &Call<'_, '_>, value: &Value, _: &[Value]) -> Out<Value> {
    Ok(value.clone())
}

fn push(call: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    call.run.charge(200)?;
    let frame = Frame::new(Some(frame_of(frame)?), arg(arguments, 0).is_true(), false);
    Ok(call.run.keep(Value::from_object(frame)))
}

/// What a loop goes over: an item for one name, what stands in it for more.
fn rows(call: &Call<'_, '_>, list: &Value, arguments: &[Value]) -> Out<Value> {
    let names = arg(arguments, 0).as_usize().unwrap_or(1);
    // A safe text is an object with an iterator, so Nunjucks makes a list of its signs.
    let signs = as_safe(list).map(|safe| safe.0.chars().map(|c| Value::from(c.to_string())).collect::<Vec<_>>());
    let items: Vec<Value> = if !list.is_true() {
        Vec::new()
    } else if let Some(items) = signs.or_else(|| as_array(list).map(|array| array.items().clone())) {
        if names == 1 {
            items
        } else {
            let row = |item: &Value| {
                if is_nothing(item) {
                    return Err(Fail::runtime(format!("an item of this list is {}, which has no parts", what(item))));
                }
                let parts = (0..names).map(|i| get(call.run, item, &Value::from(i)));
                Ok(Value::from(parts.collect::<Out<Vec<_>>>()?))
            };
            items.iter().map(row).collect::<Out<_>>()?
        }
    } else if names > 1 {
        entries(call.run, list)?.into_iter().map(|(key, value)| Value::from(vec![Value::from(key), value])).collect()
    } else if let Some(text) = as_text(list) {
        methods::split_units(text).into_iter().map(Value::from).collect()
    } else if let Some(dict) = as_dict(list) {
        let length = dict.map().get("length").cloned().unwrap_or_default();
        let length = if length.is_undefined() { 0.0 } else { to_number(&length)? };
        let mut items = Vec::new();
        while count(items.len()) < length {
            items.push(get(call.run, list, &Value::from(items.len()))?);
            call.run.charge(24)?;
        }
        items
    } else {
        Vec::new()
    };
    call.run.charge(items.len() * 24)?;
    Ok(Value::from(items))
}

/// What `for (key in value)` of JavaScript finds, of what a template can hold.
pub(crate) fn entries(run: &Run, value: &Value) -> Out<Vec<(String, Value)>> {
    if let Some(dict) = as_dict(value) {
        let entry = |key: String| {
            let value = dict.map().get(&key).cloned().unwrap_or_default();
            (key, value)
        };
        return Ok(dict.keys().into_iter().map(entry).collect());
    }
    if let Some(array) = as_array(value) {
        return Ok(array.items().iter().enumerate().map(|(i, item)| (i.to_string(), item.clone())).collect());
    }
    if let Some(text) = value.as_str() {
        let units = methods::split_units(text).into_iter();
        return Ok(units.enumerate().map(|(i, unit)| (i.to_string(), Value::from(unit))).collect());
    }
    if let Some(safe) = as_safe(value) {
        return Ok(vec![
            ("val".to_owned(), text_of(run, &*safe.0)?),
            ("length".to_owned(), number_of(count(methods::units(&safe.0)))),
        ]);
    }
    Ok(Vec::new())
}

/// Sets a loop's variables for one round.
fn bind(call: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    let frame = frame_of(frame)?;
    let (row, names) = (arg(arguments, 0), &arguments[3..]);
    let (index, length) = (to_number(&arg(arguments, 1))?, to_number(&arg(arguments, 2))?);
    for (i, name) in names.iter().filter_map(Value::as_str).enumerate() {
        let value = if names.len() == 1 { row.clone() } else { row.get_item_by_index(i).unwrap_or_default() };
        frame.put(name, value);
    }
    let fields = [
        ("index", number_of(index + 1.0)),
        ("index0", number_of(index)),
        ("revindex", number_of(length - index)),
        ("revindex0", number_of(length - index - 1.0)),
        ("first", Value::from(index == 0.0)),
        ("last", Value::from(index == length - 1.0)),
        ("length", number_of(length)),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let known = frame.own("loop");
    match as_dict(&known) {
        // Nunjucks fills the one object again, which shows where a template has kept it.
        Some(known) => known.map().extend(fields),
        None => frame.put("loop", dict_of(call.run, fields.into(), false)?),
    }
    Ok(Value::UNDEFINED)
}

fn set(call: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    let frame = frame_of(frame)?;
    let (name, value) = (word(arguments, 0), arg(arguments, 1));
    if frame.top {
        open(&call.run.variables).insert(name.to_owned(), value.clone());
    }
    frame.set(name, value);
    Ok(Value::UNDEFINED)
}

fn put(_: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    frame_of(frame)?.put(word(arguments, 0), arg(arguments, 1));
    Ok(Value::UNDEFINED)
}

/// Takes a named argument into the macro's frame, if the call has one.
fn take(_: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    let frame = frame_of(frame)?;
    let name = word(arguments, 0);
    let found = frame.named.get(name).cloned();
    Ok(Value::from(found.map(|value| frame.put(name, value)).is_some()))
}

fn define(call: &Call<'_, '_>, frame: &Value, arguments: &[Value]) -> Out<Value> {
    let (name, function) = (word(arguments, 0), arg(arguments, 1));
    frame_of(frame)?.put(name, function.clone());
    if !arg(arguments, 2).is_true() {
        open(&call.run.variables).insert(name.to_owned(), function);
    }
    Ok(Value::UNDEFINED)
}

fn function(_: &Call<'_, '_>, value: &Value, arguments: &[Value]) -> Out<Value> {
    let count = arg(arguments, 1).as_usize().unwrap_or_default();
    let mut names: Vec<String> = arguments[2..].iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let defaults = names.split_off(count.min(names.len()));
    Ok(Value::from_object(Function::Macro {
        value: value.clone(),
        names,
        defaults,
        keeps_frame: arg(arguments, 0).is_true(),
    }))
}

fn refuse(_: &Call<'_, '_>, _: &Value, arguments: &[Value]) -> Out<Value> {
    let name = word(arguments, 0);
    if name == "block" {
        return Err(Fail::runtime("`{% block %}` cannot stand in a `{% set %}` block"));
    }
    Err(Fail::runtime(format!("`{{% {name} %}}` would read another file, which a template cannot")))
}
