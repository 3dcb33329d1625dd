//! Points the binary at the browser's side: the three files that `script/build-web` makes, or an empty folder where there are none.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=PORTICO_SITE_DIR");
    let site = match env::var_os("PORTICO_SITE_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(&env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("no-site"),
    };
    fs::create_dir_all(&site).expect("the site folder can be made");
    println!("cargo::rerun-if-changed={}", site.display());
    println!("cargo::rerun-if-changed=../examples");
    println!("cargo::rustc-env=PORTICO_EMBEDDED_SITE={}", site.display());
}
