"""`python -m tests.lives --lives 100000 --seed 1`: exit status 1 when one life was violated, or too little happened."""

from __future__ import annotations

import argparse
import sys
import time

from tests.lives.run import live_on_all_processors


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lives", description=__doc__)
    parser.add_argument("--lives", type=int, default=100_000)
    parser.add_argument(
        "--seed", type=int, default=0, help="the first life's; each next one has the next number"
    )
    wanted = parser.parse_args()
    print(f"{wanted.lives} lives from seed {wanted.seed}", flush=True)
    began = time.monotonic()
    outcome = live_on_all_processors(wanted.seed, wanted.lives)
    for what, times in sorted(outcome.sometimes.items()):
        print(f"{times:10d}  {what}")
    for line in (*outcome.violations, *(f"too rare: {what}" for what in outcome.too_rare)):
        print(line)
    print(f"fingerprint {outcome.fingerprint}")
    print(
        f"{outcome.lives} lives, {len(outcome.violations)} violations, seeds {wanted.seed} to"
        f" {wanted.seed + wanted.lives - 1}, {time.monotonic() - began:.0f} s"
    )
    return 1 if outcome.violations or outcome.too_rare else 0


if __name__ == "__main__":
    sys.exit(main())
