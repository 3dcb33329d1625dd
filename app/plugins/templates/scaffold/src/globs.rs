//! Patterns of paths, as fast-glob reads them for Backstage.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::workspace::WorkspaceError;

/// A list of patterns; one that begins with `!` takes out again what the others match.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    wanted: GlobSet,
    unwanted: GlobSet,
}

impl Globs {
    pub(crate) fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, WorkspaceError> {
        let (mut wanted, mut unwanted) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let (set, plain) = match pattern.strip_prefix('!') {
                Some(plain) => (&mut unwanted, plain),
                None => (&mut wanted, pattern),
            };
            let plain = plain.strip_prefix("./").unwrap_or(plain).trim_end_matches('/');
            let unreadable = |error: globset::Error| WorkspaceError::Pattern {
                pattern: pattern.to_owned(),
                problem: error.kind().to_string(),
            };
            // A folder stands for all that it holds.
            for pattern in [plain.to_owned(), format!("{plain}/**")] {
                let mut glob = GlobBuilder::new(&pattern);
                set.add(glob.literal_separator(true).empty_alternates(true).build().map_err(unreadable)?);
            }
        }
        let built = |set: GlobSetBuilder| {
            let unreadable = |error: globset::Error| WorkspaceError::Pattern {
                pattern: error.glob().unwrap_or_default().to_owned(),
                problem: error.kind().to_string(),
            };
            set.build().map_err(unreadable)
        };
        Ok(Self { wanted: built(wanted)?, unwanted: built(unwanted)? })
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        self.wanted.is_match(path) && !self.unwanted.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_match_as_fast_glob_does() {
        let matching =
            |patterns: &[&str], path: &str| Globs::new(patterns.iter().copied()).expect("patterns").matches(path);
        assert!(matching(&["**/*.yaml"], "a.yaml") && matching(&["**/*.yaml"], "x/y/a.yaml"));
        assert!(matching(&["*.yaml"], "a.yaml") && !matching(&["*.yaml"], "x/a.yaml"));
        assert!(matching(&[".github/**"], ".github/workflows/ci.yaml") && matching(&["**/*"], ".hidden/.x"));
        assert!(matching(&[".github"], ".github/workflows/ci.yaml") && matching(&["./a/"], "a/b"));
        assert!(matching(&["a/*.{js,ts}"], "a/b.ts") && !matching(&["**/*", "!**/*.md"], "a/b.md"));
        assert!(Globs::new(["[a"]).is_err());
    }
}
