use leptos::prelude::*;

use super::{Column, RowCheckbox, SelectionBar, SortHeader, Table, TableEmpty, TableLoading};
use crate::components::badge::{Badge, Tone};
use crate::components::button::{Button, Emphasis};
use crate::components::menu::{Menu, MenuItem};
use crate::gallery::{Docs, Example, Group};

/// The table in the gallery.
pub const DOCS: Docs = Docs {
    name: "table",
    title: "Table",
    group: Group::Data,
    summary: "Things compared by their facts: the main citizen of the portal.",
    good: &[
        "Put the name first and strongest; name owners, do not show ids.",
        "Let a list that can be long be ordered by its headings, in the address.",
        "Show an empty table with its headings where filters stand beside it; else an empty state.",
    ],
    bad: &[
        "Do not put more than one state in a row.",
        "Do not stack the rows on a phone where they are compared: such a table scrolls sideways.",
    ],
    keys: &[
        ("Tab", "Reaches headings, boxes and links; a table that scrolls can be scrolled with the arrow keys"),
        ("Space", "Chooses a row, or all of them"),
    ],
    examples: &[
        Example {
            name: "sorted",
            title: "Sorted, with numbers",
            view: || {
                let sort = |order| SortHeader { href: "#table".into(), order };
                let columns = vec![
                    Column::sorted("Name", sort(Some("ascending"))),
                    Column::sorted("Owner", sort(None)),
                    Column::text("State"),
                    Column::number("Open findings"),
                    Column::number("Calls a day"),
                ];
                let row = |name: &'static str,
                           owner: &'static str,
                           state: &'static str,
                           tone,
                           findings: &'static str,
                           calls: &'static str| {
                    view! {
                        <tr>
                            <th scope="row"><a class="pk-name" href="#table">{name}</a></th>
                            <td>{owner}</td>
                            <td><Badge text=state tone=tone/></td>
                            <td class="pk-number">{findings}</td>
                            <td class="pk-number">{calls}</td>
                        </tr>
                    }
                };
                view! {
                    <Table caption="Services by name" columns=columns>
                        {row("card-authoriser", "Card Issuing", "Has findings", Tone::Attention, "4", "18,204,911")}
                        {row("pin-mailer", "Card Issuing", "Off-road", Tone::Wrong, "117", "1,032")}
                        {row("settlement-engine", "Instant Payments", "Fine", Tone::Fine, "0", "992,640")}
                        {row("settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region", "Zahlungsverkehrsabwicklung für Auslandsüberweisungen", "Fine", Tone::Fine, "0", "7")}
                        {row("خدمة تسوية المدفوعات", "المدفوعات", "Waiting", Tone::Waiting, "12", "–")}
                    </Table>
                }
                .into_any()
            },
        },
        Example {
            name: "selection",
            title: "With rows to choose and actions",
            view: || {
                let columns = vec![Column::text("Service"), Column::text("Owner"), Column::actions()];
                let rows: Vec<_> = [
                    ("ledger-core", "General Ledger"),
                    ("fx-rates", "Treasury"),
                    ("fraud-scoring", "Fraud Prevention"),
                ]
                .into_iter()
                .map(|(name, owner)| {
                    view! {
                        <tr>
                            <RowCheckbox name="service" value=name label=format!("Choose {name}")/>
                            <th scope="row"><a class="pk-name" href="#table">{name}</a></th>
                            <td>{owner}</td>
                            <td class="pk-table__actions">
                                <Menu id=format!("table-menu-{name}") label=format!("Actions for {name}") compact=true>
                                    <MenuItem text="Refresh now" href="#table"/>
                                    <MenuItem text="Change the owner" href="#table"/>
                                </Menu>
                            </td>
                        </tr>
                    }
                })
                .collect();
                view! {
                    <form method="get">
                        <SelectionBar><Button text="Refresh" emphasis=Emphasis::Normal/> <Button text="Change the owner"/></SelectionBar>
                        <Table caption="Services to choose" columns=columns selectable=true>{rows}</Table>
                    </form>
                }
                .into_any()
            },
        },
        Example {
            name: "stacked",
            title: "Rows that are read one by one, under each other on a phone",
            view: || {
                let columns =
                    vec![Column::text("Browser"), Column::text("From"), Column::text("Last used"), Column::actions()];
                let row = |browser: &'static str, from: &'static str, used: &'static str| {
                    view! {
                        <tr>
                            <th scope="row">{browser}</th>
                            <td data-label="From">{from}</td>
                            <td data-label="Last used">{used}</td>
                            <td class="pk-table__actions"><Button text="Sign out"/></td>
                        </tr>
                    }
                };
                view! {
                    <Table caption="Browsers" columns=columns stacked=true>
                        {row("Firefox on Linux", "10.4.1.17", "3 minutes ago")}
                        {row("Edge on Windows", "10.4.9.2", "2 days ago")}
                    </Table>
                }
                .into_any()
            },
        },
        Example {
            name: "empty",
            title: "Nothing matches",
            view: || {
                view! {
                    <Table caption="Services that match" columns=vec![Column::text("Name"), Column::text("Owner"), Column::number("Findings")]>
                        <TableEmpty columns=3 sentence="Nothing matches these filters."><a href="#table">"Clear all filters"</a></TableEmpty>
                    </Table>
                }
                .into_any()
            },
        },
        Example {
            name: "loading",
            title: "On its way",
            view: || {
                view! {
                    <Table caption="Services on their way" columns=vec![Column::text("Name"), Column::text("Owner"), Column::number("Findings")]>
                        <TableLoading columns=3 rows=3/>
                    </Table>
                }
                .into_any()
            },
        },
        Example {
            name: "wide",
            title: "Wider than its place",
            view: || {
                let names = [
                    "Service",
                    "Team",
                    "Department",
                    "Country",
                    "Data centre",
                    "Runtime",
                    "Database",
                    "Criticality",
                    "Recovery time",
                    "Last exercise",
                    "Next exercise",
                ];
                let cells = [
                    "Instant Payments",
                    "Payments",
                    "Netherlands",
                    "Amsterdam West",
                    "Java 21",
                    "PostgreSQL 17",
                    "Tier 1",
                    "15 minutes",
                    "12 March 2026",
                    "9 September 2026",
                ];
                let columns = names.map(Column::text).to_vec();
                let row = move |name: &'static str| view! { <tr><th scope="row">{name}</th>{cells.map(|cell| view! { <td>{cell}</td> }).into_iter().collect_view()}</tr> };
                view! { <Table caption="Recovery of services" columns=columns>{row("settlement-engine")}{row("payment-routing")}</Table> }.into_any()
            },
        },
    ],
};
