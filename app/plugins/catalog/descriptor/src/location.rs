//! Where a `Location` points.

use serde_json::Value;

/// The targets of a `Location` with their JSON pointers: `spec.target` first, then `spec.targets`; none for other kinds.
pub fn location_targets(value: &Value) -> Vec<(String, String)> {
    let Some(spec) = spec(value) else { return Vec::new() };
    let one = spec.get("target").and_then(Value::as_str).map(|target| ("/spec/target".to_owned(), target.to_owned()));
    let many = spec.get("targets").and_then(Value::as_array).into_iter().flatten().enumerate();
    let many = many.filter_map(|(index, target)| Some((format!("/spec/targets/{index}"), target.as_str()?.to_owned())));
    one.into_iter().chain(many).collect()
}

/// The type of a `Location`, such as `url` or `file`; none when it is that of the location that named it.
pub fn location_type(value: &Value) -> Option<&str> {
    spec(value)?.get("type")?.as_str()
}

/// Whether the targets of a `Location` may be missing.
pub fn location_is_optional(value: &Value) -> bool {
    spec(value).and_then(|spec| spec.get("presence")).and_then(Value::as_str) == Some("optional")
}

fn spec(value: &Value) -> Option<&Value> {
    (value.get("kind")?.as_str()? == "Location").then(|| value.get("spec"))?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_and_many_targets() {
        let location = json!({"kind": "Location", "spec": {
            "type": "url", "presence": "optional", "target": "./a.yaml", "targets": ["./b.yaml", 1, "./c/**.yaml"]}});
        let pairs = location_targets(&location);
        let pairs: Vec<_> = pairs.iter().map(|(pointer, target)| (pointer.as_str(), target.as_str())).collect();
        let expected =
            [("/spec/target", "./a.yaml"), ("/spec/targets/0", "./b.yaml"), ("/spec/targets/2", "./c/**.yaml")];
        assert_eq!(pairs, expected);
        assert_eq!(location_type(&location), Some("url"));
        assert!(location_is_optional(&location));
    }

    #[test]
    fn other_kinds_have_none() {
        assert_eq!(location_targets(&json!({"kind": "Component", "spec": {"targets": ["x"]}})), []);
        assert!(!location_is_optional(&json!({"kind": "Location"})));
    }
}
