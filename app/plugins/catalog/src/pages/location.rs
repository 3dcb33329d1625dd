use kit::components::{Badge, Banner, EmptyState, Fact, Facts, Page, Section, Time, Tone};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::page::{Address, page};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::location_at;
use super::parts::{ProblemList, StateBadge};
use crate::api::RefreshLocation;
use crate::model::{LocationDetail, LocationState};

/// One location: how it stands and what is wrong in it.
pub async fn location_page(id: &str, at: &Address) -> Result<Drawn, AppError> {
    let (reader, location) = location_at(id).await?;
    let detail = reader.location(&location, &at.one("page")).await?;
    Ok(page(|| view! { <LocationView detail=detail/> }))
}

#[component]
fn LocationView(detail: LocationDetail) -> impl IntoView {
    let row = detail.row;
    let unregister = format!("/locations/{}/unregister", row.id);
    let aside = view! {
        <StateBadge state=row.state/>
        {detail.may_unregister.then(|| view! { <a class="pk-button" href=unregister>"Unregister"</a> })}
        {row.may_refresh.then(|| view! { <RefreshForm id=row.id/> })}
    }
    .into_any();
    let reading = detail.reading.map(|files| {
        view! {
            <div class="pk-banner" role="status">
                <p>{format!("It is being read: {files} {} so far.", if files == 1 { "file" } else { "files" })}</p>
                <p><a class="pk-button" href="" rel="external">"Look again"</a></p>
            </div>
        }
    });
    let unreadable = (row.state == LocationState::Unreadable).then(|| {
        view! {
            <Banner title=format!("{}.", row.message) tone=Tone::Wrong>
                <p>"What this location brought earlier stays in the catalog. It is tried again on its own; put the cause right, then refresh."</p>
            </Banner>
        }
    });
    let problems = if detail.problems.is_empty() {
        let sentence = match row.state {
            LocationState::New => "It has not been read yet.",
            LocationState::Unreadable => "It could not be read, so nothing is known of its files.",
            LocationState::Leaving => "It was unregistered; what it brought is being removed.",
            LocationState::Ok | LocationState::Errors => "Nothing is wrong in the files of this location.",
        };
        view! { <EmptyState sentence=sentence/> }.into_any()
    } else {
        view! { <ProblemList problems=detail.problems/> }.into_any()
    };
    view! {
        <Page title=row.target kind="Location" aside=aside>
            {reading}
            {unreadable}
            <Facts>
                <Fact name="Kind">{row.kind}</Fact>
                <Fact name="Entities"><span class="pk-number">{row.entities}</span></Fact>
                <Fact name="Errors"><span class="pk-number">{row.errors}</span></Fact>
                <Fact name="Warnings"><span class="pk-number">{row.warnings}</span></Fact>
                <Fact name="Last read"><Time when=row.last_run/></Fact>
                <Fact name="Next read"><Time when=row.next_run/></Fact>
                <Fact name="Trust">
                    {if row.trusted_for_org {
                        view! { <Badge text="Trusted for organisation data"/> }.into_any()
                    } else {
                        "Users and groups are not read from it".into_any()
                    }}
                </Fact>
                {row.allowed_kinds.map(|kinds| view! { <Fact name="Allowed kinds">{kinds}</Fact> })}
            </Facts>
            <Section title="Problems">
                {problems}
                {detail.next.map(|next| view! { <nav class="pk-paging" aria-label="Pages"><a class="pk-button" rel="next" href=next>"Next"</a></nav> })}
            </Section>
        </Page>
    }
}

/// The button that has a location read at once.
#[component]
pub fn RefreshForm(id: i64) -> impl IntoView {
    view! {
        <form method="post" action=RefreshLocation::PATH class="pk-inline">
            <input type="hidden" name="id" value=id.to_string()/>
            <button class="pk-button" type="submit">"Refresh now"</button>
        </form>
    }
}
