use kit::components::{Badge, CodeBlock, EmptyState, Fact, Facts, Prose, Reader, Time, Tone};
use kit::response::{set_status, set_title};
use leptos::prelude::*;

use crate::model::EntityLink;
use crate::model::docs::{Docs, DocsPage};

/// What an entity without docs is shown.
const EXAMPLE: &str = "# catalog-info.yaml
metadata:
  annotations:
    backstage.io/techdocs-ref: dir:.

# mkdocs.yml, beside it
site_name: My service
nav:
  - index.md
  - Run it: run.md";

/// The docs of an entity, at the page that the address names.
#[component]
pub fn DocsView(docs: Docs, entity: EntityLink) -> impl IntoView {
    if docs.nav.is_empty() && docs.page.is_none() {
        return if docs.error.is_empty() {
            view! { <NoDocs annotated=!docs.annotation.is_empty()/> }.into_any()
        } else {
            view! { <Unreadable docs=docs/> }.into_any()
        };
    }
    let stale = (!docs.error.is_empty()).then(|| {
        view! {
            <div class="pk-banner pk-banner--attention" role="note">
                <p>"The docs could not be read the last time: " {docs.error.clone()} ". What is shown was read before."</p>
            </div>
        }
    });
    let label = format!("Pages of {}", docs.title);
    let Some(page) = docs.page.clone() else {
        set_status(http::StatusCode::NOT_FOUND);
        return view! {
            <Reader label=label nav=docs.nav headings=Vec::new() previous=None next=None>
                <EmptyState sentence="These docs have no page at this address. It may have been renamed or removed.">
                    <a class="pk-button" href=format!("{}/docs", entity.href)>"Go to the first page"</a>
                </EmptyState>
            </Reader>
        }
        .into_any();
    };
    set_title(&format!("{} · {}", page.title, entity.name));
    let text = page.html.clone();
    let (nav, headings) = (docs.nav.clone(), page.headings.clone());
    let (previous, next) = (page.previous.clone(), page.next.clone());
    let origin = view! { <Origin docs=docs page=page/> }.into_any();
    view! {
        {stale}
        <Reader label=label nav=nav headings=headings previous=previous next=next origin=origin>
            <Prose html=text/>
        </Reader>
    }
    .into_any()
}

/// Where a page comes from.
#[component]
fn Origin(docs: Docs, page: DocsPage) -> impl IntoView {
    let file = match page.web_page {
        Some(href) => {
            view! { <a class="pk-mono pk-wrap" href=href rel="noopener noreferrer external">{page.file}</a> }.into_any()
        }
        None => view! { <code class="pk-mono pk-wrap">{page.file}</code> }.into_any(),
    };
    view! {
        <Facts>
            <Fact name="File">{file}</Fact>
            <Fact name="Location"><a class="pk-wrap" href=format!("/locations/{}", docs.location_id)>{docs.target}</a></Fact>
            <Fact name="Changed"><Time when=Some(page.changed)/></Fact>
            <Fact name="Last read"><Time when=docs.read/></Fact>
        </Facts>
    }
}

#[component]
fn NoDocs(annotated: bool) -> impl IntoView {
    let sentence = if annotated {
        "The docs of this entity have not been read yet; they are with the next refresh of its location."
    } else {
        "This entity names no docs. Put Markdown into a folder docs beside its descriptor, and say so:"
    };
    view! {
        <EmptyState sentence=sentence>
            {(!annotated).then(|| view! { <CodeBlock text=EXAMPLE label="Example of docs"/> })}
        </EmptyState>
    }
}

#[component]
fn Unreadable(docs: Docs) -> impl IntoView {
    view! {
        <div class="pk-message" role="note">
            <p><Badge text="Not readable" tone=Tone::Attention/></p>
            <p>"The docs that this entity names cannot be read: " {docs.error} "."</p>
            <Facts>
                <Fact name="Annotation"><code class="pk-mono pk-wrap">{format!("backstage.io/techdocs-ref: {}", docs.annotation)}</code></Fact>
                <Fact name="Written in"><code class="pk-mono pk-wrap">{docs.descriptor}</code></Fact>
                <Fact name="Last read"><Time when=docs.read/></Fact>
            </Facts>
            <p class="pk-quiet">"Correct the annotation or add the files; the docs are read again with the next refresh."</p>
            <a class="pk-button" href=format!("/locations/{}", docs.location_id)>"Open the location"</a>
        </div>
    }
}
