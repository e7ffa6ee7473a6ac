"""An eye on Vipps' ledger and journal, and a hand that makes things go wrong there: the simulator's control API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from payments_service.demo.apis import ECOM, EPAYMENT, Api
from payments_service.demo.connections import Connections, answered
from payments_service.simulator.config import SalesUnit

_CHANNELS: Final = {"ecom": ECOM.delivery, "webhooks": EPAYMENT.delivery}


class Vipps:
    """The simulator's other side: what really happened, and what shall go wrong."""

    def __init__(self, simulator_url: str, connections: Connections) -> None:
        self._client = connections.client(f"{simulator_url}/control")

    def state(self) -> Any:
        return answered(self._client.get("/state"), 200)

    def violations(self) -> Any:
        """Return the seats that were taken back although money, or a way to pay, spoke against it."""
        return answered(self._client.get("/oracle"), 200)["violations"]

    def effects(self, order_id: str, operation: str) -> list[Any]:
        """Return what moved in the ledger for an order, and succeeded."""
        all_of_them = self.state()["effects"]
        return [
            e for e in all_of_them if (e["order_id"], e["operation"], e["ok"]) == (order_id, operation, True)
        ]

    def moves(self, order_id: str) -> list[str]:
        """Return all that has happened to an order in the ledger, word by word."""
        return [e["operation"] for e in self.state()["effects"] if e["order_id"] == order_id and e["ok"]]

    def ways(self, order_ids: Collection[str], api: Api) -> set[str]:
        """Return how Vipps and we have spoken about orders: `api.path` and `api.delivery`, and all that went elsewhere.

        Only what was answered with yes counts: that another API was tried and is not offered moves nothing.
        """
        state = self.state()
        called = {
            api.path if r["path"].startswith(f"{api.path}/") else f"{r['method']} {r['path']}"
            for r in state["requests"]
            if r["order_id"] in order_ids and r["outcome"] in (200, 201)
        }
        told = {
            _CHANNELS[d["channel"]]
            for d in state["deliveries"]
            if d["order_id"] in order_ids and d["http_status"] == 200
        }
        return called | told

    def lose_delivery(self, order_id: str) -> None:
        """Let the next callback or webhook about an order get lost on its way."""
        fault = {"kind": "lost", "operation": "callback", "order_id": order_id}
        answered(self._client.post("/faults", json=fault), 201)

    def tie(self, order_id: str, event_id: str, user_id: str) -> None:
        """Tell the referee whose seat an order pays for."""
        answered(
            self._client.post(f"/payments/{order_id}", json={"event_id": event_id, "user_id": user_id}), 200
        )

    def refuse_next_cancel(self, order_id: str, api: Api) -> None:
        """Let Vipps say no to the next cancel, as it does while a member is approving."""
        no = {"kind": "error", "operation": "cancel", "order_id": order_id, "times": 1, "status": 400}
        answered(self._client.post("/faults", json={**no, **api.no_cancel}), 201)

    def offer_epayment(self, *, is_offered: bool) -> None:
        """Open ePayment for the sales unit, or close it."""
        unit = SalesUnit().merchant_serial_number
        answered(self._client.post(f"/sales-units/{unit}", json={"epayment_allowed": is_offered}), 200)

    def fall_silent(self) -> None:
        answered(self._client.post("/vipps/down", json={"mode": "silent"}), 200)

    def come_back(self) -> None:
        answered(self._client.post("/vipps/up"), 200)

    def allow_checkouts_to_last(self, seconds: float) -> None:
        lasting = dict.fromkeys(("landing_seconds", "app_seconds", "total_seconds"), seconds)
        answered(self._client.post("/config", json=lasting), 200)
