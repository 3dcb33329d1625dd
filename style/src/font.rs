//! The fonts that Portico brings along.

use crate::set::{Mode, Token, TokenSet};
use crate::value::Value;

/// A font file.
#[derive(Debug)]
pub struct Font {
    /// The family, as tokens name it.
    pub family: &'static str,
    /// The name of the file.
    pub file: &'static str,
    /// What is shown until the file is there. Nothing may jump: sans is there before the first paint or not used at all;
    /// mono may come a little later, for its letters are as wide as those of the fonts that stand in for it.
    pub display: &'static str,
    /// The file, as WOFF 2.
    pub bytes: &'static [u8],
}

/// All of them; the first is the one that every page is set in.
const FONTS: [Font; 2] = [
    Font { family: "Geist", file: "geist.woff2", display: "optional", bytes: include_bytes!("../fonts/geist.woff2") },
    Font {
        family: "Geist Mono",
        file: "geist-mono.woff2",
        display: "fallback",
        bytes: include_bytes!("../fonts/geist-mono.woff2"),
    },
];

impl Font {
    /// The rule that loads the file from an address.
    pub fn face(&self, address: &str) -> String {
        format!(
            "@font-face{{font-family:\"{}\";src:url({address}) format(\"woff2\");font-weight:400 700;font-display:{}}}",
            self.family, self.display
        )
    }
}

impl TokenSet {
    /// The fonts that these tokens name: none of ours where a bank has its own.
    pub fn fonts(&self) -> impl Iterator<Item = &'static Font> {
        const { &FONTS }.iter().filter(|font| self.tokens().iter().any(|token| self.names(token, font.family)))
    }

    fn names(&self, token: &Token, family: &str) -> bool {
        matches!(self.resolve(token.value(Mode::Light), Mode::Light), Value::FontFamily(names) if names.iter().any(|name| name == family))
    }
}
