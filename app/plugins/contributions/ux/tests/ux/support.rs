//! The bank's own design, as pages of contributors get it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use style::{BASE_CSS, TokenSet};
use ux::check::{Checker, Design};
use ux::rules::Rules;
use ux::serve::Published;
use ux::site::Site;
use ux::tokens::Tokens;

/// The repository.
pub fn repository() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names it")).join("../../../..")
}

/// The published style sheet: the components' own, in the order of their names.
fn kit_css() -> String {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository().join("app/kit/src/components"))
        .expect("the components")
        .map(|entry| entry.expect("an entry").path().join("style.css"))
        .filter(|file| file.exists())
        .collect();
    folders.sort();
    let sheets = folders.iter().map(|file| fs::read_to_string(file).expect("a style sheet"));
    [BASE_CSS.to_owned()].into_iter().chain(sheets).collect()
}

/// Our own tokens and components.
pub fn design() -> Design {
    let tokens = TokenSet::ours().expect("our tokens").css();
    let kit = kit_css();
    let files = Published::from([
        ("/design/v1/tokens.css".to_owned(), tokens.clone().into_bytes()),
        ("/design/v1/kit.css".to_owned(), kit.clone().into_bytes()),
    ]);
    Design {
        tokens: Tokens::read(&tokens).expect("tokens"),
        published: vec![kit, tokens],
        files: Arc::new(files),
        components: true,
    }
}

/// The script of axe-core, where the end-to-end packages are.
pub fn axe() -> Option<String> {
    fs::read_to_string(repository().join("end2end/node_modules/axe-core/axe.min.js")).ok()
}

/// A checker against our own design.
pub fn checker() -> Checker {
    Checker::new(design(), Rules::ours().expect("our rules")).with_axe(axe())
}

/// A site of one page, with more files where there are any.
pub fn site(html: &str) -> Arc<Site> {
    Arc::new(Site::from_files([("index.html".to_owned(), html.as_bytes().to_vec())]).expect("a site"))
}
