use kit::components::{Badge, Button, Column, Emphasis, Page, Section, Table, Tone};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::authorise::Resource;
use kit::server::context::{is_asked_from_here, permit, service};
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::parts::ProblemList;
use crate::api::RegisterLocation;
use crate::info::{READ_ENTITIES, REGISTER_LOCATION};
use crate::model::{Change, ChangeGroup, ChangeRow, Checked, Preview};
use crate::server::Catalog;

/// Register software: say where its descriptor is, see what that would do, then do it.
pub async fn register_page(at: &Address) -> Result<Drawn, AppError> {
    let target = at.one("target");
    let checked = check(&target).await?;
    Ok(page(|| view! { <RegisterView target=target checked=checked/> }))
}

/// What registering a location would do. It reads the location and writes nothing; on behalf of another site it does not even read.
async fn check(target: &str) -> Result<Checked, AppError> {
    let caller = permit(&REGISTER_LOCATION, Resource::All).await?;
    let catalog = service::<Catalog>("The catalog")?;
    if target.trim().is_empty() {
        return Ok(Checked::Nothing);
    }
    if !is_asked_from_here().await {
        return Ok(Checked::Elsewhere);
    }
    match catalog.location_of(&caller, target).await {
        Ok(location) => {
            let reader = catalog.reader(&caller, &READ_ENTITIES).await?;
            let plan = reader.plan(location).await?;
            Ok(Checked::Preview(Box::new(reader.preview(plan).await?)))
        }
        Err(AppError::BadRequest { message }) => Ok(Checked::Refused(message)),
        Err(error @ AppError::Forbidden { .. }) => Ok(Checked::Refused(error.to_string())),
        Err(error) => Err(error),
    }
}

#[component]
fn RegisterView(target: String, checked: Checked) -> impl IntoView {
    let refused = match &checked {
        Checked::Refused(reason) => Some(format!("{reason}.")),
        _ => None,
    };
    let wrong = refused.is_some();
    // Once there is something to register, that is the one primary action.
    let checked_well = matches!(checked, Checked::Preview(_));
    let outcome = match checked {
        Checked::Nothing | Checked::Refused(_) => ().into_any(),
        Checked::Elsewhere => view! {
            <div class="pk-banner pk-banner--attention" role="status">
                <p>"Another site led here. Nothing has been read yet: look at the address above, and check it if you want it."</p>
            </div>
        }
        .into_any(),
        Checked::Preview(preview) => view! { <PreviewView preview=*preview/> }.into_any(),
    };
    view! {
        <Page title="Register software" lead="Say where the descriptor is. You see what the catalog would make of it before anything changes.">
            <Section title="Where it is">
                <div class="pk-message">
                    <label for="target"><strong>"Address or path"</strong></label>
                    <form class="pk-search" method="get" action="/locations/register">
                        <input
                            class="pk-input"
                            id="target"
                            name="target"
                            required=true
                            autocomplete="off"
                            spellcheck="false"
                            value=target
                            aria-invalid=wrong.then_some("true")
                            aria-describedby="target-help"
                        />
                        <Button text="Check" emphasis=if checked_well { Emphasis::Normal } else { Emphasis::Primary }/>
                    </form>
                    <div id="target-help">
                        {refused.map(|reason| view! { <p role="alert"><Badge text="Not checked" tone=Tone::Wrong/> " " {reason}</p> })}
                        <p class="pk-quiet">
                            "The address of a catalog-info.yaml, or of a git repository that ends in .git. An administrator can also give the path of a folder or a file on the portal's own machine."
                        </p>
                    </div>
                </div>
            </Section>
            {outcome}
        </Page>
    }
}

#[component]
fn PreviewView(preview: Preview) -> impl IntoView {
    let readable = preview.unreadable.is_none();
    let summary = summary(&preview);
    let unreadable = preview.unreadable.map(|reason| {
        view! {
            <div class="pk-banner pk-banner--wrong" role="alert">
                <p>{reason}"."</p>
                <p>"Correct the address, or have the operator allow its host, then check again."</p>
            </div>
        }
    });
    let cut = preview.cut.map(|reason| {
        view! {
            <div class="pk-banner pk-banner--attention" role="status">
                <p>{reason}". Once it is registered, everything is read in the background, and the location's page says what is wrong."</p>
            </div>
        }
    });
    let action = match preview.registered {
        Some(id) => view! {
            <p>
                "This location is registered already. "
                <a class="pk-button" href=format!("/locations/{id}")>"Go to the location"</a>
            </p>
        }
        .into_any(),
        None if readable => view! { <RegisterForm target=preview.target.clone()/> }.into_any(),
        None => ().into_any(),
    };
    let groups: Vec<_> = preview
        .changes
        .into_iter()
        .filter(|group| group.total > 0)
        .map(|group| view! { <Changes group=group/> })
        .collect();
    let (shown, all) = (preview.problems.len() as u64, preview.errors + preview.warnings);
    let problems = (all > 0).then(|| {
        view! {
            <Section title=problems_title(preview.errors, preview.warnings)>
                <ProblemList problems=preview.problems/>
                {more(all - shown)}
            </Section>
        }
    });
    view! {
        <Section title="What would happen">
            {unreadable}
            {cut}
            <div class="pk-message">
                <p class="pk-mono pk-wrap">{preview.target}</p>
                {readable.then(|| view! { <p role="status"><strong>{summary}</strong></p> })}
                {action}
            </div>
        </Section>
        {problems}
        {groups}
    }
}

#[component]
fn RegisterForm(target: String) -> impl IntoView {
    view! {
        <form method="post" action=RegisterLocation::PATH class="pk-inline">
            <input type="hidden" name="target" value=target/>
            <Button text="Register" emphasis=Emphasis::Primary/>
        </form>
    }
}

#[component]
fn Changes(group: ChangeGroup) -> impl IntoView {
    let rest = group.total - group.first.len() as u64;
    let rows: Vec<_> = group.first.into_iter().map(|row| view! { <ChangeTableRow row=row/> }).collect();
    let title = format!("{} {}", group.total, title(group.change));
    let columns = vec![Column::text("Entity"), Column::text("Kind"), Column::text("File and line")];
    view! {
        <Section title=title.clone()>
            <Table caption=title columns=columns>{rows}</Table>
            {more(rest)}
        </Section>
    }
}

#[component]
fn ChangeTableRow(row: ChangeRow) -> impl IntoView {
    let link = row.link;
    let name = if link.known {
        view! { <a class="pk-name" href=link.href>{link.name}</a> }.into_any()
    } else {
        view! { <span class="pk-name">{link.name}</span> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{link.kind}</td>
            <td class="pk-mono pk-wrap">{row.place}</td>
        </tr>
    }
}

/// What stands for the rows of a list that are not shown.
pub fn more(rest: u64) -> Option<impl IntoView> {
    (rest > 0).then(|| view! { <p class="pk-quiet">{format!("and {rest} more")}</p> })
}

fn title(change: Change) -> &'static str {
    match change {
        Change::Added => "would be added",
        Change::Changed => "would be changed",
        Change::Unchanged => "would be left as they are",
        Change::Gone => "would be orphaned",
    }
}

fn problems_title(errors: u64, warnings: u64) -> String {
    let count = |n: u64, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (errors, 0) => count(errors, "error"),
        (0, warnings) => count(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

/// The counts in a sentence: `12 would be added, 3 changed, 1 rejected, in 14 files.`
fn summary(preview: &Preview) -> String {
    let of =
        |change: Change| preview.changes.iter().find(|group| group.change == change).map_or(0, |group| group.total);
    let counts = [
        (of(Change::Added), "added"),
        (of(Change::Changed), "changed"),
        (of(Change::Unchanged), "left as is"),
        (of(Change::Gone), "orphaned"),
        (preview.rejected, "rejected"),
    ];
    let files = format!("in {} {}", preview.files, if preview.files == 1 { "file" } else { "files" });
    let mut parts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    match parts.next() {
        None => format!("No entity was found {files}."),
        Some(first) => {
            let first = first.replacen(' ', " would be ", 1);
            let rest: Vec<String> = parts.collect();
            let all = std::iter::once(first).chain(rest).collect::<Vec<_>>().join(", ");
            format!("{all}, {files}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(counts: [u64; 4], rejected: u64) -> Preview {
        let group = |(change, total)| ChangeGroup { change, total, first: Vec::new() };
        Preview {
            target: "https://git.example/x.yaml".into(),
            kind: "url".into(),
            registered: None,
            unreadable: None,
            cut: None,
            files: 1,
            changes: Change::ALL.into_iter().zip(counts).map(group).collect(),
            rejected,
            errors: rejected,
            warnings: 0,
            problems: Vec::new(),
        }
    }

    #[test]
    fn the_counts_make_a_sentence() {
        assert_eq!(summary(&preview([12, 3, 0, 0], 1)), "12 would be added, 3 changed, 1 rejected, in 1 file.");
        assert_eq!(summary(&preview([0, 0, 0, 0], 2)), "2 would be rejected, in 1 file.");
        assert_eq!(summary(&preview([0, 0, 0, 0], 0)), "No entity was found in 1 file.");
        assert_eq!(problems_title(1, 2), "1 error, 2 warnings");
    }
}
