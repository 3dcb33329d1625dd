use kit::components::{
    Badge, Breadcrumb, CodeBlock, Column, Fact, Facts, Fragment, Page, Section, StarButton, Tab, Table, Tabs, Time,
    Tone,
};
use kit::error::AppError;
use kit::html::Html;
use kit::page::Drawn;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::docs::DocsView;
use super::overview::Overview;
use super::parts::{ShortName, full_name};
use super::reader;
use super::relations::Relations;
use crate::api::StarEntity;
use crate::info::READ_ENTITIES;
use crate::model::docs::Docs;
use crate::model::{Descriptor, EntityDetail, GraphQuery, RelationGraph};

/// An entity: what it is, whose, and what it has to do with others.
pub async fn entity_page(entity_ref: &str, at: &Address) -> Result<Drawn, AppError> {
    let reader = reader(&READ_ENTITIES).await?;
    let entity = reader.readable(entity_ref).await?;
    let detail = reader.entity(&entity).await?;
    let starred = reader.looked_at(&detail).await?;
    let is_api = detail.row.link.kind.eq_ignore_ascii_case("api");
    let view = match at.one("tab").as_str() {
        "definition" if is_api => View::Definition(reader.definition(&entity, at.one("show")).await?),
        "relations" => {
            let query = GraphQuery::from_params(|name| at.all(name));
            View::Relations(query.clone(), reader.graph(&entity, query).await?)
        }
        "descriptor" => View::Descriptor(reader.descriptor(&entity).await?),
        "origin" => View::Origin,
        _ => View::Overview,
    };
    Ok(page(|| view! { <EntityView detail=detail view=view starred=starred/> }))
}

/// The docs of an entity, under addresses of their own.
pub async fn entity_docs_page(entity_ref: &str, path: &str) -> Result<Drawn, AppError> {
    let reader = reader(&READ_ENTITIES).await?;
    let entity = reader.readable(entity_ref).await?;
    let (detail, docs) = futures::try_join!(reader.entity(&entity), reader.docs(&entity, path))?;
    let starred = reader.looked_at(&detail).await?;
    Ok(page(|| view! { <EntityView detail=detail view=View::Docs(Box::new(docs)) starred=starred/> }))
}

/// What one tab of the page shows.
enum View {
    Overview,
    Docs(Box<Docs>),
    Definition(Html),
    Relations(GraphQuery, RelationGraph),
    Descriptor(Descriptor),
    Origin,
}

impl View {
    /// The tab in the address.
    fn name(&self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Docs(_) => "docs",
            Self::Definition(_) => "definition",
            Self::Relations(..) => "relations",
            Self::Descriptor(_) => "descriptor",
            Self::Origin => "origin",
        }
    }
}

/// The tabs in their order, as the address names them and as people read them.
const TABS: [(&str, &str); 6] = [
    ("", "Overview"),
    ("docs", "Docs"),
    ("definition", "Definition"),
    ("relations", "Relations"),
    ("descriptor", "Descriptor"),
    ("origin", "Origin"),
];

#[component]
fn EntityView(detail: EntityDetail, view: View, starred: Option<bool>) -> impl IntoView {
    let row = detail.row.clone();
    let href = row.link.href.clone();
    let relations: u64 = detail.relations.iter().map(|group| group.total).sum();
    let is_api = row.link.kind.eq_ignore_ascii_case("api");
    let here = view.name();
    let tabs = TABS
        .into_iter()
        .filter(|(name, _)| *name != "docs" || detail.docs || *name == here)
        .filter(|(name, _)| is_api || *name != "definition")
        .map(|(name, label)| Tab {
            label: label.into(),
            href: if name == "docs" { format!("{href}/docs") } else { kit::query::href(&href, [("tab", name)]) },
            current: name == here,
            count: (name == "relations").then_some(relations),
        })
        .collect();
    let kind = [row.link.kind.clone(), row.type_name.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let is_of_people = detail.organisation.is_some();
    let heading = if is_of_people { full_name(&row.link).to_owned() } else { row.link.name.clone() };
    let lead = row.link.subtitle().filter(|_| !is_of_people).unwrap_or_default().to_owned();
    let reference = row.link.entity_ref.clone();
    let above = detail.organisation.iter().flat_map(|organisation| &organisation.above);
    let above: Vec<_> = above.map(|group| (full_name(group).to_owned(), group.href.clone())).collect();
    let above = (!above.is_empty()).then(|| view! { <Breadcrumb trail=above label="Groups above"/> });
    let aside = view! {
        {starred.map(|starred| view! { <StarButton action=StarEntity::PATH item=row.link.entity_ref.clone() starred=starred/> })}
        {(!row.lifecycle.is_empty()).then(|| view! { <Badge text=row.lifecycle.clone()/> })}
        {row.orphan.then(|| view! { <Badge text="Orphaned" tone=Tone::Attention/> })}
        {row.owner.clone().map(|owner| view! { <span class="pk-quiet">"Owned by "</span> <ShortName link=Some(owner)/> })}
    }
    .into_any();
    let content = match view {
        View::Overview => view! { <Overview detail=detail/> }.into_any(),
        View::Docs(docs) => view! { <DocsView docs=*docs entity=detail.row.link/> }.into_any(),
        View::Definition(html) => view! { <Fragment html=html/> }.into_any(),
        View::Relations(query, graph) => {
            view! { <Relations page=detail.row.link.href groups=detail.relations query=query graph=graph/> }.into_any()
        }
        View::Descriptor(descriptor) => view! { <DescriptorView descriptor=descriptor/> }.into_any(),
        View::Origin => view! { <OriginView detail=detail/> }.into_any(),
    };
    view! {
        {above}
        <Page title=heading kind=kind lead=lead reference=reference aside=aside>
            <Tabs label="Views of this entity" tabs=tabs/>
            {content}
        </Page>
    }
}

#[component]
fn DescriptorView(descriptor: Descriptor) -> impl IntoView {
    let shown = descriptor.source.lines().count() as u32;
    let cut = (shown < descriptor.lines).then(
        || view! { <p class="pk-quiet">{format!("The first {shown} of {} lines are shown.", descriptor.lines)}</p> },
    );
    view! {
        <CodeBlock text=descriptor.source label="Descriptor" first_line=descriptor.first_line marked=descriptor.marked/>
        {cut}
    }
}

#[component]
fn OriginView(detail: EntityDetail) -> impl IntoView {
    let annotations: Vec<_> = detail
        .annotations
        .into_iter()
        .map(|(key, value)| view! { <tr><th scope="row" class="pk-mono">{key}</th><td class="pk-mono pk-wrap">{value}</td></tr> })
        .collect();
    let has_annotations = !annotations.is_empty();
    view! {
        <Section title="Where it comes from">
            <Facts>
                <Fact name="Location"><a class="pk-wrap" href=format!("/locations/{}", detail.origin.location_id)>{detail.origin.target}</a></Fact>
                <Fact name="File"><code class="pk-mono pk-wrap">{detail.origin.path}</code></Fact>
                <Fact name="Last refreshed"><Time when=detail.origin.refreshed/></Fact>
                <Fact name="First seen"><Time when=Some(detail.origin.created)/></Fact>
                <Fact name="Last changed"><Time when=Some(detail.row.changed)/></Fact>
                <Fact name="Uid"><code class="pk-mono">{detail.uid}</code></Fact>
                <Fact name="Etag"><code class="pk-mono">{detail.etag}</code></Fact>
            </Facts>
        </Section>
        {has_annotations.then(|| view! {
            <Section title="Labels and annotations">
                <Table caption="Labels and annotations" columns=vec![Column::text("Key"), Column::text("Value")]>{annotations}</Table>
            </Section>
        })}
    }
}
