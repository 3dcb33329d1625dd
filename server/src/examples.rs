//! The example bank, embedded in the binary.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[derive(RustEmbed)]
#[folder = "../examples"]
struct Examples;

/// Writes the example descriptors below `data_dir` and returns the one that names all others.
pub fn unpack(data_dir: &Path) -> io::Result<PathBuf> {
    let root = data_dir.join("examples");
    for name in Examples::iter() {
        let Some(file) = Examples::get(&name) else { continue };
        let path = root.join(name.as_ref());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // Only what differs is written, so that nothing looks changed to whoever watches the files.
        if std::fs::read(&path).ok().as_deref() != Some(&file.data) {
            std::fs::write(&path, &file.data)?;
        }
    }
    Ok(root.join("catalog-info.yaml"))
}

/// What people of the example bank have contributed.
pub fn contributions() -> String {
    let file = Examples::get("contributions.json");
    file.map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_else(|| "[]".to_owned())
}

/// The pages that they have made, each folder as an archive.
pub fn pages() -> zip::result::ZipResult<BTreeMap<String, Vec<u8>>> {
    let mut archives: BTreeMap<String, ZipWriter<Cursor<Vec<u8>>>> = BTreeMap::new();
    for path in Examples::iter() {
        let Some((name, file)) = path.strip_prefix("contributions/").and_then(|path| path.split_once('/')) else {
            continue;
        };
        let Some(content) = Examples::get(&path) else { continue };
        let archive = archives.entry(format!("{name}.zip")).or_insert_with(|| ZipWriter::new(Cursor::default()));
        archive.start_file(file, SimpleFileOptions::default())?;
        archive.write_all(&content.data)?;
    }
    archives.into_iter().map(|(name, archive)| Ok((name, archive.finish()?.into_inner()))).collect()
}
