use leptos::prelude::*;

/// A column of a [`Table`].
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading.
    pub label: &'static str,
    /// How the rows are ordered by it, where they can be.
    pub sort: Option<SortHeader>,
    /// Whether it holds numbers.
    pub numeric: bool,
}

impl Column {
    /// A column of text that cannot be sorted by.
    pub fn text(label: &'static str) -> Self {
        Self { label, sort: None, numeric: false }
    }

    /// A column of numbers.
    pub fn number(label: &'static str) -> Self {
        Self { label, sort: None, numeric: true }
    }

    /// A column that can be sorted by.
    pub fn sorted(label: &'static str, sort: SortHeader) -> Self {
        Self { label, sort: Some(sort), numeric: false }
    }
}

/// The state of a sortable heading.
#[derive(Debug, Clone)]
pub struct SortHeader {
    /// The list ordered by this column, the other way round when it already is.
    pub href: String,
    /// `ascending` or `descending` when the list is ordered by it.
    pub order: Option<&'static str>,
}

/// A table with a caption for those who do not see it; the rows are its children.
#[component]
pub fn Table(
    /// What the rows are.
    #[prop(into)]
    caption: String,
    /// The columns in order.
    columns: Vec<Column>,
    /// `<tr>`s.
    children: Children,
) -> impl IntoView {
    let label = caption.clone();
    let heads: Vec<_> = columns
        .into_iter()
        .map(|column| {
            let class = if column.numeric { "pk-number" } else { "" };
            match column.sort {
                None => view! { <th scope="col" class=class>{column.label}</th> }.into_any(),
                Some(sort) => {
                    let arrow = match sort.order {
                        Some("ascending") => "↑",
                        Some(_) => "↓",
                        None => "",
                    };
                    view! {
                        <th scope="col" class=class aria-sort=sort.order>
                            <a href=sort.href rel="nofollow">{column.label}<span aria-hidden="true">" "{arrow}</span></a>
                        </th>
                    }
                    .into_any()
                }
            }
        })
        .collect();
    view! {
        <div class="pk-table__scroll" tabindex="0" role="region" aria-label=label>
            <table class="pk-table">
                <caption class="pk-visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
