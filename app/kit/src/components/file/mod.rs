use leptos::prelude::*;

use crate::components::field::Wiring;

#[cfg(feature = "ssr")]
pub mod examples;

/// Files from the reader's machine: the browser's own button, and a place to drop them. Listeners are put on its frame, where `change` arrives.
#[component]
pub fn FileInput(
    /// The name under which a form sends them; the form needs `enctype="multipart/form-data"`.
    #[prop(into)]
    name: String,
    /// What is taken, how much and how large: `PDF or PNG, at most 5 MB each.` Shown beside the button.
    #[prop(into)]
    limits: String,
    /// Its id; inside a `Field` that of the field.
    #[prop(optional, into)]
    id: Option<String>,
    /// The endings and media types that are taken: `.pdf,image/png`.
    #[prop(optional, into)]
    accept: Option<String>,
    /// The most bytes that one file may have.
    #[prop(optional)]
    max_bytes: Option<u64>,
    /// Whether several can be chosen.
    #[prop(optional)]
    multiple: bool,
    /// Whether the form is not sent without it; inside a `Field` the field says it.
    #[prop(optional)]
    required: bool,
    /// Whether it plays no part at the moment; say beside it why.
    #[prop(optional)]
    disabled: bool,
) -> impl IntoView {
    let field = Wiring::here(id, required);
    let invalid = field.invalid();
    let limits_id = format!("{}-limits", field.id.as_deref().unwrap_or(&name));
    let described_by = field.described_by(&limits_id);
    view! {
        <div class="pk-file" data-pk-file>
            <input
                class="pk-file__input"
                type="file"
                id=field.id
                name=name
                accept=accept
                multiple=multiple
                required=field.required
                disabled=disabled
                aria-describedby=described_by
                aria-invalid=invalid
                data-pk-max-bytes=max_bytes
            />
            <p class="pk-file__limits" id=limits_id>{limits}" "<span class="pk-file__drop">"Files can be dropped here."</span></p>
            <ul class="pk-file__list" role="list" aria-live="polite" data-pk-files></ul>
        </div>
    }
    .into_any()
}
