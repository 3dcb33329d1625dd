//! Where the runs get their templates from: versions that do not change under them.

use std::sync::Arc;

use async_trait::async_trait;
use kit::error::AppError;
use kit::identity::Caller;
use kit::server::authorise::Thing;
use kit::server::definitions::Range;
use kit::server::source::Tree;
use scaffold::definition::Template;

/// A version of a template, ready to be run.
pub struct Definition {
    /// The template as policies see it; its id is the canonical ref, its owner the canonical ref of who owns it.
    pub thing: Thing,
    /// What the descriptor says.
    pub template: Arc<Template>,
    /// The version's number.
    pub version: String,
    /// The version's row, where versions are kept.
    pub version_id: Option<i64>,
    /// The hash over everything that the version holds, where versions are kept.
    pub hash: String,
    /// Every file that the version reaches; it was opened for the descriptor.
    pub tree: Arc<dyn Tree>,
}

impl Definition {
    /// The same, as policies see it now.
    pub fn owned_as(&self, thing: Thing) -> Self {
        let Self { template, version, version_id, hash, tree, .. } = self;
        Self {
            thing,
            template: template.clone(),
            version: version.clone(),
            version_id: *version_id,
            hash: hash.clone(),
            tree: tree.clone(),
        }
    }
}

/// Finds definitions.
#[async_trait]
pub trait Definitions: Send + Sync + 'static {
    /// A template as policies see it now, for a caller who may see it in the catalog; none where there is no such template.
    async fn thing(&self, caller: &Caller, template: &str) -> Result<Option<Thing>, AppError>;

    /// The version of a template that is run where nobody names another, or the newest that a range allows; none where there is none that may be
    /// begun with.
    async fn newest(&self, template: &str, range: Option<&Range>) -> Result<Option<Arc<Definition>>, AppError>;

    /// The version that a run began with.
    async fn version(
        &self,
        template: &str,
        version: &str,
        version_id: Option<i64>,
    ) -> Result<Arc<Definition>, AppError>;
}
