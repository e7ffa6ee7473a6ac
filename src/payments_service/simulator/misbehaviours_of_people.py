"""Misbehaviours 17 to 24, 27 and 29: what members, banks, treasurers and time do to a payment."""

from payments_service.simulator import deeds
from payments_service.simulator.misbehaviour import BOTH, Act, Deed, Misbehaviour, Spoil

CHANCES = ("initiate", "details", "status", "events", "capture", "cancel", "refund", "callback")


def _member(
    number: int, name: str, sentence: str, deed: Deed, parameters: dict[str, float] | None = None
) -> Misbehaviour:
    """At once for an order that exists, otherwise when it has been started, or at the call that is named."""
    parameters = {"seconds": 0.0} | (parameters or {})
    return Misbehaviour(
        number, name, sentence, CHANCES, BOTH, (Act(deed),), parameters, waits_for="initiate", at_once=True
    )


def _portal(name: str, sentence: str, waits_for: str) -> Misbehaviour:
    deed = {"capture": deeds.capture_in_portal, "refund": deeds.refund_in_portal}.get(
        name, deeds.cancel_in_portal
    )
    parameters = {} if name == "cancel" else {"amount": 0}
    return Misbehaviour(
        27, f"portal.{name}", sentence, CHANCES, BOTH, (Act(deed),), parameters,
        waits_for=waits_for, at_once=True,
    )  # fmt: skip


PEOPLE = (
    _member(17, "member_declines.in_app", "The member refuses in the app.", deeds.reject_in_app),
    _member(
        17, "member_declines.on_desktop", "The member cancels at the landing page.", deeds.cancel_on_desktop
    ),
    _member(17, "member_declines.ignores", "The member opens the app and does nothing more.", deeds.walk_away),
    _member(
        18, "member_kills_app", "The member approves and never comes back to the merchant.", deeds.kill_app
    ),
    Misbehaviour(
        19, "slow_bank", "An approval takes so many seconds more to become true; the browser is back before.",
        CHANCES, BOTH, (Act(deeds.slow_down_bank),), {"seconds": 15.0}, waits_for="initiate", at_once=True,
    ),
    Misbehaviour(
        20, "pays_twice",
        "When a second payment of the same member is started, the member approves both.",
        ("initiate",), BOTH, (Act(deeds.pay_twice, of_others=True),), {"seconds": 0.0}, at_once=True,
    ),
    _member(
        21, "first_card_refused", "The first card is refused; a second one succeeds some seconds later.",
        deeds.fail_then_approve, {"then_seconds": 20.0},
    ),
    Misbehaviour(
        22, "reservation_gone.at_issuer", "The bank has forgotten the reservation: 63, or code 6260.",
        ("capture",), BOTH, (Act(deeds.forget_at_issuer, "before"),), at_once=True,
    ),
    Misbehaviour(
        22, "reservation_gone.past_limit", "The reservation is older than Vipps allows: 98, or code 6100.",
        ("capture",), BOTH, (Act(deeds.age_reservation, "before"),), {"days": 181}, at_once=True,
    ),
    Misbehaviour(
        23, "refund_without_funds", "The merchant's account does not cover the refund: 74, or code 5100.",
        ("refund",), BOTH, (Act(deeds.empty_account, "before"), Act(deeds.fill_account, "after")),
    ),
    Misbehaviour(
        24, "direct_capture", "The approval is captured at once, as for a sales unit set up so: SALE, or two events.",
        ("initiate",), BOTH, (Act(deeds.capture_directly, "after"),), at_once=True,
    ),
    _portal("capture", "Somebody captures in the portal; amount 0 is everything.", "callback"),
    _portal("refund", "Somebody refunds in the portal; amount 0 is everything.", "capture"),
    _portal("cancel", "Somebody cancels in the portal, or releases what is not captured.", "callback"),
    Misbehaviour(
        29, "personal_data_expired", "Details show `[Expired]` where the member's data stood.",
        ("details",), BOTH, (Spoil("personal_data_expired"),),
    ),
)  # fmt: skip
