use kit::components::{Banner, Breadcrumb, Button, Choice, Emphasis, FormActions, FormLayout, Page, RadioGroup};
use kit::error::AppError;
use kit::page::Drawn;
use kit::plugin::INBOX;
use kit::server::context::{permit_own, service};
use kit::server::page::page;
use kit::server::{inbox, preferences};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::api::ChooseMail;
use crate::info::READ;
use crate::server::Inbox;

/// Which messages go out as mail too.
pub async fn settings_page() -> Result<Drawn, AppError> {
    let caller = permit_own(&READ).await?;
    let inbox = service::<Inbox>("The inbox")?;
    let read = inbox.kit.db.read();
    let chosen = preferences::of(read, caller.subject(), &preferences::MAIL).await?;
    let address = inbox::address_of(read, &caller).await?;
    let configured = inbox.mailer.is_some();
    Ok(page(|| {
        let lead = match &address {
            Some(address) if configured => format!("Mail goes to {address}."),
            _ => String::new(),
        };
        let missing = match (configured, address) {
            (false, _) => Some((
                "This portal sends no mail",
                "Its operator has configured none. Your choice is kept for the day it does.",
            )),
            (true, None) => Some((
                "No mail reaches you",
                "No address of yours is known that your sign-in or the catalog vouches for.",
            )),
            _ => None,
        };
        view! {
            <Breadcrumb trail=vec![("Inbox".to_owned(), INBOX.to_owned())] label="Where this is"/>
            <Page title="Mail settings" lead=lead>
                {missing.map(|(title, why)| view! { <Banner title=title><p>{why}</p></Banner> })}
                <form method="post" action=ChooseMail::PATH>
                    <FormLayout>
                        <RadioGroup
                            id="mail"
                            name="mail"
                            label="Which messages reach you by mail too?"
                            value=chosen
                            options=vec![
                                Choice::new("off", "None"),
                                Choice::new("waiting", "What waits for me or my teams"),
                                Choice::new("all", "Everything"),
                            ]
                        />
                        <FormActions><Button text="Save" emphasis=Emphasis::Primary/></FormActions>
                    </FormLayout>
                </form>
            </Page>
        }
    }))
}
