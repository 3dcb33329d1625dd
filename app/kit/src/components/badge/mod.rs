use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub mod examples;

// `Tone`: a variant for each group of tokens in `style/tokens` that is a state.
include!(concat!(env!("OUT_DIR"), "/tones.rs"));

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Neutral => "pk-badge",
            Self::Fine => "pk-badge pk-badge--fine",
            Self::Attention => "pk-badge pk-badge--attention",
            Self::Wrong => "pk-badge pk-badge--wrong",
            Self::Waiting => "pk-badge pk-badge--waiting",
        }
    }

    /// Its shape.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Neutral => "",
            Self::Fine => "●",
            Self::Attention => "▲",
            Self::Wrong => "■",
            Self::Waiting => "○",
        }
    }
}

/// A state or a short label.
#[component]
pub fn Badge(
    /// The word.
    #[prop(into)]
    text: String,
    /// What it means.
    #[prop(default = Tone::Neutral)]
    tone: Tone,
) -> impl IntoView {
    let mark = tone.mark();
    view! {
        <span class=tone.class()>
            {(!mark.is_empty()).then(|| view! { <span class="pk-badge__mark" aria-hidden="true">{mark}</span> })}
            {text}
        </span>
    }
    .into_any()
}
