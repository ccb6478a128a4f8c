//! What lines and arrays of JSON have in common: objects, flattened into (name, text).
//!
//! Nested objects become names with dots (`contact.email`); an array of scalars is joined with `；`; of an array of objects
//! each key is joined so (`permissions.licenses.name`). `null` is an empty text; `[]` and `{}` say nothing. A nested object with
//! very many keys, or below the third name, is data, not columns: it stays JSON text in one.

use super::table::tidy_text;
use super::{Meta, ReadOptions, Row, Rows};
use crate::error::RowProblem;
use crate::limits::{KEY_SEARCH_RECORDS, MAX_NESTED_DEPTH, MAX_NESTED_KEYS};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Between the members of an array, as offices write lists.
pub(crate) const LIST_SEPARATOR: &str = "；";

/// A flattened object.
#[derive(Debug)]
pub(crate) struct Object {
    number: u64,
    cells: Vec<(String, String)>,
}

/// A source of such objects.
pub(crate) trait ObjectSource: Send {
    /// The next object; counts blank lines passed over.
    fn next_object(&mut self, blank: &mut u64) -> Option<Result<Object, RowProblem>>;
}

/// Objects as rows; learns the names of keys as they come.
pub(crate) struct Objects<S> {
    source: S,
    ahead: VecDeque<Result<Object, RowProblem>>,
    names: BTreeSet<String>,
    max_names: usize,
}

impl<S: ObjectSource> Objects<S> {
    pub(crate) fn open(mut source: S, options: &ReadOptions, meta: &mut Meta) -> Objects<S> {
        let mut ahead = VecDeque::new();
        while ahead.len() < KEY_SEARCH_RECORDS {
            let Some(object) = source.next_object(&mut meta.blank) else { break };
            let broke_off = matches!(&object, Err(problem) if problem.code == RowProblem::BROKE_OFF);
            ahead.push_back(object);
            if broke_off {
                break;
            }
        }
        let mut objects =
            Objects { source, ahead, names: BTreeSet::new(), max_names: options.limits.columns };
        for item in std::mem::take(&mut objects.ahead) {
            let item = item.and_then(|object| objects.learn(object, meta));
            objects.ahead.push_back(item);
        }
        objects
    }

    /// Notes the names of an object's keys; refuses one that brings more names than a table may have columns.
    fn learn(&mut self, object: Object, meta: &mut Meta) -> Result<Object, RowProblem> {
        let fresh: Vec<&String> =
            object.cells.iter().map(|(name, _)| name).filter(|name| !self.names.contains(*name)).collect();
        if self.names.len() + fresh.len() > self.max_names {
            return Err(RowProblem::too_many_columns(object.number, self.max_names));
        }
        for name in fresh.into_iter().cloned().collect::<Vec<_>>() {
            meta.headers.push(name.clone());
            self.names.insert(name);
        }
        Ok(object)
    }
}

impl<S: ObjectSource> Rows for Objects<S> {
    fn next_row(&mut self, meta: &mut Meta) -> Option<Result<Row, RowProblem>> {
        let item = match self.ahead.pop_front() {
            Some(item) => item,
            None => self.source.next_object(&mut meta.blank)?.and_then(|object| self.learn(object, meta)),
        };
        Some(item.map(|Object { number, cells }| Row { number, cells }))
    }
}

/// Whether a nested object is data rather than columns.
fn is_a_table(name: &str, keys: usize) -> bool {
    !name.is_empty() && keys > 0 && (keys > MAX_NESTED_KEYS || name.split('.').count() >= MAX_NESTED_DEPTH)
}

/// Parses and flattens one record.
pub(crate) fn parse(number: u64, bytes: &[u8], max_columns: usize) -> Result<Object, RowProblem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| not_json(number, &error.to_string()))?;
    let Value::Object(_) = &value else {
        return Err(RowProblem::new(
            number,
            "not_an_object",
            "这条记录不是 JSON 对象 {…}；请让每条记录都是带字段名的对象".to_owned(),
            "the record is not a JSON object {…}; write each record as an object with named fields"
                .to_owned(),
        ));
    };
    let mut flat = Flat { cells: BTreeMap::new(), order: Vec::new(), max_columns, full: false };
    flat.add(String::new(), value);
    if flat.full {
        return Err(RowProblem::too_many_columns(number, max_columns));
    }
    Ok(Object { number, cells: flat.into_cells() })
}

fn not_json(number: u64, why: &str) -> RowProblem {
    RowProblem::new(
        number,
        "not_json",
        format!("这条记录不是合法的 JSON：{why}；请改正后重新导入"),
        format!("the record is not sound JSON: {why}; mend it and import again"),
    )
}

struct Flat {
    cells: BTreeMap<String, String>,
    order: Vec<String>,
    max_columns: usize,
    full: bool,
}

impl Flat {
    /// Depth is bounded by the JSON parser, which refuses more than 128 levels.
    fn add(&mut self, name: String, value: Value) {
        match value {
            Value::Object(map) if is_a_table(&name, map.len()) => {
                self.put(name, &Value::Object(map).to_string())
            }
            Value::Object(map) => {
                for (key, inner) in map {
                    let key = tidy_text(&key);
                    let path = if name.is_empty() { key } else { format!("{name}.{key}") };
                    self.add(path, inner);
                }
            }
            Value::Array(list) => list.into_iter().for_each(|inner| self.add(name.clone(), inner)),
            Value::Null => self.put(name, ""),
            Value::Bool(yes) => self.put(name, if yes { "true" } else { "false" }),
            Value::Number(number) => self.put(name, &number.to_string()),
            Value::String(text) => self.put(name, &tidy_text(&text)),
        }
    }

    fn put(&mut self, name: String, text: &str) {
        if name.is_empty() || self.full {
            return;
        }
        if let Some(before) = self.cells.get_mut(&name) {
            if !text.is_empty() {
                if !before.is_empty() {
                    before.push_str(LIST_SEPARATOR);
                }
                before.push_str(text);
            }
            return;
        }
        self.full = self.cells.len() >= self.max_columns;
        if !self.full {
            self.order.push(name.clone());
            self.cells.insert(name, text.to_owned());
        }
    }

    fn into_cells(mut self) -> Vec<(String, String)> {
        let order = std::mem::take(&mut self.order);
        order.into_iter().filter_map(|name| self.cells.remove_entry(&name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_objects_are_flattened() {
        let json =
            br#"{"a":{"b":"x","c":null},"k":["u","v"],"l":[{"n":"1"},{"n":"2","m":3}],"e":[],"t":true,"d":{"d":{"d":{"d":{"d":1}}}}}"#;
        let object = parse(1, json, 100).unwrap();
        let find = |name: &str| object.cells.iter().find(|(n, _)| n == name).map(|(_, text)| text.as_str());
        assert_eq!(find("a.b"), Some("x"));
        assert_eq!(find("a.c"), Some(""));
        assert_eq!(find("k"), Some("u；v"));
        assert_eq!(find("l.n"), Some("1；2"));
        assert_eq!(find("l.m"), Some("3"));
        assert_eq!(find("e"), None);
        assert_eq!(find("d.d.d"), Some("{\"d\":{\"d\":1}}"));
        assert_eq!(find("t"), Some("true"));
        assert_eq!(object.cells.len(), 7);
    }

    #[test]
    fn a_nested_table_stays_in_one_column() {
        let inner: Vec<String> = (0..200).map(|i| format!("\"w{i}\":{i}")).collect();
        let json = format!("{{\"title\":\"x\",\"counts\":{{{}}}}}", inner.join(","));
        let object = parse(1, json.as_bytes(), 500).unwrap();
        assert_eq!(object.cells.len(), 2);
        let counts = &object.cells.iter().find(|(name, _)| name == "counts").unwrap().1;
        assert!(counts.contains("\"w199\":199"));
    }

    #[test]
    fn hostile_objects_are_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse(3, deep.as_bytes(), 100).unwrap_err().code, "not_json");
        let wide: Vec<String> = (0..600).map(|i| format!("\"k{i}\":1")).collect();
        let wide = format!("{{{}}}", wide.join(","));
        assert_eq!(parse(3, wide.as_bytes(), 500).unwrap_err().code, "too_many_columns");
        assert_eq!(parse(3, b"[1]", 500).unwrap_err().code, "not_an_object");
    }
}
