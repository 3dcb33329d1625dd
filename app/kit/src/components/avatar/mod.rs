use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

/// A person or a team: initials on a tone that is always the same for the name. Beside a visible name it is decoration.
#[component]
pub fn Avatar(
    /// The whole name.
    #[prop(into)]
    name: String,
    /// The address of a picture of this portal's own.
    #[prop(optional, into)]
    image: Option<String>,
    /// Whether the name stands beside it in words.
    #[prop(optional)]
    named: bool,
    /// Whether it stands at the head of a page instead of in a row.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let content = match image {
        Some(image) => view! { <img class="pk-avatar__image" src=image alt="" loading="lazy"/> }.into_any(),
        None => initials(&name).into_any(),
    };
    let (role, hidden) = if named { (None, Some("true")) } else { (Some("img"), None) };
    let title = (!named).then(|| name.clone());
    view! {
        <span class=tone(&name) class:pk-avatar--large=large role=role aria-label=title.clone() title=title aria-hidden=hidden>{content}</span>
    }
    .into_any()
}

/// A few of several people, and how many more there are.
#[component]
pub fn AvatarGroup(
    /// Their names, the most important first.
    names: Vec<String>,
    /// How many are drawn.
    #[prop(default = 3)]
    shown: usize,
) -> impl IntoView {
    let rest: Vec<String> = names.iter().skip(shown).cloned().collect();
    let drawn: Vec<_> = names.into_iter().take(shown).map(|name| view! { <li><Avatar name=name/></li> }).collect();
    let more = (!rest.is_empty()).then(|| {
        let (count, rest) = (format!("+{}", rest.len()), rest.join(", "));
        let title = rest.clone();
        view! { <li class="pk-avatar pk-avatar--more" title=title>{count}<span class="pk-visually-hidden">" more: " {rest}</span></li> }
    });
    view! { <ul class="pk-avatars">{drawn}{more}</ul> }.into_any()
}

/// [`Person`]s side by side, as many as fit.
#[component]
pub fn People(
    /// [`Person`]s.
    children: Children,
) -> impl IntoView {
    view! { <ul class="pk-people">{children()}</ul> }.into_any()
}

/// Somebody, and how to write to them.
#[component]
pub fn Person(
    /// The whole name.
    #[prop(into)]
    name: String,
    /// The page about them, where there is one.
    href: Option<String>,
    /// Their e-mail address; empty where it is not known.
    #[prop(optional, into)]
    email: String,
) -> impl IntoView {
    let title = name.clone();
    let shown = match href {
        Some(href) => view! { <a class="pk-name" href=href>{title}</a> }.into_any(),
        None => view! { <span class="pk-name">{title}</span> }.into_any(),
    };
    let email = (!email.is_empty())
        .then(|| view! { <a class="pk-person__email" href=format!("mailto:{email}")>{email.clone()}</a> });
    view! { <li class="pk-person"><Avatar name=name named=true/> <div class="pk-person__text">{shown} {email}</div></li> }
        .into_any()
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

fn tone(name: &str) -> &'static str {
    const TONES: [&str; 6] = [
        "pk-avatar pk-avatar--1",
        "pk-avatar pk-avatar--2",
        "pk-avatar pk-avatar--3",
        "pk-avatar pk-avatar--4",
        "pk-avatar pk-avatar--5",
        "pk-avatar pk-avatar--6",
    ];
    // FNV-1a: the same on server and browser, and names that differ in one letter differ in tone.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    TONES[(hash >> 16) as usize % TONES.len()]
}

/// Whoever is signed in, with the way to their settings and the way out. It is drawn on the server.
#[component]
pub fn Account(
    /// What people call them.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let (shown, title) = (name.clone(), format!("{name}: your settings"));
    view! {
        <div class="pk-account">
            <a class="pk-account__name" href="/settings" title=title data-pk-command="Settings">
                <Avatar name=name named=true/> <span class="pk-account__word">{shown}</span>
            </a>
            <form class="pk-account__out" method="post" action="/sign-out"><button class="pk-button pk-button--quiet" type="submit">"Sign out"</button></form>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        assert_eq!(initials("Amina El Idrissi"), "AI");
        assert_eq!(initials("card-issuing"), "CI");
        assert_eq!(initials("payments"), "P");
        assert_eq!(initials("ليلى حداد"), "لح");
        assert_eq!(initials("–"), "");
    }

    #[test]
    fn every_tone_is_used_and_a_name_keeps_its_own() {
        let mut used: Vec<_> = (0..60).map(|place| tone(&format!("team-{place}"))).collect();
        assert_eq!(used[7], tone("team-7"));
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), 6);
    }
}
