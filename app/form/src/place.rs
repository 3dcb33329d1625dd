//! Putting values at pointers and taking them away.

use serde_json::{Value, json};

use crate::json::steps;

/// Puts a value at a pointer, making the objects on the way.
pub(crate) fn put(values: &mut Value, path: &str, value: Value) {
    let mut place = values;
    for step in steps(path) {
        if let Value::Array(items) = place {
            let Ok(index) = step.parse::<usize>() else { return };
            if index > items.len() {
                return;
            }
            if index == items.len() {
                items.push(Value::Null);
            }
            place = &mut items[index];
            continue;
        }
        if !place.is_object() {
            *place = json!({});
        }
        let Value::Object(entries) = place else { return };
        place = entries.entry(step).or_insert(Value::Null);
    }
    *place = value;
}

/// Takes the value at a pointer away.
pub(crate) fn take(values: &mut Value, path: &str) -> Option<Value> {
    let (parent, _) = path.rsplit_once('/')?;
    let name = steps(path).last()?;
    match values.pointer_mut(parent)? {
        Value::Object(entries) => entries.shift_remove(&name),
        Value::Array(items) => {
            let index = name.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
