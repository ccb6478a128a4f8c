//! Tables of a PostgreSQL database that are kept level with a node.
//!
//! ```text
//! let mut database = Database::connect(to, password, "lianshi")?;
//! let mut standing = database.stand(network, node)?;      // makes the tables where there are none
//! loop: standing = database.take(&standing, &taken)?;     // rows and the place behind them, in one transaction
//! ```
//!
//! Whoever is killed on either side leaves whole batches: the place stands in the database, beside the rows that it speaks of. Two
//! feeds at once take turns and neither undoes the other: a batch that does not begin where the last one ended is refused.
//!
//! Absent here: whom an encrypted connection believes (whoever calls says so), and certificates of clients.

use std::collections::BTreeMap;
use std::time::Duration;

use postgres::{Client, Transaction};
use serde_json::{Value as Json, json};
use tokio_rustls::rustls::ClientConfig;

use crate::columns::grouped;
use crate::line::{failed, words};
use crate::{Error, Item, Result, line};

/// The version of the tables.
pub const SCHEMA_VERSION: i32 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// A database that does not answer at all is given up after so long.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// What was sent and is not acknowledged for so long is lost: the other machine is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// One statement takes a fraction of a second; a lock that somebody else holds is waited for so long.
const STATEMENT_WITHIN: &str = "60s";
/// Longest name of a schema: PostgreSQL cuts longer ones.
const MAX_SCHEMA: usize = 63;
/// The two halves of the key of a lock that is held while tables are made.
const MAKING: &str = "SELECT pg_advisory_xact_lock(1818845555, 1)";

/// Where among a node's changes something stands, and in which list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Names the list: a node that began it anew has another.
    pub catalogue: String,
    /// Seconds since 1970.
    pub at_s: i64,
    /// Number among all changes.
    pub number: i64,
}

/// How far a database has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Behind this place; `None` at the beginning.
    pub place: Option<Place>,
    /// Whether it has come to the end once.
    pub level: bool,
}

/// A member of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Institution {
    /// Id, hexadecimal.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unified social credit code, or empty.
    pub credit_code: String,
    /// Its role in the network.
    pub role: String,
    /// GB/T 2260.
    pub region: String,
    /// `active`, `suspended` or `exited`.
    pub state: String,
}

/// One change: a listing as it stands, or that it is gone.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Document id, hexadecimal.
    pub id: String,
    /// Kind id.
    pub kind: String,
    /// GB/T 2260, six digits.
    pub region: String,
    /// Where the change stands.
    pub place: Place,
    /// `None` when it is gone.
    pub item: Option<Item>,
}

/// Whether a text is good for the name of a schema: small letters, digits and `_`, and no digit first.
pub fn is_schema_name(text: &str) -> bool {
    let plain = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=MAX_SCHEMA).contains(&text.len())
        && text.chars().all(plain)
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.starts_with("pg_")
}

/// A connection to a database.
pub struct Database {
    client: Client,
    schema: String,
}

impl Database {
    /// Connects as a text in PostgreSQL's own form says: `host=… dbname=… user=…`, or `postgresql://…`. The schema's name has to
    /// be a good one, see [`is_schema_name`]. To another computer the connection is TLS unless the text says `sslmode=disable`;
    /// `trust` says whom it believes then.
    ///
    /// # Errors
    /// When the text is not understood, nobody answers, it is refused, or whoever answers is not whom the text names.
    pub fn connect(
        to: &str,
        password: Option<&str>,
        schema: &str,
        trust: impl FnOnce() -> Result<ClientConfig>,
    ) -> Result<Self> {
        if !is_schema_name(schema) {
            return Err(Error::Database(format!("{schema:?} is no name for a schema")));
        }
        let mut config: postgres::Config = to.parse().map_err(|error| Error::Database(words(&error)))?;
        if let Some(password) = password {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        config.tcp_user_timeout(SILENCE).application_name("lianshi feed");
        let mut client = line::open(&mut config, trust)?;
        let settings = format!(
            "SET statement_timeout = '{STATEMENT_WITHIN}'; SET idle_in_transaction_session_timeout = '{STATEMENT_WITHIN}'; \
             SET timezone = 'UTC'; SET client_min_messages = warning"
        );
        client.batch_execute(&settings).map_err(failed)?;
        Ok(Self { client, schema: schema.to_owned() })
    }

    /// How far it has come; makes the tables where there are none.
    ///
    /// # Errors
    /// When they are of another version, or another node feeds them, or the database refuses.
    pub fn stand(&mut self, network: &str, node: &str) -> Result<Standing> {
        let schema = &self.schema;
        let mut work = self.client.transaction().map_err(failed)?;
        work.batch_execute(MAKING).map_err(failed)?;
        let table = format!("{schema}.feed_state");
        let there = work.query_one(
            "SELECT to_regclass($1) IS NOT NULL, to_regnamespace($2) IS NOT NULL",
            &[&table, schema],
        );
        let there = there.map_err(failed)?;
        let (made, named): (bool, bool) = (there.get(0), there.get(1));
        if !made {
            if !named {
                work.batch_execute(&format!("CREATE SCHEMA {schema}")).map_err(failed)?;
            }
            work.batch_execute(&SCHEMA.replace("{schema}", schema)).map_err(failed)?;
            let begin = format!("INSERT INTO {table} (version, network, node) VALUES ($1, $2, $3)");
            work.execute(&begin, &[&SCHEMA_VERSION, &network, &node]).map_err(failed)?;
        }
        let (standing, (version, whose, by)) = standing(&mut work, schema)?;
        if version != SCHEMA_VERSION {
            return Err(Error::Version { found: version });
        }
        if (whose.as_str(), by.as_str()) != (network, node) {
            return Err(Error::Other { node: by, network: whose });
        }
        work.commit().map_err(failed)?;
        Ok(standing)
    }

    /// Takes changes that begin behind a standing and end at `end`, and members of the network where they are given. `level` says
    /// that nothing stands behind them for now; the first time it does, what an earlier list of changes had and this one has not
    /// is gone. All of it, or nothing. Returns the new standing.
    ///
    /// # Errors
    /// [`Error::Moved`] when the database stands elsewhere; when it refuses.
    pub fn take(
        &mut self,
        before: &Standing,
        taken: &[Taken],
        end: Option<&Place>,
        level: bool,
        institutions: Option<&[Institution]>,
    ) -> Result<Standing> {
        let schema = &self.schema;
        let mut work = self.client.transaction().map_err(failed)?;
        if standing(&mut work, schema)?.0 != *before {
            return Err(Error::Moved);
        }
        if let Some(institutions) = institutions {
            let rows: Vec<Json> = institutions.iter().map(of_institution).collect();
            work.execute(&put_institutions(schema), &[&Json::Array(rows).to_string()]).map_err(failed)?;
        }
        // The last word of a batch about a listing is the one that counts, and one statement takes one row of each.
        let last: BTreeMap<&str, &Taken> = taken.iter().map(|one| (one.id.as_str(), one)).collect();
        if !last.is_empty() {
            let rows: Vec<Json> = last.into_values().map(of_taken).collect();
            work.execute(&put_listings(schema), &[&Json::Array(rows).to_string()]).map_err(failed)?;
        }
        let place = end.or(before.place.as_ref());
        let begun_anew = place.map(|p| &p.catalogue) != before.place.as_ref().map(|p| &p.catalogue);
        let was_level = before.level && !begun_anew;
        if level
            && !was_level
            && let Some(place) = place
        {
            let forget = format!(
                "UPDATE {schema}.listing SET status = 'gone', title = NULL, fields = '{{}}', conflicts = '[]' \
                 WHERE catalogue <> $1 AND status <> 'gone'"
            );
            work.execute(&forget, &[&place.catalogue]).map_err(failed)?;
        }
        let after = Standing { place: place.cloned(), level: level || was_level };
        let (catalogue, at_s, number) = match &after.place {
            Some(place) => (Some(place.catalogue.as_str()), place.at_s, place.number),
            None => (None, 0, 0),
        };
        let note = format!(
            "UPDATE {schema}.feed_state SET catalogue = $1, at_s = $2, number = $3, level = $4, fed_at = now()"
        );
        work.execute(&note, &[&catalogue, &at_s, &number, &after.level]).map_err(failed)?;
        work.commit().map_err(failed)?;
        Ok(after)
    }
}

/// The row of the state, locked until the transaction ends, and what it says of version, network and node.
fn standing(work: &mut Transaction<'_>, schema: &str) -> Result<(Standing, (i32, String, String))> {
    let ask = format!(
        "SELECT version, network, node, catalogue, at_s, number, level FROM {schema}.feed_state FOR UPDATE"
    );
    let row = work.query_one(&ask, &[]).map_err(failed)?;
    let catalogue: Option<String> = row.get(3);
    let place = catalogue.map(|catalogue| Place { catalogue, at_s: row.get(4), number: row.get(5) });
    Ok((Standing { place, level: row.get(6) }, (row.get(0), row.get(1), row.get(2))))
}

fn put_institutions(schema: &str) -> String {
    format!(
        "INSERT INTO {schema}.institution AS i SELECT * FROM jsonb_to_recordset($1::text::jsonb) \
         AS x(id text, name text, credit_code text, role text, region text, state text) \
         ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, credit_code = EXCLUDED.credit_code, role = EXCLUDED.role, \
         region = EXCLUDED.region, state = EXCLUDED.state"
    )
}

fn put_listings(schema: &str) -> String {
    let set: Vec<String> = [
        "kind",
        "region",
        "institution",
        "title",
        "status",
        "created",
        "updated",
        "versions",
        "fields",
        "conflicts",
        "catalogue",
        "change",
        "changed",
    ]
    .iter()
    .map(|column| format!("{column} = EXCLUDED.{column}"))
    .collect();
    let time = |ms: &str| format!("to_timestamp({ms} / 1000.0)");
    format!(
        "INSERT INTO {schema}.listing AS l \
         SELECT id, kind, region, institution, title, status, {}, {}, versions, fields, conflicts, catalogue, change, to_timestamp(changed_s) \
         FROM jsonb_to_recordset($1::text::jsonb) AS x(id text, kind text, region text, institution text, title text, status text, \
         created_ms bigint, updated_ms bigint, versions bigint, fields jsonb, conflicts jsonb, catalogue text, change bigint, changed_s bigint) \
         ON CONFLICT (id) DO UPDATE SET {}",
        time("created_ms"),
        time("updated_ms"),
        set.join(", ")
    )
}

fn of_institution(institution: &Institution) -> Json {
    let Institution { id, name, credit_code, role, region, state } = institution;
    clean(
        json!({ "id": id, "name": name, "credit_code": credit_code, "role": role, "region": region, "state": state }),
    )
}

/// A row; what is gone keeps nothing of its contents.
fn of_taken(taken: &Taken) -> Json {
    let item = taken.item.as_ref();
    let fields = item.map(grouped).unwrap_or_default();
    let institution = item.map(|item| item.institution.as_str()).filter(|id| !id.is_empty());
    clean(json!({
        "id": taken.id, "kind": taken.kind, "region": taken.region,
        "status": if item.is_some() { "published" } else { "gone" },
        "institution": institution,
        "title": fields.get("title"),
        "created_ms": item.map(|item| within(item.created_ms)),
        "updated_ms": item.map(|item| within(item.updated_ms)),
        "versions": item.map(|item| item.versions),
        "conflicts": item.map(|item| item.conflicts.as_slice()).unwrap_or_default(),
        "fields": fields,
        "catalogue": taken.place.catalogue, "change": taken.place.number, "changed_s": taken.place.at_s,
    }))
}

/// A time that PostgreSQL has: authors' clocks say anything.
fn within(ms: i64) -> i64 {
    const YEAR_0001_MS: i64 = -62_135_596_800_000;
    const YEAR_9999_MS: i64 = 253_402_300_799_000;
    ms.clamp(YEAR_0001_MS, YEAR_9999_MS)
}

/// The same without the one character that PostgreSQL's texts cannot hold.
fn clean(json: Json) -> Json {
    let text = |text: String| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match json {
        Json::String(inner) => Json::String(text(inner)),
        Json::Array(list) => Json::Array(list.into_iter().map(clean).collect()),
        Json::Object(map) => {
            Json::Object(map.into_iter().map(|(key, value)| (text(key), clean(value))).collect())
        }
        other => other,
    }
}

/// What the database, or the way to it, said; whether it may be otherwise later.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::tests::{item, text};

    #[test]
    fn names_of_schemas_need_no_quotes() {
        for good in ["lianshi", "_x", "a1"] {
            assert!(is_schema_name(good), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "Lianshi", "a-b", "a;drop", "1a", "pg_catalog", "联市", "a\"b", &long] {
            assert!(!is_schema_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_row_holds_what_postgresql_can_and_what_is_gone_keeps_nothing() {
        let place = Place { catalogue: "1".to_owned(), at_s: 5, number: 6 };
        let mut item = item(&[("title", text("甲\0乙")), ("x\0y", text("z"))]);
        item.created_ms = i64::MIN;
        let taken = Taken {
            id: item.id.clone(),
            kind: "achievement".to_owned(),
            region: "420106".to_owned(),
            place,
            item: Some(item),
        };
        let row = of_taken(&taken);
        assert_eq!((&row["title"], &row["fields"]["x\u{fffd}y"]), (&json!("甲\u{fffd}乙"), &json!("z")));
        assert!(!row.to_string().contains("\\u0000"));
        assert_eq!(row["created_ms"], -62_135_596_800_000_i64);
        let row = of_taken(&Taken { item: None, ..taken });
        assert_eq!(
            (&row["status"], &row["fields"], &row["title"]),
            (&json!("gone"), &json!({}), &Json::Null)
        );
    }
}
