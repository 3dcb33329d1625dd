//! The tokens as custom properties.

use std::fmt::Write;

use crate::set::{Mode, Tier, Token, TokenSet};
use crate::value::Value;

impl TokenSet {
    /// A style sheet with every functional and component token as a custom property.
    ///
    /// Colours are `light-dark()`: they follow the system, and `data-theme` of `light` or `dark` on the document or on
    /// any element forces the one for what is inside it.
    pub fn css(&self) -> String {
        let mut css = String::from(":root{color-scheme:light dark;");
        for token in self.tokens() {
            if let Some(property) = token.property() {
                // Writing into a text does not fail.
                let _ = write!(css, "{property}:{};", self.declared(token));
            }
        }
        css.pop();
        css + "}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}"
    }

    /// The value of a token in a mode, as CSS has it.
    pub fn shown(&self, token: &Token, mode: Mode) -> String {
        self.written(self.resolve(token.value(mode), mode), mode)
    }

    fn declared(&self, token: &Token) -> String {
        let light = self.written(&token.light, Mode::Light);
        match token.dark.as_ref().map(|dark| self.written(dark, Mode::Dark)) {
            Some(dark) if dark != light => format!("light-dark({light},{dark})"),
            _ => light,
        }
    }

    /// A value in CSS: what follows a functional or component token does so in the browser too.
    fn written(&self, value: &Value, mode: Mode) -> String {
        match value {
            Value::Alias(path) => {
                let token = self.token(path).filter(|token| token.tier != Tier::Base);
                match token.and_then(Token::property) {
                    Some(property) => format!("var({property})"),
                    None => self.written(self.resolve(value, mode), mode),
                }
            }
            Value::Color(color) => color.to_string(),
            Value::Measure(measure) => measure.to_string(),
            Value::Number(number) => number.to_string(),
            Value::FontWeight(weight) => weight.to_string(),
            Value::FontFamily(families) => families.iter().map(|name| family(name)).collect::<Vec<_>>().join(","),
            Value::CubicBezier([a, b, c, d]) => format!("cubic-bezier({a},{b},{c},{d})"),
            Value::Shadow { lengths: [x, y, blur, spread], color } => {
                format!("{x} {y} {blur} {spread} {}", self.written(color, mode))
            }
        }
    }
}

/// Names in quotes, except those that CSS itself knows.
fn family(name: &str) -> String {
    let generic = ["serif", "sans-serif", "monospace", "system-ui", "ui-monospace", "ui-sans-serif", "-apple-system"];
    if generic.contains(&name) { name.to_owned() } else { format!("\"{name}\"") }
}
