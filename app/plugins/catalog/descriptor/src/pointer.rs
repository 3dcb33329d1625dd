//! JSON pointers (RFC 6901): how every finding names its field.

/// The pointer of a child: its parent's pointer and its key.
pub(crate) fn child(parent: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(parent.len() + key.len() + 1);
    pointer.push_str(parent);
    push(&mut pointer, key);
    pointer
}

/// Adds one key to a pointer, escaped.
pub(crate) fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    for c in key.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// The pointer of the parent, or none for the document itself.
pub(crate) fn parent(pointer: &str) -> Option<&str> {
    pointer.rfind('/').map(|at| &pointer[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_escaped() {
        assert_eq!(child("/metadata/annotations", "a.io/b~c"), "/metadata/annotations/a.io~1b~0c");
        assert_eq!(parent("/metadata/annotations/a.io~1b"), Some("/metadata/annotations"));
        assert_eq!(parent("/spec"), Some(""));
        assert_eq!(parent(""), None);
    }
}
