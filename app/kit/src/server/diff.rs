//! Compares two texts by lines.

use std::time::{Duration, Instant};

use similar::{ChangeTag, DiffOp, TextDiff};

use crate::components::{Diff, DiffBlock, DiffLine};

/// How long a comparison may look for the shortest change; after that it is coarser, and still right.
const PATIENCE: Duration = Duration::from_millis(300);

/// How `old` became `new`, with `context` unchanged lines round each change.
pub fn compared(old: &str, new: &str, context: usize) -> Diff {
    let deadline = Instant::now() + PATIENCE;
    let changes = TextDiff::configure().deadline(deadline).diff_lines(old, new);
    let hunks: Vec<Vec<DiffBlock>> = changes
        .grouped_ops(context)
        .iter()
        .map(|ops| ops.iter().map(|op| block(&changes, op, deadline)).collect())
        .collect();
    let changed = || hunks.iter().flatten().filter(|block| block.changed);
    Diff {
        added: changed().map(|block| block.new.len()).sum(),
        removed: changed().map(|block| block.old.len()).sum(),
        hunks,
    }
}

fn block<'a>(changes: &'a TextDiff<'a, 'a, 'a, str>, op: &DiffOp, deadline: Instant) -> DiffBlock {
    let mut block = DiffBlock { changed: !matches!(op, DiffOp::Equal { .. }), old: Vec::new(), new: Vec::new() };
    for change in changes.iter_inline_changes_deadline(op, Some(deadline)) {
        let parts: Vec<(bool, String)> = change
            .iter_strings_lossy()
            .map(|(differs, text)| (differs, text.trim_end_matches(['\n', '\r']).to_owned()))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let line = |index: Option<usize>| index.map(|index| DiffLine { number: index + 1, parts: parts.clone() });
        if change.tag() != ChangeTag::Insert {
            block.old.extend(line(change.old_index()));
        }
        if change.tag() != ChangeTag::Delete {
            block.new.extend(line(change.new_index()));
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[DiffLine]) -> Vec<(usize, String)> {
        lines.iter().map(|line| (line.number, line.parts.iter().map(|(_, text)| text.as_str()).collect())).collect()
    }

    #[test]
    fn a_changed_line_gives_way_to_another_and_marks_what_differs() {
        let diff = compared("name: a\nowner: cards\nlast: 1\n", "name: a\nowner: payments\nlast: 1\n", 1);
        assert_eq!((diff.added, diff.removed), (1, 1));
        let [before, changed, after] = diff.hunks[0].as_slice() else { panic!("{:?}", diff.hunks) };
        assert!(!before.changed && !after.changed);
        assert_eq!(text(&before.new), [(1, "name: a".into())]);
        assert_eq!(text(&changed.old), [(2, "owner: cards".into())]);
        assert_eq!(text(&changed.new), [(2, "owner: payments".into())]);
        assert!(changed.new[0].parts.contains(&(true, "payments".into())), "{:?}", changed.new[0].parts);
    }

    #[test]
    fn lines_are_numbered_on_their_own_side() {
        let diff = compared("a\nb\n", "new\na\nb\n", 3);
        let [came, same] = diff.hunks[0].as_slice() else { panic!("{:?}", diff.hunks) };
        assert_eq!((came.old.len(), text(&came.new)), (0, vec![(1, "new".into())]));
        assert_eq!(text(&same.old), [(1, "a".into()), (2, "b".into())]);
        assert_eq!(text(&same.new), [(2, "a".into()), (3, "b".into())]);
    }

    #[test]
    fn equal_texts_and_empty_ones_have_no_hunks() {
        assert_eq!(compared("a\n", "a\n", 3), Diff::default());
        assert_eq!(compared("", "", 3), Diff::default());
    }

    #[test]
    fn the_end_of_a_line_is_no_part_of_it() {
        let diff = compared("a\r\n\nb", "a\r\n\nc", 3);
        assert_eq!(text(&diff.hunks[0][0].new), [(1, "a".into()), (2, String::new())]);
    }
}
