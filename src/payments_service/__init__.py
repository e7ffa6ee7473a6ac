"""Takes Vipps payments for paid events, and gives seats back that nobody paid for.

The map. Arrows point downwards only; import-linter keeps them so.

    cli  demo              commands for people: serve, migrate, demo, simulator
    api  scheduler         what wakes us: HTTP requests, and the clock
    wiring                 Settings -> Services, the one place where parts are put together
    use_cases              what the service does; a file a verb, its phases numbered in the docstring
    vipps  event_service  storage
                           the neighbour that moves money, the neighbour that owns seats, our own memory
    lepton                 tables of the system before this one, read from a dump
    domain                 what is true; no I/O, no clock, no environment

`domain/decisions.py` is the heart: what to do about a registration, given its orders, Vipps' answers and the time.
`simulator` and `embedded_postgres` are strangers: they share no code with the rest.
"""
