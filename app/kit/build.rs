//! Writes the scoped CSS of this crate's `style!` blocks to `OUT_DIR/scoped.css` and stops the build when two blocks share a class name.

use std::collections::HashSet;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=src/components");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("scoped.css");
    stylers::build(Some(out.to_str().expect("the build directory is UTF-8").to_owned()));
    let css = fs::read_to_string(&out).expect("stylers writes its output");
    let classes: HashSet<&str> = css
        .split(".l-")
        .skip(1)
        .map(|rest| rest.split(|c: char| !(c.is_ascii_digit() || c == '-')).next().unwrap_or(""))
        .collect();
    let blocks = count_blocks(Path::new("src/components"));
    // stylers seeds a class by the length of its CSS, so two blocks of one length would style each other.
    assert_eq!(
        classes.len(),
        blocks,
        "each style! block needs a class of its own; change the length of one of the two that collide"
    );
}

fn count_blocks(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).expect("the components folder exists");
    entries
        .map(|entry| {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                count_blocks(&path)
            } else {
                fs::read_to_string(&path).expect("a readable source").matches("= style! {").count()
            }
        })
        .sum()
}
