use leptos::prelude::*;

use crate::components::copy::CopyButton;

#[cfg(feature = "ssr")]
pub mod examples;

/// A piece of a line with the class of its colour, such as `pk-syntax--key`; an empty class is plain text.
pub type Piece = (&'static str, String);

/// Source text with line numbers and a button that copies it; each line has an address (`#L12`) and a line with a problem is marked.
#[component]
pub fn CodeBlock(
    /// The text.
    #[prop(into)]
    text: String,
    /// What the text is, for those who do not see it.
    #[prop(into)]
    label: String,
    /// The number of the first line.
    #[prop(default = 1)]
    first_line: u32,
    /// What the address of a line begins with; two blocks on a page need two.
    #[prop(default = "L".into(), into)]
    anchor: String,
    /// Line numbers to mark.
    #[prop(default = Vec::new())]
    marked: Vec<u32>,
    /// The lines in coloured pieces, which stand for the text where they are given.
    #[prop(default = Vec::new())]
    pieces: Vec<Vec<Piece>>,
) -> impl IntoView {
    let lines = if pieces.is_empty() { text.lines().map(|line| vec![("", line.to_owned())]).collect() } else { pieces };
    let lines: Vec<_> = lines
        .into_iter()
        .zip(first_line..)
        .map(|(line, number)| {
            let (class, name) = if marked.contains(&number) {
                ("pk-code__line pk-code__line--marked", format!("Line {number}, with a problem"))
            } else {
                ("pk-code__line", format!("Line {number}"))
            };
            let id = format!("{anchor}{number}");
            let href = format!("#{id}");
            view! {
                <span class=class id=id>
                    <a class="pk-code__number" href=href aria-label=name tabindex="-1" rel="external">{number}</a>
                    <span class="pk-code__text">{coloured(line)}"\n"</span>
                </span>
            }
        })
        .collect();
    let id = format!("{anchor}-source");
    view! {
        <div class="pk-source">
            <div class="pk-source__copy"><CopyButton from=id.clone() label=format!("Copy: {label}")/></div>
            <pre class="pk-code" id=id tabindex="0" role="region" aria-label=label><code>{lines}</code></pre>
        </div>
    }
    .into_any()
}

fn coloured(line: Vec<Piece>) -> Vec<AnyView> {
    let piece = |(class, text): Piece| match class {
        "" => text.into_any(),
        class => view! { <span class=class>{text}</span> }.into_any(),
    };
    line.into_iter().map(piece).collect()
}
