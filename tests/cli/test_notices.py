"""The operator's hand tools for notices, typed as an operator types them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import asyncpg

from payments_service.domain.notices import News, NoticeState, NoticeType
from payments_service.settings_values import asyncpg_dsn
from payments_service.storage import notices
from payments_service.storage.claims import Claim
from payments_service.storage.database import Database


def typed(database_url: str, *words: str) -> tuple[int, list[str], str]:
    """Run `payments-service notices`; return its exit status, the lines it printed, and its complaint."""
    done = subprocess.run(
        [sys.executable, "-m", "payments_service", "notices", *words],
        env={**os.environ, "DATABASE_URL": database_url, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr.strip()


def written(database_url: str, *registration_ids: str) -> list[str]:
    """Write notices and give them up, all but the last. Return their ids."""

    async def run() -> list[str]:
        database, ids = Database(asyncpg_dsn(database_url), pool_size=1), list[str]()
        for registration_id in registration_ids:
            news = News(NoticeType.ORDER_PAID, "SALE", 100, registration_id=registration_id)
            async with database.begin() as connection:
                ids.append(await notices.write(connection, news))
        for notice_id in ids[:-1]:
            async with database.begin() as connection:
                claim = Claim(notice_id, 0)
                assert await notices.end(connection, claim, NoticeState.GIVEN_UP, answer="http/410")
        await database.aclose()
        return ids

    return asyncio.run(run())


def due(database_url: str) -> set[str]:
    async def run() -> set[str]:
        connection = await asyncpg.connect(database_url)
        found = await connection.fetch("SELECT notice_id FROM notices WHERE due_at <= clock_timestamp()")
        await connection.close()
        return {row["notice_id"] for row in found}

    return asyncio.run(run())


def test_what_was_given_up_is_listed_and_sent_again(database_url: str) -> None:
    first, second, waiting = written(database_url, "1", "2", "3")
    status, lines, _ = typed(database_url, "list", "--json")
    assert (status, [json.loads(line)["notice_id"] for line in lines]) == (0, [waiting, second, first])
    status, lines, _ = typed(database_url, "list", "--status", "given_up")
    assert status == 0
    shown = [line.split()[:5] for line in lines[1:]]
    assert shown == [[each, "order.paid", "given_up", "1", "http/410"] for each in (second, first)]
    assert due(database_url) == {waiting}
    assert typed(database_url, "repeat", second) == (0, [second], "")
    assert typed(database_url, "repeat", "--all-given-up") == (0, [first], "")
    assert typed(database_url, "repeat", "--all-given-up") == (0, [], "")
    assert due(database_url) == {first, second, waiting}


def test_a_mistake_is_said_in_a_line(database_url: str) -> None:
    unknown = typed(database_url, "repeat", "msg_none")
    assert unknown == (1, [], "notice_not_found: No notice has this id.")
    for words in ([], ["msg_1", "--all-given-up"]):
        assert typed(database_url, "repeat", *words) == (2, [], "name one notice, or say --all-given-up")
    status, _, complaint = typed("", "list")
    assert (status, complaint) == (2, "DATABASE_URL is missing")
