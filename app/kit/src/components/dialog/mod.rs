use leptos::prelude::*;

use crate::components::button::Emphasis;
use crate::components::icon::{Icon, IconView};

#[cfg(feature = "ssr")]
pub mod examples;

/// A question or a short form over the page. [`DialogButton`] opens it; Escape closes it and the focus goes back to the button.
#[component]
pub fn Dialog(
    /// Its id, by which buttons open it.
    #[prop(into)]
    id: String,
    /// The heading.
    #[prop(into)]
    title: String,
    /// The content, [`DialogActions`] last; a form goes round both.
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-title");
    let labelled = heading.clone();
    view! {
        <dialog class="pk-dialog" id=id aria-labelledby=labelled>
            <h2 class="pk-dialog__title pk-dialog__title--closable" id=heading>{title}</h2>
            {children()}
            <DialogCross/>
        </dialog>
    }
    .into_any()
}

/// Asks before something is lost. Its children are a real form that ends with [`ConfirmActions`]; sending the form closes it.
#[component]
pub fn ConfirmDialog(
    /// Its id, by which buttons open it.
    #[prop(into)]
    id: String,
    /// The question, which names the thing: `Delete the draft "Instant payments v2"?`
    #[prop(into)]
    title: String,
    /// What is lost, and whether it can be brought back.
    #[prop(into)]
    consequence: String,
    /// The form.
    children: Children,
) -> impl IntoView {
    let (heading, text) = (format!("{id}-title"), format!("{id}-text"));
    let (labelled, described) = (heading.clone(), text.clone());
    view! {
        <dialog class="pk-dialog" id=id role="alertdialog" aria-labelledby=labelled aria-describedby=described>
            <h2 class="pk-dialog__title" id=heading>{title}</h2>
            <p id=text>{consequence}</p>
            {children()}
        </dialog>
    }
    .into_any()
}

/// The cross in the corner, which needs no script. It comes last, so that the focus goes to what the dialog is for.
#[component]
pub(crate) fn DialogCross() -> impl IntoView {
    view! {
        <form class="pk-dialog__cross" method="dialog">
            <button class="pk-button pk-button--quiet pk-button--icon" type="submit" aria-label="Close"><IconView icon=Icon::X/></button>
        </form>
    }
}

/// The buttons at the foot of a dialog, the one that does it last.
#[component]
pub fn DialogActions(
    /// [`DialogClose`] and a `Button`.
    children: Children,
) -> impl IntoView {
    view! { <div class="pk-dialog__actions">{children()}</div> }.into_any()
}

/// The buttons of a [`ConfirmDialog`]: the way back, which has the focus at first since it comes first, and the form's own that takes something away.
#[component]
pub fn ConfirmActions(
    /// The id of the dialog.
    #[prop(into)]
    dialog: String,
    /// The verb with its object: `Delete draft`.
    #[prop(into)]
    confirm: String,
    /// What the way back reads.
    #[prop(into, default = "Cancel".into())]
    cancel: String,
) -> impl IntoView {
    view! {
        <DialogActions>
            <DialogClose dialog=dialog text=cancel/>
            <button class=Emphasis::Danger.class() type="submit">{confirm}</button>
        </DialogActions>
    }
    .into_any()
}

/// Closes a dialog and changes nothing.
#[component]
pub fn DialogClose(
    /// The id of the dialog.
    #[prop(into)]
    dialog: String,
    /// What it reads.
    #[prop(into, default = "Cancel".into())]
    text: String,
) -> impl IntoView {
    view! {
        <button class="pk-button" type="button" command="close" commandfor=dialog.clone() data-pk-closes=dialog>{text}</button>
    }
    .into_any()
}

/// Opens a dialog or a drawer.
#[component]
pub fn DialogButton(
    /// The id of the dialog.
    #[prop(into)]
    opens: String,
    /// What it reads: a verb, with its object where that is not plain.
    #[prop(into)]
    text: String,
    /// How much it asks for attention.
    #[prop(default = Emphasis::Normal)]
    emphasis: Emphasis,
    /// A glyph before the text.
    #[prop(optional)]
    icon: Option<Icon>,
) -> impl IntoView {
    view! {
        <button class=emphasis.class() type="button" aria-haspopup="dialog" command="show-modal" commandfor=opens.clone() data-pk-opens=opens>
            {icon.map(|icon| view! { <IconView icon=icon/> })}
            {text}
        </button>
    }
    .into_any()
}
