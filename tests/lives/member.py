"""What the people around a registration do: the member, an organiser, somebody in Vipps' portal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.lives.clockwork import BEGINNING, Clockwork, Process, Story
from tests.lives.pretended_vipps import CHECKOUT, PretendedVipps
from tests.lives.service import Service


@dataclass
class People:
    """They come and go by chance; nobody knows what the others do."""

    clockwork: Clockwork
    service: Service
    vipps: PretendedVipps
    sometimes: Counter[str]
    callbacks: float  # the share of Vipps' callbacks that arrive
    phone: Process = field(default_factory=Process)  # whatever happens to our processes, people live on
    links: set[str] = field(default_factory=set)  # the orders whose link somebody has got

    def member(self) -> Story:
        """Comes when it suits, tries a few times, and may leave half-way."""
        chance = self.clockwork.chance
        paytime = (self.service.rows.registration.payment_expiredate - BEGINNING).total_seconds()
        for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            at_the_deadline = chance.uniform(-3, 3) + paytime - self._age
            yield chance.choice((chance.uniform(0, 5), chance.uniform(0, paytime), max(0.0, at_the_deadline)))
            for _ in range(chance.choice((1, 1, 1, 2))):  # a second click, a second tab
                self.service.begin(self._try_to_pay())
        if chance.random() < 0.12:
            yield chance.uniform(0, paytime)
            self.sometimes["signed off"] += 1
            self.service.begin(self.service.sign_off(refund=chance.random() < 0.5))

    @property
    def _age(self) -> float:
        return (self.clockwork.now - BEGINNING).total_seconds()

    def _try_to_pay(self) -> Story:
        chance = self.clockwork.chance
        order_id = yield from self.service.start()
        if order_id is None:
            return
        self.links.add(order_id)
        self.clockwork.begin(self._in_the_app(order_id), self.phone)
        if chance.random() < 0.3:
            yield chance.uniform(0, 30)  # a return page that asks
            yield from self.service.settle(order_id)

    def _in_the_app(self, order_id: str) -> Story:
        """The member's phone: it lives on whatever happens to our processes."""
        chance, checkout = self.clockwork.chance, CHECKOUT.total_seconds()
        if chance.random() < 0.1:
            self.vipps.decline_card(order_id)
        yield chance.choice(
            (chance.uniform(1, 20), chance.uniform(0, checkout), checkout - chance.uniform(0, 2))
        )
        what = chance.random()
        if what < 0.6:
            self.sometimes["approved" if self.vipps.approve(order_id) else "approved too late"] += 1
        elif what < 0.75:
            self.vipps.reject(order_id)
        else:
            self.sometimes["walked away"] += 1

    def organiser(self) -> Story:
        chance = self.clockwork.chance
        yield chance.uniform(0, 2400)
        paid = [order.order_id for order in self.service.rows.orders.values() if order.captured_ore]
        what = chance.random()
        if what < 0.1:
            self.service.extend(chance.choice((1, 10, 60)))
        elif what < 0.3 and paid:
            for _ in range(chance.choice((1, 1, 2, 3))):
                self.service.begin(self.service.refund(paid[0], chance.choice((None, 5_000, 10_000))))
                yield chance.uniform(0, 20)
        elif what < 0.33 and paid:
            self.sometimes["refunded in the portal"] += 1
            self.vipps.refund_in_portal(paid[0])
            # eCom tells nobody of it: we know when somebody has us ask, here an hour after the beginning
            self.clockwork.after(3600 - self._age, lambda: self.service.begin(self.service.settle(paid[0])))

    def callback(self, order_id: str) -> None:
        """Vipps tells us that something happened; it only ever causes a read."""
        if self.clockwork.chance.random() < self.callbacks:
            for _ in range(self.clockwork.chance.choice((1, 1, 2))):
                self.service.begin(self._delivered(order_id))

    def _delivered(self, order_id: str) -> Story:
        yield self.clockwork.chance.choice((0.05, self.clockwork.chance.uniform(0, 40)))
        if order_id in self.service.rows.orders:
            yield from self.service.settle(order_id)
