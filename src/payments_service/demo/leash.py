"""Runs one of the service's own commands in this process, and ends with whoever started it.

    python -m payments_service.demo.leash serve

The owner holds the other end of our standard input. However the owner ends, kill -9 included, that input ends too.
The service needs no gentler end: it may be killed at any instant and loses nothing.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading


def main() -> None:
    """Become `payments-service` with the arguments given."""
    threading.Thread(target=_end_with_the_owner, daemon=True).start()
    sys.argv = ["payments-service", *sys.argv[1:]]
    runpy.run_module("payments_service", run_name="__main__")


def _end_with_the_owner() -> None:
    # os.read and not sys.stdin: a thread that waits inside that object would spoil an orderly exit
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
