"""Misbehaviours 1 to 8, 30 and 31: the notification that is lost, late, doubled, wrong, or ahead of the truth."""

from payments_service.simulator.deeds import (
    approve_before_the_answer,
    contradict,
    fail_then_approve,
    remove_webhooks,
)
from payments_service.simulator.misbehaviour import BOTH, ECOM, EPAYMENT, Act, Misbehaviour, Spoil

CALLBACK = ("callback",)

CALLBACKS = (
    Misbehaviour(1, "callback_lost", "The notification is never sent.", CALLBACK, BOTH, (Spoil("lost"),)),
    Misbehaviour(
        2, "callback_duplicated.at_once", "The notification is sent twice, side by side.",
        CALLBACK, BOTH, (Spoil("duplicated"),),
    ),
    Misbehaviour(
        2, "callback_duplicated.later", "The same notification is sent again some seconds later.",
        CALLBACK, BOTH, (Spoil("duplicated"),), {"seconds": 30.0},
    ),
    Misbehaviour(
        3, "callback_delayed.past_the_poll",
        "The notification leaves only when the payment's details have been read.",
        CALLBACK, BOTH, (Spoil("held", {"value": "details"}),),
    ),
    Misbehaviour(
        3, "callback_delayed.past_the_return",
        "The notification leaves some seconds later, when the member is long back from Vipps.",
        CALLBACK, BOTH, (Spoil("delayed"),), {"seconds": 15.0},
    ),
    Misbehaviour(
        3, "callback_delayed.past_the_deadline",
        "The notification leaves after eleven minutes, when every checkout is over.",
        CALLBACK, BOTH, (Spoil("delayed"),), {"seconds": 660.0},
    ),
    Misbehaviour(
        3, "callback_delayed.past_the_cancel",
        "The notification leaves only when the merchant has tried to cancel the payment.",
        CALLBACK, BOTH, (Spoil("held", {"value": "cancel"}),),
    ),
    Misbehaviour(
        4, "callback_before_answer",
        "The member approves, and the notification is delivered, before the start of the payment is answered.",
        ("initiate",), BOTH, (Act(approve_before_the_answer, "after", waits=True),),
    ),
    Misbehaviour(
        5, "callback_out_of_order.rejected_last",
        "A notification that the payment failed follows the one that it succeeded; the first is the truth.",
        CALLBACK, BOTH, (Act(contradict),),
    ),
    Misbehaviour(
        5, "callback_out_of_order.failed_first",
        "The member's card fails and a second one succeeds: two notifications, the failure first.",
        ("initiate",), BOTH, (Act(fail_then_approve),), {"seconds": 0.0, "then_seconds": 0.0},
        at_once=True,
    ),
    Misbehaviour(
        5, "callback_out_of_order.old_attempt_last",
        "The notification is kept back until one about a newer payment has been delivered.",
        CALLBACK, BOTH, (Spoil("held", {"value": "newer"}),),
    ),
    Misbehaviour(
        6, "wrong_content.msn", "The notification names a sales unit of somebody else.",
        CALLBACK, BOTH, (Spoil("wrong_msn"),),
    ),
    Misbehaviour(
        6, "wrong_content.order_id", "The notification names another order than its address does.",
        CALLBACK, BOTH, (Spoil("wrong_order_id"),),
    ),
    Misbehaviour(
        6, "wrong_content.token", "The notification proves its origin with a wrong token or signature.",
        CALLBACK, BOTH, (Spoil("wrong_token"),),
    ),
    Misbehaviour(
        6, "wrong_content.no_token", "The notification has no Authorization at all.",
        CALLBACK, BOTH, (Spoil("missing_token"),),
    ),
    Misbehaviour(
        6, "wrong_content.amount", "The notification states another amount, in øre.",
        CALLBACK, BOTH, (Spoil("wrong_amount"),), {"amount": 1},
    ),
    Misbehaviour(
        6, "wrong_content.status", "The notification states a status nobody has heard of.",
        CALLBACK, BOTH, (Spoil("unknown_status"),), {"value": "AUTO_CANCEL"},
    ),
    Misbehaviour(
        6, "wrong_content.extra_fields", "The notification has fields nobody has heard of.",
        CALLBACK, BOTH, (Spoil("unknown_fields"),),
    ),
    Misbehaviour(
        6, "wrong_content.malformed", "The notification breaks off in the middle of its JSON.",
        CALLBACK, BOTH, (Spoil("malformed"),),
    ),
    Misbehaviour(
        7, "inconsistent_read",
        "Details show the payment as it was so many seconds ago, whatever the notification said.",
        ("details", "events"), BOTH, (Spoil("stale_details"),), {"seconds": 30.0},
    ),
    Misbehaviour(
        8, "fields_missing.summary", "Details come without transactionSummary.",
        ("details",), ECOM, (Spoil("fields_missing", {"value": "transactionSummary"}),),
    ),
    Misbehaviour(
        8, "fields_missing.sub", "Details come without the member's sub, though a scope was asked for.",
        ("details",), BOTH, (Spoil("fields_missing", {"value": "sub"}),),
    ),
    Misbehaviour(
        8, "fields_missing.transaction_id", "Details, or the notification, come without any transactionId.",
        ("details", "callback"), ECOM, (Spoil("fields_missing", {"value": "transactionId"}),),
    ),
    Misbehaviour(
        30, "webhook_removed", "Vipps has removed all registrations, as after two weeks without an answer.",
        ("callback", "initiate", "webhooks.list"), EPAYMENT, (Act(remove_webhooks),),
        waits_for="callback", at_once=True, needs_order=False,
    ),
    Misbehaviour(
        31, "clock_skew.ahead", "The webhook is signed with a date so many seconds ahead.",
        CALLBACK, EPAYMENT, (Spoil("clock_skew"),), {"seconds": 600.0},
    ),
    Misbehaviour(
        31, "clock_skew.behind", "The webhook is signed with a date of long ago.",
        CALLBACK, EPAYMENT, (Spoil("clock_skew"),), {"seconds": -86400.0},
    ),
    Misbehaviour(
        31, "clock_skew.old_retry", "When the webhook is tried again, it shows the first attempt's date.",
        CALLBACK, EPAYMENT, (Spoil("old_date"),),
    ),
)  # fmt: skip
