"""A pretended Vipps and a pretended event backend: a stranger that shares no code with the service.

Reading order: `simulator` (the whole, as one object), `ledger` and `bookkeeping` (what a payment is), `checkout` and
`merchant` (what may happen to it), `ecom`, `epayment` and `webhooks_api` (how that looks on the wire), `post_office`
with `callbacks` and `webhook_engine` (who is told), `faults` and `front_door` (how it goes wrong),
`misbehaviours`, `chance` and `scenarios` (how that is asked for).
"""
