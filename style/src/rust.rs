//! The tokens as Rust.

use std::fmt::Write;

use crate::set::TokenSet;

impl TokenSet {
    /// The source of the enums that components take, one variant for each name that the tokens have.
    pub fn rust(&self) -> String {
        let mut rust = String::from(
            "/// What a state means; it is told by a shape and a word, never by colour alone.\n\
             #[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Tone {\n",
        );
        let mut names = String::new();
        for tone in &self.tones {
            let variant = variant(&tone.name);
            // Writing into a text does not fail.
            let _ = write!(rust, "    /// {}\n    {variant},\n", tone.description);
            let _ = writeln!(names, "            Self::{variant} => \"{}\",", tone.name);
        }
        let all: Vec<String> = self.tones.iter().map(|tone| format!("Self::{}", variant(&tone.name))).collect();
        rust + &format!(
            "}}\n\nimpl Tone {{\n    /// Every state.\n    pub const ALL: [Self; {}] = [{}];\n\n    \
             /// The name of its tokens: `--pk-{{name}}` and `--pk-{{name}}-quiet`.\n    \
             pub const fn name(self) -> &'static str {{\n        match self {{\n{names}        }}\n    }}\n}}\n",
            all.len(),
            all.join(", "),
        )
    }
}

/// `on-hold` is `OnHold`.
fn variant(name: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('-').filter(|word| !word.is_empty()).map(capital).collect()
}
