//! Cutting a file into documents before parsing, so that one bad document never sinks its neighbours.

/// The raw text of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// 1-based line where the text starts.
    pub line: u32,
    pub text: &'a str,
}

/// Cuts at the lines `---` and `...`, which end a document wherever they stand: the YAML specification forbids them
/// at column 0 inside every kind of scalar.
///
/// Comments and directives before a document belong to it; those with no document after them make none.
pub(crate) fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = (1, 0);
    let mut inside = false;
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let end = offset + line.len();
        let piece = |from: (u32, usize), to: usize| Piece { line: from.0, text: &text[from.1..to] };
        if is_marker(line, "---") {
            if inside {
                pieces.push(piece(start, offset));
                start = (number, offset);
            }
            inside = true;
        } else if is_marker(line, "...") {
            pieces.push(piece(start, end));
            start = (number + 1, end);
            inside = false;
        } else if !inside && !is_between(line) {
            inside = true;
        }
        offset = end;
    }
    if inside {
        pieces.push(Piece { line: start.0, text: &text[start.1..] });
    }
    pieces
}

/// Whether the line starts with the marker, alone or followed by white space.
pub(crate) fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether the line may stand between two documents: blank, a comment or a directive.
fn is_between(line: &str) -> bool {
    let content = line.trim_matches([' ', '\t', '\r', '\n']);
    content.is_empty() || content.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u32, &str)> {
        split(text).into_iter().map(|piece| (piece.line, piece.text)).collect()
    }

    #[test]
    fn a_leading_comment_belongs_to_the_first_document() {
        assert_eq!(lines("# c\n---\na: 1\n---\nb: 2\n"), [(1, "# c\n---\na: 1\n"), (4, "---\nb: 2\n")]);
    }

    #[test]
    fn comments_alone_are_no_document() {
        assert_eq!(lines("# c\n\n"), []);
        assert_eq!(lines(""), []);
    }

    #[test]
    fn a_trailing_marker_makes_an_empty_document() {
        assert_eq!(lines("a: 1\n---\n"), [(1, "a: 1\n"), (2, "---\n")]);
    }

    #[test]
    fn three_dots_end_a_document() {
        assert_eq!(lines("a: 1\n...\n# c\n---\nb: 2"), [(1, "a: 1\n...\n"), (3, "# c\n---\nb: 2")]);
    }

    #[test]
    fn a_longer_line_is_no_marker() {
        assert_eq!(lines("a: 1\n---b\n----\n").len(), 1);
    }
}
