"""Many hands on the same money at one instant: it goes back once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from tests.money.till import Sale, Till

CLICKS = 10


def at_once(work: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Do all of it in the same instant."""
    together = Barrier(len(work))

    def one(do: Callable[[], httpx.Response]) -> httpx.Response:
        together.wait(10)
        return do()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def outcomes(answers: Sequence[httpx.Response]) -> Counter[str]:
    return Counter(a.json()["code"] if a.is_client_error else str(a.status_code) for a in answers)


def clicks(till: Till, sale: Sale, keys: Sequence[str], amount: str | None = None) -> list[httpx.Response]:
    """One click per key, spread over all replicas that run."""
    running = [service for service in till.services if service.is_running]
    clients = [running[n % len(running)].client for n in range(len(keys))]

    def click(key: str, client: httpx.Client) -> Callable[[], httpx.Response]:
        return lambda: till.moves("refund", sale, amount, key=key, by=client)

    return at_once([click(key, client) for key, client in zip(keys, clients, strict=True)])


def test_ten_clicks_on_refund_with_keys_of_their_own_give_the_money_back_once(till: Till) -> None:
    sale = till.sells()
    answers = clicks(till, sale, [f"click-{n}" for n in range(CLICKS)])
    assert outcomes(answers) == {"200": 1, "nothing_to_refund": CLICKS - 1}
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    assert till.sums(sale) == ("REFUND", "250.00", "250.00", False)


def test_ten_clicks_with_one_key_are_one_request(till: Till) -> None:
    sale = till.sells()
    answers = clicks(till, sale, ["the same"] * CLICKS, "100.00")
    told = outcomes(answers)
    assert set(told) <= {"200", "request_in_progress"}
    assert told["200"] >= 1
    assert all(int(a.headers["Retry-After"]) >= 1 for a in answers if a.status_code == 409)
    # And whoever comes back gets the same answer
    first = next(a for a in answers if a.is_success)
    again = till.refund(sale, "100.00", key="the same")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    assert till.sums(sale) == ("CAPTURE", "250.00", "100.00", True)


def test_ten_parts_at_once_never_add_up_to_more_than_was_taken(till: Till) -> None:
    sale = till.sells()
    answers = clicks(till, sale, [f"part-{n}" for n in range(CLICKS)], "50.00")
    assert outcomes(answers) == {"200": 5, "nothing_to_refund": 5}
    assert sorted(str(key) for key in till.done_with("REFUND", sale)) == [
        f"{sale.order_id}-r{n}" for n in range(1, 6)
    ]
    assert till.sums(sale) == ("REFUND", "250.00", "250.00", False)


def test_two_replicas_give_the_money_back_once(till: Till) -> None:
    other = till.start_service()
    whole, keyed = till.sells(), till.sells()
    answers = clicks(till, whole, [f"click-{n}" for n in range(CLICKS)])
    assert outcomes(answers) == {"200": 1, "nothing_to_refund": CLICKS - 1}
    told = outcomes(clicks(till, keyed, ["the same"] * CLICKS))
    assert set(told) <= {"200", "request_in_progress"}
    for sale in (whole, keyed):
        assert till.done_with("REFUND", sale) == [f"{sale.order_id}-r1"]
    other.close()


def test_two_people_capture_at_once(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    answers = at_once([lambda: till.moves("capture", sale) for _ in range(5)])
    assert outcomes(answers) == {"200": 1, "nothing_to_capture": 4}
    assert till.done_with("CAPTURE", sale) == [f"{sale.order_id}-c1"]


def test_a_capture_and_a_cancel_at_once_do_one_of_the_two(manual_till: Till) -> None:
    till, sale = manual_till, manual_till.reserves()
    at_once([lambda: till.moves("capture", sale), lambda: till.moves("cancel", sale)])
    till.order_becomes(sale, "CAPTURE", "VOID", within=5)
    assert till.effects(sale.order_id, "CAPTURE") + till.effects(sale.order_id, "VOID") == 1
