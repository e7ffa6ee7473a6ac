"""The whole service on one machine with nothing installed, and a story that is played on it.

`payments-service demo` plays the story, `make run` leaves it out. The parts:

    play.py         the demo from start to exit status; staying.py what there is to try afterwards
    run_local.py    the same stack for development, kept in `.data/`
    stack.py        a database, both neighbours and the service: databases.py, neighbours.py, children.py, leash.py
    environment.py  the variables of a service beside a simulator
    operating.py    what an operator does by hand: registers the webhook, restarts with another VIPPS_API
    apis.py         what differs between Vipps' two APIs
    story.py        the plot: for each API opening.py, three acts and accounts.py; then finale.py and last_books.py
    company.py      what every scene needs; cast.py who plays a round
    actors.py       what backend and members can do, vipps_side.py what happens at Vipps: all of it over HTTP
    telling.py      steps, checks and waits; screen.py how they look
"""
