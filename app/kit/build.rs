//! Makes of `src/components` what a build needs besides Rust, in `OUT_DIR`: `kit.css` and `kit.js` (each component's own, in the
//! order of their names), `scoped.css` (the `style!` blocks) and `gallery.rs` (what is documented, and what
//! each component takes).
//! And of `style/icons` the enum of the glyphs, `icons.rs`; of the design tokens those of the states, `tones.rs`.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use quote::ToTokens;
use style::TokenSet;
use syn::{Attribute, Expr, FnArg, Item, ItemFn, Lit, Meta, Pat};

const COMPONENTS: &str = "src/components";
const ICONS: &str = "../../style/icons";

fn main() {
    println!("cargo::rerun-if-changed={COMPONENTS}");
    println!("cargo::rerun-if-changed={ICONS}");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    scoped_css(&out.join("scoped.css"));
    let folders = folders(Path::new(COMPONENTS));
    write(&out.join("kit.css"), &joined(&folders, "style.css"));
    write(&out.join("kit.js"), &joined(&folders, "behaviour.js"));
    write(&out.join("gallery.rs"), &(props(&folders) + &docs_list(&folders)));
    write(&out.join("icons.rs"), &icons(Path::new(ICONS)));
    write(&out.join("tones.rs"), &TokenSet::ours().expect("our own tokens are sound").rust());
}

/// Stops the build when two `style!` blocks share a class name.
fn scoped_css(out: &Path) {
    stylers::build(Some(out.to_str().expect("the build directory is UTF-8").to_owned()));
    let css = read(out);
    let classes: HashSet<&str> = css
        .split(".l-")
        .skip(1)
        .map(|rest| rest.split(|c: char| !(c.is_ascii_digit() || c == '-')).next().unwrap_or(""))
        .collect();
    let blocks = count_blocks(Path::new(COMPONENTS));
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
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                read(&path).matches("= style! {").count()
            } else {
                0
            }
        })
        .sum()
}

/// The components' folders by name.
fn folders(dir: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(dir).expect("the components folder exists");
    entries
        .map(|entry| entry.expect("a readable entry"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect()
}

fn joined(folders: &BTreeMap<String, PathBuf>, name: &str) -> String {
    folders.values().map(|folder| folder.join(name)).filter(|path| path.exists()).map(|path| read(&path)).collect()
}

/// `PROPS`: for each folder its `#[component]`s, and for each of those its arguments with type, default and meaning.
fn props(folders: &BTreeMap<String, PathBuf>) -> String {
    let mut code =
        String::from("/// What the components of each folder take.\npub const PROPS: &[(&str, &[Component])] = &[\n");
    for (name, folder) in folders {
        let file = folder.join("mod.rs");
        if !file.exists() {
            continue;
        }
        let source = syn::parse_file(&read(&file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let components = source.items.iter().filter_map(|item| match item {
            Item::Fn(function)
                if has(&function.attrs, "component") && matches!(function.vis, syn::Visibility::Public(_)) =>
            {
                Some(component(function))
            }
            _ => None,
        });
        code += &format!("({name:?}, &[{}]),\n", components.collect::<String>());
    }
    code + "];\n"
}

/// `DOCS`: what the folders with examples say of themselves.
fn docs_list(folders: &BTreeMap<String, PathBuf>) -> String {
    let documented = folders.iter().filter(|(_, folder)| folder.join("examples.rs").exists());
    let list: String = documented.map(|(name, _)| format!("&crate::components::{name}::examples::DOCS,")).collect();
    format!("static DOCS: &[&Docs] = &[{list}];\n")
}

fn component(function: &ItemFn) -> String {
    let props = function.sig.inputs.iter().filter_map(|argument| {
        let FnArg::Typed(argument) = argument else { return None };
        let Pat::Ident(name) = argument.pat.as_ref() else { return None };
        let options = argument.attrs.iter().find(|attribute| attribute.path().is_ident("prop"));
        let options = options.map(|options| options.meta.to_token_stream().to_string()).unwrap_or_default();
        let default = options.split_once("default = ").map(|(_, rest)| rest.trim_end_matches(')').trim().to_owned());
        let optional = default.is_some() || options.contains("optional");
        Some(format!(
            "Prop {{ name: {:?}, takes: {:?}, default: {:?}, optional: {optional}, meaning: {:?} }},",
            name.ident.to_string(),
            argument.ty.to_token_stream().to_string().replace(' ', ""),
            default.unwrap_or_default(),
            docs(&argument.attrs)
        ))
    });
    format!(
        "Component {{ name: {:?}, meaning: {:?}, props: &[{}] }},",
        function.sig.ident.to_string(),
        docs(&function.attrs),
        props.collect::<String>()
    )
}

/// `Icon`: a variant a file, `file-text.svg` as `FileText`, with what its paths draw.
fn icons(dir: &Path) -> String {
    let glyphs: BTreeMap<String, String> = fs::read_dir(dir)
        .expect("the icons folder exists")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "svg"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let variant = name.split('-').map(capitalised).collect();
            let svg = read(&path);
            // The first path of each is the empty frame.
            let paths = svg.split(" d=\"").skip(2).map(|rest| rest.split('"').next().unwrap_or(""));
            (variant, paths.collect::<Vec<_>>().join(""))
        })
        .collect();
    let variants: String = glyphs.keys().map(|name| format!("/// `{name}`\n{name},\n")).collect();
    let paths: String = glyphs.iter().map(|(name, path)| format!("Self::{name} => {path:?},\n")).collect();
    format!(
        "/// The glyphs, on a 24 px grid.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Icon {{\n{variants}}}\n\n\
         impl Icon {{\nfn path(self) -> &'static str {{\nmatch self {{\n{paths}}}\n}}\n}}\n"
    )
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(line) if line.path.is_ident("doc") => match &line.value {
            Expr::Lit(text) => match &text.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
