//! HTML as people read it: one element a line, indented.

/// Elements that stay on the line of what is round them.
const INLINE: [&str; 12] = ["a", "b", "br", "code", "em", "i", "kbd", "span", "strong", "time", "wbr", "path"];

/// Elements without an end.
const VOID: [&str; 6] = ["br", "col", "hr", "img", "input", "wbr"];

/// What a view drew, made readable: marks that are only there for taking the page over are dropped.
pub fn readable(html: &str) -> String {
    let (mut out, mut depth, mut rest) = (String::new(), 0_usize, html);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("<!") {
            rest = after.split_once('>').map_or("", |(_, after)| after);
            continue;
        }
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        };
        let end = end_of_tag(tag);
        let (inside, closes) = (&tag[..end], tag.starts_with('/'));
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or("");
        if INLINE.contains(&name) {
            out.push_str(&rest[..end + 2]);
        } else {
            if closes {
                depth = depth.saturating_sub(1);
            }
            if !closes || out.trim_end_matches(' ').ends_with('>') {
                new_line(&mut out, depth);
            }
            out.push_str(&rest[..end + 2]);
            if !closes && !VOID.contains(&name) {
                depth += 1;
            }
        }
        rest = &rest[end + 2..];
    }
    out.trim().replace("=\"\"", "")
}

fn new_line(out: &mut String, depth: usize) {
    let kept = out.trim_end().len();
    out.truncate(kept);
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Where the tag ends: at the first `>` outside quotes.
fn end_of_tag(tag: &str) -> usize {
    let mut quoted = false;
    for (at, c) in tag.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    tag.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn each_block_has_a_line_and_words_stay_together() {
        let html = r#"<div class="a"><p title="a > b">Say <b>it</b><!> now</p><ul><li>One</li><!--x--><li><input disabled=""></li></ul></div>"#;
        let lines = [
            r#"<div class="a">"#,
            r#"  <p title="a > b">Say <b>it</b> now</p>"#,
            "  <ul>",
            "    <li>One</li>",
            "    <li>",
            "      <input disabled>",
            "    </li>",
            "  </ul>",
            "</div>",
        ];
        assert_eq!(readable(html), lines.join("\n"));
    }
}
