"""Those who act in the story, each over real HTTP: the event backend and the members."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
import jwt

from payments_service.demo.connections import Connections, answered, answered_text
from payments_service.demo.environment import SERVICE_KEY
from payments_service.demo.telling import WentWrong

JWT_KEY: Final = "local-key-of-the-backend-that-mints-tokens"
Json = Mapping[str, Any]


class Backend:
    """The event backend: owns the seats (at the simulator), and tells the service about them."""

    def __init__(self, *, service_url: str, simulator_url: str, connections: Connections) -> None:
        self.service = connections.to_service(service_url, SERVICE_KEY)
        self._seats = connections.client(f"{simulator_url}/control/backend")

    def open_event(self, event_id: str, *, title: str, seats: int, price: str, paytime: str) -> None:
        answered(self._seats.post("/events", json={"event_id": event_id, "capacity": seats}), 201)
        body = {"price": price, "paytime": paytime, "title": title}
        answered(self.service.put(f"/v1/paid-events/{event_id}", json=body), 200, 201)

    def sign_up(self, event_id: str, user_id: str) -> bool:
        """Sign a member up; True when that gave a seat, False for a place on the waiting list."""
        row = answered(self._seats.post(f"/events/{event_id}/registrations", json={"user_id": user_id}), 201)
        return not row["is_on_wait"]

    def announce(
        self, event_id: str, user_id: str, *, promoted: bool = False, until: str | None = None
    ) -> Any:
        """Tell the service that a member has a seat, which starts the clock. Returns its answer."""
        body: dict[str, Any] = {"event_id": event_id, "user_id": user_id, "from_waiting_list": promoted}
        if until is not None:
            body["payment_expiredate"] = until
        path = f"/v1/registrations/{self._row(event_id, user_id)['registration_id']}"
        return answered(self.service.put(path, json=body), 201)

    def sign_off(self, event_id: str, user_id: str) -> None:
        """Give a member's seat up, and tell the service."""
        registration_id = self._row(event_id, user_id)["registration_id"]
        answered(self._seats.delete(f"/events/{event_id}/registrations/{user_id}"), 204)
        answered(self.service.delete(f"/v1/registrations/{registration_id}"), 204)

    def refund(self, order_id: str, amount: str, *, reason: str, key: str) -> Any:
        """Give part of an order's money back. Returns the order."""
        body = {"amount": amount, "reason": reason}
        answer = self.service.post(
            f"/v1/orders/{order_id}/refund", json=body, headers={"Idempotency-Key": key}
        )
        return answered(answer, 200)

    def has_seat(self, event_id: str, user_id: str) -> bool:
        row = self._row(event_id, user_id)
        return bool(row) and not row["is_on_wait"]

    def registration(self, event_id: str, user_id: str) -> Any:
        """Return what the service says about a member's newest sign-up."""
        page = answered(
            self.service.get("/v1/registrations", params={"event_id": event_id, "user_id": user_id}), 200
        )
        if not page["items"]:
            raise WentWrong(f"a registration of {user_id}'s for {event_id}", "none")
        return page["items"][0]

    def status(self, event_id: str, user_id: str) -> str:
        return str(self.registration(event_id, user_id)["status"])

    def order(self, order_id: str) -> Any:
        return answered(self.service.get(f"/v1/orders/{order_id}"), 200)

    def happenings(self, order_id: str) -> list[str]:
        """Return what has happened to an order, word by word, oldest first."""
        page = answered(self.service.get(f"/v1/orders/{order_id}/history"), 200)
        return [item["what"] for item in page["items"]]

    def metric(self, name: str) -> float:
        """Return one figure of `/metrics`, 0 while it has none."""
        for line in answered_text(self.service.get("/metrics")).splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[-1])
        return 0.0

    def _row(self, event_id: str, user_id: str) -> Any:
        rows = answered(self._seats.get(f"/events/{event_id}/registrations"), 200)
        return next((row for row in rows if row["user_info"]["user_id"] == user_id), {})


class Member:
    """A member with a phone: a token for the service, and a browser for Vipps' pages."""

    def __init__(self, name: str, *, service_url: str, connections: Connections) -> None:
        self.name = name
        self.user_id = name.lower().replace("ø", "o")
        claims = {
            "sub": self.user_id,
            "aud": "payments-service",
            "exp": int(time.time()) + 3600,
            "groups": [],
        }
        token = jwt.encode(claims, JWT_KEY, algorithm="HS256")
        self.service = connections.to_service(service_url, token)
        self._browser = connections.client()

    def ask_to_pay(self, event_id: str) -> httpx.Response:
        body = {"event_id": event_id, "user_id": self.user_id, "payer_name": f"{self.name} Nordmann"}
        return self.service.post("/v1/orders", json=body)

    def approve(self, order: Json) -> None:
        self._press("approve", order)

    def refuse(self, order: Json) -> None:
        self._press("reject", order)

    def open(self, order: Json) -> None:
        """Open the payment link: the page with the amount and the buttons."""
        answered_text(self._browser.get(str(order["payment_link"])))

    def _press(self, button: str, order: Json) -> None:
        """Open the link, press a button, and be sent back to where payments return to."""
        self.open(order)
        link = httpx.URL(str(order["payment_link"]))
        pressed = self._browser.post(link.copy_with(path=f"/vipps-app/{button}"))
        if pressed.status_code != 303:
            raise WentWrong(f"303 after pressing {button}", f"{pressed.status_code} {pressed.text[:200]}")
