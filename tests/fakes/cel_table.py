"""The table that Asterisk's PostgreSQL backend writes, filled as that backend fills it."""

import csv
from pathlib import Path
from typing import Any

import asyncpg

from tests.postgresql import Server

DDL = Path(__file__).parents[2] / "dialplans/pbx/cel_pgsql.sql"
FIELDS = (
    "eventtype, eventtime, cid_num, exten, context, channame, appname, appdata, uniqueid, linkedid, peer, userfield, "
    "userdeftype, extra"
)


def made(server: Server, database: str, encoding: str = "SQL_ASCII") -> str:
    """Make a database with the shipped table; give the URL of the table."""
    locale = "C" if encoding == "SQL_ASCII" else "C.UTF-8"
    server.sql(
        f"CREATE DATABASE {database} ENCODING '{encoding}' LC_COLLATE '{locale}' LC_CTYPE '{locale}' TEMPLATE template0"
    )
    server.sql(DDL.read_text(), database)
    return f"{server.url_of(database)}?table=cel"


async def connected(url: str) -> Any:
    """Connect as Asterisk does."""
    return await asyncpg.connect(url.partition("?")[0])


async def insert(connection: Any, line: bytes) -> None:
    """Insert what a line of the journal holds, as `cel_pgsql` writes it: one statement, all values as literals."""
    (row,) = csv.reader([line.decode("utf-8", "surrogateescape").rstrip("\n")], strict=True)
    kind, when, *others = [value.replace("'", "''") for value in row]
    rest = ", ".join(f"'{value}'" for value in others)
    await connection.execute(f"INSERT INTO cel ({FIELDS}) VALUES ('{kind}', {float(when):f}, {rest})")  # noqa: S608
