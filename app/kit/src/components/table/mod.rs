use leptos::prelude::*;

use crate::components::skeleton::{Skeleton, SkeletonProps};

#[cfg(feature = "ssr")]
pub mod examples;

/// A column of a [`Table`].
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading.
    pub label: &'static str,
    /// How the rows are ordered by it, where they can be.
    pub sort: Option<SortHeader>,
    /// Whether it holds numbers.
    pub numeric: bool,
    /// Whether what it holds says enough to those who see it, as the buttons of a row do.
    pub silent: bool,
}

impl Column {
    /// A column of text that cannot be sorted by.
    pub fn text(label: &'static str) -> Self {
        Self { label, sort: None, numeric: false, silent: false }
    }

    /// A column of numbers.
    pub fn number(label: &'static str) -> Self {
        Self { label, sort: None, numeric: true, silent: false }
    }

    /// A column that can be sorted by.
    pub fn sorted(label: &'static str, sort: SortHeader) -> Self {
        Self { label, sort: Some(sort), numeric: false, silent: false }
    }

    /// The last column, with what can be done with a row.
    pub fn actions() -> Self {
        Self { label: "Actions", sort: None, numeric: false, silent: true }
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
    /// Whether rows can be chosen; then each begins with a [`RowCheckbox`], and a form with a [`SelectionBar`] stands round the table.
    #[prop(optional)]
    selectable: bool,
    /// Whether on a phone each row stands by itself with its cells under each other: for rows that are read one by one. A cell's `data-label` stands before it there.
    #[prop(optional)]
    stacked: bool,
    /// `<tr>`s.
    children: Children,
) -> impl IntoView {
    let label = caption.clone();
    let class = if stacked { "pk-table pk-table--stacked" } else { "pk-table" };
    let heads: Vec<_> = columns
        .into_iter()
        .map(|column| {
            let class = if column.numeric { "pk-number" } else { "" };
            match column.sort {
                None if column.silent => {
                    view! { <th scope="col" class="pk-table__actions"><span class="pk-visually-hidden">{column.label}</span></th> }.into_any()
                }
                None => view! { <th scope="col" class=class>{column.label}</th> }.into_any(),
                Some(sort) => {
                    // The arrow that is not there yet keeps its place, so that nothing moves when the order changes.
                    let (arrow, shown) = match sort.order {
                        Some("ascending") => ("↑", "pk-table__arrow"),
                        Some(_) => ("↓", "pk-table__arrow"),
                        None => ("↑", "pk-table__arrow pk-table__arrow--offered"),
                    };
                    view! {
                        <th scope="col" class=class aria-sort=sort.order>
                            <a href=sort.href rel="nofollow">{column.label}<span class=shown aria-hidden="true">{arrow}</span></a>
                        </th>
                    }
                    .into_any()
                }
            }
        })
        .collect();
    view! {
        <div class="pk-table__scroll" tabindex="0" role="region" aria-label=label data-pk-table="">
            <table class=class>
                <caption class="pk-visually-hidden">{caption}</caption>
                <thead>
                    <tr>
                        {selectable.then(|| view! {
                            <th scope="col" class="pk-table__select"><input type="checkbox" aria-label="Choose all rows" data-pk-select-all=""/></th>
                        })}
                        {heads}
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The one row of a [`Table`] that has nothing to show: one sentence and, as children, one action.
#[component]
pub fn TableEmpty(
    /// How many columns the table has.
    columns: usize,
    /// The sentence.
    #[prop(into)]
    sentence: String,
    /// The action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! { <tr class="pk-table__message"><td colspan=columns.to_string()>{sentence}" "{children.map(|children| children())}</td></tr> }.into_any()
}

/// Rows that hold the place of those on their way.
#[component]
pub fn TableLoading(
    /// How many columns the table has.
    columns: usize,
    /// How many rows are expected.
    #[prop(default = 5)]
    rows: usize,
) -> impl IntoView {
    let line = |label: &str| Skeleton(SkeletonProps { label: label.into(), lines: 1 });
    (0..rows)
        .map(|row| {
            let cells: Vec<_> = (0..columns)
                .map(|column| view! { <td>{line(if row + column == 0 { "Loading the rows" } else { "" })}</td> })
                .collect();
            view! { <tr class="pk-table__message">{cells}</tr> }
        })
        .collect_view()
        .into_any()
}

/// The first cell of a row that can be chosen; a form sends the name and value of those that are.
#[component]
pub fn RowCheckbox(
    /// The name in the form, the same for all rows.
    name: &'static str,
    /// What the form sends for this row.
    #[prop(into)]
    value: String,
    /// What the row is, for those who do not see it: `Choose ledger-core`.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! { <td class="pk-table__select"><input type="checkbox" name=name value=value aria-label=label data-pk-select-row=""/></td> }
        .into_any()
}

/// Stands above a selectable table, in the same form: says how many rows are chosen, and what can be done with them.
#[component]
pub fn SelectionBar(
    /// The buttons, which are there once a row is chosen.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="pk-selection">
            // Filled by the script; it is announced as it changes.
            <p class="pk-selection__count" role="status" data-pk-selected=""></p>
            <div class="pk-selection__actions">{children()}</div>
        </div>
    }
    .into_any()
}
