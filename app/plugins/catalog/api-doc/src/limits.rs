/// How much of a definition is worked out. What goes beyond is told, not dropped in silence.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest text that is read.
    pub bytes: usize,
    /// Rows (fields, parameters, examples) of the whole document.
    pub rows: usize,
    /// Rows of one operation or model.
    pub own_rows: usize,
    /// Operations that are listed.
    pub operations: usize,
    /// Models that are listed.
    pub models: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8_000_000, rows: 2_000, own_rows: 300, operations: 2_000, models: 2_000 }
    }
}

/// How many references lie within each other before a model is linked instead of unfolded.
pub(crate) const REFERENCES: usize = 4;

/// How many schemas lie within each other.
pub(crate) const LEVELS: usize = 20;

/// Schemas looked at for each row that there may be.
pub(crate) const STEPS: usize = 8;

/// Characters of a name, a path or a value.
pub(crate) const NAME: usize = 300;

/// Characters of a description.
pub(crate) const PROSE: usize = 20_000;

/// Values of an enumeration, scopes and the like.
pub(crate) const VALUES: usize = 100;

/// Lines of an example.
pub(crate) const EXAMPLE_LINES: usize = 200;

/// Characters of an example.
pub(crate) const EXAMPLE_CHARS: usize = 20_000;
