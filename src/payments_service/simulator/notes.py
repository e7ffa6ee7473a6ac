"""Writes down what was done to calls and payments on purpose, so that a run that failed can be explained."""

from payments_service.simulator.clock import VirtualClock
from payments_service.simulator.faults import Fault
from payments_service.simulator.journal import Journal, Note


class Notes:
    def __init__(self, *, clock: VirtualClock, journal: Journal) -> None:
        self._clock, self._journal = clock, journal

    def write(
        self, source: str, name: str, words: str, *, operation: str | None = None, order_id: str | None = None
    ) -> None:
        seq, at = self._journal.next_seq(), self._clock.now()
        self._journal.notes.append(Note(seq, at, source, name, operation, order_id, words))

    def fault_taken(self, fault: Fault, operation: str, order_id: str | None) -> None:
        """Only those that were asked for under the name of a misbehaviour; the others are seen in the records."""
        if fault.name is not None:
            words = f"fault {fault.kind}"
            self.write("misbehaviour", fault.name, words, operation=operation, order_id=order_id)
