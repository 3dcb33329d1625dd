//! JavaScript's regular expressions, written for a matcher that takes linear time.

use crate::{error::Fail, value::Regex};

/// What `\s` stands for.
const SPACE: &str = r"\t\n\x0B\x0C\r \u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";

pub(crate) fn compile(source: &str, flags: &str) -> Result<Regex, Fail> {
    let translated = translate(source)?;
    let compiled = regex::RegexBuilder::new(&translated)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(1 << 18)
        .dfa_size_limit(1 << 18)
        .nest_limit(50)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Fail::limit(format!("the regular expression /{source}/ is too large")),
            _ => Fail::runtime(format!("/{source}/ is no regular expression")),
        })?;
    Ok(Regex { compiled, source: source.to_owned(), flags: flags.to_owned() })
}

fn translate(source: &str) -> Result<String, Fail> {
    let mut out = String::new();
    let mut chars = source.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, in_class, source, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                let negated = chars.next_if_eq(&'^').is_some();
                if chars.next_if_eq(&']').is_some() {
                    in_class = false;
                    out.pop();
                    out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
                } else if negated {
                    out.push('^');
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class && chars.peek() == Some(&'-') => out.push_str(r"\-"),
            '.' if !in_class => out.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            '$' if !in_class => out.push('$'),
            '(' if !in_class => {
                out.push('(');
                let rest: String = chars.clone().take(3).collect();
                if rest.starts_with("?=") || rest.starts_with("?!") || rest == "?<=" || rest == "?<!" {
                    return Err(Fail::runtime(format!(
                        "/{source}/ looks ahead or behind, which cannot be done in bounded time"
                    )));
                }
            }
            '{' if !in_class && !is_count(&chars.clone().collect::<String>()) => out.push_str(r"\{"),
            '}' if !in_class && !out_ends_a_count(&out) => out.push_str(r"\}"),
            ']' => out.push_str(r"\]"),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// Whether `{` begins a count: `{2}`, `{2,}`, `{2,3}`.
fn is_count(rest: &str) -> bool {
    rest.split_once('}').is_some_and(|(inside, _)| {
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    })
}

fn out_ends_a_count(out: &str) -> bool {
    out.rfind('{').is_some_and(|i| !out[..i].ends_with('\\') && is_count(&format!("{}}}", &out[i + 1..])))
}

type Chars<'s> = std::iter::Peekable<std::str::Chars<'s>>;

fn escape(chars: &mut Chars<'_>, in_class: bool, source: &str, out: &mut String) -> Result<(), Fail> {
    let class = |inside: &str, negated: bool, out: &mut String| match (in_class, negated) {
        (true, false) => out.push_str(inside),
        (_, negated) => {
            out.push_str(if negated { "[^" } else { "[" });
            out.push_str(inside);
            out.push(']');
        }
    };
    let Some(c) = chars.next() else {
        return Err(Fail::runtime(format!("/{source}/ ends with a backslash")));
    };
    match c {
        'd' => class("0-9", false, out),
        'D' => class("0-9", true, out),
        'w' => class("0-9A-Za-z_", false, out),
        'W' => class("0-9A-Za-z_", true, out),
        's' => class(SPACE, false, out),
        'S' => class(SPACE, true, out),
        'b' if in_class => out.push_str(r"\x08"),
        'b' => out.push_str(r"(?-u:\b)"),
        'B' => out.push_str(r"\B"),
        'n' | 'r' | 't' | 'f' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        '0' => out.push_str(r"\x00"),
        '1'..='9' | 'k' => {
            return Err(Fail::runtime(format!(
                "/{source}/ refers back to a group, which cannot be done in bounded time"
            )));
        }
        'x' | 'u' => {
            let width = if c == 'x' { 2 } else { 4 };
            let digits: String = chars.clone().take(width).collect();
            match u32::from_str_radix(&digits, 16) {
                Ok(code) if digits.len() == width && char::from_u32(code).is_some() => {
                    chars.by_ref().take(width).for_each(drop);
                    out.push_str(&format!(r"\u{{{code:x}}}"));
                }
                _ => out.push(c),
            }
        }
        'c' => {
            let code = chars.next().map_or(0, |c| u32::from(c) % 32);
            out.push_str(&format!(r"\u{{{code:x}}}"));
        }
        c if c.is_alphanumeric() || c == '_' => out.push(c),
        c if c.is_ascii_punctuation() => {
            out.push('\\');
            out.push(c);
        }
        c => out.push(c),
    }
    Ok(())
}
