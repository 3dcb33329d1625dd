use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::hooks::use_location;
use stylers_macro::style;

use crate::components::icon::{Icon, IconView};
use crate::plugin::{NavigationItem, PluginInfo};

/// The home page is the shell's own and belongs to no plugin.
const HOME: NavigationItem = NavigationItem { label: "Home", path: "/", icon: Icon::Home };

/// The frame of every page: skip link, navigation by plugin, and the page as its children.
#[component]
pub fn Shell(
    /// Every plugin in the order of the navigation.
    plugins: Vec<&'static PluginInfo>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let class = style! {
        .frame {
            display: grid;
            grid-template-columns: 216px minmax(0, 1fr);
            min-height: 100vh;
        }
        .rail {
            position: sticky;
            top: 0;
            height: 100vh;
            padding: 16px 12px;
            border-right: 1px solid var(--pk-border);
            background: var(--pk-surface-1);
        }
        .brand {
            display: flex;
            gap: 8px;
            align-items: center;
            padding: 4px 8px 16px;
            color: var(--pk-text);
            font-weight: 650;
            text-decoration: none;
        }
        .items {
            display: flex;
            flex-direction: column;
            gap: 4px;
            margin: 0;
            padding: 0;
            list-style: none;
        }
        .item {
            display: flex;
            gap: 8px;
            align-items: center;
            padding: 8px;
            border-radius: 4px;
            color: var(--pk-text);
            text-decoration: none;
        }
        .item:hover {
            background: var(--pk-surface-2);
        }
        .current {
            background: var(--pk-accent-quiet);
            color: var(--pk-accent);
            font-weight: 600;
        }
        .content {
            max-width: 1440px;
            padding: 24px 32px 48px;
        }
        @media (max-width: 1024px) {
            .frame {
                grid-template-columns: 56px minmax(0, 1fr);
            }
            .rail {
                padding: 16px 8px;
            }
            .word {
                position: absolute;
                width: 1px;
                height: 1px;
                overflow: hidden;
            }
            .item {
                justify-content: center;
            }
        }
        @media (max-width: 640px) {
            .frame {
                display: block;
            }
            .brand {
                display: none;
            }
            .rail {
                position: fixed;
                top: auto;
                bottom: 0;
                left: 0;
                z-index: 10;
                width: 100%;
                height: auto;
                padding: 4px 8px;
                border-top: 1px solid var(--pk-border);
                border-right: 0;
            }
            .items {
                flex-direction: row;
                justify-content: space-around;
            }
            .content {
                padding: 16px 16px 80px;
            }
        }
        @media print {
            .frame {
                display: block;
            }
            .rail {
                display: none;
            }
        }
    };
    let path = use_location().pathname;
    move_focus_with(path);
    let items: Vec<_> = std::iter::once(&HOME)
        .chain(plugins.into_iter().flat_map(|plugin| plugin.navigation))
        .map(|item| {
            let here = move || leads_to(item.path, &path.get());
            view! { class = class,
                <li>
                    <a class="item" class:current=here href=item.path aria-current=move || here().then_some("page")>
                        <IconView icon=item.icon/>
                        <span class="word">{item.label}</span>
                    </a>
                </li>
            }
        })
        .collect();
    view! { class = class,
        <a class="pk-skip" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <nav class="rail" aria-label="Main">
                <a class="brand" href="/" aria-label="Portico, home">
                    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
                        <path d="M2 3h16v3H2zM4 8h3v10H4zM13 8h3v10h-3z" fill="currentColor"></path>
                    </svg>
                    <span class="word">"Portico"</span>
                </a>
                <ul class="items">{items}</ul>
            </nav>
            <main class="content" id="main" tabindex="-1">{children()}</main>
        </div>
    }
    .into_any()
}

/// After a navigation without a page load the focus goes where a page load would have put the reader: to the new page.
fn move_focus_with(path: Memo<String>) {
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
            // Where the focus cannot move the page is shown all the same.
            let _ = main.map(|main| main.focus());
        }
        now
    });
}

/// Whether the navigation entry for `target` is where `path` is.
fn leads_to(target: &str, path: &str) -> bool {
    if target == "/" {
        path == "/"
    } else {
        path == target || path.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
    }
}
