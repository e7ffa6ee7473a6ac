"""Taking Lepton's rows over: looked at first, written once, counted afterwards, and never in anybody's way again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payments_service.lepton.mapping import Dump, read_dump
from payments_service.storage import imported_orders, personal
from payments_service.use_cases.import_lepton import Comparison, CountsDiffer, import_lepton
from payments_service.use_cases.record_imported_answer import Outcome
from tests.lepton.old import ONE, TWO, dump, is_due, old, read, row, vipps_has
from tests.use_cases.world import EVENT, USER, World

ROWS = "SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {} t"


async def taken_over(world: World, what: Dump, *, write: bool = True, **more: bool) -> Comparison:
    return await import_lepton(what, database=world.database, write=write, **more)


async def everything(world: World) -> list[str]:
    tables = ("imported_orders", "orders", "paid_events", "registrations", "history")
    return [await world.second.fetchval(ROWS.format(table)) for table in tables]


def counts(found: Comparison) -> tuple[int, ...]:
    """New, changed, as before; new events, events that are here already."""
    lists = (found.new, found.changed, found.same, found.new_events, found.same_events)
    return tuple(len(one) for one in lists)


async def test_looking_changes_nothing_and_says_what_would_be(world: World) -> None:
    before = await everything(world)
    found = await taken_over(world, dump(paid_events=True, events=True), write=False)
    assert counts(found) == (13, 0, 0, 2, 1)
    assert (found.is_written, found.words["SALE"], found.known_amounts) == (False, 3, {})
    assert await everything(world) == before


async def test_a_second_time_nothing_is_new_and_nothing_changes(world: World) -> None:
    what = dump(paid_events=True, events=True)
    assert counts(await taken_over(world, what)) == (13, 0, 0, 2, 1)
    before = await everything(world)
    assert counts(await taken_over(world, what)) == (0, 0, 13, 0, 3)
    assert await everything(world) == before
    assert (await world.happened()) == ["lepton_imported"]


async def test_another_way_of_writing_the_same_is_no_change(world: World) -> None:
    await taken_over(world, dump("payment_order_plain.csv"))
    for written in ("spreadsheet.csv", "mysql.tsv"):
        assert counts(await taken_over(world, dump(f"payment_order_{written}")))[:3] == (0, 0, 2)


async def test_amounts_are_not_guessed(world: World) -> None:
    await taken_over(world, dump(paid_events=True))
    known = "SELECT count(amount_ore) FROM imported_orders"
    assert await world.second.fetchval(known) == 0
    assert await world.second.fetchval("SELECT count(*) FROM orders") == 0


async def test_the_row_as_it_stood_is_kept(world: World) -> None:
    await taken_over(world, dump())
    raw = "SELECT raw->>'user_id' FROM imported_orders WHERE order_id = $1"
    assert await world.second.fetchval(raw, ONE[:-1] + "d") == "ærlig talt"


async def test_what_changed_at_the_source_is_followed_until_it_is_answered(world: World) -> None:
    await taken_over(world, read_dump([row(status="INITIATE")]))
    found = await taken_over(world, read_dump([row(status="SALE", user_id="karinor")]))
    assert counts(found)[:3] == (0, 1, 0)
    assert [remark.why for remark in found.remarks] == [f"order {ONE} has another word, user_id than before"]
    kept = await old(world)
    assert (kept.word, kept.status, kept.user_id) == ("SALE", "SALE", "karinor")

    vipps_has(world, ONE, "INITIATE", "SALE")
    assert await read(world, ONE) is Outcome.KNOWN
    found = await taken_over(world, read_dump([row(status="REFUND", user_id="karinor")]))
    assert (counts(found)[:3], found.changed_but_answered) == ((0, 0, 0), [ONE])
    assert (await old(world)).word == "SALE"
    assert (await world.order(ONE)).status == "SALE"


async def test_known_amounts_are_summed_by_word_once_vipps_has_named_them(world: World) -> None:
    what = read_dump([row(1), row(2), row(3, status="INITIATE")])
    await taken_over(world, what)
    vipps_has(world, ONE, "INITIATE", "SALE", amount_ore=9950)
    await read(world, ONE)
    found = await taken_over(world, what, write=False)
    assert (found.words, found.known_amounts) == ({"SALE": 2, "INITIATE": 1}, {"SALE": (1, 9950)})


async def test_while_a_row_cannot_be_read_nothing_is_written_unless_it_is_to_be_left_out(
    world: World,
) -> None:
    what = dump("payment_order_broken.csv")
    found = await taken_over(world, what)
    assert (found.is_written, len(found.unreadable)) == (False, 4)
    assert await world.second.fetchval("SELECT count(*) FROM imported_orders") == 0
    assert (await taken_over(world, what, leave_out_unreadable=True)).is_written
    assert (await old(world)).word == "SALE"


async def test_an_order_that_we_have_started_ourselves_is_never_taken_over(seated: World) -> None:
    order, _ = await seated.start()
    found = await taken_over(seated, read_dump([row(1, order_id=order.order_id)]))
    assert (found.is_written, [remark.why for remark in found.unreadable]) == (
        False,
        [f"order {order.order_id} is one that this service has started"],
    )


async def test_counts_that_differ_take_everything_back(world: World) -> None:
    """Somebody's trigger, a bug of ours: whatever makes what is stored another thing than the source."""
    await world.second.execute("""
        CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.word = 'CANCEL'; RETURN NEW; END $$;
        CREATE TRIGGER meddles BEFORE INSERT ON imported_orders FOR EACH ROW EXECUTE FUNCTION meddle()
    """)
    before = await everything(world)
    try:
        with pytest.raises(CountsDiffer, match="'SALE': 1"):
            await taken_over(world, read_dump([row()]))
        assert await everything(world) == before
    finally:
        await world.second.execute("DROP FUNCTION meddle CASCADE")


async def test_only_what_a_seat_hangs_on_is_asked_about_by_itself(seated: World) -> None:
    found = await taken_over(seated, read_dump([row(1), row(2, user_id="karinor"), row(3, event_id="7")]))
    assert found.asked == 1
    assert (await is_due(seated, ONE), await is_due(seated, TWO)) == (True, False)


async def test_many_rows_go_in_at_once(world: World) -> None:
    rows = [row(1, order_id=f"5b0f0000-0000-4000-8000-{n:012d}", user_id=f"u{n}") for n in range(1200)]
    assert counts(await taken_over(world, read_dump(rows)))[:3] == (1200, 0, 0)
    again = [replace(one, values={**one.values, "status": "VOID"}) for one in rows]
    assert counts(await taken_over(world, read_dump(again)))[:3] == (0, 1200, 0)
    assert await world.second.fetchval("SELECT count(*) FROM imported_orders WHERE status = 'VOID'") == 1200


# Paid events


async def test_a_paid_event_that_is_here_is_left_as_it_is(world: World) -> None:
    await world.second.execute("UPDATE paid_events SET price_ore = 30000")
    found = await taken_over(world, dump(paid_events=True, events=True))
    assert f"event {EVENT} has another price or paytime here: left as it is" in [r.why for r in found.remarks]
    price = "SELECT price_ore FROM paid_events WHERE event_id = $1"
    assert await world.second.fetchval(price, EVENT) == 30000
    assert await world.second.fetchval(price, "124") == 9950


async def test_an_event_that_looks_over_is_left_out_unless_its_start_is_known(world: World) -> None:
    """The pull would walk an old event without a start for ever, and the clock would run for its seats."""
    refused = (await taken_over(world, dump(paid_events=True), write=False)).refused_events
    assert refused[-1].why == (
        "event 7 looks over: nothing happened since 2023-03-10, and nobody says when it starts"
    )
    await taken_over(world, dump(paid_events=True, events=True))
    found: Any = await world.second.fetchrow("SELECT * FROM paid_events WHERE event_id = '7'")
    assert (found["title"], found["starts_at"].isoformat()) == ("Vårfest", "2023-04-01T17:00:00+00:00")


# What was erased here


async def test_an_erased_member_does_not_come_back(world: World) -> None:
    what = read_dump([row()])
    await taken_over(world, what)
    async with world.database.begin() as connection:
        kept = await personal.everything_of(connection, USER)
        assert [row["raw"]["user_id"] for row in kept["imported_orders"]] == [USER]
        await personal.forget(connection, await personal.traces_of(connection, USER))
    found = await taken_over(world, what)
    assert (counts(found)[:3], found.forgotten) == ((0, 0, 0), [ONE])
    whole = "SELECT imported_orders::text FROM imported_orders"
    assert USER not in await world.second.fetchval(whole)
    assert (await old(world)).word == "SALE"


async def test_a_removed_event_does_not_come_back(world: World) -> None:
    what = read_dump([row()])
    await taken_over(world, what)
    async with world.database.begin() as connection:
        await imported_orders.forget_event(connection, EVENT)
    assert (await taken_over(world, what)).forgotten == [ONE]
    assert ((await old(world)).event_id, (await old(world)).user_id) == (None, USER)
