//! A page of somebody else, in a frame that reaches neither the portal nor anything else.

use leptos::prelude::*;

use super::badge::{Badge, Tone};

#[cfg(feature = "ssr")]
pub(crate) mod examples;

/// How wide the window of a preview is, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewWidth {
    /// A phone: 390.
    Phone,
    /// A tablet: 768.
    Tablet,
    /// A desk: 1440.
    Desk,
}

impl PreviewWidth {
    /// All, from narrow to wide.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Tablet, Self::Desk];

    /// In CSS pixels.
    pub fn pixels(self) -> u32 {
        match self {
            Self::Phone => 390,
            Self::Tablet => 768,
            Self::Desk => 1440,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Phone => "pk-preview__window pk-preview__window--phone",
            Self::Tablet => "pk-preview__window pk-preview__window--tablet",
            Self::Desk => "pk-preview__window",
        }
    }
}

/// A page of another host. It is drawn as small as there is room for; with scripts the finding that is chosen is outlined in it.
#[component]
pub fn Preview(
    /// What it shows: `Submission 2`.
    #[prop(into)]
    title: String,
    /// Its address, on another host.
    #[prop(into)]
    src: String,
    /// The width of its window.
    width: PreviewWidth,
    /// Whether it is zoomed to 200 %: everything is twice as large, and half as much fits.
    #[prop(optional)]
    zoomed: bool,
    /// Whether the mouse does nothing in it.
    #[prop(optional)]
    keyboard: bool,
    /// The element that is outlined in it, as findings name it.
    #[prop(optional, into)]
    shown: String,
) -> impl IntoView {
    let mut class = width.class().to_owned();
    for (is, more) in [(zoomed, " pk-preview__window--zoomed"), (keyboard, " pk-preview__window--keyboard")] {
        class.push_str(if is { more } else { "" });
    }
    let region = format!("Window of {title}");
    let said = if zoomed { format!("{} px, 200 %", width.pixels()) } else { format!("{} px", width.pixels()) };
    view! {
        <figure class="pk-preview" data-pk-preview=shown>
            <figcaption class="pk-preview__caption">
                {title.clone()} " " <Badge text=said tone=Tone::Neutral/>
                {keyboard.then(|| view! { " " <Badge text="Keyboard only: Tab leads in" tone=Tone::Waiting/> })}
            </figcaption>
            // Where no script draws it smaller, it is scrolled, with the keyboard too.
            <div class=class tabindex="0" role="group" aria-label=region data-pk-preview-window=width.pixels().to_string()>
                <iframe class="pk-preview__frame" title=title src=src sandbox="allow-scripts" referrerpolicy="no-referrer"></iframe>
            </div>
            <p class="pk-preview__said pk-quiet" role="status" data-pk-preview-said=""></p>
        </figure>
    }
    .into_any()
}

/// The buttons for what the frames of a page can be asked, and where it is said what came of it; they do nothing without scripts.
#[component]
pub fn PreviewChecks(
    /// Whether the page can be looked at in this browser.
    can_check: bool,
) -> impl IntoView {
    view! {
        <div class="pk-preview-checks" data-pk-preview-checks="" hidden=true>
            <p class="pk-inline">
                {can_check.then(|| view! { <button class="pk-button" type="button" data-pk-preview-check="">"Check this view"</button> })}
                <button class="pk-button" type="button" data-pk-preview-stop="">"Stop the page"</button>
            </p>
            <div aria-live="polite" data-pk-preview-hints=""></div>
        </div>
    }
    .into_any()
}
