"""What no decision may ever do, over orders and registrations of every kind at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from payments_service.domain.decisions import Attention, ExpiryMode, Rules, Verdict, decide
from payments_service.domain.orders import Order, OrderStatus
from payments_service.domain.registrations import OVER, Registration, RegistrationStatus
from tests.domain.made import NOW, PRICE, cancelled, captured, order, registration, reserved

KINDS = (
    cancelled(),
    cancelled(is_closed=False),  # appeared late
    order(),
    order(payment_link=None),
    order(started_at=None, checkout_ends_at=None, payment_link=None),
    order(status=OrderStatus.VOID, is_closed=True, authorized_ore=PRICE),
    reserved(),
    captured(),
    captured(status=OrderStatus.SALE),
    captured(refunded_ore=1),
    captured(status=OrderStatus.REFUND, refunded_ore=PRICE),
    captured(captured_ore=PRICE - 1, held_ore=1, is_closed=False),
)
instants = st.integers(-7200, 7200).map(lambda n: NOW + timedelta(seconds=n))


@st.composite
def many_orders(draw: st.DrawFn) -> list[Order]:
    """Up to four; at most one pays the seat and at most one is open, as the database sees to."""
    found: list[Order] = []
    for n, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), max_size=4))):
        if kind.is_open and any(other.is_open for other in found):
            continue
        made = replace(
            kind,
            order_id=f"{draw(st.sampled_from('abc'))}{n}",
            is_frozen=draw(st.integers(0, 5)) == 0,
            is_returning=draw(st.integers(0, 3)) == 0,
            unanswered_since=None if kind.is_closed or draw(st.booleans()) else NOW,
            paid_at=draw(instants) if kind.captured_ore or kind.held_ore else None,
        )
        may_pay = made.paid_at and not made.is_returning and not any(o.pays_seat for o in found)
        found.append(replace(made, pays_seat=bool(may_pay) and draw(st.booleans())))
    return found


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    status = draw(st.sampled_from(RegistrationStatus))
    return registration(
        status=status,
        payment_expiredate=draw(instants),
        over_at=draw(instants) if status in OVER else None,
        held_since=draw(instants) if status is RegistrationStatus.HELD else None,
    )


all_rules = st.builds(Rules, st.sampled_from(ExpiryMode), st.booleans(), st.booleans())
given_anything = given(registrations(), many_orders(), all_rules)
often = settings(max_examples=600, deadline=None)


def decided(reg: Registration, orders: list[Order], rules: Rules) -> Verdict:
    return decide(reg, orders, now=NOW, rules=rules)


@often
@example(registration(payment_expiredate=NOW), [captured(is_returning=True)], Rules())
@given_anything
def test_a_seat_is_only_taken_on_facts_that_can_no_longer_change(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    found = decided(reg, orders, rules)
    if found.release:
        assert not any(o.is_paid for o in orders), "somebody paid"
        assert all(o.is_closed and not o.is_open for o in orders), "somebody may still pay"
        assert not any(o.unanswered_since for o in orders), "Vipps has not answered"
        assert not any(o.is_frozen for o in orders), "a person is looking"
        assert reg.payment_expiredate <= NOW
        assert rules.expiry_mode is ExpiryMode.ENFORCE
        assert reg.status not in {RegistrationStatus.EXEMPT, RegistrationStatus.REFUNDED} | OVER
        assert found.status is RegistrationStatus.EXPIRING


@often
@given_anything
def test_the_shadow_only_speaks_and_says_what_enforcing_would_do(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    shadow = decided(reg, orders, replace(rules, expiry_mode=ExpiryMode.SHADOW))
    enforced = decided(reg, orders, replace(rules, expiry_mode=ExpiryMode.ENFORCE))
    assert not shadow.release
    assert not enforced.would_release
    assert shadow.would_release == enforced.release


@often
@given_anything
def test_a_paid_seat_stays_paid_whatever_the_clock_says(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    found = decided(replace(reg, status=RegistrationStatus.PAID, over_at=None), orders, rules)
    if any(o.is_paid and not o.is_frozen and not o.is_returning for o in orders):
        assert found.status is RegistrationStatus.PAID
    else:
        assert found.pays_seat is None


@often
@given_anything
def test_exactly_one_order_pays_and_keeps_paying(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    found = decided(reg, orders, rules)
    assert (found.pays_seat is not None) == (found.status is RegistrationStatus.PAID)
    if found.pays_seat is None:
        return
    (payer,) = [o for o in orders if o.order_id == found.pays_seat]
    assert payer.is_paid
    assert not payer.is_frozen
    assert found.pays_seat not in (*found.give_back, *found.close)
    chosen = [replace(o, pays_seat=o is payer) for o in orders]
    again = decided(replace(reg, status=found.status), list(reversed(chosen)), rules)
    assert again.pays_seat == found.pays_seat


@often
@given_anything
def test_money_that_pays_for_nothing_goes_back_or_to_a_person(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    found = decided(reg, orders, rules)
    of_a_person = {order_id for _, order_id in found.attention}
    for surplus in (o for o in orders if o.is_paid and o.order_id != found.pays_seat):
        is_old = reg.over_at is not None and surplus.paid_at is not None and surplus.paid_at <= reg.over_at
        if not is_old or surplus.is_returning:  # what was there before the end was looked at when it ended
            assert surplus.order_id in (*found.give_back, *of_a_person)
        if surplus.is_returning:
            assert surplus.order_id in found.give_back
    if not rules.returns_late_money:
        taken_back = [o for o in orders if o.order_id in found.give_back and not o.is_returning]
        assert not any(o.captured_ore for o in taken_back)


@often
@given_anything
def test_a_decision_depends_on_facts_alone_not_on_their_order(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    one, other = decided(reg, orders, rules), decided(reg, list(reversed(orders)), rules)
    assert one == decided(reg, orders, rules)
    assert (one.rule, one.status, one.pays_seat, one.release) == (
        other.rule,
        other.status,
        other.pays_seat,
        other.release,
    )
    assert {*one.close, *one.give_back, *one.capture} == {*other.close, *other.give_back, *other.capture}


@often
@given_anything
def test_nothing_is_taken_of_what_is_not_the_payers_and_nothing_closed_that_holds_money(
    reg: Registration, orders: list[Order], rules: Rules
) -> None:
    found = decided(reg, orders, rules)
    by_id = {o.order_id: o for o in orders}
    assert set(found.capture) <= {found.pays_seat}
    assert all(by_id[order_id].status is OrderStatus.RESERVED for order_id in found.capture)
    assert all(by_id[order_id].is_open for order_id in found.close)
    assert all(not by_id[order_id].is_frozen or by_id[order_id].is_returning for order_id in found.give_back)
    assert {o.order_id for o in orders if o.is_frozen} <= {
        order_id for code, order_id in found.attention if code is Attention.AMOUNT_MISMATCH
    }
