//! The browser entry point.

mod check;

use app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered, and says so on the document for whoever waits for it.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // A page that cannot be marked works all the same.
        let _ = root.set_attribute("data-hydrated", "");
    }
}
