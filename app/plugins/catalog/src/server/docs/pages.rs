//! Files as pages: their addresses, what their links lead to, and their order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use percent_encoding::percent_decode_str;

use super::mkdocs::Nav;
use super::{file_href, page_href};
use kit::components::ReaderLink;
use kit::server::markdown::{self, Links, Rendered};

/// The kinds of image that are kept, with what they are served as.
const IMAGES: [(&str, &str); 7] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("svg", "image/svg+xml"),
];

/// What a file is served as, if it is an image that is.
pub fn image_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    IMAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension)).map(|(_, content_type)| *content_type)
}

/// Whether a file is a page.
pub fn is_page(path: &str) -> bool {
    path.to_lowercase().ends_with(".md")
}

/// `target` seen from the file `base`, both below the same folder; `None` where it leads out of it or names the folder.
pub fn normalised(base: &str, target: &str) -> Option<String> {
    if target.contains(['\\', '\0', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The addresses of pages by their files: a folder's `index.md` or `README.md` is the folder's own page.
pub fn addresses(files: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let files: Vec<String> = files.collect();
    let mut taken = BTreeSet::new();
    let mut addresses = BTreeMap::new();
    // An index comes before a README, and both before a page that has the folder's name.
    for rank in 0..3 {
        for file in &files {
            let plain = &file[..file.len() - ".md".len()];
            let (folder, name) = plain.rsplit_once('/').unwrap_or(("", plain));
            let own_rank = match name.to_lowercase().as_str() {
                "index" => 0,
                "readme" => 1,
                _ => 2,
            };
            if own_rank != rank {
                continue;
            }
            let wanted = if rank < 2 { folder } else { plain };
            let address = [wanted, plain, file].into_iter().find(|address| taken.insert((*address).to_owned()));
            addresses.insert(file.clone(), address.unwrap_or(file).to_owned());
        }
    }
    addresses
}

/// The address of a file at its code host, from its path.
pub type WebPage = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The docs as their pages see them.
pub struct Site {
    /// The address of the entity's page.
    pub entity_href: String,
    /// Kind, namespace and name.
    pub entity: [String; 3],
    /// Pages by file.
    pub pages: BTreeMap<String, String>,
    /// The images that there are; `None` where that is not known before they are asked for.
    pub images: Option<BTreeSet<String>>,
    /// The address of a file at its code host, from its path below the docs' folder.
    pub web_page: WebPage,
    /// The images that pages show.
    pub shown: Mutex<BTreeSet<String>>,
    /// What pages name that is not there: the page's file and a sentence.
    pub missing: Mutex<BTreeSet<(String, String)>>,
}

impl Site {
    /// The text of a page's file as HTML.
    pub fn render(self: &Arc<Self>, file: &str, text: &str) -> Rendered {
        markdown::render(text, Arc::new(PageLinks { site: self.clone(), file: file.to_owned() }))
    }

    fn note_missing(&self, file: &str, message: String) {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert((file.to_owned(), message));
    }

    /// The navigation with titles and addresses, and the files that it names.
    pub fn nav(&self, nav: Option<&[Nav]>, titles: &BTreeMap<String, String>, config: &str) -> Vec<ReaderLink> {
        match nav {
            Some(lines) => self.written(lines, titles, config),
            None => self.by_file(titles),
        }
    }

    fn written(&self, lines: &[Nav], titles: &BTreeMap<String, String>, config: &str) -> Vec<ReaderLink> {
        let mut nav = Vec::new();
        for line in lines {
            match line {
                Nav::Section { title, items } => {
                    let items = self.written(items, titles, config);
                    if !items.is_empty() {
                        nav.push(ReaderLink { title: title.clone(), items, ..ReaderLink::default() });
                    }
                }
                Nav::Page { title, target } if target.starts_with("https://") || target.starts_with("http://") => {
                    let title = title.clone().unwrap_or_else(|| target.clone());
                    nav.push(ReaderLink { title, href: target.clone(), ..ReaderLink::default() });
                }
                Nav::Page { title, target } => {
                    let file = normalised("", target).filter(|file| self.pages.contains_key(file));
                    match file {
                        Some(file) => nav.push(self.line(&file, title.as_ref(), titles)),
                        None => {
                            let message = format!("nav names {target}, which is not a page of the docs");
                            self.note_missing(config, message);
                        }
                    }
                }
            }
        }
        nav
    }

    fn line(&self, file: &str, title: Option<&String>, titles: &BTreeMap<String, String>) -> ReaderLink {
        let title = title.or_else(|| titles.get(file)).cloned().unwrap_or_else(|| title_of(file));
        let href = page_href(&self.entity_href, self.pages.get(file).map_or("", String::as_str));
        ReaderLink { title, href, ..ReaderLink::default() }
    }

    /// Folders as sections; in each the first page first, then by name.
    fn by_file(&self, titles: &BTreeMap<String, String>) -> Vec<ReaderLink> {
        let mut files: Vec<(Vec<(bool, String)>, &String)> = self
            .pages
            .keys()
            .map(|file| {
                let parts: Vec<&str> = file.split('/').collect();
                let last = parts.len() - 1;
                let key = parts.iter().enumerate().map(|(at, part)| {
                    let first = at == last && matches!(part.to_lowercase().as_str(), "index.md" | "readme.md");
                    (!first, part.to_lowercase())
                });
                (key.collect(), file)
            })
            .collect();
        files.sort();
        let mut nav: Vec<ReaderLink> = Vec::new();
        for (_, file) in files {
            let mut at = &mut nav;
            let folders: Vec<&str> = file.split('/').collect();
            for folder in &folders[..folders.len() - 1] {
                let title = title_of(folder);
                if at.last().is_none_or(|last| last.title != title || !last.href.is_empty()) {
                    at.push(ReaderLink { title, ..ReaderLink::default() });
                }
                let last = at.len() - 1;
                at = &mut at[last].items;
            }
            at.push(self.line(file, None, titles));
        }
        nav
    }
}

/// `guide/first-steps.md` as `First steps`.
fn title_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = if is_page(name) { &name[..name.len() - ".md".len()] } else { name };
    if matches!(name.to_lowercase().as_str(), "index" | "readme") {
        return "Home".into();
    }
    let words = name.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The links of one page.
struct PageLinks {
    site: Arc<Site>,
    file: String,
}

impl PageLinks {
    /// The path below the docs' folder, without a query.
    fn path(&self, target: &str) -> Option<String> {
        let target = target.split('?').next().unwrap_or_default();
        let target = percent_decode_str(target).decode_utf8().ok()?;
        match target.strip_prefix('/') {
            Some(from_top) => normalised("", from_top),
            None => normalised(&self.file, &target),
        }
    }
}

impl Links for PageLinks {
    fn page(&self, target: &str) -> Option<String> {
        let path = self.path(target);
        let pages = &self.site.pages;
        if let Some(path) = &path {
            let names = [path.clone(), format!("{path}.md"), format!("{path}/index.md"), format!("{path}/README.md")];
            if let Some(address) = names.iter().find_map(|name| pages.get(name)) {
                return Some(page_href(&self.site.entity_href, address));
            }
            if self.site.images.as_ref().is_some_and(|images| images.contains(path)) {
                return self.image(target);
            }
            if is_page(path) {
                self.site.note_missing(&self.file, format!("links to {target}, which is not a page of the docs"));
                return None;
            }
        }
        (!target.starts_with('/')).then(|| (self.site.web_page)(&join(&self.file, target)?)).flatten()
    }

    fn image(&self, target: &str) -> Option<String> {
        let is_hidden = |path: &String| path.split('/').any(|part| part.starts_with('.'));
        let path = self.path(target).filter(|path| image_type(path).is_some() && !is_hidden(path))?;
        if self.site.images.as_ref().is_some_and(|images| !images.contains(&path)) {
            self.site.note_missing(&self.file, format!("shows {target}, which is not an image of the docs"));
            return None;
        }
        let [kind, namespace, name] = &self.site.entity;
        let href = file_href(kind, namespace, name, &path);
        self.site.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
        Some(href)
    }
}

/// What a link names, as a path from the docs' folder that may begin with `..`.
fn join(file: &str, target: &str) -> Option<String> {
    if target.contains(['\\', '\0', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn site(files: &[&str]) -> Arc<Site> {
        Arc::new(Site {
            entity_href: "/catalog/default/component/pay".into(),
            entity: ["component", "default", "pay"].map(str::to_owned),
            pages: addresses(files.iter().map(|file| (*file).to_owned())),
            images: Some(BTreeSet::from(["img/a b.png".to_owned(), "x.svg".to_owned()])),
            web_page: Box::new(|path| Some(format!("https://code.example/docs/{path}"))),
            shown: Mutex::default(),
            missing: Mutex::default(),
        })
    }

    fn links(site: &Arc<Site>, file: &str) -> PageLinks {
        PageLinks { site: site.clone(), file: file.to_owned() }
    }

    #[test]
    fn a_folder_has_one_first_page() {
        let addresses = addresses(
            ["index.md", "README.md", "guide.md", "guide/index.md", "guide/a.md"].map(str::to_owned).into_iter(),
        );
        let pairs: Vec<_> = addresses.iter().map(|(file, address)| (file.as_str(), address.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("README.md", "README"),
                ("guide.md", "guide.md"),
                ("guide/a.md", "guide/a"),
                ("guide/index.md", "guide"),
                ("index.md", "")
            ]
        );
    }

    #[test]
    fn links_between_pages_lead_to_pages_and_others_to_the_code_host() {
        let site = site(&["index.md", "guide/a.md", "guide/b.md"]);
        let at = links(&site, "guide/a.md");
        let docs = "/catalog/default/component/pay/docs";
        for (target, expected) in [
            ("b.md", Some(format!("{docs}/guide/b"))),
            ("./b.md?plain=1", Some(format!("{docs}/guide/b"))),
            ("../index.md", Some(docs.to_owned())),
            ("../guide/b", Some(format!("{docs}/guide/b"))),
            ("/guide/b.md", Some(format!("{docs}/guide/b"))),
            ("b%2emd", Some(format!("{docs}/guide/b"))),
            ("../../src/main.rs", Some("https://code.example/docs/../src/main.rs".into())),
            ("../x.yaml", Some("https://code.example/docs/x.yaml".into())),
            ("gone.md", None),
            ("/catalog", None),
            ("c:\\x", None),
        ] {
            assert_eq!(at.page(target), expected, "{target}");
        }
        let missing = site.missing.lock().unwrap().clone();
        assert_eq!(missing.into_iter().map(|(file, _)| file).collect::<Vec<_>>(), ["guide/a.md"]);
    }

    #[test]
    fn images_come_through_the_portal_from_the_folder_of_the_docs() {
        let site = site(&["guide/a.md"]);
        let at = links(&site, "guide/a.md");
        let files = "/api/catalog/docs/component/default/pay";
        assert_eq!(at.image("../img/a%20b.png"), Some(format!("{files}/img/a%20b.png")));
        assert_eq!(at.image("../x.svg"), Some(format!("{files}/x.svg")));
        for bad in ["../../secret.png", "../img/none.png", "../img/a b.exe", "..%2f..%2fsecret.png", "../x.svg.html"] {
            assert_eq!(at.image(bad), None, "{bad}");
        }
        assert_eq!(site.shown.lock().unwrap().len(), 2);
    }

    #[test]
    fn without_a_navigation_pages_stand_in_the_order_of_their_files() {
        let site = site(&["b.md", "README.md", "a/z.md", "a/index.md", "c_d.md"]);
        let titles = BTreeMap::from([("b.md".to_owned(), "Bee".to_owned())]);
        let nav = site.nav(None, &titles, "mkdocs.yml");
        let shown: Vec<String> = nav
            .iter()
            .map(|line| {
                format!(
                    "{} {}",
                    line.title,
                    line.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>().join("+")
                )
            })
            .collect();
        assert_eq!(shown, ["Home ", "A Home+Z", "Bee ", "C d "]);
    }

    #[test]
    fn a_navigation_names_pages_sections_and_addresses() {
        let site = site(&["index.md", "a.md"]);
        let line = |target: &str| Nav::Page { title: None, target: target.into() };
        let nav = [
            line("index.md"),
            Nav::Section { title: "More".into(), items: vec![line("./a.md"), line("../secret.md"), line("gone.md")] },
            Nav::Page { title: Some("Site".into()), target: "https://bank.example".into() },
            Nav::Page { title: Some("Bad".into()), target: "javascript:alert(1)".into() },
        ];
        let nav = site.nav(Some(&nav), &BTreeMap::new(), "mkdocs.yml");
        assert_eq!(nav.len(), 3);
        assert_eq!((nav[1].title.as_str(), nav[1].items.len()), ("More", 1));
        assert_eq!(nav[2].href, "https://bank.example");
        assert_eq!(site.missing.lock().unwrap().len(), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(ProptestConfig::default().cases.max(1000)) })]

        /// What a page links to or shows is in the docs' own folder, or leads to the code host, which decides for itself.
        #[test]
        fn a_path_of_docs_stays_in_its_folder(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "..", ".", "/", "//", "\\", "%2e%2e", "%2f", "%5c", "%00", "a", "index.md", "x.svg", "img/a b.png", ".git", "?x", ":", "javascript:", "evil.example", "\0", " ", "\u{2024}\u{2024}",
            ]), 1..8),
            file in prop::sample::select(vec!["index.md", "a/b.md", "a/b/c.md"]),
        ) {
            let target = pieces.concat();
            if let Some(path) = normalised(file, &target) {
                prop_assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")), "{target:?}: {path:?}");
                prop_assert!(!path.contains(['\\', '\0', ':']), "{target:?}: {path:?}");
            }
            let site = site(&["index.md", "a/b.md", "a/b/c.md"]);
            let links = links(&site, file);
            if let Some(href) = links.page(&target) {
                let good = ["/catalog/default/component/pay/docs", "/api/catalog/docs/component/default/pay/", "https://code.example/docs/"];
                prop_assert!(good.iter().any(|start| href.starts_with(start)), "{target:?}: {href:?}");
            }
            if let Some(href) = links.image(&target) {
                prop_assert!(href.starts_with("/api/catalog/docs/component/default/pay/") && !href.contains("/../"), "{target:?}: {href:?}");
            }
        }
    }
}
