"""Every code a caller can meet: its status, and what it says to people in Norwegian and English."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """`nb` and `en` say what happened and what to do now; members read them as they stand."""

    status: int
    title: str
    nb: str
    en: str


_GENERAL = {
    "invalid_request": Entry(
        422,
        "Invalid request",
        "Noe i forespørselen har ugyldig verdi eller form. Rett det som er nevnt, og prøv igjen.",
        "Something in the request has an invalid value or shape. Correct what is named and try again.",
    ),
    "unauthorized": Entry(
        401,
        "Credentials needed",
        "Du er ikke logget inn, eller innloggingen er utløpt. Logg inn på nytt.",
        "You are not signed in, or your sign-in has expired. Sign in again.",
    ),
    "forbidden": Entry(
        403,
        "Not allowed",
        "Du har ikke tilgang til dette. Kontakt arrangøren hvis du mener det er feil.",
        "You do not have access to this. Contact the organiser if you think that is wrong.",
    ),
    "method_not_allowed": Entry(
        405,
        "Method not allowed",
        "Dette kan ikke gjøres her. Allow-feltet i svaret sier hva som er mulig.",
        "This cannot be done here. The Allow header says what can.",
    ),
    "request_timeout": Entry(
        408,
        "Request took too long",
        "Forespørselen kom for sent fram. Prøv igjen.",
        "The request took too long to arrive. Try again.",
    ),
    "body_too_large": Entry(
        413,
        "Body too large",
        "Forespørselen er for stor. Den kan være på høyst 64 KiB.",
        "The request is too large. It can be 64 KiB at most.",
    ),
    "idempotency_key_reused": Entry(
        422,
        "Idempotency key reused",
        "Denne Idempotency-Key er alt brukt til en annen forespørsel. Bruk en ny.",
        "This Idempotency-Key has been used for another request. Use a new one.",
    ),
    "request_in_progress": Entry(
        409,
        "Request in progress",
        "Den samme forespørselen behandles akkurat nå. Vent noen sekunder og prøv igjen.",
        "The same request is being handled right now. Wait a few seconds and try again.",
    ),
    "too_many_requests": Entry(
        429,
        "Too many requests",
        "Det har vært for mange forsøk på kort tid. Vent litt og prøv igjen.",
        "There were too many attempts in a short time. Wait a little and try again.",
    ),
    "refused": Entry(
        409,
        "Refused",
        "Dette kan ikke gjøres slik det står nå. Last siden på nytt for å se hva som gjelder.",
        "This cannot be done as things are now. Reload the page to see how it stands.",
    ),
    "conflict": Entry(
        409,
        "Conflict",
        "Dette passer ikke med det som alt er registrert. Last siden på nytt og prøv igjen.",
        "This does not fit what is already recorded. Reload the page and try again.",
    ),
    "internal_error": Entry(
        500,
        "Internal error",
        "Noe gikk galt hos oss, og feilen er registrert. Prøv igjen om litt.",
        "Something went wrong on our side and has been recorded. Try again in a while.",
    ),
    "unavailable": Entry(
        503,
        "Unavailable",
        "Tjenesten svarer ikke akkurat nå. Prøv igjen om noen sekunder.",
        "The service does not answer right now. Try again in a few seconds.",
    ),
}

_NOT_FOUND = {
    "not_found": Entry(
        404,
        "Not found",
        "Vi finner ikke dette. Sjekk adressen.",
        "We cannot find this. Check the address.",
    ),
    "paid_event_not_found": Entry(
        404,
        "Paid event not found",
        "Arrangementet koster ikke noe her, eller det finnes ikke. Det er ingenting å betale.",
        "The event costs nothing here, or does not exist. There is nothing to pay.",
    ),
    "registration_not_found": Entry(
        404,
        "Registration not found",
        "Vi finner ingen påmelding. Meld deg på arrangementet først.",
        "We cannot find a registration. Sign up for the event first.",
    ),
    "order_not_found": Entry(
        404,
        "Order not found",
        "Vi finner ikke denne betalingen. Start på nytt fra arrangementet.",
        "We cannot find this payment. Start again from the event.",
    ),
    "notice_not_found": Entry(
        404,
        "Notice not found",
        "Vi finner ikke denne meldingen. GET /v1/notices viser dem som finnes.",
        "We cannot find this notice. GET /v1/notices lists those there are.",
    ),
    "user_not_found": Entry(
        404,
        "User not found",
        "Vi har ikke lagret noe om dette medlemmet. Sjekk brukernavnet.",
        "We keep nothing about this member. Check the user id.",
    ),
}

_REGISTRATIONS = {
    "event_has_payments": Entry(
        409,
        "Event has payments",
        "Noen har betalt eller betaler nå, så arrangementet kan ikke gjøres gratis. Refunder først.",
        "Somebody has paid or is paying, so the event cannot be made free. Refund first.",
    ),
    "registration_conflict": Entry(
        409,
        "Registration conflict",
        "Påmeldingen er alt registrert med et annet arrangement eller medlem. Bruk en ny registration_id.",
        "The registration is already known with another event or member. Use a new registration_id.",
    ),
    "registration_ended": Entry(
        409,
        "Registration ended",
        "Denne påmeldingen er avsluttet. Meld deg på igjen hvis du fortsatt vil være med.",
        "This registration is over. Sign up again if you still want to come.",
    ),
    "registration_decided": Entry(
        409,
        "Registration decided",
        "Påmeldingen er alt avgjort og kan ikke endres. Last siden på nytt for å se hva som gjelder.",
        "The registration is already decided and cannot be changed. Reload the page to see how it stands.",
    ),
    "registration_exempt": Entry(
        409,
        "Registration exempt",
        "Du skal ikke betale for dette arrangementet her. Plassen er din.",
        "You do not pay for this event here. The seat is yours.",
    ),
    "on_waiting_list": Entry(
        409,
        "On the waiting list",
        "Du står på venteliste og skal ikke betale ennå. Du får beskjed hvis du får plass.",
        "You are on the waiting list and do not pay yet. You will hear from us if you get a seat.",
    ),
}

_PAYMENTS = {
    "already_paid": Entry(
        409,
        "Already paid",
        "Dette er alt betalt. Du trenger ikke gjøre noe mer.",
        "This is already paid. There is nothing more for you to do.",
    ),
    "payment_time_expired": Entry(
        409,
        "Payment time expired",
        "Betalingsfristen er ute. Meld deg på igjen hvis det er plass, eller kontakt arrangøren.",
        "The time to pay is over. Sign up again if there are seats left, or contact the organiser.",
    ),
    "payment_in_progress": Entry(
        409,
        "Payment in progress",
        "En betaling er ikke ferdig behandlet. Ikke betal på nytt; vent litt, eller kontakt arrangøren.",
        "A payment is not settled yet. Do not pay again; wait a little, or contact the organiser.",
    ),
    "return_url_not_allowed": Entry(
        422,
        "Return address not allowed",
        "Adressen du skulle sendes tilbake til, er ikke godkjent. Start betalingen fra arrangementssiden.",
        "The address you would return to is not approved. Start the payment from the event's page.",
    ),
    "nothing_to_capture": Entry(
        409,
        "Nothing to capture",
        "Det er ikke noe reservert beløp å trekke. Last betalingen på nytt.",
        "No reserved amount is left to capture. Reload the payment.",
    ),
    "nothing_to_cancel": Entry(
        409,
        "Nothing to cancel",
        "Det er ikke noe å avbryte. Er pengene trukket, må de refunderes.",
        "There is nothing to cancel. Money that has been captured is refunded instead.",
    ),
    "nothing_to_refund": Entry(
        409,
        "Nothing to refund",
        "Det er ikke noe beløp å refundere. Last betalingen på nytt.",
        "No amount is left to refund. Reload the payment.",
    ),
    "amount_too_high": Entry(
        409,
        "Amount too high",
        "Beløpet er høyere enn det som er igjen. Velg et lavere beløp.",
        "The amount is higher than what is left. Choose a lower one.",
    ),
}

_NEIGHBOURS = {
    "vipps_rejected": Entry(
        502,
        "Vipps refused",
        "Vipps sa nei, og ingen penger er flyttet. Prøv igjen, eller kontakt arrangøren.",
        "Vipps said no, and no money was moved. Try again, or contact the organiser.",
    ),
    "vipps_unavailable": Entry(
        503,
        "Vipps unavailable",
        "Vipps svarer ikke akkurat nå. Prøv igjen om litt. Går fristen ut imens, kontakt arrangøren.",
        "Vipps does not answer right now. Try again in a while. If time runs out, contact the organiser.",
    ),
    "event_service_unavailable": Entry(
        503,
        "Event backend unavailable",
        "Vi får ikke sjekket påmeldingen din akkurat nå. Prøv igjen om litt.",
        "We cannot check your registration right now. Try again in a while.",
    ),
}

CATALOGUE: dict[str, Entry] = {**_GENERAL, **_NOT_FOUND, **_REGISTRATIONS, **_PAYMENTS, **_NEIGHBOURS}
