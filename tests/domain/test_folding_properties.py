"""What holds for every log Vipps could ever send, however odd."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from payments_service.domain.folding import Amounts, Folded, Mismatch, Unclear, fold
from payments_service.domain.orders import OrderStatus
from payments_service.domain.readings import LogEntry, Reading, Totals
from tests.domain.made import PRICE, reading

WHOLE = ("INITIATE", "REGISTER", "RESERVE", "RESERVED", "SALE", "CANCEL", "REJECTED", "VOID")
IN_PARTS = ("CAPTURE", "REFUND")
REFUSED = ("RESERVE_FAILED", "SALE_FAILED", "FAILED")
KNOWN = WHOLE + IN_PARTS + REFUSED
amounts = st.sampled_from([1, 5_000, 20_000, PRICE - 1, PRICE]) | st.integers(0, 2 * PRICE)


def entries(words: tuple[str, ...] = (*KNOWN, "PONDER")) -> st.SearchStrategy[LogEntry]:
    whole = st.builds(LogEntry, st.sampled_from(words), st.just(PRICE), st.booleans())
    return whole | st.builds(LogEntry, st.sampled_from(words), amounts, st.booleans())


logs = st.lists(entries(), max_size=8).map(tuple)
failures = st.builds(LogEntry, st.sampled_from(KNOWN), amounts, st.just(False))
sums = st.none() | st.builds(Totals, amounts, amounts, amounts)


def verdict_on(log: tuple[LogEntry, ...], totals: Totals | None = None) -> Folded | Unclear | Mismatch:
    return fold(Reading("the-order", log, totals, "sha"), order_id="the-order", amount_ore=PRICE)


@settings(max_examples=600, deadline=None)
@given(logs, sums)
@example(reading("CAPTURE:30000 RESERVE").entries, None)
def test_amounts_always_fit_the_order(log: tuple[LogEntry, ...], totals: Totals | None) -> None:
    verdict = verdict_on(log, totals)  # never raises, whatever the log
    if isinstance(verdict, Folded):
        money = verdict.amounts
        assert 0 <= money.refunded_ore <= money.captured_ore
        assert money.held_ore >= 0
        assert money.captured_ore + money.held_ore <= money.authorized_ore <= PRICE


@settings(max_examples=500, deadline=None)
@given(logs, sums)
def test_only_a_status_without_money_in_it_is_called_open_or_cancelled(
    log: tuple[LogEntry, ...], totals: Totals | None
) -> None:
    verdict = verdict_on(log, totals)
    if isinstance(verdict, Folded) and verdict.status in (OrderStatus.INITIATE, OrderStatus.CANCEL):
        assert (verdict.amounts.captured_ore, verdict.amounts.held_ore) == (0, 0)
        assert not verdict.amounts.oddities


@settings(max_examples=600, deadline=None)
@given(logs, st.lists(entries(("INITIATE", "RESERVE_FAILED", "REFUND", "PONDER")), max_size=4).map(tuple))
def test_an_approval_that_nothing_took_back_is_never_called_unpaid(
    before: tuple[LogEntry, ...], after: tuple[LogEntry, ...]
) -> None:
    approval = (LogEntry("RESERVE", PRICE, succeeded=True),)
    verdict = verdict_on(before + approval + after)
    if isinstance(verdict, Folded):
        assert verdict.status not in (OrderStatus.CANCEL, OrderStatus.INITIATE)


@settings(max_examples=600, deadline=None)
@given(st.lists(entries(KNOWN), min_size=1, max_size=6).map(tuple), sums, failures, st.integers(0, 6))
def test_a_failed_entry_anywhere_changes_neither_status_nor_amounts(
    log: tuple[LogEntry, ...], totals: Totals | None, failed: LogEntry, place: int
) -> None:
    before, after = verdict_on(log, totals), verdict_on((*log[:place], failed, *log[place:]), totals)
    assert type(after) is type(before)
    if isinstance(before, Folded) and isinstance(after, Folded):
        assert (after.status, without_decline(after.amounts)) == (
            before.status,
            without_decline(before.amounts),
        )


@settings(max_examples=500, deadline=None)
@given(logs, st.sampled_from(["PONDER", "RESERVATION", "?"]), st.booleans(), st.integers(0, 8))
def test_an_unknown_word_anywhere_changes_no_amount_and_never_makes_unpaid(
    log: tuple[LogEntry, ...], word: str, succeeded: bool, place: int
) -> None:
    before = verdict_on(log)
    after = verdict_on((*log[:place], LogEntry(word, PRICE, succeeded), *log[place:]))
    if isinstance(after, Folded):
        assert isinstance(before, Folded)
        assert after.status is before.status
        assert replace(after.amounts, oddities=()) == replace(before.amounts, oddities=())
        assert after.status not in (OrderStatus.CANCEL, OrderStatus.INITIATE, OrderStatus.VOID)


def without_decline(money: Amounts) -> Amounts:
    """A failed reservation is remembered as a refused card; that is all it may leave behind."""
    return replace(money, is_declined=False)
