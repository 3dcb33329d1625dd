//! How the runs of templates went.

use std::collections::HashMap;

use kit::server::clock::Millis;
use kit::server::db;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

/// What is looked back at: 90 days.
const SPAN: Millis = 90 * 24 * 60 * 60 * 1000;

/// The runs that a median is taken from, the latest ones.
const SAMPLE: u32 = 500;

/// What runs count as ended.
const ENDED: &str = "state IN ('completed', 'failed')";

/// How runs went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many came to an end, cancelled ones left out.
    pub runs: u64,
    /// How many of them did what they were to do.
    pub completed: u64,
    /// The time that the middle one of those took.
    pub median: Option<Millis>,
}

impl Statistics {
    /// The share that did what it was to do, in percent; none without runs. Only where every run did, it is 100.
    pub fn success(&self) -> Option<u64> {
        (self.runs > 0).then(|| self.completed * 100 / self.runs)
    }
}

/// How the runs of these templates went, by template; without medians.
pub async fn of_templates(
    connection: &impl ConnectionTrait,
    templates: &[String],
    now: Millis,
) -> Result<HashMap<String, Statistics>, DbErr> {
    if templates.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT template, count(*) AS runs, sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed FROM templates_task \
         WHERE template IN ({}) AND {ENDED} AND created_at > ? GROUP BY template",
        db::marks(templates.len())
    );
    let values = templates.iter().map(|template| template.as_str().into()).chain([(now - SPAN).into()]);
    let rows = db::rows(connection, &text, values).await?;
    rows.iter().map(|row| Ok((row.try_get("", "template")?, counted(row)?))).collect()
}

/// How the runs of one template went, in all and by version.
pub async fn of_versions(
    connection: &impl ConnectionTrait,
    template: &str,
    now: Millis,
) -> Result<(Statistics, HashMap<String, Statistics>), DbErr> {
    let text = format!(
        "SELECT version, count(*) AS runs, sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completed FROM templates_task \
         WHERE template = ? AND {ENDED} AND created_at > ? GROUP BY version"
    );
    let mut of: HashMap<String, Statistics> = HashMap::new();
    let mut all = Statistics::default();
    for row in db::rows(connection, &text, [template.into(), (now - SPAN).into()]).await? {
        let counted = counted(&row)?;
        all.runs += counted.runs;
        all.completed += counted.completed;
        of.insert(row.try_get("", "version")?, counted);
    }
    let text = format!(
        "SELECT version, ended_at - started_at AS took FROM templates_task WHERE template = ? AND state = 'completed' AND created_at > ? \
         AND started_at IS NOT NULL ORDER BY id DESC LIMIT {SAMPLE}"
    );
    let (mut times, mut by_version) = (Vec::new(), HashMap::<String, Vec<Millis>>::new());
    for row in db::rows(connection, &text, [template.into(), (now - SPAN).into()]).await? {
        if let Some(took) = row.try_get::<Option<i64>>("", "took")? {
            times.push(took);
            by_version.entry(row.try_get("", "version")?).or_default().push(took);
        }
    }
    all.median = median(times);
    for (version, times) in by_version {
        of.entry(version).or_default().median = median(times);
    }
    Ok((all, of))
}

/// The templates that somebody ran last, each once, of so many runs.
pub async fn recent(connection: &impl ConnectionTrait, caller: &str, runs: u32) -> Result<Vec<String>, DbErr> {
    let text = format!("SELECT template FROM templates_task WHERE caller = ? ORDER BY id DESC LIMIT {runs}");
    let mut recent: Vec<String> = Vec::new();
    for row in db::rows(connection, &text, [caller.into()]).await? {
        let template = row.try_get("", "template")?;
        if !recent.contains(&template) {
            recent.push(template);
        }
    }
    Ok(recent)
}

/// A time as people say it.
pub fn duration(millis: Millis) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0 => "under a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn counted(row: &QueryResult) -> Result<Statistics, DbErr> {
    let count = |name: &str| row.try_get::<i64>("", name).map(i64::unsigned_abs);
    Ok(Statistics { runs: count("runs")?, completed: count("completed")?, median: None })
}

fn median(mut times: Vec<Millis>) -> Option<Millis> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_only_whole_where_every_run_did() {
        let of = |runs, completed| Statistics { runs, completed, median: None }.success();
        assert_eq!((of(0, 0), of(3, 3), of(1000, 999), of(3, 0)), (None, Some(100), Some(99), Some(0)));
        assert_eq!((median(vec![]), median(vec![5]), median(vec![9, 1, 4])), (None, Some(5), Some(4)));
        assert_eq!(
            (duration(300), duration(61_000), duration(3_700_000)),
            ("under a second".into(), "1 min 1 s".into(), "1 h 1 min".into())
        );
    }
}
