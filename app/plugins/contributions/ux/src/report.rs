//! What a check says.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use crate::rules::Rules;

/// What a page is under the rules. Only *fail* blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to say.
    Pass,
    /// A person looks at it.
    Look,
    /// It has to be mended.
    Fail,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark words on light surfaces.
    Light,
    /// Light words on dark surfaces.
    Dark,
}

/// A departure from the design system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// *fail* or *look*.
    pub verdict: Verdict,
    /// The element. ` >>> ` leads into a shadow tree or a frame; on a page other than the first, the file and `: ` stand before it.
    pub selector: String,
    /// The width of the window.
    pub width: u32,
    /// The theme.
    pub theme: Theme,
    /// What was found.
    pub actual: String,
    /// What should be there.
    pub expected: String,
    /// The token or class to use instead, where there is one.
    pub token: Option<String>,
}

/// A picture of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screenshot {
    /// The file.
    pub page: String,
    /// The width of the window.
    pub width: u32,
    /// The theme.
    pub theme: Theme,
    /// The picture, as PNG.
    pub png: Vec<u8>,
}

/// All that a check says, and what it was done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The worst of the findings.
    pub verdict: Verdict,
    /// In an order that does not change.
    pub findings: Vec<Finding>,
    /// A hash over the names and contents of all files that were reviewed, or over the address.
    pub reviewed: String,
    /// The version of the rules.
    pub rules: String,
    /// A hash of the tokens.
    pub tokens: String,
    /// The browser and its version.
    pub browser: String,
    /// Whether axe-core took part.
    pub axe: bool,
    /// Pictures, where they were asked for.
    pub screenshots: Vec<Screenshot>,
}

/// A report as `portico ux check --format json` prints it.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    verdict: Verdict,
    findings: &'a [Finding],
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// As the validator and CSS name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Verdict {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Look => "look",
            Self::Fail => "fail",
        }
    }
}

impl Report {
    /// The verdict and the findings as one JSON object.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Printed { verdict: self.verdict, findings: &self.findings })
    }

    /// The findings for people: what, where, why and how to mend it; those of several widths and themes once.
    pub fn text(&self, rules: &Rules) -> String {
        let mut text = String::new();
        let mut said: Vec<(&Finding, Vec<String>)> = Vec::new();
        for finding in &self.findings {
            let place = format!("{} {}", finding.width, finding.theme);
            let is_same = |other: &Finding| {
                (&other.rule, other.verdict, &other.selector) == (&finding.rule, finding.verdict, &finding.selector)
                    && (&other.actual, &other.expected) == (&finding.actual, &finding.expected)
            };
            match said.iter_mut().find(|(other, _)| is_same(other)) {
                Some((_, places)) => places.push(place),
                None => said.push((finding, vec![place])),
            }
        }
        for (finding, places) in &said {
            let Finding { rule, verdict, selector, actual, expected, .. } = finding;
            // Writing into a text does not fail.
            let _ = writeln!(text, "{}: {rule}: {selector}", verdict.name());
            let _ = writeln!(text, "    found     {actual}");
            let _ = writeln!(text, "    expected  {expected}");
            let _ = writeln!(text, "    at        {}", places.join(", "));
            if let Some(rule) = rules.get(rule) {
                let _ = writeln!(text, "    why       {} {}", rule.what, rule.why);
                let _ = writeln!(text, "    mend      {}", rule.mend);
            }
        }
        let count = |verdict| said.iter().filter(|(finding, _)| finding.verdict == verdict).count();
        let axe = if self.axe { "" } else { "; axe-core is not in this build, so its rules were not tried" };
        let (fail, look) = (count(Verdict::Fail), count(Verdict::Look));
        let _ = writeln!(text, "{}: {fail} to mend, {look} to look at{axe}", self.verdict.name());
        text
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
