use kit::components::{Breadcrumb, Button, Choice, Emphasis, FormActions, FormLayout, Page};
use kit::error::AppError;
use kit::page::Drawn;
use kit::server::context::{caller, service};
use kit::server::page::page;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use review::Pitch;

use super::parts::{name_of, trail};
use super::pitch::PitchFields;
use crate::api::EditPitch;
use crate::server::Contributions;
use crate::server::service::{Detail, contribution_href};

/// Wording a contribution otherwise.
pub async fn edit_page(id: &str) -> Result<Drawn, AppError> {
    let (caller, here) = (caller().await?, service::<Contributions>("Contributions")?);
    let Detail { contribution, titles, .. } = here.detail(&caller, id).await?;
    let pitch = contribution.pitch;
    let team = Choice::new(&pitch.owner, name_of(&titles, &pitch.owner));
    let id = id.to_owned();
    Ok(page(|| view! { <EditView id=id pitch=pitch team=team/> }))
}

#[component]
fn EditView(id: String, pitch: Pitch, team: Choice) -> impl IntoView {
    let mut trail = trail();
    trail.push((pitch.title.clone(), contribution_href(&id)));
    let team = if team.value.is_empty() { Choice::new("", "") } else { team };
    view! {
        <Breadcrumb trail=trail/>
        <Page title="Word it otherwise" kind=pitch.title.clone() lead="What it was stays in its history.">
            <form method="post" action=EditPitch::PATH>
                <input type="hidden" name="id" value=id.clone()/>
                <FormLayout>
                    <PitchFields pitch=pitch team=team/>
                    <FormActions>
                        <Button text="Save" emphasis=Emphasis::Primary/>
                        <Button text="Leave it as it is" href=contribution_href(&id)/>
                    </FormActions>
                </FormLayout>
            </form>
        </Page>
    }
}
