//! Descriptions in definitions: Markdown of others, as HTML that is safe to place.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use kit::html::Html;
use kit::server;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A description as HTML. A heading becomes a bold line, since the page has headings of its own, and a picture its text.
pub fn to_html(text: &str) -> Html {
    let events =
        Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).flat_map(|event| match event {
            Event::Start(Tag::Heading { .. }) => vec![Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)],
            Event::End(TagEnd::Heading(_)) => vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)],
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => Vec::new(),
            event => vec![event],
        });
    let mut raw = String::new();
    pulldown_cmark::html::push_html(&mut raw, events);
    server::html::finished(CLEANER.clean(&raw).to_string())
}

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from([
            "a",
            "b",
            "blockquote",
            "br",
            "code",
            "del",
            "em",
            "hr",
            "i",
            "li",
            "ol",
            "p",
            "pre",
            "strong",
            "sub",
            "sup",
            "table",
            "tbody",
            "td",
            "th",
            "thead",
            "tr",
            "ul",
        ]))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer external"));
    cleaner
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_drawn() {
        let html = to_html("# Rules\n\nUse **one** `key`, see [the guide](https://example.com/x).");
        assert_eq!(
            html.as_str(),
            "<p><strong>Rules</strong></p>\n<p>Use <strong>one</strong> <code>key</code>, see \
             <a href=\"https://example.com/x\" target=\"_blank\" rel=\"noopener noreferrer external\">the guide</a>.</p>\n"
        );
    }

    #[test]
    fn nothing_in_it_can_act() {
        for hostile in [
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
            "<img src=x onerror=alert(1)>",
            "![x](https://tracker.example/pixel.png)",
            "<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a></svg>",
            "<p style=\"position:fixed\" id=\"search\" class=\"pk-banner\" onclick=alert(1)>x</p>",
            "<iframe src=https://evil.example></iframe><form action=https://evil.example><input></form>",
            "[x](data:text/html;base64,PHNjcmlwdD4=) [y](//evil.example) [z](/locations)",
        ] {
            let html = to_html(hostile);
            let lower = html.as_str().to_lowercase();
            for forbidden in [
                "<script",
                "javascript:",
                "<img",
                "<svg",
                "<iframe",
                "<form",
                "style=",
                "id=",
                "class=",
                "href=\"/",
                "data:",
            ] {
                assert!(!lower.contains(forbidden), "{hostile} became {lower}");
            }
            assert!(!lower.contains(" on") || !lower.contains("=alert"), "{hostile} became {lower}");
        }
    }
}
