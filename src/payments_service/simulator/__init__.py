"""A pretended Vipps and a pretended event backend: a stranger that shares no code with the service.

Reading order: `simulator` (the whole, as one object), `ledger` (what a payment is), `checkout` and `merchant`
(what may happen to it), `ecom` (how that looks on the wire), `callbacks`, `faults` and `front_door` (how it goes
wrong).
"""
