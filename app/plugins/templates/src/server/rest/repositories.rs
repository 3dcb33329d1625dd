//! `/api/templates/repositories/{owner}/{name}.git`: the repositories that the portal keeps, read only, as `git clone` asks for files over HTTP.

use std::path::PathBuf;

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use kit::error::AppError;
use kit::server::authorise::Resource;
use kit::server::dir::RootDir;
use kit::server::git::{self, Remote};

use super::tasks::Call;
use crate::info::READ_REPOSITORY;
use crate::server::Templates;

/// The largest file of a repository that is sent, in bytes: a pack of what one run may hold.
const MAX_FILE: u64 = 512 << 20;

/// Says how the repository is cloned.
pub(super) async fn about(
    Extension(templates): Extension<Templates>,
    Path((owner, name)): Path<(String, String)>,
    call: Call,
) -> Response {
    let answer = async {
        let path = found(&templates, &call, &owner, &name).await?;
        let heads = git::run(&path, &["log", "-n", "20", "--format=%h %ad %s", "--date=iso-strict", "--all"], &local())
            .await
            .map_err(AppError::internal)?;
        let address = address(&templates, &owner, &name);
        let text = format!(
            "Clone it with a token of yours:\n\n  git -c http.extraHeader=\"Authorization: Bearer $TOKEN\" clone {address}\n\nThe latest commits:\n\n{heads}"
        );
        Ok(sent("text/plain; charset=utf-8", text.into_bytes()))
    };
    call.answer(answer).await
}

/// Sends one file of the repository. What lists references and packs is made anew, so that it is never behind them.
pub(super) async fn file(
    Extension(templates): Extension<Templates>,
    Path((owner, name, file)): Path<(String, String, String)>,
    call: Call,
) -> Response {
    let answer = async {
        let path = found(&templates, &call, &owner, &name).await?;
        let bytes = match file.as_str() {
            "info/refs" => git::run(&path, &["for-each-ref", "--format=%(objectname)%09%(refname)"], &local())
                .await
                .map_err(AppError::internal)?
                .into_bytes(),
            "objects/info/packs" => packs(path).await?.into_bytes(),
            "HEAD" => read(path, file).await?,
            object if is_object(object) => read(path, file).await?,
            _ => return Err(AppError::not_found("A file of this repository with this name").into()),
        };
        Ok(sent("application/octet-stream", bytes))
    };
    call.answer(answer).await
}

/// Where the repository lies, if the caller may read it.
async fn found(templates: &Templates, call: &Call, owner: &str, name: &str) -> Result<PathBuf, AppError> {
    templates.kit.authorise(&call.caller, &READ_REPOSITORY, &Resource::All).await?;
    let world = templates.tasks.world.as_ref();
    let path = world.zip(name.strip_suffix(".git")).and_then(|(world, name)| world.repositories.path_of(owner, name));
    path.filter(|path| path.is_dir()).ok_or_else(|| AppError::not_found("This repository"))
}

fn address(templates: &Templates, owner: &str, name: &str) -> String {
    let world = templates.tasks.world.as_ref();
    let address =
        world.zip(name.strip_suffix(".git")).and_then(|(world, name)| world.repositories.address(owner, name));
    address.map(String::from).unwrap_or_default()
}

/// A command that asks no remote.
fn local() -> Remote {
    Remote::default()
}

/// An object by its hash, or a pack with its index.
fn is_object(file: &str) -> bool {
    let hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let Some(file) = file.strip_prefix("objects/") else { return false };
    match file.split_once('/') {
        Some(("pack", pack)) => pack
            .strip_prefix("pack-")
            .and_then(|pack| pack.strip_suffix(".pack").or_else(|| pack.strip_suffix(".idx")))
            .is_some_and(|hash| hex(hash, 40)),
        Some((folder, object)) => hex(folder, 2) && hex(object, 38),
        None => false,
    }
}

async fn read(path: PathBuf, file: String) -> Result<Vec<u8>, AppError> {
    let read = tokio::task::spawn_blocking(move || RootDir::open(&path)?.read(&file, MAX_FILE)).await;
    read.map_err(AppError::internal)?.map_err(|_| AppError::not_found("A file of this repository with this name"))
}

async fn packs(path: PathBuf) -> Result<String, AppError> {
    let listed = tokio::task::spawn_blocking(move || RootDir::open(&path)?.files_in("objects/pack", 10_000, &|_| true));
    let listed = listed.await.map_err(AppError::internal)?.unwrap_or_default();
    let packs =
        listed.iter().map(|path| path.rsplit('/').next().unwrap_or(path)).filter(|name| name.ends_with(".pack"));
    Ok(packs.map(|name| format!("P {name}\n")).collect())
}

fn sent(content_type: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_and_packs_are_files_of_a_repository() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for good in [format!("objects/01/{}", &hash[2..]), format!("objects/pack/pack-{hash}.idx")] {
            assert!(is_object(&good), "{good}");
        }
        for bad in ["config", "objects/../config", "hooks/pre-receive", "objects/01/x", "objects/pack/../../config"] {
            assert!(!is_object(bad), "{bad}");
        }
    }
}
