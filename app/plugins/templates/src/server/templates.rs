//! The templates as one caller may see them: what is hidden from it is as if it were not there.

use std::collections::HashMap;

use descriptor::EntityRef;
use kit::components::{Facet, FacetValue};
use kit::error::AppError;
use kit::identity::Caller;
use kit::plugin::{Hit, Permission};
use kit::query::{href, segment};
use kit::server::authorise::{Attribute, Attributes, Filter, Resource};
use kit::server::clock::Millis;
use kit::server::definitions::{self, Version};
use kit::server::personal::Item;
use kit::server::{db, search, stars};
use sea_orm::{DbErr, QueryResult, Value as Sql};

use super::Templates;
use super::statistics::{self, Statistics};
use crate::info::{READ_TEMPLATE, RUN_TEMPLATE, STAR_TEMPLATE};

/// Templates on a page of the gallery.
const PAGE: usize = 24;

/// Values shown of one facet.
const FACET_VALUES: usize = 12;

/// The most filters of one list.
const MAX_CHOSEN: usize = 50;

/// The longest filter or search text, in bytes.
const MAX_TEXT: usize = 500;

/// Runs of one's own that the recent templates are taken from.
const RECENT_RUNS: u32 = 200;

/// The columns that [`Row::read`] reads.
const COLUMNS: &str = "t.id, t.ref, t.namespace, t.name, t.family, t.major, t.title, t.description, t.type, t.lifecycle, t.owner, t.source, t.problem, t.checked_at";

/// What every template is, as policies see it.
const KIND: &str = "template";

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its row.
    pub id: i64,
    /// The canonical ref.
    pub template: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is called without the major number, where the name has one.
    pub family: String,
    /// The major number in the name; 0 where there is none.
    pub major: u32,
    /// What people call it.
    pub title: String,
    /// What it is for, in a few words.
    pub description: String,
    /// Its type.
    pub type_name: String,
    /// Where it is in its life, where the descriptor says so.
    pub lifecycle: String,
    /// The canonical ref of who owns it.
    pub owner: String,
    /// Where it was read from.
    pub source: String,
    /// Why what there is now is no version; empty where it is one.
    pub problem: String,
    /// When it was last read.
    pub checked_at: Millis,
}

/// A template as a list shows it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// It.
    pub row: Row,
    /// What people call its owner.
    pub owner_title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The version that is run.
    pub version: Option<Version>,
    /// How its runs went.
    pub statistics: Statistics,
    /// Whether the caller may run it.
    pub may_run: bool,
    /// The other majors of its family that the caller may see, the highest first.
    pub majors: Vec<Major>,
}

/// Another major of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Major {
    /// Its number; 0 where the name has none.
    pub major: u32,
    /// The name of that template.
    pub name: String,
    /// Where it is.
    pub href: String,
}

/// Which templates are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// All of them.
    #[default]
    All,
    /// Those that the caller starred.
    Starred,
    /// Those that the caller ran last.
    Recent,
}

impl Show {
    /// In the order of the page.
    pub const ALL: [Self; 3] = [Self::All, Self::Starred, Self::Recent];

    /// As the address has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Starred => "starred",
            Self::Recent => "recent",
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Starred => "Starred",
            Self::Recent => "My recent",
        }
    }
}

/// What narrows the gallery: its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GalleryQuery {
    /// Words that are looked for.
    pub text: String,
    /// All, starred or recent ones.
    pub show: Show,
    /// Types, tags and owners, each one of its values.
    pub chosen: [Vec<String>; 3],
    /// The row that the page comes after.
    pub after: Option<i64>,
}

/// The filters in the order of [`GalleryQuery::chosen`], with the name in the address and the heading.
const FACETS: [(&str, &str); 3] = [("type", "Type"), ("tag", "Tag"), ("owner", "Owner")];

impl GalleryQuery {
    /// From an address.
    pub fn from_params(all: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name: &str| all(name).into_iter().next().unwrap_or_default();
        let show = one("show");
        Self {
            text: one("q").trim().to_owned(),
            show: Show::ALL.into_iter().find(|each| each.name() == show).unwrap_or_default(),
            chosen: FACETS.map(|(name, _)| {
                let mut values: Vec<String> = all(name).into_iter().filter(|value| !value.is_empty()).collect();
                values.sort_unstable();
                values.dedup();
                values
            }),
            after: one("after").parse().ok(),
        }
    }

    /// The address.
    pub fn href(&self) -> String {
        let after = self.after.map(|after| after.to_string()).unwrap_or_default();
        let mut pairs = vec![("q", self.text.as_str()), ("show", self.show.name())];
        for ((name, _), values) in FACETS.iter().zip(&self.chosen) {
            pairs.extend(values.iter().map(|value| (*name, value.as_str())));
        }
        pairs.push(("after", after.as_str()));
        href("/create", pairs)
    }

    /// The same from its first page, with this shown.
    pub fn showing(&self, show: Show) -> Self {
        Self { show, after: None, ..self.clone() }
    }

    /// Whether anything is left out.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty() || self.chosen.iter().any(|values| !values.is_empty())
    }

    fn toggled(&self, facet: usize, value: &str) -> Self {
        let mut toggled = Self { after: None, ..self.clone() };
        let values = &mut toggled.chosen[facet];
        match values.iter().position(|each| each == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value.to_owned()),
        }
        toggled
    }

    fn check(&self) -> Result<(), AppError> {
        let chosen: Vec<&String> = self.chosen.iter().flatten().chain([&self.text]).collect();
        if chosen.len() > MAX_CHOSEN || chosen.iter().any(|text| text.len() > MAX_TEXT) {
            let message = format!("At most {MAX_CHOSEN} filters of {MAX_TEXT} characters can be chosen at once");
            return Err(AppError::bad_request(message));
        }
        Ok(())
    }
}

/// A page of the gallery.
#[derive(Debug, Clone)]
pub struct Gallery {
    /// The templates in their order.
    pub items: Vec<Listed>,
    /// How many there are on all pages.
    pub total: u64,
    /// What they can be narrowed by.
    pub facets: Vec<Facet>,
    /// The first page, where this is another.
    pub previous: Option<String>,
    /// The page after this.
    pub next: Option<String>,
    /// Whether there is any template that the caller may see.
    pub any: bool,
}

impl Row {
    /// The address of its page.
    pub fn href(&self) -> String {
        template_href(&self.namespace, &self.name)
    }

    /// As policies see it.
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes {
            id: &self.template,
            kind: KIND,
            namespace: &self.namespace,
            r#type: &self.type_name,
            lifecycle: &self.lifecycle,
            owner: &self.owner,
        }
    }

    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let text = |name: &str| row.try_get::<String>("", name);
        Ok(Self {
            id: row.try_get("", "id")?,
            template: text("ref")?,
            namespace: text("namespace")?,
            name: text("name")?,
            family: text("family")?,
            major: u32::try_from(row.try_get::<i64>("", "major")?).unwrap_or(0),
            title: text("title")?,
            description: text("description")?,
            type_name: text("type")?,
            lifecycle: text("lifecycle")?,
            owner: text("owner")?,
            source: text("source")?,
            problem: text("problem")?,
            checked_at: row.try_get("", "checked_at")?,
        })
    }
}

/// The address of a template's page.
pub fn template_href(namespace: &str, name: &str) -> String {
    format!("/create/templates/{}/{}", segment(namespace), segment(name))
}

impl Templates {
    /// The template with this ref; to whoever may not see it, it is not there.
    pub async fn readable(&self, caller: &Caller, template: &str) -> Result<Row, AppError> {
        let unknown = || AppError::not_found(format!("The template {template}"));
        if *caller == Caller::Anonymous {
            return Err(AppError::Unauthenticated);
        }
        let canonical = EntityRef::parse(template, Some(KIND), "default").map_err(|_| unknown())?.to_string();
        let text = format!("SELECT {COLUMNS} FROM templates_template t WHERE t.ref = ?");
        let row = db::rows(self.kit.db.read(), &text, [canonical.into()]).await?;
        let row = Row::read(row.first().ok_or_else(unknown)?)?;
        if !self.entities.visible(caller).allows(&row.attributes()) {
            return Err(unknown());
        }
        match self.kit.authorise(caller, &READ_TEMPLATE, &Resource::Known(&row.attributes())).await {
            Err(AppError::Forbidden { .. }) => Err(unknown()),
            decided => decided.map(|()| row),
        }
    }

    /// Lets the caller do `permission` to a template that it may see, or says which right is missing.
    pub async fn permit(&self, caller: &Caller, permission: &Permission, row: &Row) -> Result<(), AppError> {
        self.kit.authorise(caller, permission, &Resource::Known(&row.attributes())).await
    }

    /// Whether [`permit`](Self::permit) would let it.
    pub fn may(&self, caller: &Caller, permission: &Permission, row: &Row) -> bool {
        self.kit.may(caller, permission, &Resource::Known(&row.attributes()))
    }

    /// A page of the templates that the caller may see. Of a family the highest major is shown, and leads to the others.
    pub async fn gallery(&self, caller: &Caller, query: &GalleryQuery) -> Result<Gallery, AppError> {
        query.check()?;
        let among = self.shown(caller, query.show).await?;
        let all = self.conditions(caller, query, &among, None);
        let mut page = all.clone();
        if let Some(after) = query.after {
            let text = "(t.sort_title, t.id) > (SELECT a.sort_title, a.id FROM templates_template a WHERE a.id = ?)";
            page.add(text, [after.into()]);
        }
        let text = format!(
            "SELECT {COLUMNS} FROM templates_template t WHERE {} ORDER BY t.sort_title, t.id LIMIT {}",
            page.text(),
            PAGE + 1
        );
        let read = self.kit.db.read();
        let rows = db::rows(read, &text, page.values).await?;
        let mut rows = rows.iter().map(Row::read).collect::<Result<Vec<_>, _>>()?;
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next =
            rows.last().filter(|_| more).map(|last| GalleryQuery { after: Some(last.id), ..query.clone() }.href());
        let text = format!("SELECT count(*) AS n FROM templates_template t WHERE {}", all.text());
        let total = count(&db::rows(read, &text, all.values).await?)?;
        let any = total > 0 || self.sees_any(caller).await?;
        Ok(Gallery {
            items: self.listed(caller, rows).await?,
            total,
            facets: self.facets(caller, query, &among).await?,
            previous: query.after.map(|_| query.showing(query.show).href()),
            next,
            any,
        })
    }

    /// The templates of the global search.
    pub async fn found(&self, caller: &Caller, query: &str, limit: u32) -> Result<Vec<Hit>, AppError> {
        let Some((matching, values)) = search::matching(self.kit.db.backend(), crate::INFO.id, query) else {
            return Ok(Vec::new());
        };
        let mut conditions = self.visible(caller, "t");
        conditions.add(&format!("t.id IN ({matching})"), values);
        let text = format!(
            "SELECT {COLUMNS} FROM templates_template t WHERE {} ORDER BY t.sort_title, t.id LIMIT {limit}",
            conditions.text()
        );
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        Ok(rows.iter().map(|row| Row::read(row).map(|row| hit(&row))).collect::<Result<_, _>>()?)
    }

    /// Those of these templates that are there and that the caller may see.
    pub async fn items_of(&self, caller: &Caller, refs: &[String]) -> Result<Vec<(String, Hit)>, AppError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let mut conditions = self.visible(caller, "t");
        let marks = db::marks(refs.len());
        conditions.add(&format!("t.ref IN ({marks})"), refs.iter().map(|each| each.as_str().into()));
        let text = format!("SELECT {COLUMNS} FROM templates_template t WHERE {}", conditions.text());
        let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        let hits = rows.iter().map(|row| Row::read(row).map(|row| (row.template.clone(), hit(&row))));
        Ok(hits.collect::<Result<_, _>>()?)
    }

    /// Stars a template that the caller may see, or takes the star away, also of one that is gone.
    pub async fn star(&self, caller: &Caller, template: &str, starred: bool) -> Result<(), AppError> {
        let template = if starred { self.readable(caller, template).await?.template } else { template.to_owned() };
        let item = Item::new(crate::INFO.id, template);
        stars::set(&self.kit, caller, STAR_TEMPLATE.action, &item, starred).await
    }

    /// The other majors of a template's family that the caller may see, the highest first.
    pub async fn majors(&self, caller: &Caller, row: &Row) -> Result<Vec<Major>, AppError> {
        let of = self.majors_of(caller, std::slice::from_ref(row)).await?;
        Ok(of.into_values().next().unwrap_or_default())
    }

    /// The tags of these templates, by row.
    pub async fn tags(&self, ids: &[i64]) -> Result<HashMap<i64, Vec<String>>, DbErr> {
        let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
        if ids.is_empty() {
            return Ok(tags);
        }
        let text = format!(
            "SELECT template_id, tag FROM templates_tag WHERE template_id IN ({}) ORDER BY template_id, tag",
            db::marks(ids.len())
        );
        for row in db::rows(self.kit.db.read(), &text, ids.iter().map(|id| (*id).into())).await? {
            tags.entry(row.try_get("", "template_id")?).or_default().push(row.try_get("", "tag")?);
        }
        Ok(tags)
    }

    /// Whether the caller may see every template there is.
    pub fn sees_all(&self, caller: &Caller) -> bool {
        self.kit.gate.filter(caller, &READ_TEMPLATE) == Filter::All && self.entities.visible(caller) == Filter::All
    }

    async fn sees_any(&self, caller: &Caller) -> Result<bool, DbErr> {
        let conditions = self.visible(caller, "t");
        let text = format!("SELECT 1 FROM templates_template t WHERE {} LIMIT 1", conditions.text());
        Ok(!db::rows(self.kit.db.read(), &text, conditions.values).await?.is_empty())
    }

    async fn listed(&self, caller: &Caller, rows: Vec<Row>) -> Result<Vec<Listed>, AppError> {
        let refs: Vec<String> = rows.iter().map(|row| row.template.clone()).collect();
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut owners: Vec<String> = rows.iter().map(|row| row.owner.clone()).collect();
        owners.sort_unstable();
        owners.dedup();
        let read = self.kit.db.read();
        let (mut tags, titles) = (self.tags(&ids).await?, self.entities.titles(caller, &owners).await?);
        let mut versions = definitions::latest_of(read, crate::INFO.id, &refs).await?;
        let mut statistics = statistics::of_templates(read, &refs, self.kit.clock.now()).await?;
        let mut majors = self.majors_of(caller, &rows).await?;
        let listed = rows.into_iter().map(|row| Listed {
            owner_title: titles.get(&row.owner).cloned().unwrap_or_else(|| short(&row.owner).to_owned()),
            tags: tags.remove(&row.id).unwrap_or_default(),
            version: versions.remove(&row.template),
            statistics: statistics.remove(&row.template).unwrap_or_default(),
            may_run: self.may(caller, &RUN_TEMPLATE, &row),
            majors: majors.remove(&row.id).unwrap_or_default(),
            row,
        });
        Ok(listed.collect())
    }

    async fn majors_of(&self, caller: &Caller, rows: &[Row]) -> Result<HashMap<i64, Vec<Major>>, DbErr> {
        let mut majors: HashMap<i64, Vec<Major>> = HashMap::new();
        if rows.is_empty() {
            return Ok(majors);
        }
        let mut conditions = self.visible(caller, "t");
        let pairs = vec!["(t.namespace = ? AND t.family = ?)"; rows.len()].join(" OR ");
        let values = rows.iter().flat_map(|row| [row.namespace.as_str().into(), row.family.as_str().into()]);
        conditions.add(&format!("({pairs})"), values);
        let text = format!(
            "SELECT {COLUMNS} FROM templates_template t WHERE {} ORDER BY t.major DESC, t.id DESC LIMIT 500",
            conditions.text()
        );
        let found = db::rows(self.kit.db.read(), &text, conditions.values).await?;
        let found = found.iter().map(Row::read).collect::<Result<Vec<_>, _>>()?;
        for row in rows {
            let of = found
                .iter()
                .filter(|other| other.id != row.id && other.family == row.family && other.namespace == row.namespace);
            let of = of.map(|other| Major { major: other.major, name: other.name.clone(), href: other.href() });
            majors.insert(row.id, of.collect());
        }
        Ok(majors)
    }

    /// The refs that `show` leaves; all where there are none.
    async fn shown(&self, caller: &Caller, show: Show) -> Result<Option<Vec<String>>, AppError> {
        Ok(match show {
            Show::All => None,
            Show::Starred => {
                let starred = stars::of(&self.kit, caller).await?.into_iter();
                Some(starred.filter(|item| item.plugin == crate::INFO.id).map(|item| item.item).collect())
            }
            Show::Recent => Some(statistics::recent(self.kit.db.read(), caller.subject(), RECENT_RUNS).await?),
        })
    }

    fn conditions(
        &self,
        caller: &Caller,
        query: &GalleryQuery,
        among: &Option<Vec<String>>,
        except: Option<usize>,
    ) -> Conditions {
        let mut conditions = self.visible(caller, "t");
        if let Some(among) = among {
            let marks = if among.is_empty() { "NULL".to_owned() } else { db::marks(among.len()) };
            conditions.add(&format!("t.ref IN ({marks})"), among.iter().map(|each| each.as_str().into()));
        } else {
            // Of a family one stands for all.
            let higher = self.visible(caller, "o");
            let text = format!(
                "NOT EXISTS (SELECT 1 FROM templates_template o WHERE o.namespace = t.namespace AND o.family = t.family AND o.major > t.major AND {})",
                higher.text()
            );
            conditions.add(&text, higher.values);
        }
        for (facet, values) in query.chosen.iter().enumerate() {
            if values.is_empty() || Some(facet) == except {
                continue;
            }
            let marks = db::marks(values.len());
            let text = match FACETS[facet].0 {
                "tag" => format!("t.id IN (SELECT g.template_id FROM templates_tag g WHERE g.tag IN ({marks}))"),
                column => format!("t.{column} IN ({marks})"),
            };
            conditions.add(&text, values.iter().map(|value| value.as_str().into()));
        }
        if let Some((matching, values)) = search::matching(self.kit.db.backend(), crate::INFO.id, &query.text) {
            conditions.add(&format!("t.id IN ({matching})"), values);
        }
        conditions
    }

    async fn facets(
        &self,
        caller: &Caller,
        query: &GalleryQuery,
        among: &Option<Vec<String>>,
    ) -> Result<Vec<Facet>, AppError> {
        let mut facets = Vec::new();
        for (number, (name, label)) in FACETS.into_iter().enumerate() {
            let conditions = self.conditions(caller, query, among, Some(number));
            let (from, value) = match name {
                "tag" => ("templates_template t JOIN templates_tag g ON g.template_id = t.id", "g.tag".to_owned()),
                column => ("templates_template t", format!("t.{column}")),
            };
            let text = format!(
                "SELECT {value} AS value, count(*) AS n FROM {from} WHERE {} AND {value} <> '' GROUP BY {value} ORDER BY n DESC, value LIMIT 200",
                conditions.text()
            );
            let rows = db::rows(self.kit.db.read(), &text, conditions.values).await?;
            let mut counted = rows
                .iter()
                .map(|row| Ok((row.try_get("", "value")?, row.try_get::<i64>("", "n")?.unsigned_abs())))
                .collect::<Result<Vec<(String, u64)>, DbErr>>()?;
            for chosen in &query.chosen[number] {
                if !counted.iter().any(|(value, _)| value == chosen) {
                    counted.push((chosen.clone(), 0));
                }
            }
            let is_chosen = |value: &String| query.chosen[number].contains(value);
            let more = counted.len() > FACET_VALUES;
            let mut place = 0;
            counted.retain(|(value, _)| {
                place += 1;
                place <= FACET_VALUES || is_chosen(value)
            });
            let owners: Vec<String> = match name {
                "owner" => counted.iter().map(|(value, _)| value.clone()).collect(),
                _ => Vec::new(),
            };
            let titles = self.entities.titles(caller, &owners).await?;
            let label_of = |value: &String| match name {
                "owner" => titles.get(value).cloned().unwrap_or_else(|| short(value).to_owned()),
                _ => value.clone(),
            };
            let values = counted.into_iter().map(|(value, count)| FacetValue {
                label: label_of(&value),
                chosen: is_chosen(&value),
                href: query.toggled(number, &value).href(),
                count,
                value,
            });
            facets.push(Facet { name: name.into(), label: label.into(), values: values.collect(), more });
        }
        Ok(facets)
    }

    /// What every template under the name `alias` must meet to be seen.
    fn visible(&self, caller: &Caller, alias: &str) -> Conditions {
        let mut conditions = Conditions::default();
        for filter in [self.kit.gate.filter(caller, &READ_TEMPLATE), self.entities.visible(caller)] {
            let (text, values) = filter.sql(&|attribute| match attribute {
                Attribute::Id => format!("{alias}.ref"),
                Attribute::Kind => format!("'{KIND}'"),
                Attribute::Namespace => format!("{alias}.namespace"),
                Attribute::Type => format!("{alias}.type"),
                Attribute::Lifecycle => format!("{alias}.lifecycle"),
                Attribute::Owner => format!("{alias}.owner"),
            });
            conditions.add(&text, values);
        }
        conditions
    }
}

/// Conditions that must all be met, with their values.
#[derive(Debug, Clone, Default)]
struct Conditions {
    parts: Vec<String>,
    values: Vec<Sql>,
}

impl Conditions {
    fn add(&mut self, text: &str, values: impl IntoIterator<Item = Sql>) {
        self.parts.push(text.to_owned());
        self.values.extend(values);
    }

    fn text(&self) -> String {
        self.parts.join(" AND ")
    }
}

/// The name of an entity in its ref.
pub fn short(entity_ref: &str) -> &str {
    entity_ref.rsplit('/').next().unwrap_or(entity_ref)
}

fn hit(row: &Row) -> Hit {
    Hit { title: row.title.clone(), detail: row.name.clone(), kind: "Template".into(), path: row.href() }
}

fn count(rows: &[QueryResult]) -> Result<u64, DbErr> {
    rows.first().map_or(Ok(0), |row| row.try_get::<i64>("", "n").map(i64::unsigned_abs))
}
