//! The tokens as Rust.

use crate::set::TokenSet;

impl TokenSet {
    /// The source of the enums that components take, one variant for each name that the tokens have.
    pub fn rust(&self) -> String {
        let variants: String = self
            .tones
            .iter()
            .map(|tone| format!("    /// {}\n    {},\n", tone.description, variant(&tone.name)))
            .collect();
        format!(
            "/// What a state means; it is told by a shape and a word, never by colour alone.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Tone {{\n{variants}}}\n"
        )
    }
}

/// `on-hold` is `OnHold`.
fn variant(name: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('-').filter(|word| !word.is_empty()).map(capital).collect()
}
