use serde::{Deserialize, Serialize};

/// One of several values that can be chosen. A list of them is also what an address answers that a `Combobox` asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What a form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// What tells it from others that read alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whether it cannot be chosen at the moment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

impl Choice {
    /// A choice that its label explains.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), detail: None, disabled: false }
    }

    /// The same with a detail.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
