use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::hooks::use_location;
use stylers_macro::style;

use crate::components::command::{CommandLink, CommandMenu};
use crate::components::fragment::Fragment;
use crate::components::icon::{Icon, IconView};
use crate::components::theme::ThemeSwitch;
use crate::components::toast::Toasts;
use crate::placing::{account, offers, said, unread};
use crate::plugin::{INBOX, NavigationItem, PluginInfo};

/// The home page is the shell's own and belongs to no plugin.
const HOME: NavigationItem = NavigationItem { label: "Home", path: "/", icon: Icon::Home, needs: None };

/// How many entries of the navigation a phone's bar holds.
const IN_BAR: usize = 4;

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
            grid-template-columns: var(--pk-rail-width) minmax(0, 1fr);
            min-height: 100vh;
        }
        .rail {
            position: sticky;
            top: 0;
            z-index: var(--pk-z-rail);
            display: flex;
            flex-direction: column;
            gap: var(--pk-space-4);
            height: 100vh;
            padding: var(--pk-space-4) var(--pk-space-3);
            overflow-y: auto;
            border-right: 1px solid var(--pk-border);
            background: var(--pk-nav-surface);
        }
        .brand {
            display: flex;
            gap: var(--pk-space-2);
            align-items: center;
            padding: var(--pk-space-1) var(--pk-space-2);
            color: var(--pk-text);
            font-weight: var(--pk-weight-heading);
            text-decoration: none;
        }
        .mark {
            flex: none;
            color: var(--pk-accent);
        }
        .main {
            flex: 1;
        }
        .items {
            display: flex;
            flex-direction: column;
            gap: 2px;
            margin: 0;
            padding: 0;
            list-style: none;
        }
        .item {
            position: relative;
            display: flex;
            gap: var(--pk-space-2);
            align-items: center;
            min-height: var(--pk-row-height);
            padding: var(--pk-space-1) var(--pk-space-2);
            border-radius: var(--pk-radius);
            color: var(--pk-nav-text);
            text-decoration: none;
            cursor: pointer;
        }
        .item:hover {
            background: var(--pk-nav-hover);
        }
        .current {
            background: var(--pk-nav-here-quiet);
            color: var(--pk-nav-here);
            font-weight: var(--pk-weight-strong);
        }
        .more {
            display: none;
        }
        .foot {
            display: grid;
            grid-template-columns: minmax(0, 1fr);
            gap: var(--pk-space-3);
        }
        .content {
            max-width: var(--pk-content-width);
            min-width: 0;
            padding: var(--pk-space-5) var(--pk-space-6) var(--pk-space-7);
        }
        @media (max-width: 1024px) {
            .frame {
                grid-template-columns: var(--pk-rail-width-narrow) minmax(0, 1fr);
            }
            .rail {
                padding: var(--pk-space-4) var(--pk-space-2);
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
            .rail {
                position: fixed;
                top: auto;
                bottom: 0;
                left: 0;
                flex-direction: row;
                gap: var(--pk-space-1);
                align-items: center;
                width: 100%;
                height: 56px;
                padding: var(--pk-space-1) var(--pk-space-2);
                overflow: visible;
                border-top: 1px solid var(--pk-border);
                border-right: 0;
            }
            .brand {
                display: none;
            }
            .foot {
                display: none;
            }
            .main {
                order: 1;
            }
            .items {
                flex-direction: row;
                justify-content: space-around;
            }
            .items .rest {
                display: none;
            }
            .item {
                min-width: 44px;
                min-height: 44px;
            }
            .more {
                position: relative;
                display: block;
                order: 3;
            }
            .more summary {
                list-style: none;
            }
            .panel {
                position: absolute;
                right: 0;
                bottom: 52px;
                display: grid;
                gap: var(--pk-space-2);
                width: 232px;
                padding: var(--pk-space-2);
                border: 1px solid var(--pk-border-strong);
                border-radius: var(--pk-radius);
                background: var(--pk-raised);
            }
            .panel ul {
                flex-direction: column;
            }
            .panel .item {
                justify-content: flex-start;
            }
            .panel .word {
                position: static;
                width: auto;
                height: auto;
            }
            .content {
                padding: var(--pk-space-4) var(--pk-space-4) calc(var(--pk-space-6) + var(--pk-space-7));
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
    let entries: Vec<&'static NavigationItem> =
        std::iter::once(&HOME).chain(plugins.into_iter().flat_map(|plugin| plugin.navigation)).collect();
    // A phone's bar holds the first few; its panel holds them all.
    let items = |entries: &[&'static NavigationItem], in_bar: usize, command: bool| {
        let list = entries.iter().enumerate().map(|(place, item)| {
            let path_of_item = item.path;
            let offered = offers(item);
            let here = move || leads_to(path_of_item, &path.get());
            view! { class = class,
                <li class:rest={place >= in_bar} hidden={!offered}>
                    <a
                        class="item"
                        class:current=here
                        href=item.path
                        title=item.label
                        aria-current=move || here().then_some("page")
                        data-pk-command=(command && offered).then_some(item.label)
                    >
                        <IconView icon=item.icon/>
                        <span class="word">{item.label}</span>
                        {(item.path == INBOX).then(|| view! { <Fragment inline=true html=unread()/> })}
                    </a>
                </li>
            }
        });
        view! { class = class, <ul class="items">{list.collect::<Vec<_>>()}</ul> }
    };
    view! { class = class,
        <a class="pk-skip" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <header class="rail">
                <a class="brand" href="/" aria-label="Portico, home">
                    <svg class="mark" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
                        <path d="M2 3h16v3H2zM4 8h3v10H4zM13 8h3v10h-3z" fill="currentColor"></path>
                    </svg>
                    <span class="word">"Portico"</span>
                </a>
                <CommandLink/>
                <nav class="main" aria-label="Main">{items(&entries, IN_BAR, true)}</nav>
                <details class="more">
                    <summary class="item" title="More">
                        <IconView icon=Icon::Menu2/>
                        <span class="word">"More"</span>
                    </summary>
                    <div class="panel">
                        <nav aria-label="All pages">{items(&entries, usize::MAX, false)}</nav>
                        <Fragment id="account-more" html=account()/>
                        <ThemeSwitch name="theme-more"/>
                    </div>
                </details>
                <div class="foot"><Fragment id="account" html=account()/><ThemeSwitch/></div>
            </header>
            <main class="content" id="main" tabindex="-1">
                <Fragment id="said" html=said()/>
                {children()}
            </main>
        </div>
        <CommandMenu/>
        <Toasts/>
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
