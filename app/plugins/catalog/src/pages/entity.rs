use kit::components::{
    Badge, Breadcrumb, CodeBlock, Column, Fact, Facts, Fragment, Page, Section, Tab, Table, Tabs, Time, Tone, loaded,
};
use kit::error::AppError;
use kit::html::Placed;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::docs::{DocsView, PlacedDocs, placed};
use super::overview::Overview;
use super::parts::{ShortName, full_name};
use super::relations::{Relations, Shown};
use crate::api::{entity, entity_definition, entity_descriptor, entity_docs, entity_graph};
use crate::model::{Descriptor, EntityDetail, GraphQuery};

/// An entity: what it is, whose, and what it has to do with.
#[component]
pub fn EntityPage() -> impl IntoView {
    let query = use_query_map();
    let tab = Memo::new(move |_| View::from_name(&query.with(|all| all.get("tab").unwrap_or_default())));
    view! { <Loaded tab=tab/> }
}

/// The docs of an entity, under addresses of their own.
#[component]
pub fn EntityDocsPage() -> impl IntoView {
    view! { <Loaded tab=Memo::new(|_| View::Docs)/> }
}

#[component]
fn Loaded(tab: Memo<View>) -> impl IntoView {
    let parameters = use_params_map();
    let entity_ref = Memo::new(move |_| {
        let part = |name| parameters.with(|all| all.get(name).unwrap_or_default());
        format!("{}:{}/{}", part("kind"), part("namespace"), part("name"))
    });
    let detail = Resource::new(move || entity_ref.get(), entity);
    let query = use_query_map();
    let drawn =
        Memo::new(move |_| query.with(|all| GraphQuery::from_params(|name| all.get_all(name).unwrap_or_default())));
    // Asked for here, beside the entity: within its page it would be asked for after it, and on the server twice.
    let graph = Resource::new(
        move || (tab.get() == View::Relations).then(|| (entity_ref.get(), drawn.get())),
        async |asked| match asked {
            Some((entity_ref, query)) => entity_graph(entity_ref, query).await.map(|graph| Some(Shown::from(graph))),
            None => Ok(None),
        },
    );
    let show = Memo::new(move |_| query.with(|all| all.get("show").unwrap_or_default()));
    let definition = Resource::new(
        move || (tab.get() == View::Definition).then(|| (entity_ref.get(), show.get())),
        async |asked| match asked {
            Some((entity_ref, show)) => entity_definition(entity_ref, show).await.map(|html| Some(html.into())),
            None => Ok(None),
        },
    );
    let path = Memo::new(move |_| parameters.with(|all| all.get("path").unwrap_or_default()));
    let docs = Resource::new(
        move || (tab.get() == View::Docs).then(|| (entity_ref.get(), path.get())),
        async |asked| match asked {
            Some((entity_ref, path)) => entity_docs(entity_ref, path).await.map(|docs| Some(placed(docs))),
            None => Ok(None),
        },
    );
    loaded(
        detail,
        move |detail| view! { <EntityView detail=detail tab=tab drawn=drawn graph=graph definition=definition docs=docs/> },
    )
}

/// The tabs of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    Overview,
    Docs,
    Definition,
    Relations,
    Descriptor,
    Origin,
}

impl View {
    const ALL: [(Self, &str, &str); 6] = [
        (Self::Overview, "", "Overview"),
        (Self::Docs, "docs", "Docs"),
        (Self::Definition, "definition", "Definition"),
        (Self::Relations, "relations", "Relations"),
        (Self::Descriptor, "descriptor", "Descriptor"),
        (Self::Origin, "origin", "Origin"),
    ];

    fn from_name(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map_or(Self::Overview, |(view, ..)| *view)
    }
}

#[component]
fn EntityView(
    detail: EntityDetail,
    tab: Memo<View>,
    drawn: Memo<GraphQuery>,
    graph: Resource<Result<Option<Shown>, AppError>>,
    definition: Resource<Result<Option<Placed>, AppError>>,
    docs: Resource<Result<Option<PlacedDocs>, AppError>>,
) -> impl IntoView {
    let row = detail.row.clone();
    let href = row.link.href.clone();
    let has_docs = detail.docs;
    let relations: u64 = detail.relations.iter().map(|group| group.total).sum();
    let is_api = row.link.kind.eq_ignore_ascii_case("api");
    let tabs = move || {
        let tabs = View::ALL
            .into_iter()
            .filter(|(view, ..)| *view != View::Docs || has_docs || tab.get() == View::Docs)
            .filter(|(view, ..)| is_api || *view != View::Definition)
            .map(|(view, name, label)| Tab {
                label: label.into(),
                href: if view == View::Docs {
                    format!("{href}/docs")
                } else {
                    kit::query::href(&href, [("tab", name)])
                },
                current: tab.get() == view,
                count: (view == View::Relations).then_some(relations),
            })
            .collect();
        view! { <Tabs label="Views of this entity" tabs=tabs/> }
    };
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
        {(!row.lifecycle.is_empty()).then(|| view! { <Badge text=row.lifecycle.clone()/> })}
        {row.orphan.then(|| view! { <Badge text="Orphaned" tone=Tone::Attention/> })}
        {row.owner.clone().map(|owner| view! { <span class="pk-quiet">"Owned by "</span> <ShortName link=Some(owner)/> })}
    }
    .into_any();
    let content = move || {
        let detail = detail.clone();
        match tab.get() {
            View::Overview => view! { <Overview detail=detail/> }.into_any(),
            View::Docs => view! { <DocsView entity=detail.row.link docs=docs/> }.into_any(),
            View::Definition if is_api => view! { <DefinitionView definition=definition/> }.into_any(),
            View::Definition => view! { <Overview detail=detail/> }.into_any(),
            View::Relations => {
                view! { <Relations page=detail.row.link.href groups=detail.relations query=drawn graph=graph/> }
                    .into_any()
            }
            View::Descriptor => view! { <DescriptorView entity_ref=detail.row.link.entity_ref/> }.into_any(),
            View::Origin => view! { <OriginView detail=detail/> }.into_any(),
        }
    };
    view! {
        {above}
        <Page title=heading kind=kind lead=lead reference=reference aside=aside>
            {tabs}
            {content}
        </Page>
    }
}

#[component]
fn DefinitionView(definition: Resource<Result<Option<Placed>, AppError>>) -> impl IntoView {
    loaded(definition, |placed: Option<Placed>| placed.map(|placed| view! { <Fragment html=placed.html/> }))
}

#[component]
fn DescriptorView(entity_ref: String) -> impl IntoView {
    let source = Resource::new(move || entity_ref.clone(), entity_descriptor);
    loaded(source, move |descriptor: Descriptor| {
        let shown = descriptor.source.lines().count() as u32;
        let cut = (shown < descriptor.lines)
            .then(|| view! { <p class="pk-quiet">{format!("The first {shown} of {} lines are shown.", descriptor.lines)}</p> });
        view! {
            <CodeBlock text=descriptor.source label="Descriptor" first_line=descriptor.first_line marked=descriptor.marked/>
            {cut}
        }
    })
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
