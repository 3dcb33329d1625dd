//! The pairs of colours that meet, and whether they can be told apart.

use std::fmt;

use serde::Deserialize;

use crate::error::{Problem, TokenError};
use crate::set::{Mode, TokenSet};
use crate::value::Kind;

const FILE: (&str, &str) = ("style/contrast.json", include_str!("../contrast.json"));

/// How much contrast is needed: WCAG 2.2, 1.4.3 and 1.4.11 at level AA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Words.
    Text,
    /// Words of 24 px, or of 18.66 px and bold.
    Large,
    /// Edges, marks and lines that carry meaning.
    NonText,
}

/// Two colours that meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting {
    /// The token in front, with its value.
    pub foreground: (String, String),
    /// The token behind it, with its value.
    pub background: (String, String),
    /// Where they meet.
    pub place: String,
    /// In which mode.
    pub mode: Mode,
    /// What they have.
    pub ratio: f64,
    /// What they need.
    pub needed: f64,
}

impl Meeting {
    /// Whether they can be told apart.
    pub fn is_enough(&self) -> bool {
        self.ratio >= self.needed
    }
}

/// Every foreground meets every background.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pairs {
    r#where: String,
    kind: Need,
    foreground: Vec<String>,
    background: Vec<String>,
}

impl Need {
    /// The least ratio.
    pub const fn ratio(self) -> f64 {
        match self {
            Self::Text => 4.5,
            Self::Large | Self::NonText => 3.0,
        }
    }
}

impl TokenSet {
    /// The pairs of `contrast.json` that do not have the contrast they need, in either mode.
    pub fn contrast(&self) -> Vec<Meeting> {
        self.meetings().into_iter().filter(|meeting| !meeting.is_enough()).collect()
    }

    /// All pairs of `contrast.json`, in both modes.
    pub fn meetings(&self) -> Vec<Meeting> {
        let mut meetings = Vec::new();
        for pair in &self.pairs {
            let pairs = pair.foreground.iter().flat_map(|front| pair.background.iter().map(move |back| (front, back)));
            for ((front, back), mode) in pairs.flat_map(|pair| Mode::ALL.map(|mode| (pair, mode))) {
                let (Some(a), Some(b)) = (self.color(front, mode), self.color(back, mode)) else { continue };
                // What shows through depends on what lies below, so a translucent colour never passes.
                let ratio = if a.alpha == 255 && b.alpha == 255 { a.ratio(b) } else { 0.0 };
                meetings.push(Meeting {
                    foreground: (front.clone(), a.to_string()),
                    background: (back.clone(), b.to_string()),
                    place: pair.r#where.clone(),
                    mode,
                    ratio,
                    needed: pair.kind.ratio(),
                });
            }
        }
        meetings
    }
}

impl fmt::Display for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foreground: (front, front_value), background: (back, back_value), place, ratio, needed, .. } = self;
        let mode = match self.mode {
            Mode::Light => "light",
            Mode::Dark => "dark",
        };
        // Rounded down: 4.499 is not enough, and must not look as if it were.
        let ratio = (ratio * 100.0).floor() / 100.0;
        write!(
            f,
            "{front} ({front_value}) on {back} ({back_value}) in {mode}: contrast {ratio:.2}, needed {needed} ({place})"
        )
    }
}

/// The pairs, each of tokens that are colours.
pub(crate) fn pairs(set: &TokenSet) -> Result<Vec<Pairs>, TokenError> {
    let error = |pointer, problem| TokenError { file: FILE.0.to_owned(), pointer, problem };
    let pairs: Vec<Pairs> =
        serde_json::from_str(FILE.1).map_err(|problem| error(String::new(), Problem::Json(problem.to_string())))?;
    for (number, pair) in pairs.iter().enumerate() {
        for path in pair.foreground.iter().chain(&pair.background) {
            if set.token(path).is_none_or(|token| token.kind != Kind::Color) {
                return Err(error(format!("/{number}"), Problem::UnknownAlias(path.clone())));
            }
        }
    }
    Ok(pairs)
}
