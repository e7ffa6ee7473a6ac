"""What each code is called in bokmål; its English title stands in the catalogue, beside its status."""

from __future__ import annotations

from typing import Final

from payments_service.api.catalogue import Entry
from payments_service.api.languages import Language

#: A test asks for a title of every code there is.
TITLES: Final[dict[str, str]] = {
    "already_paid": "Alt betalt",
    "amount_too_high": "Beløpet er for høyt",
    "body_too_large": "For stor forespørsel",
    "conflict": "Passer ikke med det som er",
    "event_has_payments": "Arrangementet har betalinger",
    "event_service_unavailable": "Arrangementssiden svarer ikke",
    "forbidden": "Ingen tilgang",
    "idempotency_key_reused": "Idempotency-Key er brukt før",
    "internal_error": "Feil hos oss",
    "invalid_request": "Ugyldig forespørsel",
    "method_not_allowed": "Metoden finnes ikke her",
    "not_found": "Ikke funnet",
    "nothing_to_cancel": "Ingenting å avbryte",
    "nothing_to_capture": "Ingenting å trekke",
    "nothing_to_refund": "Ingenting å refundere",
    "on_waiting_list": "På venteliste",
    "order_not_found": "Betalingen finnes ikke",
    "paid_event_not_found": "Ingen betaling for arrangementet",
    "payment_in_progress": "Betaling pågår",
    "payment_time_expired": "Betalingsfristen er ute",
    "refused": "Avvist",
    "registration_conflict": "Påmeldingen er en annens",
    "registration_decided": "Påmeldingen er avgjort",
    "registration_ended": "Påmeldingen er over",
    "registration_exempt": "Ingenting å betale",
    "registration_not_found": "Påmeldingen finnes ikke",
    "request_in_progress": "Forespørselen behandles",
    "request_timeout": "Forespørselen tok for lang tid",
    "return_url_not_allowed": "Returadressen er ikke godkjent",
    "too_many_requests": "For mange forsøk",
    "unauthorized": "Innlogging kreves",
    "unavailable": "Svarer ikke",
    "user_not_found": "Medlemmet finnes ikke",
    "notice_not_found": "Meldingen finnes ikke",
    "vipps_rejected": "Vipps sa nei",
    "vipps_unavailable": "Vipps svarer ikke",
}


def title_of(code: str, entry: Entry, language: Language) -> str:
    """Without one in bokmål, the English one."""
    return TITLES.get(code, entry.title) if language == "nb" else entry.title
