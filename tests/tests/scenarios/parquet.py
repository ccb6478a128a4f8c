"""Reads the files of `public_listings_are_read_from_a_parquet_file_by_others` with DuckDB: types, counts, texts."""

import sys

import duckdb

full, empty = sys.argv[1:3]
types = {name: kind for name, kind, *_ in duckdb.sql(f"DESCRIBE SELECT * FROM '{full}'").fetchall()}
for column, kind in {
    "id": "VARCHAR", "title": "VARCHAR", "keywords": "VARCHAR[]", "completed_on": "DATE", "trl_min": "BIGINT",
    "price_negotiable": "BOOLEAN", "updated": "TIMESTAMP WITH TIME ZONE",
}.items():
    assert types.get(column) == kind, (column, types.get(column))
one = duckdb.sql(
    f"SELECT count(*), count(DISTINCT id), count(*) FILTER (list_sort(keywords) = ['催化', '材料']), "
    f"min(completed_on)::text, max(completed_on)::text, min(completed_on_precision), max(institution_name), "
    f"count(*) FILTER (title LIKE '%canary%'), count(other) FROM '{full}'"
).fetchone()
assert one == (700, 700, 700, "2024-03-01", "2024-03-28", "day", "station", 0, 0), one
title = duckdb.sql(f"SELECT title, summary FROM '{full}' WHERE summary LIKE '正文 7 %'").fetchone()
assert title == ("分析样例 7 ”引号” 'x'", "正文 7 \\u0000 <b>"), title
assert duckdb.sql(f"SELECT count(*) FROM '{empty}'").fetchone() == (0,)
notes = dict(duckdb.sql(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{full}')").fetchall())
assert notes["lianshi.columns"] == "1" and len(notes["lianshi.network"]) == 64, notes
