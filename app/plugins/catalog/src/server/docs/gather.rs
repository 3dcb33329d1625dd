//! The files of an entity's docs, read from its location.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::mkdocs::{Config, Nav};
use super::pages::{Site, addresses, image_type, is_page, normalised};
use crate::server::source::{Source, SourceError};
use kit::components::ReaderLink;
use kit::server::markdown::Rendered;

/// Changed whenever the same files would be shown differently, so that all docs are rendered again.
const RENDER_VERSION: u32 = 1;

/// The most pages of an entity.
const MAX_PAGES: usize = 500;

/// The most pages that are fetched one by one from an address.
const MAX_FETCHED: usize = 100;

/// The largest page, in bytes.
const MAX_PAGE: usize = 1024 * 1024;

/// The largest image, in bytes.
const MAX_IMAGE: usize = 2 * 1024 * 1024;

/// The most that the pages and images of an entity have together, in bytes.
const MAX_ALL: usize = 20 * 1024 * 1024;

/// The most warnings about an entity's docs.
const MAX_WARNINGS: usize = 20;

/// Whose docs are read.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Its row.
    pub id: i64,
    /// Its ref.
    pub entity_ref: String,
    /// Kind, namespace and name, as they stand in its ref.
    pub parts: [String; 3],
    /// The address of its page.
    pub href: String,
    /// What people call it.
    pub title: String,
    /// The file of its descriptor.
    pub path: String,
    /// Where the descriptor begins.
    pub line: i64,
    /// What names its docs.
    pub annotation: String,
}

/// Something about the docs that their author should know: the file and a sentence.
pub type Warning = (String, String);

/// The pages as they were written.
pub struct Pages {
    config: String,
    /// A path whose neighbours the pages are.
    index: String,
    title: String,
    nav: Option<Vec<Nav>>,
    texts: BTreeMap<String, String>,
    images: Option<BTreeSet<String>>,
    warnings: Vec<Warning>,
    bytes: usize,
    /// Changes with anything that the pages show, but for what is in images.
    pub hash: String,
}

/// The docs as they are kept.
pub struct Docs {
    /// What they are called.
    pub title: String,
    /// The navigation.
    pub nav: Vec<ReaderLink>,
    /// The pages.
    pub pages: Vec<Page>,
    /// The images.
    pub files: Vec<File>,
    /// The images that were asked for, with what was found.
    pub inputs: Vec<(String, String)>,
    /// What their author should know.
    pub warnings: Vec<Warning>,
}

/// A page as it is kept.
pub struct Page {
    /// Its address below the docs.
    pub path: String,
    /// Its file.
    pub file: String,
    /// The file's page at its code host.
    pub web_page: Option<String>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub rendered: Rendered,
}

/// An image as it is kept.
pub struct File {
    /// Its path below the folder of the docs.
    pub path: String,
    /// What it is served as.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads the pages of an entity.
pub async fn pages(source: &Source, entity: &Entity) -> Result<Pages, SourceError> {
    let (config_path, config, mut warnings) = config(source, entity).await?;
    let index = match config.docs_dir.as_str() {
        "" => one(source, &config_path, "index.md").await?,
        folder => one(source, &config_path, &format!("{folder}/index.md")).await?,
    };
    let listed = match source.beside(&index).await {
        Err(SourceError::Missing(_)) => Some(Vec::new()),
        listed => listed?,
    };
    let mut pages = Pages {
        config: config_path,
        index,
        title: if config.site_name.is_empty() { entity.title.clone() } else { config.site_name },
        nav: config.nav,
        texts: BTreeMap::new(),
        images: None,
        warnings: Vec::new(),
        bytes: 0,
        hash: String::new(),
    };
    let mut wanted: Vec<String> = match &listed {
        Some(files) => files.iter().filter(|file| is_page(file)).cloned().collect(),
        None => {
            let mut named = Vec::new();
            named_in(pages.nav.as_deref().unwrap_or_default(), &mut named);
            if pages.nav.is_none() {
                let message = "the pages of an address cannot be listed: name them in nav, or register the repository as a git location";
                warnings.push((pages.config.clone(), message.into()));
                named = vec!["index.md".into(), "README.md".into()];
            }
            named
        }
    };
    let most = if listed.is_some() { MAX_PAGES } else { MAX_FETCHED };
    if wanted.len() > most {
        let message = format!("the docs have {} pages; the first {most} are shown", wanted.len());
        warnings.push((pages.config.clone(), message));
        wanted.truncate(most);
    }
    pages.images = listed.map(|files| files.into_iter().filter(|file| image_type(file).is_some()).collect());
    pages.warnings = warnings;
    for file in wanted {
        pages.add(source, entity, file).await?;
    }
    let folder = pages.folder().to_owned();
    if pages.texts.is_empty() {
        // Next to the descriptor there is often nothing but a README, which is better than nothing.
        pages.index = one(source, &pages.config, "index.md").await?;
        pages.images = None;
        pages.add(source, entity, "README.md".into()).await?;
    }
    if pages.texts.is_empty() {
        return Err(SourceError::Refused(format!(
            "there is no page (.md) in {folder} and no README.md beside {}; add one, or name the folder as docs_dir",
            pages.config
        )));
    }
    pages.hash = pages.hashed(entity);
    Ok(pages)
}

impl Pages {
    fn folder(&self) -> &str {
        self.index.strip_suffix("index.md").unwrap_or(&self.index).trim_end_matches('/')
    }

    /// Where a file of the docs is in the location.
    async fn path(&self, source: &Source, file: &str) -> Result<String, SourceError> {
        if self.index.contains("://") {
            return one(source, &self.index, file).await;
        }
        // Not resolved, which would take brackets in a name for a pattern.
        Ok(if self.folder().is_empty() { file.to_owned() } else { format!("{}/{file}", self.folder()) })
    }

    async fn add(&mut self, source: &Source, entity: &Entity, file: String) -> Result<(), SourceError> {
        let path = self.path(source, &file).await?;
        let bytes = match source.read_for(&entity.path, &path).await {
            Ok(bytes) => bytes,
            Err(SourceError::Missing(_)) => return Ok(()),
            Err(SourceError::Refused(message)) => {
                return {
                    self.warnings.push((path, message));
                    Ok(())
                };
            }
            Err(error @ SourceError::Failed(_)) => return Err(error),
        };
        if bytes.len() > MAX_PAGE {
            let message = format!("the page has {} bytes; those of more than {MAX_PAGE} are not shown", bytes.len());
            self.warnings.push((path, message));
        } else if self.bytes + bytes.len() > MAX_ALL {
            self.warnings.push((path, format!("the docs have more than {MAX_ALL} bytes; this page is not shown")));
        } else {
            self.bytes += bytes.len();
            self.texts.insert(file, String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(())
    }

    fn hashed(&self, entity: &Entity) -> String {
        let mut hasher = blake3::Hasher::new();
        let head = (RENDER_VERSION, &entity.href, &self.title, &self.nav, &self.index, &self.images, &self.warnings);
        hasher.update(format!("{head:?}").as_bytes());
        for (file, text) in &self.texts {
            hasher.update(format!("\n{file} {}\n", text.len()).as_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Whether the images are as they were found before.
    pub async fn has_same_images(&self, source: &Source, entity: &Entity, inputs: &[(String, String)]) -> bool {
        for (file, hash) in inputs {
            if image_hash(&self.image(source, entity, file).await) != *hash {
                return false;
            }
        }
        true
    }

    async fn image(&self, source: &Source, entity: &Entity, file: &str) -> Result<Vec<u8>, SourceError> {
        source.read_for(&entity.path, &self.path(source, file).await?).await
    }

    /// The pages as HTML, with the images that they show.
    pub async fn render(self, source: &Source, entity: &Entity) -> Result<Docs, SourceError> {
        let mut paths = BTreeMap::new();
        for file in self.texts.keys() {
            paths.insert(file.clone(), self.path(source, file).await?);
        }
        let below = source.web_page(&self.index).and_then(|page| Url::parse(&page).ok());
        let site = Arc::new(Site {
            entity_href: entity.href.clone(),
            entity: entity.parts.clone(),
            pages: addresses(self.texts.keys().cloned()),
            images: self.images.clone(),
            web_page: Box::new(move |path| below.as_ref()?.join(path).ok().map(Into::into)),
            shown: Mutex::default(),
            missing: Mutex::default(),
        });
        let (texts, for_rendering) = (self.texts.clone(), site.clone());
        let rendered = tokio::task::spawn_blocking(move || {
            let render = |(file, text): (String, String)| {
                let rendered = for_rendering.render(&file, &text);
                (file, rendered)
            };
            texts.into_iter().map(render).collect::<Vec<_>>()
        });
        let rendered = rendered.await.map_err(|error| SourceError::Failed(error.to_string()))?;
        let titles: BTreeMap<String, String> =
            rendered.iter().filter_map(|(file, page)| Some((file.clone(), page.title.clone()?))).collect();
        let nav = site.nav(self.nav.as_deref(), &titles, &self.config);
        let pages = rendered.into_iter().map(|(file, rendered)| Page {
            path: site.pages.get(&file).cloned().unwrap_or_default(),
            title: rendered.title.clone().unwrap_or_else(|| entity.title.clone()),
            web_page: paths.get(&file).and_then(|path| source.web_page(path)),
            file: paths.get(&file).unwrap_or(&file).clone(),
            rendered,
        });
        let pages: Vec<Page> = pages.collect();
        let mut warnings = self.warnings.clone();
        let (mut files, mut inputs, mut total) = (Vec::new(), Vec::new(), self.bytes);
        let shown = site.shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for path in shown {
            let read = self.image(source, entity, &path).await;
            inputs.push((path.clone(), image_hash(&read)));
            let problem = match read {
                Err(error @ SourceError::Failed(_)) => return Err(error),
                Err(error) => error.to_string(),
                Ok(bytes) if bytes.len() > MAX_IMAGE => {
                    format!("the image has {} bytes; those of more than {MAX_IMAGE} are not shown", bytes.len())
                }
                Ok(bytes) if total + bytes.len() > MAX_ALL => {
                    format!("the docs have more than {MAX_ALL} bytes; this image is not shown")
                }
                Ok(bytes) => {
                    total += bytes.len();
                    let content_type = image_type(&path).unwrap_or("application/octet-stream");
                    files.push(File { path, content_type, bytes });
                    continue;
                }
            };
            warnings.push((path, problem));
        }
        for (file, message) in site.missing.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            warnings.push((paths.get(file).unwrap_or(file).clone(), message.clone()));
        }
        if warnings.len() > MAX_WARNINGS {
            let more = warnings.len() - MAX_WARNINGS;
            warnings.truncate(MAX_WARNINGS);
            warnings.push((self.config.clone(), format!("{more} more of the docs' links and images lead nowhere")));
        }
        Ok(Docs { title: self.title, nav, pages, files, inputs, warnings })
    }
}

fn image_hash(read: &Result<Vec<u8>, SourceError>) -> String {
    read.as_ref().map_or_else(|_| String::new(), |bytes| blake3::hash(bytes).to_hex()[..32].to_owned())
}

/// The `mkdocs.yml` that the annotation leads to: where it is or would be, and what it says.
async fn config(source: &Source, entity: &Entity) -> Result<(String, Config, Vec<Warning>), SourceError> {
    let path = match folder_of(source, &entity.annotation)? {
        Folder::Beside(folder) => one(source, &entity.path, &format!("{folder}/mkdocs.yml")).await?,
        Folder::Within(folder) => one(source, "mkdocs.yml", &format!("{folder}/mkdocs.yml")).await?,
        Folder::At(mut url) => {
            url.set_path(&format!("{}/mkdocs.yml", url.path().trim_end_matches('/')));
            one(source, &entity.path, url.as_str()).await?
        }
    };
    let other = format!("{}yaml", path.strip_suffix("yml").unwrap_or(&path));
    for path in [&path, &other] {
        match source.read_for(&entity.path, path).await {
            Ok(bytes) => {
                let (config, warnings) = match Config::read(&String::from_utf8_lossy(&bytes)) {
                    Ok(config) => (config, Vec::new()),
                    Err(message) => {
                        let message =
                            format!("{message}; the pages stand in the order of their files until it is mended");
                        (Config::default(), vec![(path.clone(), message)])
                    }
                };
                return Ok((path.clone(), config, warnings));
            }
            Err(SourceError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((path, Config::default(), Vec::new()))
}

/// Where the folder of the `mkdocs.yml` is.
enum Folder {
    /// Seen from the descriptor.
    Beside(String),
    /// In the location.
    Within(String),
    /// At an address.
    At(Url),
}

fn folder_of(source: &Source, annotation: &str) -> Result<Folder, SourceError> {
    let trimmed = |folder: &str| {
        let folder = folder.trim_end_matches('/');
        if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
    };
    if let Some(folder) = annotation.strip_prefix("dir:") {
        return Ok(Folder::Beside(if folder.starts_with('/') { folder.to_owned() } else { trimmed(folder) }));
    }
    let address = annotation.strip_prefix("url:").unwrap_or(annotation);
    match Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https")) {
        Some(url) => Ok(source.in_checkout(&url).map_or(Folder::At(url), |folder| Folder::Within(trimmed(&folder)))),
        None => Err(SourceError::Refused(format!(
            "{} is not understood: write dir:. for the folder of the descriptor, or url: and the address of a folder",
            annotation.chars().take(200).collect::<String>()
        ))),
    }
}

/// The one file that `target`, written in the file `base`, names.
async fn one(source: &Source, base: &str, target: &str) -> Result<String, SourceError> {
    let mut paths = source.resolve(base, target).await?;
    match (paths.pop(), paths.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(SourceError::Refused(format!("{target} stands for several files"))),
    }
}

/// The pages that a navigation names, in order.
fn named_in(nav: &[Nav], named: &mut Vec<String>) {
    for line in nav {
        match line {
            Nav::Section { items, .. } => named_in(items, named),
            Nav::Page { target, .. } => {
                named.extend(normalised("", target).filter(|file| is_page(file) && !named.contains(file)));
            }
        }
    }
}
