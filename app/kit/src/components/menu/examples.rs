use leptos::prelude::*;

use super::{Menu, MenuItem, MenuLine};
use crate::components::dialog::{ConfirmActions, ConfirmDialog};
use crate::components::icon::Icon;
use crate::gallery::{Docs, Example, Group};

/// The menu in the gallery.
pub const DOCS: Docs = Docs {
    name: "menu",
    title: "Menu",
    group: Group::Overlays,
    summary: "A button with the less frequent actions on one thing.",
    good: &[
        "Begin each item with a verb.",
        "Put what takes something away last, after a line, and ask before it.",
        "Name the thing in the label of a compact menu.",
    ],
    bad: &[
        "Do not hide the one action that people came for.",
        "Do not use a menu to choose a value: that is a select.",
    ],
    keys: &[
        ("Enter, Space, Arrow down", "On the button: opens the menu, on its first item"),
        ("Arrow up", "On the button: opens the menu, on its last item"),
        ("Arrow down, Arrow up", "Move among the items, round the ends"),
        ("Home, End", "Go to the first and the last item"),
        ("A letter", "Goes to the next item that begins with what is typed"),
        ("Enter, Space", "Do what the item says"),
        ("Escape", "Closes the menu; the focus goes back to the button"),
        ("Tab", "Closes the menu and goes on"),
    ],
    examples: &[
        Example {
            name: "button",
            title: "With a label",
            view: || {
                view! {
                    <Menu id="menu-actions" label="Actions">
                        <MenuItem text="Edit the descriptor" icon=Icon::Pencil href="#menu-actions-button"/>
                        <MenuItem text="Compare versions" icon=Icon::GitBranch href="#menu-actions-button"/>
                        <form method="get"><MenuItem text="Refresh now" icon=Icon::Refresh/></form>
                        <MenuLine/>
                        <MenuItem text="Unregister" icon=Icon::Trash opens="menu-unregister" danger=true/>
                    </Menu>
                    <ConfirmDialog id="menu-unregister" title="Unregister ledger-core?" consequence="It leaves the catalog with its 12 relations. Its file stays where it is.">
                        <form method="get"><ConfirmActions dialog="menu-unregister" confirm="Unregister"/></form>
                    </ConfirmDialog>
                }
                .into_any()
            },
        },
        Example {
            name: "compact",
            title: "In a row",
            view: || {
                view! {
                    <span class="pk-inline">
                        <span class="pk-name">"card-authoriser"</span>
                        <Menu id="menu-compact" label="Actions for card-authoriser" compact=true>
                            <MenuItem text="Open" href="#menu-compact-button"/>
                            <MenuItem text="Copy the ref" href="#menu-compact-button"/>
                            <MenuItem text="Zahlungsverkehrsabwicklung für Auslandsüberweisungen vergleichen" href="#menu-compact-button"/>
                            <MenuItem text="خدمة تسوية المدفوعات" href="#menu-compact-button"/>
                        </Menu>
                    </span>
                }
                .into_any()
            },
        },
    ],
};
