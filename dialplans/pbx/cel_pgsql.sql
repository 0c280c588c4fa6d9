-- The journal as a table, for a PBX whose records are made on another host: docs/journal.md, "The journal in a database".
-- Run it in a database of its own with the encoding SQL_ASCII, which takes every byte that a caller may send:
--   createdb --encoding=SQL_ASCII --locale=C --template=template0 asterisk
--   psql -d asterisk -f cel_pgsql.sql
-- Each PBX needs a table of its own. Asterisk's user needs INSERT and the sequence, the recorder's user only SELECT.
CREATE TABLE cel (
    id bigserial PRIMARY KEY,
    eventtype text NOT NULL DEFAULT '',
    eventtime double precision NOT NULL,
    cid_num text NOT NULL DEFAULT '',
    exten text NOT NULL DEFAULT '',
    context text NOT NULL DEFAULT '',
    channame text NOT NULL DEFAULT '',
    appname text NOT NULL DEFAULT '',
    appdata text NOT NULL DEFAULT '',
    uniqueid text NOT NULL DEFAULT '',
    linkedid text NOT NULL DEFAULT '',
    peer text NOT NULL DEFAULT '',
    userfield text NOT NULL DEFAULT '',
    userdeftype text NOT NULL DEFAULT '',
    extra text NOT NULL DEFAULT ''
);
