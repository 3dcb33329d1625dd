use leptos::prelude::*;

use super::{ConfirmActions, ConfirmDialog, Dialog, DialogActions, DialogButton, DialogClose};
use crate::components::button::{Button, Emphasis};
use crate::gallery::{Docs, Example, Group};

/// The dialog in the gallery.
pub const DOCS: Docs = Docs {
    name: "dialog",
    title: "Dialog",
    group: Group::Overlays,
    summary: "A question or a short form that has to be finished or left before the page goes on.",
    good: &[
        "Name the thing in the question, and the verb on the button: Delete draft.",
        "Keep it to one decision or at most four fields.",
        "Put a real form round the fields, so that it is sent as any other.",
    ],
    bad: &[
        "Do not put a page in a dialog: what has an address is a page.",
        "Do not open one that nobody asked for, or one over another.",
        "Do not ask before what can be undone: do it, and offer to undo it in a toast.",
    ],
    keys: &[
        ("Tab, Shift + Tab", "Go round within the dialog"),
        ("Escape", "Closes it and changes nothing; the focus goes back to the button"),
    ],
    examples: &[
        Example {
            name: "confirm",
            title: "Before something is lost",
            view: || {
                view! {
                    <DialogButton opens="dialog-delete" text="Delete draft" emphasis=Emphasis::Danger/>
                    <ConfirmDialog
                        id="dialog-delete"
                        title="Delete the draft of “Card issuing, version 3”?"
                        consequence="Its 14 answers are lost and cannot be brought back. Version 2 stays live."
                    >
                        <form method="get">
                            <input type="hidden" name="draft" value="card-issuing-3"/>
                            <ConfirmActions dialog="dialog-delete" confirm="Delete draft" cancel="Keep it"/>
                        </form>
                    </ConfirmDialog>
                }
                .into_any()
            },
        },
        Example {
            name: "form",
            title: "A short form",
            view: || {
                view! {
                    <DialogButton opens="dialog-send-back" text="Send back"/>
                    <Dialog id="dialog-send-back" title="Send the pitch back to Payments Experience?">
                        <form method="get">
                            <div class="pk-list">
                                <label for="dialog-reason">"What has to change"</label>
                                <div class="pk-search"><input class="pk-input" id="dialog-reason" name="reason" required=true/></div>
                            </div>
                            <DialogActions>
                                <DialogClose dialog="dialog-send-back"/>
                                <Button text="Send back" emphasis=Emphasis::Primary/>
                            </DialogActions>
                        </form>
                    </Dialog>
                }
                .into_any()
            },
        },
        Example {
            name: "long",
            title: "A long name and a long text",
            view: || {
                view! {
                    <DialogButton opens="dialog-long" text="Retire service"/>
                    <ConfirmDialog
                        id="dialog-long"
                        title="Retire settlement-and-reconciliation-of-cross-border-instant-payments-for-the-nordic-and-baltic-correspondent-banking-region?"
                        consequence="Nine services in four departments still call it. Their owners are told today and have 90 days to move: Zahlungsverkehrsabwicklung, Wertpapierdienstleistungen, Kreditrisikobewertung and Kundenstammdatenverwaltung."
                    >
                        <form method="get"><ConfirmActions dialog="dialog-long" confirm="Retire service"/></form>
                    </ConfirmDialog>
                }
                .into_any()
            },
        },
    ],
};
