use proptest::prelude::*;

use super::*;

struct Folder;

impl Links for Folder {
    fn page(&self, target: &str) -> Option<String> {
        target.ends_with(".md").then(|| format!("/docs/{}", target.trim_end_matches(".md")))
    }

    fn image(&self, target: &str) -> Option<String> {
        target.ends_with(".png").then(|| format!("/files/{target}"))
    }
}

fn page(text: &str) -> Rendered {
    render(text, Arc::new(Folder))
}

#[test]
fn markdown_is_shown_as_it_is_meant() {
    let html = page(
        "---\ntitle: Front\n---\n# One & *two*\n\nA [page](b.md#Part--Two) ~~no~~ <https://a.example/>, https://b.example/x_y_z.\n\n\
         - [x] done\n- [ ] open\n\nNote[^1]\n\n[^1]: There.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```rust\nlet a = \"<b>\";\n```\n",
    );
    assert_eq!(html.title.as_deref(), Some("Front"));
    assert_eq!(html.headings, [Heading { level: 1, id: "doc-one-two".into(), text: "One & two".into() }]);
    for part in [
        "<h2 id=\"doc-one-two\">One &amp; <em>two</em><a ",
        "<a href=\"/docs/b#doc-part-two\" rel=\"noopener noreferrer nofollow\">page</a>",
        "<del>no</del>",
        ">https://a.example/</a>",
        "<a href=\"https://b.example/x_y_z\" rel=\"noopener noreferrer nofollow\">https://b.example/x_y_z</a>.",
        "aria-label=\"Done\"",
        "aria-label=\"To do\"",
        "<td align=\"right\">2</td>",
        "<figcaption>rust</figcaption><pre tabindex=\"0\"><code>let a = \"&lt;b&gt;\";",
        "href=\"#doc-1\"",
        "id=\"doc-1\"",
    ] {
        assert!(html.html.contains(part), "{part}\n{}", html.html);
    }
    assert!(!html.html.contains("style="), "{}", html.html);
    assert!(html.words.contains("One & two") && html.words.contains("let a"), "{}", html.words);
}

#[test]
fn cve_2021_32660_cve_2021_32661_nothing_that_acts_gets_into_the_page() {
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\tscript:alert(1))",
        "<a href=\"java&#10;script:alert(1)\">a</a>",
        "<a href=\"\u{1}javascript:alert(1)\">a</a>",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](data:image/svg+xml,<svg onload=alert(1)>)",
        "<a href='vbscript:x'>a</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<p\nstyle='position:fixed;inset:0'>x</p>",
        "<form action='/api/catalog/fn/refresh'><input name=id><button>x</button></form>",
        "<link rel=stylesheet href=https://evil.example>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href=https://evil.example>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
        "```\"><script>alert(1)</script>\nx\n```",
        "``` title=\"<script>alert(1)</script>\"\nx\n```",
        "!!! note \"<script>alert(1)</script>\"\n    x\n",
        "??? x\"onload=alert(1) \"y\"\n    x\n",
        "# <img src=x onerror=alert(1)>\n",
        "# a\" onmouseover=\"alert(1)\n",
        "![\"><script>alert(1)</script>](https://a.example/x.png)",
        "https://a.example/\"onmouseover=alert(1)",
        "<details ontoggle=alert(1) open>x</details>",
        "<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\">x</a></svg>",
        "<p\nid=search class=pk-banner onclick=alert(1)>x</p>",
        "<div role=dialog aria-modal=true class='pk-skip pk-page__header' tabindex=-1>x</div>",
    ] {
        for html in [page(text).html, to_html(text)] {
            let tags: Vec<&str> =
                html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()).collect();
            for tag in tags {
                let lower = tag.to_lowercase();
                let name = lower.trim_start_matches('/').split(' ').next().unwrap_or_default();
                for bad in
                    ["script", "iframe", "svg", "math", "style", "form", "input", "button", "link", "meta", "base"]
                {
                    assert_ne!(name, bad, "{text}\n{html}");
                }
                for bad in [
                    " on",
                    "style=",
                    "javascript:",
                    "vbscript:",
                    "data:",
                    "action=",
                    "dialog",
                    "pk-skip",
                    "tabindex=\"-1",
                ] {
                    // What is in a label is text.
                    let attributes = lower.split("aria-label=\"Link to").next().unwrap_or_default();
                    let attributes = attributes.split("aria-label=\"link to").next().unwrap_or_default();
                    assert!(!attributes.contains(bad), "{bad} in {text}\n{html}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_loaded_from_another_host() {
    let html = page(
        "![Build](https://ci.example/badge.svg) [![Nested](https://ci.example/b.svg)](https://ci.example/) <img src='https://evil.example/x.png' alt='raw'>\
         <img src='//evil.example/x.png'> ![local](a/b.png 'T') <img src='c.png' srcset='https://evil.example/x 2x'>",
    )
    .html;
    let sources: Vec<&str> =
        html.split(" src=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert_eq!(sources, ["/files/a/b.png", "/files/c.png"], "{html}");
    assert!(html.contains(">Build</a>") && html.contains(">Nested</a>") && html.contains("alt=\"raw\""), "{html}");
    assert!(!html.contains("srcset"), "{html}");
}

#[test]
fn no_id_of_the_page_can_be_taken_over() {
    let html = page("# main\n# main\n<a id='main'></a><div id=doc-x name=body><img name=cookie id=Head></div>").html;
    let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert_eq!(ids, ["doc-main", "doc-main_1", "doc-main", "doc-doc-x", "doc-head"], "{html}");
    assert!(!html.contains("name="), "{html}");
}

#[test]
fn links_lead_where_they_may() {
    let link = |target: &str| link(target, &Folder);
    assert_eq!(link("a.md").as_deref(), Some("/docs/a"));
    assert_eq!(link("a.md#B C").as_deref(), Some("/docs/a#doc-b-c"));
    assert_eq!(link("#b--c").as_deref(), Some("#doc-b-c"));
    assert_eq!(link("https://a.example/b?c#d").as_deref(), Some("https://a.example/b?c#d"));
    assert_eq!(link("mailto:a@b.example").as_deref(), Some("mailto:a@b.example"));
    for bad in [
        "javascript:x",
        "//evil.example/a.md",
        "\\\\evil.example/a.md",
        "/\\evil.example//a.md",
        "file:///etc/passwd",
        "x.zip",
        "#",
        "",
    ] {
        assert_eq!(link(bad), None, "{bad}");
    }
}

#[test]
fn admonitions_and_tabs_become_blocks() {
    let html = page(
        "!!! warning \"Mind *this*\"\n    First.\n\n    - item\n\n        ??? tip\n            Inner `code`\n\n    Last.\n\nAfter.\n\n\
         ???+ danger \"\"\n    Open\n\n=== \"Rust\"\n\n    ```rust\n    !!! no\n        admonition\n    ```\n\n> [!CAUTION]\n> Hot\n",
    )
    .html;
    for part in [
        "<div class=\"pk-banner pk-banner--attention\">\n<p class=\"pk-banner__title\">Mind *this*</p>\n<p>First.</p>",
        "<details class=\"pk-banner pk-banner--fine pk-prose__details\">\n  <summary>Tip</summary>\n<p>Inner <code>code</code></p>\n  </details>",
        "<p>Last.</p>\n</div>\n<p>After.</p>",
        "<details class=\"pk-banner pk-banner--wrong pk-prose__details\" open=\"\">\n<summary>Danger</summary>",
        "<p class=\"pk-prose__tab-title\">Rust</p>\n<figure class=\"pk-prose__code\"><figcaption>rust</figcaption><pre tabindex=\"0\"><code>!!! no\n    admonition\n",
        "<p class=\"pk-banner__title\">Caution</p>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn attribute_lists_are_dropped() {
    let rendered = page(
        "# Title {#own .x}\n\n## Other {: #that }\n\n[a](b.md){ .md-button .md-button--primary } and ![c](d.png){ width=\"30 0\" }.\n{: .lead }\n\n\
         Code `a{b}` and {braces} and a set {.x} stay.\n",
    );
    let ids: Vec<&str> = rendered.headings.iter().map(|heading| heading.id.as_str()).collect();
    assert_eq!((ids, rendered.title.as_deref()), (vec!["doc-own", "doc-that"], Some("Title")));
    for gone in ["md-button", "30 0", "lead", "#own", "{:"] {
        assert!(!rendered.html.replace("href=\"#", "").contains(gone), "{gone}\n{}", rendered.html);
    }
    assert!(rendered.html.contains("<code>a{b}</code> and {braces} and a set {.x} stay."), "{}", rendered.html);
}

#[test]
fn what_is_nested_without_end_is_shown_as_text() {
    for text in ["<div>".repeat(100_000), ">".repeat(100_000) + "x", "<b><p>".repeat(50_000)] {
        let html = page(&text).html;
        assert!(html.contains("as it was written") && html.matches('<').count() < 10, "{}", html.len());
    }
    let nested: String = (0..40).map(|level| format!("{}!!! note\n", "    ".repeat(level))).collect();
    assert_eq!(page(&nested).html.matches("<div").count(), 12);
}

#[test]
fn a_description_may_stand_anywhere_and_more_than_once() {
    assert_eq!(
        to_html(
            "# Rules\n\nUse **one** `key`, see [the guide](https://a.example/x), [below](#rules) ![or](x.png).\n\n```json\n{}\n```\n"
        ),
        "<p><strong>Rules</strong></p>\n<p>Use <strong>one</strong> <code>key</code>, see \
         <a href=\"https://a.example/x\" rel=\"noopener noreferrer nofollow\">the guide</a>, \
         <a rel=\"noopener noreferrer nofollow\">below</a> or.</p>\n<pre tabindex=\"0\"><code>{}\n</code></pre>\n"
    );
    for text in [
        "<p id=search class=pk-banner>x</p>",
        "<img src=x>",
        "[z](/locations) [y](//evil.example)",
        "[^1]\n\n[^1]: note",
    ] {
        let html = to_html(text);
        for bad in ["id=", "class=", "<img", "href=\"/"] {
            assert!(!html.contains(bad), "{text} became {html}");
        }
    }
}

/// What Markdown and HTML are made of, and what has got past others.
fn piece() -> impl Strategy<Value = String> {
    let known: Vec<&str> = vec![
        "<script>",
        "</script>",
        "alert(1)",
        "<img src=x onerror=alert(1)>",
        "<svg",
        "<math>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<iframe srcdoc='",
        "<object data=",
        "<embed src=",
        "<form action=",
        "<base href=",
        "<meta http-equiv=refresh content=",
        "<link rel=stylesheet href=",
        "<a href=\"",
        "<a href=javascript:alert(1)>",
        " onclick=alert(1)",
        " style=\"background:url(//evil.example)\"",
        "javascript:",
        "JaVa\tScRiPt:",
        "data:text/html,",
        "vbscript:",
        "&#106;avascript:",
        "&colon;",
        "&Tab;",
        "&NewLine;",
        "//evil.example",
        "[x](",
        "![x](",
        ")",
        "[x]: ",
        "<",
        ">",
        "\"",
        "'",
        "`",
        "```",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "| a | b |\n|---|---|\n",
        "# ",
        "{#x onclick=y}",
        "{: .a style=b }",
        "!!! note \"",
        ":::",
        "--8<-- \"/etc/passwd\"",
        "[^1]",
        "[^1]: ",
        "<template>",
        "<noscript>",
        "<textarea>",
        "<title>",
        "<xmp>",
        "<plaintext>",
        "<select>",
        "<table><td>",
        "</p>",
        "<details open ontoggle=alert(1)>",
        "<input autofocus onfocus=alert(1)>",
        "<div id=csp class=pk-button>",
        "\u{0}",
        "\u{feff}",
        "\u{2028}",
        "/",
        "x.md",
        "x.png",
        "https://a.example/",
    ];
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

/// Each element in finished HTML with its attributes, read apart from what made it.
fn elements(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/' || c == '-' || c == '!')).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>').unwrap_or(rest.len());
            let key = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut value = "";
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let end = quoted.find('"').unwrap_or(quoted.len());
                value = &quoted[..end];
                rest = quoted.get(end + 1..).unwrap_or_default();
            } else if rest.starts_with('=') {
                rest = &rest[1..];
            } else if key.is_empty() {
                rest = rest.get(1..).unwrap_or_default();
            }
            attributes.push((key, value.to_owned()));
        }
        found.push((name, attributes));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)) })]

    /// Nothing in the result can run, load from elsewhere, or send a form.
    #[test]
    fn whatever_is_written_nothing_acts(pieces in prop::collection::vec(piece(), 1..16)) {
        let text = pieces.concat();
        for html in [page(&text).html, to_html(&text)] {
            for (name, attributes) in elements(&html) {
                let name = name.trim_start_matches('/').trim_end_matches('/');
                let acts = ["script", "style", "iframe", "object", "embed", "form", "button", "textarea", "select", "base", "meta", "link", "svg", "math", "template", "noscript", "frame", "title", "xmp", "plaintext"];
                prop_assert!(!acts.contains(&name) && !name.starts_with('!'), "{}: {}\n{}", name, text, html);
                for (key, value) in attributes {
                    prop_assert!(!key.starts_with("on") && !["style", "srcdoc", "action", "formaction", "srcset", "background", "ping", "http-equiv"].contains(&key.as_str()), "{}: {}\n{}", key, text, html);
                    let value = value.to_ascii_lowercase();
                    match key.as_str() {
                        "href" => {
                            let good = ["http://", "https://", "mailto:", "/docs/", "#"].iter().any(|start| value.starts_with(start));
                            prop_assert!(good, "{}: {}\n{}", value, text, html);
                        }
                        "src" => prop_assert!(value.starts_with("/files/"), "{}: {}\n{}", value, text, html),
                        "id" => prop_assert!(value.starts_with("doc-"), "{}: {}\n{}", value, text, html),
                        _ => {}
                    }
                }
            }
        }
    }
}
