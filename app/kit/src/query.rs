//! Query strings: filters, sort order and paging live in the URL, so every state of a list can be shared.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What is escaped in a query: everything that would end a value or change its meaning.
const VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'=')
    .add(b'`')
    .add(b'\'');

/// What is escaped in one path segment.
const SEGMENT: &AsciiSet =
    &VALUE.add(b'/').add(b'?').add(b'{').add(b'}').add(b'\\').add(b'^').add(b'|').add(b'[').add(b']');

/// `path?a=1&b=2` from pairs in order; pairs with an empty value are left out.
pub fn href<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = path.to_owned();
    let mut separator = '?';
    for (key, value) in pairs {
        if value.is_empty() {
            continue;
        }
        out.push(separator);
        separator = '&';
        out.extend(utf8_percent_encode(key, VALUE));
        out.push('=');
        out.extend(utf8_percent_encode(value, VALUE));
    }
    out
}

/// One path segment, escaped.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_empty_ones_left_out() {
        assert_eq!(
            href("/catalog", [("q", "a b&c"), ("kind", ""), ("owner", "group:default/x+y")]),
            "/catalog?q=a%20b%26c&owner=group:default/x%2By"
        );
        assert_eq!(segment("../x y"), "..%2Fx%20y");
    }
}
