"""A PostgreSQL of our own for development, demo and tests: the real server, nothing to install.

In use:

    with EmbeddedPostgres(Path(".data/postgres")) as postgres:
        postgres.create_database("payments")
        postgres.url("payments")

The parts:

    server.py      what callers hold: start, stop, url, create_database
    binaries.py    where initdb and postgres are found
    placement.py   which account runs the server and where its folder lies, also as root
    cluster.py     the cluster on disk, and how it is made
    keeper.py      the process between us and the server, which outlives us just long enough to clean up
"""

from payments_service.embedded_postgres.binaries import EmbeddedPostgresError
from payments_service.embedded_postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
