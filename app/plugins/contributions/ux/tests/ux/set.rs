//! The labelled set: clean pages, composed at random from a seed, each with a few departures whose element and rule are known.
//!
//! A page is a row of parts (a table, a form, cards, facts, prose, a toolbar) with or without the published components. A departure
//! takes an element that it fits and changes one thing of it. The same seed makes the same set, on every machine.

use std::fmt::Write;

/// A page and what was done to it.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The page.
    pub html: String,
    /// How many elements it has that could be found fault with.
    pub elements: usize,
    /// The departures.
    pub departures: Vec<Departure>,
}

/// A departure that was planted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// What was done.
    pub what: String,
    /// The element, as a selector.
    pub element: String,
    /// The rules that may tell of it, the first of them best.
    pub rules: &'static [&'static str],
}

/// A generator of numbers that is the same for ever (SplitMix64).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What an element is, so that departures know whom they fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Words.
    Text,
    /// Words in a cell of a table, which has no margin.
    Cell,
    /// A box with a border and a surface.
    Box,
    /// A flex or grid container with a gap.
    Row,
    /// A heading of level 2 that others follow.
    Heading,
    /// A link among words.
    Link,
    /// A button.
    Button,
    /// A field with a label of its own.
    Field,
    /// A picture.
    Picture,
}

#[derive(Debug)]
struct Page {
    html: String,
    css: String,
    places: Vec<(Sort, String)>,
    next: usize,
    kit: bool,
    elements: usize,
}

const WORDS: [&str; 24] = [
    "Instant payments",
    "Standing orders",
    "Card settlement",
    "Trade finance",
    "Limits",
    "Ledger of the day",
    "Owners",
    "Waiting for review",
    "Cut-off times",
    "Collateral",
    "Reconciled",
    "Foreign exchange",
    "Clearing",
    "Mandates",
    "Batch of the night",
    "Risk appetite",
    "Counterparties",
    "Interest",
    "Fees and charges",
    "Overdrafts",
    "Beneficiaries",
    "Nostro accounts",
    "Statements",
    "Audit findings",
];

impl Page {
    fn id(&mut self, sort: Sort) -> String {
        self.next += 1;
        self.elements += 1;
        let id = format!("e{}", self.next);
        self.places.push((sort, id.clone()));
        id
    }

    fn add(&mut self, text: &str) {
        self.html.push_str(text);
    }

    fn class(&self, kit: &str, own: &str) -> String {
        if self.kit { format!(" class=\"{kit}\"") } else { format!(" class=\"{own}\"") }
    }
}

/// The style of pages that are made without the published components: tokens alone.
const OWN: &str = "
*{box-sizing:border-box}
body{margin:0;background:var(--pk-surface-0);color:var(--pk-text);font:var(--pk-text-size)/var(--pk-line) var(--pk-font)}
h1{margin:0 0 var(--pk-space-3);font-size:var(--pk-h1-size);font-weight:var(--pk-weight-heading);line-height:var(--pk-line-tight);overflow-wrap:anywhere}
h2{margin:0 0 var(--pk-space-2);font-size:var(--pk-h2-size);font-weight:var(--pk-weight-strong);line-height:var(--pk-line-tight)}
h3{margin:0;font-size:var(--pk-h3-size);font-weight:var(--pk-weight-strong)}
p,ul,dl,dd{margin:0}
a{color:var(--pk-accent)}
:focus-visible{outline:2px solid var(--pk-focus);outline-offset:2px}
.own-box{padding:var(--pk-space-4);border:1px solid var(--pk-border);border-radius:var(--pk-radius);background:var(--pk-raised)}
.own-button{min-height:32px;padding:var(--pk-space-1) var(--pk-space-3);border:1px solid var(--pk-border-strong);border-radius:var(--pk-radius);background:var(--pk-raised);color:var(--pk-text);font:inherit;font-weight:var(--pk-weight-medium);cursor:pointer}
.own-button:hover{border-color:var(--pk-accent);color:var(--pk-accent)}
.own-field{display:block;width:100%;max-width:480px;min-height:32px;padding:var(--pk-space-1) var(--pk-space-3);border:1px solid var(--pk-border-strong);border-radius:var(--pk-radius);background:var(--pk-raised);color:var(--pk-text);font:inherit}
.own-label{display:block;font-weight:var(--pk-weight-strong)}
.own-table{width:100%;border-collapse:collapse}
.own-table th,.own-table td{padding:var(--pk-space-1) var(--pk-space-2);border-bottom:1px solid var(--pk-border);font-weight:var(--pk-weight);text-align:start}
.own-quiet{color:var(--pk-text-quiet)}
";

/// What all pages lay themselves out with.
const LAYOUT: &str = "
.all{display:grid;gap:var(--pk-space-5);max-width:960px;margin:0 auto;padding:var(--pk-space-4)}
.all>*{min-width:0}
.row{display:flex;flex-wrap:wrap;gap:var(--pk-space-3);align-items:center}
.stack{display:grid;gap:var(--pk-space-3)}
";

fn words(numbers: &mut Numbers) -> &'static str {
    numbers.one(&WORDS)
}

/// A clean page.
fn clean(numbers: &mut Numbers) -> Page {
    let kit = numbers.below(3) > 0;
    let mut page = Page { html: String::new(), css: String::new(), places: Vec::new(), next: 0, kit, elements: 4 };
    page.css.push_str(if kit { LAYOUT } else { OWN });
    if !kit {
        page.css.push_str(LAYOUT);
    }
    page.add("<main class=\"all\"><h1>");
    page.add(words(numbers));
    page.add("</h1>");
    let parts = 3 + numbers.below(4);
    for part in 0..parts {
        match if part == 0 { 0 } else { numbers.below(6) } {
            0 => prose(&mut page, numbers),
            1 => form(&mut page, numbers),
            2 => cards(&mut page, numbers),
            3 => table(&mut page, numbers),
            4 => toolbar(&mut page, numbers),
            _ => facts(&mut page, numbers),
        }
    }
    page.add("</main>");
    page
}

fn heading(page: &mut Page, numbers: &mut Numbers) {
    let id = page.id(Sort::Heading);
    let text = format!("<h2 id=\"{id}\">{}</h2>", words(numbers));
    page.add(&text);
}

fn prose(page: &mut Page, numbers: &mut Numbers) {
    page.add("<section class=\"stack\">");
    heading(page, numbers);
    for _ in 0..=numbers.below(2) {
        let (text, link) = (page.id(Sort::Text), page.id(Sort::Link));
        let (one, two) = (words(numbers), words(numbers));
        page.add(&format!(
            "<p id=\"{text}\">What is said of {one} holds for <a id=\"{link}\" href=\"#{text}\">{two}</a> as well, until it is said otherwise.</p>"
        ));
    }
    if numbers.below(2) == 0 {
        let id = page.id(Sort::Picture);
        page.add(&format!("<p><img id=\"{id}\" alt=\"A chart\" width=\"64\" height=\"40\" src=\"data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==\"></p>"));
    }
    page.add("</section>");
}

fn form(page: &mut Page, numbers: &mut Numbers) {
    page.add("<section class=\"stack\">");
    heading(page, numbers);
    let row = page.id(Sort::Row);
    page.add(&format!("<form class=\"stack\" id=\"{row}\">"));
    for _ in 0..=numbers.below(2) {
        let id = page.id(Sort::Field);
        let (field, label) = (page.class("pk-field", "own"), page.class("pk-field__label", "own-label"));
        let input = page.class("pk-input", "own-field");
        page.add(&format!(
            "<div{field}><label{label} for=\"{id}\">{}</label><input{input} id=\"{id}\"></div>",
            words(numbers)
        ));
        page.elements += 2;
    }
    page.add("<div class=\"row\">");
    button(page, "Send");
    button(page, "Clear");
    page.add("</div></form></section>");
}

fn button(page: &mut Page, text: &str) {
    let id = page.id(Sort::Button);
    let class = page.class("pk-button", "own-button");
    page.add(&format!("<button{class} type=\"button\" id=\"{id}\">{text}</button>"));
}

fn cards(page: &mut Page, numbers: &mut Numbers) {
    page.add("<section class=\"stack\">");
    heading(page, numbers);
    let row = page.id(Sort::Row);
    page.add(&format!("<div class=\"stack\" id=\"{row}\">"));
    for _ in 0..=numbers.below(3) {
        let (card, text) = (page.id(Sort::Box), page.id(Sort::Text));
        let (class, quiet) = (page.class("pk-card", "own-box"), page.class("pk-quiet", "own-quiet"));
        let (one, two) = (words(numbers), words(numbers));
        page.add(&format!(
            "<article{class} id=\"{card}\"><h3>{one}</h3><p{quiet} id=\"{text}\">Owned with {two}.</p></article>"
        ));
        page.elements += 1;
    }
    page.add("</div></section>");
}

fn table(page: &mut Page, numbers: &mut Numbers) {
    page.add("<section class=\"stack\">");
    heading(page, numbers);
    let class = page.class("pk-table", "own-table");
    page.add(&format!(
        "<table{class}><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">State</th></tr></thead><tbody>"
    ));
    for _ in 0..=numbers.below(3) {
        let id = page.id(Sort::Cell);
        let badge = if page.kit { "<span class=\"pk-badge pk-badge--fine\">Fine</span>" } else { "Fine" };
        page.add(&format!("<tr><td id=\"{id}\">{}</td><td>{badge}</td></tr>", words(numbers)));
        page.elements += 3;
    }
    page.add("</tbody></table></section>");
}

fn toolbar(page: &mut Page, numbers: &mut Numbers) {
    let row = page.id(Sort::Row);
    page.add(&format!("<div class=\"row\" id=\"{row}\">"));
    for _ in 0..=numbers.below(2) {
        let text = words(numbers);
        button(page, text);
    }
    page.add("</div>");
}

fn facts(page: &mut Page, numbers: &mut Numbers) {
    let card = page.id(Sort::Box);
    let class = page.class("pk-empty", "own-box");
    page.add(&format!("<div{class} id=\"{card}\"><dl>"));
    for _ in 0..=numbers.below(2) {
        let id = page.id(Sort::Text);
        let (one, two) = (words(numbers), words(numbers));
        page.add(&format!("<dt>{one}</dt><dd id=\"{id}\">{two}</dd>"));
        page.elements += 1;
    }
    page.add("</dl></div>");
}

/// A colour that no token has: saturated, and not among those of a bank.
fn paint(numbers: &mut Numbers) -> String {
    let [r, g, b] = [numbers.below(256), numbers.below(256), numbers.below(256)];
    format!("#{r:02x}{g:02x}{b:02x}")
}

const SIZES: [u32; 12] = [3, 5, 6, 7, 9, 10, 11, 13, 15, 18, 22, 28];

/// Does one thing to an element that it fits, or nothing where there is none.
fn depart(page: &mut Page, numbers: &mut Numbers, taken: &mut Vec<String>) -> Option<Departure> {
    const KINDS: [(&str, &[Sort]); 26] = [
        ("text colour", &[Sort::Text, Sort::Cell, Sort::Heading]),
        ("background", &[Sort::Box, Sort::Text]),
        ("border colour", &[Sort::Box]),
        ("font", &[Sort::Text, Sort::Cell, Sort::Heading]),
        ("font size", &[Sort::Text, Sort::Cell, Sort::Heading]),
        ("font weight", &[Sort::Text, Sort::Cell, Sort::Heading]),
        ("line height", &[Sort::Text, Sort::Cell]),
        ("padding", &[Sort::Box, Sort::Cell, Sort::Button]),
        ("margin", &[Sort::Text, Sort::Heading]),
        ("gap", &[Sort::Row]),
        ("radius", &[Sort::Box, Sort::Button]),
        ("shadow", &[Sort::Box, Sort::Button]),
        ("no focus ring", &[Sort::Link, Sort::Button]),
        ("another focus ring", &[Sort::Link, Sort::Button]),
        ("contrast", &[Sort::Text, Sort::Cell]),
        ("contrast under the pointer", &[Sort::Link]),
        ("a div for a button", &[Sort::Button]),
        ("a link without an address", &[Sort::Link]),
        ("no label", &[Sort::Field]),
        ("a placeholder for a label", &[Sort::Field]),
        ("no alternative", &[Sort::Picture]),
        ("a level left out", &[Sort::Heading]),
        ("a place of its own in the order", &[Sort::Button, Sort::Link]),
        ("a small target", &[Sort::Button]),
        ("too wide", &[Sort::Text, Sort::Cell, Sort::Box]),
        ("no words", &[Sort::Button]),
    ];
    let (what, sorts) = numbers.one(&KINDS);
    let fits: Vec<String> = page
        .places
        .iter()
        .filter(|(sort, id)| sorts.contains(sort) && !taken.contains(id))
        .map(|(_, id)| id.clone())
        .collect();
    if fits.is_empty() {
        return None;
    }
    let id = fits[numbers.below(fits.len())].clone();
    let size = numbers.one(&SIZES);
    let mut rule = |text: String| {
        // Writing into a text does not fail.
        let _ = writeln!(page.css, "{text}");
    };
    let rules: &'static [&'static str] = match what {
        "text colour" => {
            rule(format!("#{id}{{color:{}}}", paint(numbers)));
            &["color-text"]
        }
        "background" => {
            rule(format!("#{id}{{background:{}}}", paint(numbers)));
            &["color-background"]
        }
        "border colour" => {
            rule(format!("#{id}{{border-color:{}}}", paint(numbers)));
            &["color-border"]
        }
        "font" => {
            let font = numbers.one(&[
                "Georgia,serif",
                "Verdana,sans-serif",
                "\"Comic Sans MS\",cursive",
                "Arial,Helvetica,sans-serif",
                "\"Times New Roman\"",
            ]);
            rule(format!("#{id}{{font-family:{font}}}"));
            &["font-family"]
        }
        "font size" => {
            rule(format!("#{id}{{font-size:{}px}}", numbers.one(&[9, 10, 11, 15, 17, 18, 19, 22, 24, 28])));
            &["font-size"]
        }
        "font weight" => {
            rule(format!("#{id}{{font-weight:{}}}", numbers.one(&[100, 200, 300, 700, 800, 900])));
            &["font-weight"]
        }
        "line height" => {
            rule(format!("#{id}{{line-height:{}}}", numbers.one(&["1", "1.1", "1.35", "1.8", "2", "30px"])));
            &["line-height"]
        }
        "padding" => {
            rule(format!("#{id}{{padding:{size}px}}"));
            &["spacing"]
        }
        "margin" => {
            rule(format!("#{id}{{margin-bottom:{size}px}}"));
            &["spacing"]
        }
        "gap" => {
            rule(format!("#{id}{{gap:{size}px}}"));
            &["spacing"]
        }
        "radius" => {
            rule(format!("#{id}{{border-radius:{}px}}", numbers.one(&[1, 3, 5, 6, 8, 10, 12, 16, 24])));
            &["radius"]
        }
        "shadow" => {
            rule(format!(
                "#{id}{{box-shadow:0 {}px {}px rgb(0 0 0 / {}%)}}",
                1 + numbers.below(8),
                2 + numbers.below(20),
                10 + numbers.below(50)
            ));
            &["shadow"]
        }
        "no focus ring" => {
            rule(format!("#{id}:focus-visible{{outline:none}}"));
            &["focus-ring"]
        }
        "another focus ring" => {
            rule(format!("#{id}:focus-visible{{outline:2px solid {}}}", paint(numbers)));
            &["focus-ring"]
        }
        "contrast" => {
            rule(format!("#{id}{{color:var(--pk-border)}}"));
            &["contrast"]
        }
        "contrast under the pointer" => {
            rule(format!("#{id}:hover{{color:var(--pk-surface-2)}}"));
            &["contrast"]
        }
        "a div for a button" => {
            let from = page.html.find(&format!("id=\"{id}\"")).and_then(|at| page.html[..at].rfind("<button"))?;
            let end = from + page.html[from..].find("</button>")?;
            let with =
                numbers.one(&["<div onclick=\"void 0\"", "<div role=\"button\" tabindex=\"0\"", "<span", "<div"]);
            let inside = page.html[from + "<button".len()..end].replace(" type=\"button\"", "");
            let tag = if with.starts_with("<span") { "span" } else { "div" };
            page.html.replace_range(from..end + "</button>".len(), &format!("{with}{inside}</{tag}>"));
            &["fake-control"]
        }
        "a link without an address" => {
            let from = page.html.find(&format!("id=\"{id}\" href="))?;
            let end = from + page.html[from..].find('>')?;
            page.html.replace_range(from..end, &format!("id=\"{id}\" style=\"cursor:pointer\""));
            &["fake-control"]
        }
        "no label" | "a placeholder for a label" => {
            page.html = page.html.replace(&format!(" for=\"{id}\""), "");
            if what == "a placeholder for a label" {
                page.html =
                    page.html.replace(&format!(" id=\"{id}\">"), &format!(" id=\"{id}\" placeholder=\"Type here\">"));
            }
            &["label"]
        }
        "no alternative" => {
            page.html = page.html.replace(&format!("<img id=\"{id}\" alt=\"A chart\""), &format!("<img id=\"{id}\""));
            &["label"]
        }
        "a level left out" => {
            let from = page.html.find(&format!("<h2 id=\"{id}\">"))?;
            // After a heading of level 3 a fifth, after the first or second a fourth.
            let deep = page.html[..from]
                .rfind("<h3")
                .is_some_and(|h3| page.html[..from].rfind("<h2").is_none_or(|h2| h2 < h3));
            let level = if deep { 5 } else { 4 };
            let end = from + page.html[from..].find("</h2>")?;
            page.html.replace_range(end..end + 5, &format!("</h{level}>"));
            page.html.replace_range(from..from + 3, &format!("<h{level}"));
            &["headings"]
        }
        "a place of its own in the order" => {
            page.html = page
                .html
                .replace(&format!(" id=\"{id}\""), &format!(" id=\"{id}\" tabindex=\"{}\"", 1 + numbers.below(5)));
            &["tab-order"]
        }
        "a small target" => {
            let side = 12 + numbers.below(9);
            rule(format!("#{id}{{width:{side}px;height:{side}px;min-height:0;padding:0;overflow:hidden}}"));
            &["target-size"]
        }
        "too wide" => {
            rule(format!("#{id}{{min-width:{}px;max-width:none}}", 420 + numbers.below(300)));
            &["overflow"]
        }
        _ => {
            let from = page.html.find(&format!("id=\"{id}\">"))? + id.len() + 6;
            let end = from + page.html[from..].find("</button>")?;
            page.html.replace_range(from..end, "<svg aria-hidden=\"true\" width=\"16\" height=\"16\"></svg>");
            &["label"]
        }
    };
    taken.push(id.clone());
    Some(Departure { what: what.to_owned(), element: format!("#{id}"), rules })
}

/// A page of the set.
pub fn labelled(seed: u64) -> Labelled {
    let mut numbers = Numbers::new(seed);
    let mut page = clean(&mut numbers);
    let (mut departures, mut taken) = (Vec::new(), Vec::new());
    let wanted = 2 + numbers.below(4);
    for _ in 0..60 {
        if departures.len() >= wanted {
            break;
        }
        departures.extend(depart(&mut page, &mut numbers, &mut taken));
    }
    let sheets = if page.kit { "<link rel=\"stylesheet\" href=\"/design/v1/kit.css\">" } else { "" };
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Page {seed}</title>\
         <link rel=\"stylesheet\" href=\"/design/v1/tokens.css\">{sheets}<style>{}</style></head><body>{}</body></html>",
        page.css, page.html
    );
    Labelled { html, elements: page.elements, departures }
}
