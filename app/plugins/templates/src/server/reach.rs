//! What a template reaches: its descriptor and every file that a step or a placeholder of it names, as one version is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use descriptor::Verdict;
use futures::{StreamExt, TryStreamExt, stream};
use kit::server::definitions::{self, File, NewVersion};
use kit::server::publishing::Unready;
use kit::server::source::{SourceError, Tree, TreeFile, join};
use scaffold::definition::{Problem, StepDefinition, Template};
use serde_json::Value;

/// The format of the templates that are run.
pub const FORMAT: &str = "scaffolder.backstage.io/v1beta3";

/// The most files of one version.
const MAX_FILES: usize = 2_000;

/// The most bytes of one version.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Files that are read at once.
const AT_ONCE: usize = 8;

/// Reads what the template `entity_ref`, whose descriptor the tree was opened for, reaches.
pub async fn gather(tree: &dyn Tree, entity_ref: &str) -> Result<NewVersion, Unready> {
    let tree = Recorder { tree, read: Mutex::default(), failed: Mutex::default() };
    let start = tree.start().to_owned();
    let text =
        String::from_utf8(tree.read(&start).await?).map_err(|_| Unready::Wrong(format!("{start} is not UTF-8")))?;
    let is_meant = |value: &Value| descriptor::entity_ref(value).is_some_and(|found| found.to_string() == entity_ref);
    let document = descriptor::read(&text).into_iter().find(|each| each.value.as_ref().is_some_and(is_meant));
    let document = document.ok_or_else(|| Unready::Wrong(format!("{start} describes {entity_ref} no longer")))?;
    check_format(document.value.as_ref().unwrap_or(&Value::Null), document.verdict)?;
    let own = document.text.clone();
    let template = Template::resolve(document, &tree, &start, None).await;
    if let Some(failed) = tree.failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(failed.into());
    }
    let mut reached = Reached::default();
    reached.add(TreeFile { path: start.clone(), bytes: own.len() as u64, executable: false })?;
    // What the descriptor includes.
    let included = std::mem::take(&mut *tree.read.lock().unwrap_or_else(PoisonError::into_inner));
    for (path, content) in included.iter().filter(|(path, _)| **path != start) {
        reached.add(TreeFile { path: path.clone(), bytes: content.len() as u64, executable: false })?;
    }
    reached.warnings.extend(template.problems.iter().map(odd));
    for step in &template.steps {
        reached.step(&tree, &start, step).await?;
    }
    let reads = reached.files.into_values().map(async |file| {
        let content = match included.get(&file.path) {
            _ if file.path == start => own.clone().into_bytes(),
            Some(content) => content.clone(),
            None => tree.tree.read(&file.path).await?,
        };
        Ok::<_, Unready>(File { path: file.path, content, executable: file.executable })
    });
    let files: Vec<File> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    if files.iter().map(|file| file.content.len() as u64).sum::<u64>() > MAX_BYTES {
        return Err(too_much());
    }
    let number = stated_number(&template.entity, &mut reached.warnings);
    let warnings: Vec<String> = reached.warnings.into_iter().collect();
    Ok(NewVersion {
        number,
        start,
        files,
        author: tree.tree.author().await,
        revision: tree.tree.revision().to_owned(),
        warning: warnings.join(" "),
    })
}

/// A tree that knows what was read of it, and whether anything did not answer.
struct Recorder<'a> {
    tree: &'a dyn Tree,
    read: Mutex<BTreeMap<String, Vec<u8>>>,
    failed: Mutex<Option<SourceError>>,
}

#[async_trait]
impl Tree for Recorder<'_> {
    fn start(&self) -> &str {
        self.tree.start()
    }

    fn revision(&self) -> &str {
        self.tree.revision()
    }

    async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
        self.tree.files(folder).await
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let read = self.tree.read(path).await;
        match &read {
            Ok(content) => {
                self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), content.clone());
            }
            Err(error @ SourceError::Failed(_)) => {
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            }
            Err(_) => {}
        }
        read
    }
}

/// What is odd about a template, in a sentence.
fn odd(problem: &Problem) -> String {
    match problem.message.split_once(" is elsewhere and cannot be read here") {
        Some((address, _)) => format!("{address} is read when the template is run: no version holds it."),
        None => format!("{}:{}: {}.", problem.place.file, problem.place.line, problem.message.trim_end_matches('.')),
    }
}

fn check_format(value: &Value, verdict: Verdict) -> Result<(), Unready> {
    let format = value["apiVersion"].as_str().unwrap_or_default();
    if format != FORMAT {
        return Err(Unready::Wrong(format!(
            "It is written in the format {format}; templates of {FORMAT} are run, so it has to be brought to that format"
        )));
    }
    if verdict == Verdict::Invalid {
        return Err(Unready::Wrong("Its descriptor is not valid; the catalog says what is wrong with it".into()));
    }
    Ok(())
}

fn stated_number(value: &Value, warnings: &mut BTreeSet<String>) -> Option<definitions::Number> {
    let stated = match value.pointer("/spec/version") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return None,
    };
    let number = definitions::number(&stated);
    if number.is_none() {
        let shown: String = stated.chars().take(40).collect();
        warnings.insert(format!(
            "spec.version is {shown:?}, which is no version number such as 1.2.0: the versions are counted on instead."
        ));
    }
    number
}

fn too_much() -> Unready {
    let megabytes = MAX_BYTES / (1024 * 1024);
    Unready::Wrong(format!(
        "Its steps reach more than {MAX_FILES} files or {megabytes} MB, and a version holds no more: let url name the folder of the skeleton alone"
    ))
}

/// What `url` of a step says of the files of the template's own repository.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// Exactly this file or folder.
    At(String),
    /// Something in this folder, which one is found out by the run.
    Within(String),
    /// Nothing: it is elsewhere.
    Elsewhere,
}

fn source(url: &str) -> Source {
    let url = url.trim();
    if url.is_empty() || url.starts_with('/') {
        return Source::Elsewhere;
    }
    match url.find("{{").map(|at| url[..at].trim_end_matches('$')) {
        None if url.contains("://") => Source::Elsewhere,
        None => Source::At(url.to_owned()),
        Some(known) if known.contains("://") => Source::Elsewhere,
        Some(known) => Source::Within(known.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()),
    }
}

#[derive(Default)]
struct Reached {
    files: BTreeMap<String, TreeFile>,
    bytes: u64,
    warnings: BTreeSet<String>,
}

impl Reached {
    fn add(&mut self, file: TreeFile) -> Result<(), Unready> {
        let bytes = file.bytes;
        if self.files.contains_key(&file.path) {
            return Ok(());
        }
        self.files.insert(file.path.clone(), file);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files.len() > MAX_FILES || self.bytes > MAX_BYTES { Err(too_much()) } else { Ok(()) }
    }

    /// Adds the files that a step takes from the template's own repository.
    async fn step(&mut self, tree: &dyn Tree, start: &str, step: &StepDefinition) -> Result<(), Unready> {
        let mut urls = Vec::new();
        urls_in(&step.input, &mut urls);
        for url in urls {
            match source(url) {
                Source::Elsewhere => {}
                Source::At(url) => self.literal(tree, start, step, &url).await?,
                Source::Within(folder) => self.within(tree, start, step, url, &folder).await?,
            }
        }
        Ok(())
    }

    async fn literal(&mut self, tree: &dyn Tree, start: &str, step: &StepDefinition, url: &str) -> Result<(), Unready> {
        let path = match join(start, url) {
            Ok(path) => path,
            Err(error) => {
                self.warnings.insert(format!("{}: {error}.", named(step)));
                return Ok(());
            }
        };
        match tree.files(&path).await {
            Ok(files) => files.into_iter().try_for_each(|file| self.add(file)),
            // It fails when it is run, as it does in Backstage, and not before.
            Err(error @ (SourceError::Missing(_) | SourceError::Refused(_))) => {
                self.warnings.insert(format!("{}: {error}.", named(step)));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Where a run alone knows what it takes, everything that it may take is kept, if that is not too much.
    async fn within(
        &mut self,
        tree: &dyn Tree,
        start: &str,
        step: &StepDefinition,
        url: &str,
        folder: &str,
    ) -> Result<(), Unready> {
        let Ok(path) = join(start, folder) else { return Ok(()) };
        let files = match tree.files(&path).await {
            Ok(files) => files,
            Err(error @ SourceError::Failed(_)) => return Err(error.into()),
            Err(_) => return Ok(()),
        };
        let (known, bytes) = (self.files.clone(), self.bytes);
        if files.into_iter().try_for_each(|file| self.add(file)).is_err() {
            (self.files, self.bytes) = (known, bytes);
            self.warnings.insert(format!(
                "{}: what {url} names is found out by the run, and the folder that it lies in is too large to be kept in a version.",
                named(step)
            ));
        }
        Ok(())
    }
}

/// The texts under `url` of a step's input, however deep.
fn urls_in<'a>(input: &'a Value, urls: &mut Vec<&'a str>) {
    match input {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field.as_str() {
                    Some(url) if key == "url" => urls.push(url),
                    // What is handed to the skeleton names no file of it.
                    _ if key == "values" => {}
                    _ => urls_in(field, urls),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| urls_in(item, urls)),
        _ => {}
    }
}

fn named(step: &StepDefinition) -> String {
    format!("The step {:?}", step.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REF: &str = "template:default/service";

    /// Files in memory; one that is named `down` cannot be read at the moment.
    struct Memory {
        files: BTreeMap<String, String>,
        read: Mutex<Vec<String>>,
    }

    fn memory(files: &[(&str, &str)]) -> Memory {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Memory { files, read: Mutex::default() }
    }

    #[async_trait]
    impl Tree for Memory {
        fn start(&self) -> &str {
            "t/template.yaml"
        }

        fn revision(&self) -> &str {
            "c0ffee"
        }

        async fn author(&self) -> String {
            "Jane".into()
        }

        async fn files(&self, folder: &str) -> Result<Vec<TreeFile>, SourceError> {
            let below = |path: &str| folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"));
            let found: Vec<_> = self.files.iter().filter(|(path, _)| below(path)).collect();
            if found.is_empty() {
                return Err(SourceError::Missing(folder.to_owned()));
            }
            let file = |(path, text): (&String, &String)| TreeFile {
                path: path.clone(),
                bytes: text.len() as u64,
                executable: path.ends_with(".sh"),
            };
            Ok(found.into_iter().map(file).collect())
        }

        async fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
            self.read.lock().expect("a lock").push(path.to_owned());
            if path.ends_with("down") {
                return Err(SourceError::Failed(format!("{path}: no answer")));
            }
            self.files
                .get(path)
                .map(|text| text.clone().into_bytes())
                .ok_or_else(|| SourceError::Missing(path.to_owned()))
        }
    }

    fn template(spec: &str) -> String {
        format!("apiVersion: {FORMAT}\nkind: Template\nmetadata: {{name: service}}\nspec:\n  type: service\n{spec}\n")
    }

    fn with_step(url: &str) -> String {
        template(&format!(
            "  steps:\n    - {{id: fetch, action: 'fetch:template', input: {{url: {url:?}, values: {{url: ./not-this}}}}}}"
        ))
    }

    fn paths(version: &NewVersion) -> Vec<&str> {
        version.files.iter().map(|file| file.path.as_str()).collect()
    }

    async fn of(template: &str, files: &[(&str, &str)]) -> Result<NewVersion, Unready> {
        gather(&memory(&[&[("t/template.yaml", template)], files].concat()), REF).await
    }

    #[tokio::test]
    async fn a_version_holds_the_descriptor_and_what_its_steps_and_placeholders_name() {
        let template = template(
            "  version: '1.2'\n  parameters: [{$yaml: ./page.yaml}]\n  steps:\n    \
             - {id: a, action: 'fetch:template', input: {url: ./skeleton, values: {url: ./not-this}}}\n    \
             - {id: b, action: 'x:y', input: {sources: [{url: ../shared/one.txt}]}}\n    \
             - {id: c, action: 'fetch:plain', input: {url: 'https://code.bank.example/x'}}",
        );
        let files = [
            ("t/page.yaml", "title: About"),
            ("t/skeleton/run.sh", "run"),
            ("t/skeleton/${{ values.name }}.txt", "x"),
            ("t/not-this/x", "x"),
            ("shared/one.txt", "1"),
            ("shared/two.txt", "2"),
        ];
        let version = of(&template, &files).await.expect("a version");
        let expected = [
            "shared/one.txt",
            "t/page.yaml",
            "t/skeleton/${{ values.name }}.txt",
            "t/skeleton/run.sh",
            "t/template.yaml",
        ];
        assert_eq!(paths(&version), expected);
        assert!(version.files[3].executable && !version.files[2].executable);
        assert_eq!(version.number.as_ref().map(ToString::to_string).as_deref(), Some("1.2.0"));
        assert_eq!(
            (version.author.as_str(), version.revision.as_str(), version.warning.as_str()),
            ("Jane", "c0ffee", "")
        );
    }

    #[tokio::test]
    async fn of_a_file_of_several_documents_the_version_holds_the_templates_own() {
        let text = format!(
            "kind: Nothing\n---\n{}---\n{}",
            with_step("./s"),
            with_step("./s").replace("name: service", "name: other")
        );
        let version = of(&text, &[("t/s/x", "x")]).await.expect("a version");
        assert_eq!(paths(&version), ["t/s/x", "t/template.yaml"]);
        let descriptor = String::from_utf8(version.files[1].content.clone()).expect("a text");
        assert!(
            descriptor.contains("name: service") && !descriptor.contains("other") && !descriptor.contains("Nothing")
        );
    }

    #[tokio::test]
    async fn an_expression_keeps_the_folder_above_it() {
        let files = [("t/kinds/a/x", "x"), ("t/kinds/b/y", "y"), ("t/z", "z"), ("u", "u")];
        for (url, expected) in [
            ("./kinds/${{ parameters.kind }}", vec!["t/kinds/a/x", "t/kinds/b/y", "t/template.yaml"]),
            ("./kinds/${{ parameters.kind }}/deeper", vec!["t/kinds/a/x", "t/kinds/b/y", "t/template.yaml"]),
            ("${{ parameters.url }}", vec!["t/kinds/a/x", "t/kinds/b/y", "t/template.yaml", "t/z"]),
            ("https://code.bank.example/${{ parameters.url }}", vec!["t/template.yaml"]),
        ] {
            assert_eq!(paths(&of(&with_step(url), &files).await.expect(url)), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_told_and_what_is_down_is_no_version() {
        let version = of(&with_step("./none"), &[]).await.expect("a version");
        assert_eq!(version.warning, "The step \"fetch\": t/none does not exist.");
        let version = of(&with_step("../../none"), &[]).await.expect("a version");
        assert!(version.warning.contains("leads out of the repository"), "{}", version.warning);
        let version = of(&template("  parameters: {$yaml: ./bad.yaml}\n  steps: []"), &[("t/bad.yaml", "a: [")])
            .await
            .expect("a version");
        assert!(
            version.warning.contains("t/bad.yaml") && version.warning.contains("left empty"),
            "{}",
            version.warning
        );
        let failed = of(&template("  parameters: {$yaml: ./down}\n  steps: []"), &[]).await;
        assert!(matches!(failed, Err(Unready::Source(_))), "{failed:?}");
        let version = of(&template("  version: latest\n  steps: []"), &[]).await.expect("a version");
        assert!(version.number.is_none() && version.warning.contains("no version number"), "{}", version.warning);
        let failed = of(&with_step("./s"), &[("t/s/down", "")]).await;
        let down = SourceError::Failed("t/s/down: no answer".into());
        assert!(matches!(&failed, Err(Unready::Source(error)) if *error == down), "{failed:?}");
        for (text, part) in [
            (with_step("./s").replace("name: service", "name: gone"), "describes template:default/service no longer"),
            (with_step("./s").replace("v1beta3", "v1beta2"), "scaffolder.backstage.io/v1beta2"),
        ] {
            let error = of(&text, &[]).await.expect_err(part);
            assert!(matches!(&error, Unready::Wrong(why) if why.contains(part)), "{error}");
        }
    }

    #[tokio::test]
    async fn too_much_is_refused_where_it_is_named_and_left_out_where_it_may_be_meant() {
        let names: Vec<String> = (0..=MAX_FILES).map(|number| format!("t/many/{number}")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        let error = of(&with_step("./many"), &files).await.expect_err("too many");
        assert!(matches!(&error, Unready::Wrong(why) if why.contains("more than 2000 files")), "{error}");
        let version = of(&with_step("./many/${{ parameters.x }}"), &files).await.expect("a version");
        assert_eq!(paths(&version), ["t/template.yaml"]);
        assert!(version.warning.contains("too large to be kept"), "{}", version.warning);
    }

    proptest! {
        #[test]
        fn whatever_a_url_says_no_file_outside_the_tree_is_asked_for(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "..", "/", "./", "a", "${{ x }}", "{{", "://", "https:", ".git", "\\", " ", "\0", "{", "$",
            ]), 0..8)
        ) {
            let url = pieces.concat();
            let tree = memory(&[("t/template.yaml", &with_step(&url)), ("t/a", "x")]);
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let _ = runtime.block_on(gather(&tree, REF));
            for path in tree.read.lock().expect("a lock").iter() {
                prop_assert!(tree.files.contains_key(path), "{url:?}: {path:?}");
            }
        }
    }
}
