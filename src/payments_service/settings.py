"""Every variable of the environment, read and checked once at start; `docs/settings.md` explains each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from payments_service import settings_jwt
from payments_service import settings_production as production
from payments_service import settings_values as values

Whole = Annotated[int, BeforeValidator(values.whole_number)]
CallSeconds = Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)]
Url = Annotated[str, AfterValidator(values.url)]
Secret = Annotated[SecretStr, AfterValidator(values.secret)]
Duration = Annotated[int, BeforeValidator(values.duration_seconds)]
JwtAlgorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"
]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]


class BadSettings(Exception):
    """The environment does not make a service. `problems` has one line for each variable at fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Variables(BaseSettings):
    """Variables of the environment that are read and checked together."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    def misfits(self) -> list[str]:
        """Return what is wrong although every variable is right by itself, a line each."""
        return []

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if problems := self.misfits():
            raise ValueError("\n".join(problems))
        return self


class Database(Variables):
    """The one variable that `migrate` needs."""

    database_url: Annotated[SecretStr, AfterValidator(values.database_url)]

    @property
    def database_dsn(self) -> str:
        """For SQLAlchemy: with the driver prefix, and `sslmode` under asyncpg's name for it."""
        return values.asyncpg_dsn(self.database_url.get_secret_value())


class VippsAccount(Variables):
    """What it takes to speak with Vipps as our sales unit, and where Vipps reaches us: all that `webhooks` needs."""

    public_url: Annotated[str, AfterValidator(values.origin)]
    environment: Literal["development", "test", "staging", "production"] = "development"
    vipps_base_url: Url = "https://apitest.vipps.no"
    vipps_client_id: Annotated[str, AfterValidator(values.header_safe)]
    vipps_client_secret: Secret
    vipps_subscription_key: Secret
    vipps_merchant_serial_number: Annotated[str, Field(pattern=r"^[0-9]{4,7}$")]
    vipps_timeout_seconds: CallSeconds = 10.0

    def misfits(self) -> list[str]:
        return production.account_problems(self)


AnySettings = TypeVar("AnySettings", bound=Variables)


class Settings(Database, VippsAccount):
    host: str = "0.0.0.0"  # noqa: S104 - a container listens on all its addresses
    port: Annotated[Whole, Field(ge=0, le=65535)] = 8000

    service_api_keys: Annotated[
        Mapping[str, tuple[SecretStr, ...]], NoDecode, BeforeValidator(values.service_keys)
    ]
    jwt_key: SecretStr | None = None
    jwt_algorithm: JwtAlgorithm = "HS256"
    jwt_audience: Annotated[str, AfterValidator(values.header_safe)] = "payments-service"

    vipps_api: Literal["ecom", "epayment"] = "ecom"
    vipps_callback_secret: Secret | None = None
    vipps_webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(values.secrets)] = ()
    vipps_checkout_seconds: Annotated[Whole, Field(ge=1, le=86400)] = 600
    vipps_user_flow: Literal["web_redirect", "push_message"] = "web_redirect"
    vipps_capture: Literal["immediate", "manual"] = "immediate"
    return_url: Annotated[str, AfterValidator(values.return_url)]
    return_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(values.origins)] = ()

    event_service_url: Url
    event_service_token: Secret
    event_service_token_header: HeaderName = "Authorization"  # noqa: S105 - a header's name
    event_service_timeout_seconds: CallSeconds = 8.0
    event_service_release: Literal["unregister", "waiting_list"] = "unregister"
    event_webhook_url: Annotated[str, AfterValidator(values.exact_url)] | None = None
    event_webhook_secret: Annotated[
        tuple[SecretStr, ...], NoDecode, BeforeValidator(values.signing_secrets)
    ] = ()

    expiry_mode: Literal["off", "shadow", "enforce"] = "enforce"
    #: Seconds; written HH:MM:SS.
    waiting_list_paytime: Duration = 12 * 3600
    late_money: Literal["return", "flag"] = "return"
    sweep_seconds: Annotated[Whole, Field(ge=1, le=3600)] = 5
    lease_seconds: Annotated[Whole, Field(ge=1, le=3600)] = 60
    pull_seconds: Annotated[Whole, Field(ge=0, le=86400)] = 300
    log_format: Literal["json", "console"] = "json"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text),
    ] = "INFO"

    @property
    def allowed_return_origins(self) -> tuple[str, ...]:
        return self.return_origins or (values.origin_of(self.return_url),)

    @property
    def jwt_verification_key(self) -> str | None:
        """The key as PyJWT takes it."""
        if self.jwt_key is None:
            return None
        return settings_jwt.as_written(self.jwt_key.get_secret_value())

    def misfits(self) -> list[str]:
        return [*_misfits(self), *_vipps_misfits(self), *production.problems(self)]


def _misfits(settings: Settings) -> list[str]:
    problems = []
    key = settings.jwt_verification_key
    if key is not None and (reason := settings_jwt.problem(key, settings.jwt_algorithm)):
        problems.append(f"JWT_KEY {reason}")
    if settings.event_webhook_url is None and settings.event_webhook_secret:
        problems.append("EVENT_WEBHOOK_URL is missing; it comes together with its secret")
    if settings.event_webhook_url is not None and not settings.event_webhook_secret:
        problems.append("EVENT_WEBHOOK_SECRET is missing; it comes together with its URL")
    return problems


def _vipps_misfits(settings: Settings) -> list[str]:
    problems = []
    if settings.vipps_api == "ecom" and settings.vipps_callback_secret is None:
        problems.append("VIPPS_CALLBACK_SECRET is missing, and new payments use ecom")
    if settings.vipps_api == "epayment" and not settings.vipps_webhook_secrets:
        problems.append("VIPPS_WEBHOOK_SECRETS is missing, and new payments use epayment")
    return problems


def load_settings() -> Settings:
    """What `serve` runs with. Raises BadSettings with every problem at once."""
    return _load(Settings)


def load_vipps_account() -> VippsAccount:
    """For `webhooks`: VIPPS_WEBHOOK_SECRETS cannot exist before the first registration."""
    return _load(VippsAccount)


def load_database_url() -> str:
    """For `migrate`: SQLAlchemy's address of the database, from DATABASE_URL alone."""
    return _load(Database).database_dsn


def _load(kind: type[AnySettings]) -> AnySettings:
    try:
        return kind()
    except ValidationError as failure:
        raise BadSettings(_lines(failure)) from None
    except UnicodeDecodeError:
        raise BadSettings([".env is not UTF-8"]) from None


def _lines(failure: ValidationError) -> list[str]:
    """One line a problem, naming the variable and never its value."""
    lines: list[str] = []
    for error in failure.errors(include_url=False, include_input=False):
        reason = error["msg"].removeprefix("Value error, ")
        if not error["loc"]:
            lines += reason.split("\n")
            continue
        variable = str(error["loc"][0]).upper()
        lines.append(f"{variable} is missing" if error["type"] == "missing" else f"{variable}: {reason}")
    return list(dict.fromkeys(lines))
