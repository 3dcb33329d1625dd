//! The pages of the design system, drawn.

use kit::components::{Badge, CodeBlock, Column, Fragment, Page, Section, Table};
use kit::error::AppError;
use kit::gallery::{self, Component, Docs, Example};
use kit::html::Html;
use kit::page::Drawn;
use kit::query::href;
use kit::server::html::drawn;
use kit::server::page::Address;
use leptos::prelude::*;

use style::TokenSet;

use super::markup::readable;
use super::tokens;

/// What is said before the first component.
const PRINCIPLES: [(&str, &str); 5] = [
    (
        "Data first",
        "Quiet surfaces and strong typography; the table is the main citizen. What is secondary is quieter, never smaller than it can be read.",
    ),
    (
        "The line",
        "What advances is drawn as a transit line: stations with names, owners and states, and a marker where you are.",
    ),
    (
        "State has a shape and a word",
        "Fine, attention, wrong and waiting are told by a sign and a word. Colour only helps.",
    ),
    (
        "HTML first",
        "Every component is plain HTML with a class. Reading never needs a script; behaviour is added where HTML has none.",
    ),
    ("One way", "There is one component for one purpose. When it does not fit, it is changed here, for everybody."),
];

/// How the examples of a component are to be seen.
struct Seen {
    /// `light` or `dark`; anything else follows the page.
    theme: String,
    /// `narrow` for 390 px.
    width: String,
}

/// The plugin's pages, one line each.
pub fn page(at: &Address, tokens: &TokenSet) -> Result<Drawn, AppError> {
    match at.segments().as_slice() {
        ["design"] => Ok(frame(
            "",
            "Design system",
            "What every page of the portal is made of, and what a page of yours can be made of.",
            drawn(overview),
        )),
        ["design", "tokens"] => Ok(frame(
            "tokens",
            "Tokens",
            "Every value of the look has a name that says what it is for. Pages and components use these names alone.",
            drawn(|| tokens::page(tokens)),
        )),
        ["design", "recipes"] => Ok(frame(
            "recipes",
            "Recipes",
            "A page in any language looks and behaves like the portal with two style sheets, one script and this HTML.",
            drawn(recipes),
        )),
        ["design", "components", name] => {
            let docs = gallery::all().into_iter().find(|docs| docs.name == *name);
            let docs = docs.ok_or_else(|| AppError::not_found(format!("A component called “{name}”")))?;
            let seen = Seen { theme: at.one("theme"), width: at.one("width") };
            Ok(frame(name, docs.title, docs.summary, drawn(|| component(docs, &seen))))
        }
        _ => Err(AppError::nowhere()),
    }
}

/// A page of the design system; its examples, which may be whole pages, do not speak for it.
fn frame(name: &str, title: &'static str, lead: &'static str, body: Html) -> Drawn {
    let contents = contents(name);
    kit::server::page::page(|| {
        view! {
            <Page title=title kind="Design system" lead=lead>
                <div class="pk-split">
                    <aside class="pk-split__side" aria-label="Pages of the design system"><Fragment html=contents/></aside>
                    <div class="pk-split__main"><Fragment html=body/></div>
                </div>
            </Page>
        }
    })
}

/// The address of a component's page.
pub fn address(name: &str) -> String {
    format!("/design/components/{name}")
}

fn contents(current: &str) -> Html {
    let link = |name: &str, title: &str, to: String| {
        let here = (name == current).then_some("page");
        view! { <li><a class="pk-contents__link" href=to aria-current=here>{title.to_owned()}</a></li> }.into_any()
    };
    let all = gallery::all();
    let groups: Vec<_> = all
        .chunk_by(|one, next| one.group == next.group)
        .map(|group| {
            let links: Vec<_> = group.iter().map(|docs| link(docs.name, docs.title, address(docs.name))).collect();
            view! { <li><p class="pk-contents__group">{group[0].group.title()}</p><ul>{links}</ul></li> }
        })
        .collect();
    drawn(|| {
        view! {
            <details class="pk-filters">
                <summary class="pk-filters__summary">"All pages"</summary>
                <nav class="pk-contents" aria-label="Design system">
                    <ul>
                        {link("", "Overview", "/design".into())}
                        {link("tokens", "Tokens", "/design/tokens".into())}
                        {link("recipes", "Recipes", "/design/recipes".into())}
                        {groups}
                    </ul>
                </nav>
            </details>
        }
    })
}

fn overview() -> impl IntoView {
    let principles: Vec<_> = PRINCIPLES
        .into_iter()
        .map(|(name, meaning)| view! { <div class="pk-facts__row"><dt>{name}</dt><dd>{meaning}</dd></div> })
        .collect();
    let rows: Vec<_> = gallery::all()
        .into_iter()
        .map(|docs| {
            view! {
                <tr>
                    <th scope="row"><a class="pk-name" href=address(docs.name)>{docs.title}</a></th>
                    <td>{docs.group.title()}</td>
                    <td class="pk-wrap">{docs.summary}</td>
                    <td class="pk-number">{docs.examples.len()}</td>
                </tr>
            }
        })
        .collect();
    let columns = vec![
        Column::text("Component"),
        Column::text("Group"),
        Column::text("What it is for"),
        Column::number("Examples"),
    ];
    view! {
        <Section title="Principles"><dl class="pk-facts">{principles}</dl></Section>
        <Section title="Components"><Table caption="Components" columns=columns>{rows}</Table></Section>
    }
}

fn component(docs: &'static Docs, seen: &Seen) -> impl IntoView {
    let list = |title: &'static str, sentences: &'static [&'static str]| {
        let items: Vec<_> = sentences.iter().map(|sentence| view! { <li>{*sentence}</li> }).collect();
        (!items.is_empty()).then(|| view! { <div><h2>{title}</h2><ul class="pk-sentences">{items}</ul></div> })
    };
    let keys: Vec<_> = docs
        .keys
        .iter()
        .map(|(key, effect)| view! { <tr><th scope="row"><kbd class="pk-key">{*key}</kbd></th><td class="pk-wrap">{*effect}</td></tr> })
        .collect();
    let keys = (!keys.is_empty()).then(|| {
        let columns = vec![Column::text("Key"), Column::text("Effect")];
        view! { <Section title="Keyboard"><Table caption="Keyboard" columns=columns>{keys}</Table></Section> }
    });
    let examples: Vec<_> = docs.examples.iter().map(|example| shown(docs, example, seen)).collect();
    let components: Vec<_> = gallery::components(docs.name).iter().map(props).collect();
    let (good, bad) = (list("Do", docs.good), list("Do not", docs.bad));
    view! {
        <div class="pk-guidance">{good}{bad}</div>
        {choices(docs.name, seen)}
        {examples}
        {keys}
        {components}
    }
}

/// Links by which the examples are seen in another theme or width.
fn choices(name: &str, seen: &Seen) -> impl IntoView {
    let to = address(name);
    let link = |label: &'static str, theme: &str, width: &str| {
        let here = (seen.theme == theme && seen.width == width).then_some("true");
        let to = href(&to, [("theme", theme), ("width", width)]);
        view! { <a class="pk-choice" href=to aria-current=here>{label}</a> }
    };
    view! {
        <nav class="pk-choices" aria-label="How the examples are shown">
            <span class="pk-quiet">"Theme"</span>
            {link("As the page", "", &seen.width)}
            {link("Light", "light", &seen.width)}
            {link("Dark", "dark", &seen.width)}
            <span class="pk-quiet">"Width"</span>
            {link("Wide", &seen.theme, "")}
            {link("Narrow", &seen.theme, "narrow")}
        </nav>
    }
}

fn shown(docs: &'static Docs, example: &'static Example, seen: &Seen) -> impl IntoView {
    let theme = Some(seen.theme.clone()).filter(|theme| matches!(theme.as_str(), "light" | "dark"));
    let class = if seen.width == "narrow" { "pk-example pk-example--narrow" } else { "pk-example" };
    let label = format!("{}: {}", docs.title, example.title);
    view! {
        <section class="pk-section" id=example.name>
            <h2>{example.title}</h2>
            <div class=class data-theme=theme data-example=example.name>{(example.view)()}</div>
            <details class="pk-disclosure">
                <summary>"HTML"</summary>
                <CodeBlock text=recipe(example) label=format!("HTML of {label}") anchor=format!("{}-L", example.name)/>
            </details>
        </section>
    }
}

fn recipe(example: &Example) -> String {
    readable(drawn(|| (example.view)()).as_str())
}

fn props(component: &'static Component) -> impl IntoView {
    let columns =
        vec![Column::text("Name"), Column::text("Takes"), Column::text("When left out"), Column::text("Meaning")];
    let rows: Vec<_> = component
        .props
        .iter()
        .map(|prop| {
            let left_out = match (prop.optional, prop.default) {
                (false, _) => view! { <Badge text="required"/> }.into_any(),
                (true, "") => view! { <span class="pk-quiet">"nothing"</span> }.into_any(),
                (true, default) => view! { <code>{default}</code> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row"><code>{prop.name}</code></th>
                    <td><code>{prop.takes}</code></td>
                    <td>{left_out}</td>
                    <td class="pk-wrap">{prop.meaning}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <Section title=format!("{} in Rust", component.name)>
            <p>{component.meaning}</p>
            {(!rows.is_empty()).then(|| view! { <Table caption=format!("What {} takes", component.name) columns=columns>{rows}</Table> })}
        </Section>
    }
}

const STARTER: &str = r##"<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Card limits</title>
    <link rel="stylesheet" href="/design/v1/tokens.css">
    <link rel="stylesheet" href="/design/v1/kit.css">
    <script src="/design/v1/kit.js" defer></script>
  </head>
  <body>
    <main class="pk-standalone">
      <header class="pk-page__header">
        <div class="pk-page__heading">
          <p class="pk-page__kind">Cards</p>
          <h1>Card limits</h1>
          <p class="pk-page__lead">Who may spend what, and who decided it.</p>
        </div>
        <div class="pk-page__aside"><a class="pk-button pk-button--primary" href="#new">Set a limit</a></div>
      </header>
    </main>
  </body>
</html>
"##;

fn recipes() -> impl IntoView {
    let all: Vec<_> = gallery::all()
        .into_iter()
        .map(|docs| {
            let examples: Vec<_> = docs
                .examples
                .iter()
                .map(|example| {
                    let anchor = format!("{}-{}-L", docs.name, example.name);
                    view! {
                        <details class="pk-disclosure">
                            <summary>{example.title}</summary>
                            <CodeBlock text=recipe(example) label=format!("HTML of {}: {}", docs.title, example.title) anchor=anchor/>
                        </details>
                    }
                })
                .collect();
            view! {
                <section class="pk-section" id=docs.name>
                    <h3><a class="pk-name" href=address(docs.name)>{docs.title}</a></h3>
                    {examples}
                </section>
            }
        })
        .collect();
    view! {
        <Section title="A whole page">
            <p>
                "Classes and markup under "
                <code>"/design/v1"</code>
                " stay as they are; what breaks a page comes out as "
                <code>"v2"</code>
                " beside it. "
                <a href="/design/v1/tokens.css" rel="external">"tokens.css"</a>
                ", "
                <a href="/design/v1/kit.css" rel="external">"kit.css"</a>
                ", "
                <a href="/design/v1/kit.js" rel="external">"kit.js"</a>
            </p>
            <CodeBlock text=STARTER label="A whole page" anchor="starter-L"/>
        </Section>
        <Section title="Components">{all}</Section>
    }
}
