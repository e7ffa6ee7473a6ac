"""The member with the phone: opens the link, approves, refuses, has a card declined, or simply goes away."""

from payments_service.simulator.checkout import Checkout
from payments_service.simulator.ledger import Ledger, Payment
from payments_service.simulator.post_office import PostOffice


class Member:
    """Each method ends when the callback or webhook it caused, if any, has been attempted once."""

    def __init__(self, *, ledger: Ledger, checkout: Checkout, callbacks: PostOffice) -> None:
        self._ledger, self._checkout, self._callbacks = ledger, checkout, callbacks

    async def open(self, order_id: str) -> Payment:
        payment = self._ledger.by_order(order_id)
        self._checkout.open(payment)
        return payment

    async def approve(self, order_id: str) -> Payment:
        payment = self._ledger.by_order(order_id)
        self._checkout.approve(payment)
        return await self._told(payment)

    async def reject(self, order_id: str) -> Payment:
        """Refuses in the app."""
        payment = self._ledger.by_order(order_id)
        self._checkout.reject_in_app(payment)
        return await self._told(payment)

    async def cancel_on_desktop(self, order_id: str, *, logs: bool | None = None) -> Payment:
        """Clicks cancel at the landing page; `logs=False` leaves no trace in eCom's details, as has been seen."""
        payment = self._ledger.by_order(order_id)
        self._checkout.cancel_on_desktop(payment, logs=logs)
        return await self._told(payment)

    async def decline_card(self, order_id: str) -> Payment:
        """The bank refuses; approving with another card is still possible."""
        payment = self._ledger.by_order(order_id)
        self._checkout.decline_card(payment)
        return await self._told(payment)

    async def approve_and_kill_app(self, order_id: str) -> Payment:
        """Approved, and the browser never comes back: to Vipps the same as `approve`."""
        return await self.approve(order_id)

    async def walk_away(self, order_id: str) -> Payment:
        """Opens the app and does nothing more; time does the rest."""
        return await self.open(order_id)

    async def _told(self, payment: Payment) -> Payment:
        await self._callbacks.flush()
        return payment
