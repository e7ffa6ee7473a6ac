"""What can be configured: the sales units with their keys and permissions, and everybody's habits."""

from dataclasses import dataclass, field

DEFAULT_PORT = 8090
# Waits between the attempts at a webhook: 2 s three times, a minute, two, an hour until the 29th, then a day.
WEBHOOK_WAITS = (2.0, 2.0, 2.0, 60.0, 120.0, *(3600.0,) * 23, 86400.0)


@dataclass(slots=True)
class SalesUnit:
    """One merchant at Vipps. Mutable on purpose: a test flips a permission and goes on."""

    merchant_serial_number: str = "654321"
    client_id: str = "5e1f0c6a-0000-4000-8000-51a7e57ab1e5"
    client_secret: str = "simulated-client-secret="
    subscription_keys: tuple[str, ...] = (
        "51a7000000000000000000000000aaaa",
        "51a7000000000000000000000000bbbb",
    )
    name: str = "Simulated Sales Unit"
    direct_capture: bool = False
    may_skip_landing_page: bool = False
    may_ask_for_nin: bool = False
    blocked_with: str | None = None
    """A Merchant error code (31, 32, 33, 36, 37, 97) with which every initiate is refused."""
    settlement_balance: int | None = None
    """Øre at hand for refunds; None is a merchant who never runs dry."""
    legacy_402: bool = False
    """Refusals of money movements answer 402, as until May 2021, in place of 400."""
    rate_limits: bool = False
    may_push: bool = False
    """ePayment's PUSH_MESSAGE, which skips the landing page."""
    epayment_allowed: bool = True
    """False answers every call to ePayment with 403."""


@dataclass(slots=True)
class SimulatorConfig:
    sales_units: list[SalesUnit] = field(default_factory=lambda: [SalesUnit()])
    public_origin: str = f"http://127.0.0.1:{DEFAULT_PORT}"
    landing_seconds: float = 300
    app_seconds: float = 300
    total_seconds: float = 600
    token_seconds: int = 3600
    allow_loopback_urls: bool = True
    tolerate_odd_slashes: bool = True
    require_request_id: bool = False
    """The specification demands X-Request-Id on capture and refund, the guide only allows it."""
    callback_patience_seconds: float = 3.0
    callback_msn_as_integer: bool = False
    callback_with_transaction_id: bool = True
    webhook_patience_seconds: float = 10.0
    webhook_retry_seconds: tuple[float, ...] = WEBHOOK_WAITS
    """The last one is repeated until `webhook_retry_days` are over."""
    webhook_retry_days: float = 7
    webhook_unresponsive_days: float = 14
    """A registration without a success for so long is removed."""
    webhook_date_is_refreshed: bool = False
    """Retries are signed anew with the present x-ms-date; otherwise they repeat the first one's."""
    webhook_limit: int = 25
    """Registrations for one event and sales unit."""
    epayment_get_shows_redirect_url: bool = False
    remembers_refusals: bool = True
    """ePayment repeats a refusal to whoever comes again with the same Idempotency-Key."""
    desktop_cancel_is_logged: bool = True
    timeout_is_logged: bool = True
    append_status_to_fallback: bool = False
    test_amounts: bool = False
    """Amounts such as 1.51 kr are refused by the issuer, as in the test environment."""
    capture_limit_days: int = 180
    refund_limit_days: int = 365
    issuer_reservation_days: int | None = None
    """After so many days the bank has forgotten the reservation and a capture fails with 63."""
    backend_token: str = "simulated-backend-token"
    backend_token_header: str = "Authorization"
    notice_secrets: tuple[str, ...] = ("whsec_cHJldGVuZGVkLXNlY3JldC1vZi1wcmV0ZW5kZWQtbm90aWNlcw==",)
    """What the service signs its notices with; several while one is being rotated."""
    backend_page_size: int = 25
    tick_seconds: float = 0.25

    def unit(self, merchant_serial_number: str) -> SalesUnit | None:
        return next((u for u in self.sales_units if u.merchant_serial_number == merchant_serial_number), None)
