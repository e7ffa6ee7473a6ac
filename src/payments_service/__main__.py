"""`python -m payments_service` is the same as `payments-service`."""

from payments_service.cli import main

main()
