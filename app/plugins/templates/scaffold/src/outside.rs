//! What the actions share that reach outside: names of repositories, a commit of the workspace, the API of a code host.

pub(crate) mod api;
pub(crate) mod beginnings;
pub(crate) mod commit;
pub(crate) mod repo_url;
pub(crate) mod shared;
pub(crate) mod tokens;
