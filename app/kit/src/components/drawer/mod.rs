use leptos::prelude::*;

use crate::components::dialog::DialogCross;

#[cfg(feature = "ssr")]
pub mod examples;

/// A side sheet that leaves the page in sight: details of a row, or a longer form. `DialogButton` opens it.
#[component]
pub fn Drawer(
    /// Its id, by which buttons open it.
    #[prop(into)]
    id: String,
    /// The heading.
    #[prop(into)]
    title: String,
    /// The content.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let labelled = heading.clone();
    view! {
        <dialog class="pk-drawer" id=id closedby="any" aria-labelledby=labelled>
            <h2 class="pk-dialog__title pk-dialog__title--closable" id=heading>{title}</h2>
            {children()}
            <DialogCross/>
        </dialog>
    }
    .into_any()
}
