"""The whole service on one machine with nothing installed, and a story that is played on it.

`payments-service demo` plays the story, `make run` leaves it out. The parts:

    play.py         the demo from start to exit status; staying.py what there is to try afterwards
    run_local.py    the same stack for development, kept in `.data/`
    stack.py        a database, both neighbours and the service: databases.py, neighbours.py, children.py, leash.py
    environment.py  the variables of a service beside a simulator
    story.py        the plot, in first_act.py, second_act.py and accounts.py
    cast.py         who plays; actors.py what they can do, all of it over HTTP
    telling.py      steps, checks and waits; screen.py how they look
"""
