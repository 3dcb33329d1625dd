//! Everything that a state of the catalog page lists, as CSV, a chunk at a time.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use kit::error::AppError;
use kit::identity::Caller;
use url::form_urlencoded;

use super::filter::{self, Cursor, Order};
use super::read::{ROW, entity_rows};
use super::reader::Reader;
use super::service::{Catalog, column_of};
use crate::info::READ_ENTITIES;
use crate::model::{EntityLink, EntityRow, ListQuery};

/// Rows of one chunk.
const CHUNK: u64 = 1_000;

const HEADINGS: [&str; 10] =
    ["Ref", "Name", "Title", "Kind", "Type", "Description", "Lifecycle", "Owner", "System", "Changed"];

/// `GET /api/catalog/entities.csv` with the parameters of the catalog page.
pub async fn csv(
    Extension(catalog): Extension<Catalog>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let reader = catalog.reader(&caller, &READ_ENTITIES).await?;
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let of = |name: &str| pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
    let query = reader.checked(ListQuery::from_params(of))?;
    let headings = written(std::iter::once(HEADINGS.map(String::from)))?;
    let rows = stream::try_unfold(Some(None::<Cursor>), move |at| {
        let (reader, query) = (reader.clone(), query.clone());
        async move {
            let Some(cursor) = at else { return Ok::<_, AppError>(None) };
            let (rows, next) = chunk(&reader, &query, cursor.as_ref()).await?;
            Ok(Some((written(rows.into_iter().map(cells))?, next.map(Some))))
        }
    });
    let body = stream::once(async { Ok(headings) });
    let body = Body::from_stream(futures::StreamExt::chain(body, rows));
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"catalog.csv\""),
    ];
    Ok((headers, body).into_response())
}

async fn chunk(
    reader: &Reader,
    query: &ListQuery,
    cursor: Option<&Cursor>,
) -> Result<(Vec<EntityRow>, Option<Cursor>), AppError> {
    let order = Order { column: column_of(query.sort), descending: query.descending };
    let page = filter::page(reader, ROW, &reader.conditions(query, None), &order, cursor, CHUNK).await?;
    Ok((entity_rows(reader, &page.rows).await?, page.next))
}

fn cells(row: EntityRow) -> [String; 10] {
    let entity_ref = |link: Option<EntityLink>| link.map(|link| link.entity_ref).unwrap_or_default();
    [
        row.link.entity_ref,
        row.link.name,
        row.link.title,
        row.link.kind,
        row.type_name,
        row.description,
        row.lifecycle,
        entity_ref(row.owner),
        entity_ref(row.system),
        row.changed.exact,
    ]
}

fn written(rows: impl Iterator<Item = [String; 10]>) -> Result<Bytes, AppError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let all = rows.into_iter().try_for_each(|row| writer.write_record(row.map(harmless)));
    let bytes =
        all.map_err(|error| error.to_string()).and_then(|()| writer.into_inner().map_err(|error| error.to_string()));
    Ok(bytes.map_err(AppError::internal)?.into())
}

/// A spreadsheet takes what begins so for a formula: a quote before it makes it text.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        let mut row = [const { String::new() }; 10];
        row[0] = "=HYPERLINK(\"https://evil.example\")".into();
        row[1] = "a,b\nc".into();
        row[2] = "-1".into();
        let bytes = written(std::iter::once(row)).expect("CSV");
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"
        "'=HYPERLINK(""https://evil.example"")","a,b
        c",'-1,,,,,,,
        "#);
    }
}
