"""The composition root: settings in, the parts of the service out, each made once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import httpx

from payments_service.domain.decisions import ExpiryMode, Rules
from payments_service.event_service.client import EventServiceClient
from payments_service.event_service.notice_sender import NoticeSender
from payments_service.metrics import Metrics
from payments_service.settings import Settings, VippsAccount
from payments_service.storage.database import Database
from payments_service.storage.schema import head_revision
from payments_service.use_cases.policy import Policy, Queue
from payments_service.vipps.ecom import EcomApi
from payments_service.vipps.epayment import EpaymentApi
from payments_service.vipps.port import PaymentApi
from payments_service.vipps.transport import VippsTransport
from payments_service.vipps.webhook_check import WebhookCheck
from payments_service.vipps.webhook_registrations import Listening, address
from payments_service.vipps.webhooks_api import WebhooksApi


class Services:
    """The parts, and what changes about the process as a whole: whether it drains, and when it last ticked."""

    def __init__(
        self,
        settings: Settings,
        *,
        vipps_transport: httpx.AsyncBaseTransport | None = None,
        event_service_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.policy = policy_of(settings)
        self.database = Database(settings.database_dsn)
        self._vipps_transport = transport_of(settings, vipps_transport)
        self.vipps = _vipps(settings, self._vipps_transport, self.metrics)
        self.webhook_check = _webhook_check(settings, self._vipps_transport, self.metrics)
        self.event_service = EventServiceClient(
            base_url=settings.event_service_url,
            token=settings.event_service_token.get_secret_value(),
            token_header=settings.event_service_token_header,
            release=settings.event_service_release,
            timeout=settings.event_service_timeout_seconds,
            transport=event_service_transport,
            observe=self.metrics.observe_event_service,
        )
        self.notices = _notices(settings, event_service_transport, self.metrics)
        self.is_draining = False
        self.last_tick_monotonic: float | None = None
        self.on_nudge: Callable[[Queue], None] | None = None

    def nudge(self, queue: Queue) -> None:
        """Wake a queue of this process; without a scheduler the next tick of another one finds the work."""
        if self.on_nudge is not None:
            self.on_nudge(queue)

    def learned(self, how: str) -> None:
        """Count how an outcome was first learned."""
        self.metrics.first_learned(how)

    def ticked(self, monotonic: float, unix_time: float) -> None:
        """Note that the scheduler came round."""
        self.last_tick_monotonic = monotonic
        self.metrics.ticked(unix_time)

    @property
    def webhook_listening(self) -> Listening:
        """Whether Vipps tells us what happens to payments, as far as this process knows."""
        return Listening.NOT_USED if self.webhook_check is None else self.webhook_check.listening

    async def database_ready(self) -> list[str]:
        """Return what is wrong with the database; empty when it can be used."""
        return await self.database.problems(expected_revision=head_revision())

    async def aclose(self) -> None:
        closing = [self._vipps_transport.aclose(), self.event_service.aclose()]
        if self.notices is not None:
            closing.append(self.notices.aclose())
        await asyncio.gather(*closing)
        await self.database.aclose()


def policy_of(settings: Settings) -> Policy:
    """Translate settings into what the use cases go by."""
    return Policy(
        rules=Rules(
            expiry_mode=ExpiryMode(settings.expiry_mode),
            captures_at_once=settings.vipps_capture == "immediate",
            returns_late_money=settings.late_money == "return",
        ),
        vipps_api=settings.vipps_api,
        pushes_to_phones=settings.vipps_user_flow == "push_message",
        vipps_timeout=settings.vipps_timeout_seconds,
        checkout=timedelta(seconds=settings.vipps_checkout_seconds),
        lease=timedelta(seconds=settings.lease_seconds),
        waiting_list_paytime=timedelta(seconds=settings.waiting_list_paytime),
        release=settings.event_service_release,
        return_url=settings.return_url,
        return_origins=settings.allowed_return_origins,
        tells_backend=settings.event_webhook_url is not None,
    )


def transport_of(account: VippsAccount, network: httpx.AsyncBaseTransport | None = None) -> VippsTransport:
    """Make the way out to Vipps for an account, which is all that the commands for webhooks need."""
    return VippsTransport(
        base_url=account.vipps_base_url,
        client_id=account.vipps_client_id,
        client_secret=account.vipps_client_secret.get_secret_value(),
        subscription_key=account.vipps_subscription_key.get_secret_value(),
        merchant_serial_number=account.vipps_merchant_serial_number,
        transport=network,
    )


def _vipps(settings: Settings, transport: VippsTransport, metrics: Metrics) -> Mapping[str, PaymentApi]:
    """Both of Vipps' payment APIs, whichever new orders use: each order stays with the one it was started with."""
    secret = settings.vipps_callback_secret
    epayment = EpaymentApi(transport=transport, observe=metrics.observe_vipps)
    ecom = EcomApi(
        transport=transport,
        callback_prefix=f"{settings.public_url}/vipps",
        callback_secret=None if secret is None else secret.get_secret_value(),
        closing=epayment,
        observe=metrics.observe_vipps,
    )
    return {"ecom": ecom, "epayment": epayment}


def _webhook_check(settings: Settings, transport: VippsTransport, metrics: Metrics) -> WebhookCheck | None:
    """None when nothing is to come by webhook."""
    if settings.vipps_api != "epayment" and not settings.vipps_webhook_secrets:
        return None
    return WebhookCheck(
        api=WebhooksApi(transport=transport, observe=metrics.observe_vipps),
        url=address(settings.public_url),
        timeout=settings.vipps_timeout_seconds,
        answered=metrics.set_webhook_registered,
    )


def _notices(
    settings: Settings, network: httpx.AsyncBaseTransport | None, metrics: Metrics
) -> NoticeSender | None:
    """None when nobody listens."""
    if settings.event_webhook_url is None:
        return None
    return NoticeSender(
        url=settings.event_webhook_url,
        secrets=[secret.get_secret_value() for secret in settings.event_webhook_secret],
        timeout=settings.event_service_timeout_seconds,
        transport=network,
        observe=metrics.observe_event_service,
    )
