"""Holds the simulator's answers against the published description of eCom v2, where that lies beside the project."""

import json
from typing import Any

import jsonschema
import pytest

from tests.simulator.shop import Shop
from tests.simulator.specifications import WHY_NOT, is_present, load

pytestmark = pytest.mark.skipif(not is_present("ecom-v2"), reason=WHY_NOT)


@pytest.fixture(scope="module")
def specification() -> Any:
    return load("ecom-v2")


def check(specification: Any, name: str, instance: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": specification["components"]}
    jsonschema.Draft4Validator(schema).validate(instance)


async def test_requests_and_answers_are_as_described(specification: Any, reserved: Shop) -> None:
    check(specification, "InitiatePaymentCommand", reserved.order())
    check(specification, "PaymentInitiationResponse", (await reserved.initiate("order-2")).json())
    check(specification, "TransactionDetails", await reserved.details("order-2"))
    check(specification, "TransactionResponse", (await reserved.modify("capture", 20000)).json())
    check(specification, "RefundTransactionResponse", (await reserved.modify("refund", 10000)).json())
    released = await reserved.modify("cancel", shouldReleaseRemainingFunds=True)
    check(specification, "CancelTransactionResponse", released.json())
    check(specification, "TransactionDetails", await reserved.details())
    status = await reserved.http.get("/ecomm/v2/payments/order-1/status", headers=reserved.headers())
    check(specification, "PaymentStatus", status.json())
    check(specification, "ErrorArray", (await reserved.modify("refund", 20000)).json())


async def test_gateway_errors_are_as_described(specification: Any, shop: Shop) -> None:
    shop.token = "nonsense"
    check(specification, "ErrorFromAzure", (await shop.initiate()).json())


async def test_the_callback_is_as_described(specification: Any, reserved: Shop) -> None:
    check(specification, "RegularCheckOutPaymentRequest", json.loads(reserved.received[0]["raw"]))


async def test_the_check_itself_can_fail(specification: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(specification, "PaymentInitiationResponse", {"orderId": "under_score", "url": "x"})
