//! The home page: the search first, then what is the reader's own, then what each plugin has to say.

use catalog::pages::{Way, catalog_summary, owned_summary};
use inbox::pages::personal_summary;
use kit::components::Page;
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::page;
use leptos::prelude::*;

/// What people do from here, in the order in which they are offered.
static WAYS: [Way; 4] = [
    Way {
        label: "Register software",
        href: "/locations/register",
        what: "Bring a repository into the catalog",
        kind: None,
        registers: true,
    },
    Way {
        label: "Golden paths",
        href: "/catalog?kind=goldenpath",
        what: "The supported way, step by step",
        kind: Some("goldenpath"),
        registers: false,
    },
    Way {
        label: "Templates",
        href: "/catalog?kind=template",
        what: "Begin with a skeleton that is kept up",
        kind: Some("template"),
        registers: false,
    },
    Way {
        label: "Design system",
        href: "/design",
        what: "Components and rules for every page",
        kind: None,
        registers: false,
    },
];

/// Draws the home page.
pub async fn draw() -> Result<Drawn, AppError> {
    let personal = personal_summary(owned_summary().await?).await?;
    let summary = catalog_summary(&WAYS, personal).await?;
    Ok(page(|| {
        view! { <Page title="Find software" lead="Services, APIs, systems and the teams that own them, in one place.">{summary}</Page> }
    }))
}
