"""The catalogue of everything that can go wrong with Vipps, by number and name."""

from payments_service.simulator.misbehaviour import Misbehaviour
from payments_service.simulator.misbehaviours_of_callbacks import CALLBACKS
from payments_service.simulator.misbehaviours_of_calls import CALLS
from payments_service.simulator.misbehaviours_of_people import PEOPLE

CATALOGUE: dict[str, Misbehaviour] = {
    entry.name: entry for entry in sorted((*CALLBACKS, *CALLS, *PEOPLE), key=lambda entry: entry.number)
}


def find(name: str) -> Misbehaviour:
    """Exactly one; ValueError says which there are when a variant has to be chosen, or the name is unknown."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    if variants := matching(name):
        raise ValueError(f"{name} comes in variants: {', '.join(sorted(variants))}")
    raise ValueError(f"there is no misbehaviour {name!r}; GET /control/misbehaviours lists them")


def matching(name: str) -> set[str]:
    """The names meant by a name: itself, or all its variants; none when it is unknown."""
    return {known for known, entry in CATALOGUE.items() if name in (known, entry.base)}
