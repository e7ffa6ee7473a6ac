"""What may stand in a scenario file: settings, and steps that say when something happens and what."""

from dataclasses import fields
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from payments_service.simulator.chance import OPERATIONS
from payments_service.simulator.config import SalesUnit, SimulatorConfig
from payments_service.simulator.wishes import check

MemberAction = Literal[
    "open", "approve", "reject", "cancel_on_desktop", "decline_card", "approve_and_kill_app", "walk_away"
]
TRIGGERS = ("payment_started", "call", "callback_answered", "step")
# What each action may be told besides.
_OPTIONS = {
    "member": {"order", "order_id"},
    "misbehaviour": {"operation", "times", "always", "skip", "with_", "every_order", "order", "order_id"},
    "portal": {"amount", "release_remainder", "order", "order_id"},
    "down": {"mode"},
    "up": set[str](),
    "advance_clock": set[str](),
    "revoke_tokens": set[str](),
    "remove_webhooks": set[str](),
    "note": set[str](),
    "config": set[str](),
    "sales_unit": set[str](),
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def _check_settings(target: type, given: dict[str, Any], *, fixed: str) -> dict[str, Any]:
    known = {f.name: getattr(target(), f.name) for f in fields(target) if f.name != fixed}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"there is no setting {name}; there are {', '.join(known)}")
        example = known[name]
        numbers = isinstance(example, (int, float)) and not isinstance(example, bool)
        fits = isinstance(value, (int, float) if numbers else type(example)) and not (
            numbers and isinstance(value, bool)
        )
        if example is not None and not fits:
            raise ValueError(f"{name} is like {example!r}, not {value!r}")
    return given


def check_config(given: dict[str, Any]) -> dict[str, Any]:
    return _check_settings(SimulatorConfig, given, fixed="sales_units")


def check_sales_unit(given: dict[str, Any]) -> dict[str, Any]:
    return _check_settings(SalesUnit, given, fixed="merchant_serial_number")


class When(_Part):
    """At most one trigger; none is the start of the scenario. The filters say for which payments it counts."""

    payment_started: Annotated[int, Field(ge=1)] | None = None
    """The so-manieth payment that passes the filters has been started, and answered."""
    call: str | None = None
    """A call of this operation arrives."""
    callback_answered: Literal[True] | None = None
    step: str | None = None
    """An earlier step, by its name, has happened; its payment is this step's too."""
    nth: Annotated[int, Field(ge=1)] = 1
    status: int | None = None
    order: Annotated[int, Field(ge=1)] | None = None
    order_id: str | None = None
    text: str | None = None
    user_id: str | None = None
    after_seconds: Annotated[float, Field(ge=0)] = 0

    @field_validator("call")
    @classmethod
    def _is_an_operation(cls, call: str | None) -> str | None:
        if call is not None and (call not in OPERATIONS or call == "callback"):
            raise ValueError(f"there is no operation {call!r}; there are {', '.join(OPERATIONS[:-1])}")
        return call

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = [name for name in TRIGGERS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"choose one of {', '.join(given)}")
        if self.status is not None and given != ["callback_answered"]:
            raise ValueError("status belongs to callback_answered")
        return self

    @property
    def trigger(self) -> str | None:
        return next((name for name in TRIGGERS if getattr(self, name) is not None), None)


class Then(_Part):
    """Exactly one action, for the step's own payment unless order (1 is the first) or order_id name another."""

    member: MemberAction | None = None
    misbehaviour: str | None = None
    portal: Literal["capture", "refund", "cancel"] | None = None
    down: Literal["vipps", "backend"] | None = None
    up: Literal["vipps", "backend"] | None = None
    advance_clock: float | None = None
    revoke_tokens: Literal[True] | None = None
    remove_webhooks: Literal[True] | None = None
    note: str | None = None
    config: dict[str, Any] | None = None
    sales_unit: dict[str, Any] | None = None
    order: Annotated[int, Field(ge=1)] | None = None
    order_id: str | None = None
    every_order: bool = False
    operation: str | None = None
    times: Annotated[int, Field(ge=1)] = 1
    always: bool = False
    skip: Annotated[int, Field(ge=0)] = 0
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    amount: Annotated[int, Field(ge=1)] | None = None
    release_remainder: bool = False
    mode: Literal["silent", "refuse", "500"] = "silent"

    @field_validator("config")
    @classmethod
    def _config_exists(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        return given and check_config(given)

    @field_validator("sales_unit")
    @classmethod
    def _sales_unit_exists(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        return given and check_sales_unit(given)

    @model_validator(mode="after")
    def _is_one_action(self) -> Self:
        given = [name for name in _OPTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"takes exactly one of {', '.join(_OPTIONS)}; there are {len(given)}")
        options = self.model_fields_set - {given[0]} - _OPTIONS[given[0]]
        if options:
            raise ValueError(
                f"{', '.join(sorted(options)).replace('with_', 'with')} says nothing to {given[0]}"
            )
        if self.misbehaviour is not None:
            check(self.misbehaviour, operation=self.operation, skip=self.skip, parameters=self.with_)
        return self

    @property
    def action(self) -> str:
        return next(name for name in _OPTIONS if getattr(self, name) is not None)


def _as_list(given: object) -> object:
    return [given] if isinstance(given, dict) else given


class Step(_Part):
    when: When = When()
    then: Annotated[list[Then], BeforeValidator(_as_list), Field(min_length=1)]
    name: str | None = None


class Scenario(_Part):
    title: str
    why: str = ""
    config: dict[str, Any] = Field(default_factory=dict)
    sales_unit: dict[str, Any] = Field(default_factory=dict)
    step: Annotated[list[Step], Field(min_length=1)]

    @field_validator("config")
    @classmethod
    def _config_exists(cls, given: dict[str, Any]) -> dict[str, Any]:
        return check_config(given)

    @field_validator("sales_unit")
    @classmethod
    def _sales_unit_exists(cls, given: dict[str, Any]) -> dict[str, Any]:
        return check_sales_unit(given)
