"""A caller's own return address is taken only when no parser could read it as another place."""

from __future__ import annotations

import pytest

from payments_service.domain.errors import ReturnUrlNotAllowed
from payments_service.use_cases.policy import Policy
from payments_service.use_cases.return_url import return_url

POLICY = Policy(
    return_url="https://tihlde.org/arrangementer/{event_id}",
    return_origins=("https://tihlde.org", "https://dev.tihlde.org:8443", "http://localhost:3000"),
)


def test_without_one_ours_is_used() -> None:
    assert return_url(None, POLICY) == POLICY.return_url


@pytest.mark.parametrize(
    "wanted",
    [
        "https://tihlde.org",
        "https://tihlde.org/",
        "https://tihlde.org/arrangementer/123/?betalt=ja#topp",
        "https://tihlde.org:443/x",
        "https://TIHLDE.org/x",
        "https://dev.tihlde.org:8443/x",
        "http://localhost:3000/x",
        "https://tihlde.org/?next=https://evil.test/",
    ],
)
def test_an_address_on_an_allowed_origin_is_used_as_it_is(wanted: str) -> None:
    assert return_url(wanted, POLICY) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "/",
        "//tihlde.org/",
        "tihlde.org",
        "https:",
        "https:///tihlde.org",
        "https:tihlde.org",
        "https:/tihlde.org",
        "http://tihlde.org/",
        "https://tihlde.org:8443/",
        "https://tihlde.org.evil.test/",
        "https://evil.test/tihlde.org",
        "https://evil.test?https://tihlde.org",
        "https://evil.test#https://tihlde.org",
        "https://xtihlde.org/",
        "https://www.tihlde.org/",
        "https://tihlde.org@evil.test/",
        "https://evil.test@tihlde.org/",
        "https://user:password@tihlde.org/",
        "https://tihlde.org:x/",
        "https://tihlde.org:99999/",
        "https://tihlde.org%2eevil.test/",
        "https://tihlde.org\\@evil.test/",
        "https://evil.test\\.tihlde.org/",
        "https:\\\\tihlde.org/",
        "https://tihlde.org/\\evil.test",
        "https://tihlde.org/\n",
        " https://tihlde.org/",
        "https://tihlde.org/ x",
        "https://tihlde.org/\t",
        "ht\ntps://tihlde.org/",
        "https://tihlde.org/\0",
        "https://tihlde.org/\x7f",
        "https://tihlde。org/",
        "https://tihldé.org/",
        "https://t\u0456hlde.org/",
        "https://tihlde.org/ø",
        "https://[tihlde.org]/",
        "https://[::1/",
        "javascript:alert(1)",
        "javascript://tihlde.org/%0aalert(1)",
        "data:text/html,x",
        "file://tihlde.org/",
        "vipps://tihlde.org/",
        "https://tihlde.org/{event_id}",
        "https://tihlde.org/{0.__class__}",
        'https://tihlde.org/"onload=',
        "https://tihlde.org/<script>",
        "https://tihlde.org/" + "x" * 240,
    ],
)
def test_anything_else_is_refused(wanted: str) -> None:
    with pytest.raises(ReturnUrlNotAllowed):
        return_url(wanted, POLICY)
