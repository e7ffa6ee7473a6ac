"""The cast of a round and the three events they want to go to. Every round has events of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payments_service.demo.actors import Member
from payments_service.demo.apis import Api
from payments_service.demo.company import SETTLED_SECONDS, Company, Stage

#: As in `company.py`: after so long something is wrong.
POLLED_SECONDS: Final = 12.0
HELD_SECONDS: Final = 15.0
BACK_SECONDS: Final = 15.0
RELEASED_SECONDS: Final = 17.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Company):
    """Who plays the story over one API."""

    api: Api
    anna: Member
    bjorn: Member
    celine: Member
    david: Member
    eva: Member
    frida: Member
    hanna: Member

    @property
    def dinner(self) -> str:
        return f"julebord-{self.api.name}"

    @property
    def trip(self) -> str:
        return f"hyttetur-{self.api.name}"

    @property
    def quiz(self) -> str:
        return f"quiz-{self.api.name}"

    @property
    def at_dinner(self) -> tuple[Member, ...]:
        return (self.anna, self.bjorn, self.celine, self.david, self.eva)

    @property
    def everybody(self) -> tuple[tuple[Member, str], ...]:
        """Every member, and the event they want to go to."""
        at_dinner = ((member, self.dinner) for member in self.at_dinner)
        return (*at_dinner, (self.frida, self.trip), (self.hanna, self.quiz))

    def promote(self, member: Member) -> datetime:
        """Announce a member who moved up from the waiting list; return the deadline the service set."""
        self.telling.wait(
            f"{member.name}'s place",
            lambda: self.seat(self.dinner, member),
            until="a seat",
            seconds=SETTLED_SECONDS,
        )
        told = self.backend.announce(self.dinner, member.user_id, promoted=True)
        deadline = datetime.fromisoformat(told["payment_expiredate"])
        self.telling.say(
            "backend", f"{member.name} moves up from the waiting list; must pay by {deadline:%T}"
        )
        return deadline


def make_cast(stage: Stage, api: Api) -> Cast:
    """Make everybody for a round."""
    return Cast(
        stage=stage,
        telling=stage.telling,
        vipps=stage.vipps(),
        backend=stage.backend(),
        api=api,
        anna=stage.member("Anna"),
        bjorn=stage.member("Bjørn"),
        celine=stage.member("Celine"),
        david=stage.member("David"),
        eva=stage.member("Eva"),
        frida=stage.member("Frida"),
        hanna=stage.member("Hanna"),
    )
