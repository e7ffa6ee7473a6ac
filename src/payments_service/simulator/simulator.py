"""The whole simulator as one object: its parts, its clock, and the app in front of them."""

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from payments_service.simulator.acts import ActPlan
from payments_service.simulator.agenda import Agenda
from payments_service.simulator.bookkeeping import Bookkeeper
from payments_service.simulator.callbacks import CallbackEngine
from payments_service.simulator.chance import Chance
from payments_service.simulator.checkout import Checkout
from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.clockwork import Clockwork
from payments_service.simulator.config import SimulatorConfig
from payments_service.simulator.courier import ClientFactory, Courier, plain_client
from payments_service.simulator.deeds import wait_for_bank
from payments_service.simulator.epayment_creation import Creation
from payments_service.simulator.event_backend import EventBackend
from payments_service.simulator.faults import Call, Fault, FaultPlan, Hook, Hooks
from payments_service.simulator.gateway import Gateway
from payments_service.simulator.idempotency import AnswerStore
from payments_service.simulator.in_process import InProcessTransport
from payments_service.simulator.initiation import Initiation
from payments_service.simulator.journal import Journal
from payments_service.simulator.ledger import Ledger, Payment
from payments_service.simulator.letting_go import LettingGo
from payments_service.simulator.member import Member
from payments_service.simulator.merchant import Merchant
from payments_service.simulator.mischief import Mischief, Selection
from payments_service.simulator.native_refusals import in_native_words
from payments_service.simulator.notes import Notes
from payments_service.simulator.oracle import Oracle
from payments_service.simulator.post_office import PostOffice
from payments_service.simulator.scenario_format import Scenario
from payments_service.simulator.scenario_player import Player
from payments_service.simulator.tokens import TokenOffice
from payments_service.simulator.webhook_engine import WebhookEngine
from payments_service.simulator.webhook_registry import Webhooks

if TYPE_CHECKING:
    from payments_service.simulator.app import SimulatorApp

_DOWN = {
    "silent": Fault("silent", "*", times=None),
    "refuse": Fault("drop_before", "*", times=None, value="refuse"),
    "500": Fault("error", "*", times=None, status=500),
}


class Simulator:
    """`merchant` doubles as the portal: called from here it moves money without anybody being told."""

    def __init__(
        self, config: SimulatorConfig | None = None, *, client_factory: ClientFactory = plain_client
    ) -> None:
        self.config = config or SimulatorConfig()
        self.clock, self.ledger, self.journal = VirtualClock(), Ledger(), Journal()
        self.faults, self.hooks = FaultPlan(), Hooks()
        self.answer_store, self.down = AnswerStore(), dict[str, Fault]()
        self.stopping = asyncio.Event()
        self.opening_scenario: Scenario | None = None
        """Begins when the simulator does."""
        self.tokens = TokenOffice(config=self.config, clock=self.clock)
        self.gateway = Gateway(clock=self.clock, tokens=self.tokens)
        self.webhooks = Webhooks(config=self.config, clock=self.clock)
        self.callbacks = self._build_post_office(Courier(hooks=self.hooks, client_factory=client_factory))
        self._build_counters()
        self._build_mischief()
        self.app = self._build_app()

    def _build_post_office(self, courier: Courier) -> PostOffice:
        config, clock, journal, faults = self.config, self.clock, self.journal, self.faults
        return PostOffice(
            courier=courier,
            callbacks=CallbackEngine(
                config=config, clock=clock, journal=journal, faults=faults, courier=courier
            ),
            webhooks=WebhookEngine(
                config=config,
                clock=clock,
                journal=journal,
                faults=faults,
                courier=courier,
                registry=self.webhooks,
            ),
        )

    def _build_counters(self) -> None:
        config, clock, ledger = self.config, self.clock, self.ledger
        self.books = Bookkeeper(
            clock=clock, ledger=ledger, journal=self.journal, tell=self.callbacks.webhooks.announce
        )
        self.initiation = Initiation(config=config, clock=clock, ledger=ledger, books=self.books)
        self.creation = Creation(config=config, clock=clock, ledger=ledger, books=self.books)
        self.merchant = Merchant(config=config, clock=clock, ledger=ledger, books=self.books)
        self.checkout = Checkout(
            config=config, clock=clock, ledger=ledger, books=self.books, callbacks=self.callbacks
        )
        self.member = Member(ledger=ledger, checkout=self.checkout, callbacks=self.callbacks)
        self.backend = EventBackend(clock=clock)
        self.oracle = Oracle(clock=clock, ledger=ledger, checkout=self.checkout, backend=self.backend)

    def _build_mischief(self) -> None:
        self.notes = Notes(clock=self.clock, journal=self.journal)
        self.agenda = Agenda(clock=self.clock, notes=self.notes)
        self.acts, self.mischief, self.chance = ActPlan(self), Mischief(self), Chance(self)
        self.player, self.clockwork = Player(self), Clockwork(self)
        self.hooks.listeners += [self.acts.listen, LettingGo(self).listen, self.player.listen]
        self.checkout.is_slow = partial(wait_for_bank, self)
        self.faults.on_taken = self.notes.fault_taken
        self.faults.otherwise = self.chance.draw_for_callback

    def _build_app(self) -> "SimulatorApp":
        from payments_service.simulator.app import SimulatorApp  # the app needs the simulator first

        return SimulatorApp(self)

    @property
    def before_effect(self) -> dict[str, Hook]:
        return self.hooks.before

    @property
    def after_effect(self) -> dict[str, Hook]:
        return self.hooks.after

    def client(self, base_url: str = "http://simulator.test") -> httpx.AsyncClient:
        """A client that reaches the simulator within this process and still times out."""
        return httpx.AsyncClient(transport=InProcessTransport(self.app), base_url=base_url)

    def payment(self, order_id: str) -> Payment:
        """As it is now: a checkout nobody finished in time is over."""
        payment = self.ledger.by_order(order_id)
        self.checkout.settle(payment)
        return payment

    def assign(self, order_id: str, event_id: str | int, user_id: str) -> Payment:
        """Tells the oracle whose seat an order pays for."""
        payment = self.ledger.by_order(order_id)
        payment.event_id, payment.user_id = str(event_id), user_id
        self.player.look()
        return payment

    def add_fault(self, kind: str, operation: str, **how: object) -> Fault:
        return self.faults.add(Fault(kind, operation, **how))  # type: ignore[arg-type]

    def fault_for(self, call: Call, kinds: frozenset[str]) -> Fault | None:
        neighbour = "backend" if call.operation.startswith("backend.") else "vipps"
        if neighbour in self.down:
            return self.down[neighbour]
        fault = self.faults.take(
            call.operation, call.order_id, kinds, event_id=call.event_id, user_id=call.user_id
        )
        return in_native_words(fault or self.chance.draw(call), call)

    def misbehave(self, name: str, **how: Any) -> Selection:
        """By the name in the catalogue, for an order_id, an operation, so many times, after so many skipped."""
        return self.mischief.select(name, **how)

    def take_down(self, neighbour: str = "vipps", mode: str = "silent") -> None:
        """Modes: silent (never answers), refuse (the connection dies at once), 500."""
        self.down[neighbour] = replace(_DOWN[mode])

    def bring_up(self, neighbour: str = "vipps") -> None:
        self.down.pop(neighbour, None)

    async def advance(self, seconds: float) -> datetime:
        return await self.clockwork.advance(seconds)

    async def tick(self) -> None:
        await self.clockwork.tick()

    async def run_clockwork(self) -> None:
        if self.opening_scenario is not None:
            self.player.begin(self.opening_scenario)
        await self.clockwork.run()

    def stop(self) -> None:
        """Lets go of every call that is being held, so that nothing delays the end."""
        self.stopping.set()

    async def close(self) -> None:
        self.stop()
        await self.player.close()
        await self.callbacks.close()

    def reset(self) -> None:
        """Forgets everything but the configuration and what was handed out: access tokens, webhook registrations."""
        for part in (
            self.player, self.mischief, self.acts, self.chance, self.agenda, self.ledger, self.journal,
            self.faults, self.answer_store, self.down, self.backend, self.oracle, self.gateway,
            self.hooks.before, self.hooks.after, self.callbacks,
        ):  # fmt: skip
            part.clear()
        self.clock.reset()
