-- Tables that a feed keeps level with a node. `{schema}` is replaced; the version of what stands here is SCHEMA_VERSION.
CREATE TABLE {schema}.feed_state (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    version  integer NOT NULL,
    network  text NOT NULL,
    node     text NOT NULL,
    catalogue text,
    at_s     bigint NOT NULL DEFAULT 0,
    number   bigint NOT NULL DEFAULT 0,
    level    boolean NOT NULL DEFAULT false,
    fed_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {schema}.feed_state IS 'How far the feed has come: written in the same transaction as the rows.';
COMMENT ON COLUMN {schema}.feed_state.level IS 'Whether all that the node shows has been taken once.';

CREATE TABLE {schema}.institution (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    credit_code text NOT NULL,
    role        text NOT NULL,
    region      text NOT NULL,
    state       text NOT NULL
);
COMMENT ON TABLE {schema}.institution IS 'Members of the network as its roster has them; state is active, suspended or exited.';

CREATE TABLE {schema}.listing (
    id          text PRIMARY KEY,
    kind        text NOT NULL,
    region      text NOT NULL,
    institution text,
    title       text,
    status      text NOT NULL CHECK (status IN ('published', 'gone')),
    created     timestamptz,
    updated     timestamptz,
    versions    bigint,
    fields      jsonb NOT NULL,
    conflicts   jsonb NOT NULL,
    catalogue   text NOT NULL,
    change      bigint NOT NULL,
    changed     timestamptz NOT NULL
);
COMMENT ON TABLE {schema}.listing IS 'Public listings. What was withdrawn, taken down or purged is gone: the row stays, its contents do not.';
COMMENT ON COLUMN {schema}.listing.fields IS 'Fields by id; sets are arrays. fields->>''summary'', fields->''keywords''.';
COMMENT ON COLUMN {schema}.listing.conflicts IS 'Keys of fields that were changed apart and of which nobody has chosen one value yet.';
COMMENT ON COLUMN {schema}.listing.updated IS 'By the author''s clock; changed is by that of the node that feeds, and never runs backwards.';
CREATE INDEX ON {schema}.listing (kind, region) WHERE status = 'published';
CREATE INDEX ON {schema}.listing (institution);
CREATE INDEX ON {schema}.listing (changed, change);
CREATE INDEX ON {schema}.listing USING gin (fields jsonb_path_ops);
