"""docs/notices.md knows every type, and shows a body as it is sent."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from payments_service.domain.notices import News, Notice, NoticeState, NoticeType
from payments_service.event_service.notice_messages import content_of

TEXT = (Path(__file__).parents[2] / "docs/notices.md").read_text(encoding="utf-8")


def test_every_type_has_its_line() -> None:
    assert re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", TEXT, flags=re.MULTILINE) == [str(t) for t in NoticeType]


def test_the_body_is_shown_as_it_is_sent() -> None:
    found = re.search(r"```json\n(.+?)```", TEXT, flags=re.DOTALL)
    assert found is not None
    shown = json.loads(found[1])
    data = shown["data"]
    ids = {name: data[name] for name in ("event_id", "user_id", "registration_id", "order_id")}
    news = News(NoticeType(shown["type"]), status=data["status"], amount_ore=25_000, **ids)
    made_at = datetime.fromisoformat(shown["timestamp"])
    assert content_of(Notice("msg_1", news, NoticeState.WAITING, made_at)) == shown
