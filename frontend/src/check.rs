//! Forms of templates, judged as they are filled in: by the code that judges them on the server.

use std::sync::Arc;

use form::{Form, Matcher};
use serde_json::{Value, json};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = RegExp)]
    type Pattern;

    #[wasm_bindgen(constructor, catch, js_class = "RegExp")]
    fn new(pattern: &str, flags: &str) -> Result<Pattern, JsValue>;

    #[wasm_bindgen(method)]
    fn test(this: &Pattern, text: &str) -> bool;
}

/// The browser's own engine.
struct Browser;

impl Matcher for Browser {
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let pattern = Pattern::new(pattern, "u").or_else(|_| Pattern::new(pattern, "")).ok()?;
        Some(pattern.test(text))
    }
}

/// Judges a form as it is filled in.
#[wasm_bindgen]
pub struct FormCheck {
    form: Form,
}

#[wasm_bindgen]
impl FormCheck {
    /// Reads what is asked for: the template's `parameters` as JSON.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(definition: &str) -> Self {
        let definition: Value = serde_json::from_str(definition).unwrap_or_default();
        Self { form: form::form(&definition).matching(Arc::new(Browser)) }
    }

    /// What is wrong with a page, as pairs of pointer and message, and the shape of what would be drawn of it now. `values` are those of all pages as the
    /// server knows them, `sent` the names and texts of the controls, both as JSON.
    #[must_use]
    pub fn check(&self, values: &str, page: usize, sent: &str) -> String {
        let values: Value = serde_json::from_str(values).unwrap_or_default();
        let sent: Vec<(String, String)> = serde_json::from_str(sent).unwrap_or_default();
        let values = self.form.entered(&values, page, &sent);
        let errors: Vec<(String, String)> = self
            .form
            .page_errors(&values, page, &Browser)
            .into_iter()
            .map(|error| (error.path, error.message))
            .collect();
        json!({ "errors": errors, "shape": self.form.active(&values).shape(page) }).to_string()
    }
}
