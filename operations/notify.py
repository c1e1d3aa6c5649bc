"""The message of R-P3-ABORT: an automatic rollback is told to the team, and never waits for it.

Without a webhook it is a warning; one that fails or hangs is a warning as well. It is sent after
the way back, and bounded in time.
"""

import json
from collections.abc import Mapping

import urllib3

WEBHOOK = "SLACK_WEBHOOK_URL"
SECONDS = 5.0
_FIRST_ERROR = 400


def rolled_back(service: str, reason: str, previous: str) -> str:
    """The words of the specification."""
    return f"자동 롤백 실행 - {service}, {reason}, {previous}"


def send(text: str, environment: Mapping[str, str]) -> str | None:
    """Send to Slack; the reason where it was not sent. Raises nothing."""
    webhook = environment.get(WEBHOOK, "")
    if not webhook:
        return f"no message was sent: {WEBHOOK} is not set"
    try:
        answer = urllib3.request(
            "POST",
            webhook,
            body=json.dumps({"text": text}, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
            timeout=SECONDS,
            retries=False,
        )
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        return f"no message was sent: {type(error).__name__}"
    if answer.status >= _FIRST_ERROR:
        return f"no message was sent: the webhook answered {answer.status}"
    return None
