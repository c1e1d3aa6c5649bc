"""The message of a way back: sent where it can be, and never in the way (R-P3-ABORT)."""

import socket

import pytest

from operations import notify
from operations.notify import WEBHOOK
from tests.support.registries import webhook

TEXT = notify.rolled_back("auth-service", "5xx 3 %", "v1.0.0")


def test_the_words_are_those_of_the_specification():
    assert TEXT == "자동 롤백 실행 - auth-service, 5xx 3 %, v1.0.0"


def test_it_reaches_the_webhook():
    with webhook() as (url, texts):
        assert notify.send(TEXT, {WEBHOOK: url}) is None
    assert texts == [TEXT]


def test_a_missing_webhook_is_a_warning():
    assert notify.send(TEXT, {}) == "no message was sent: SLACK_WEBHOOK_URL is not set"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "no address", "ftp://x/"])
def test_one_that_is_not_there_is_a_warning(url):
    assert "no message was sent" in (notify.send(TEXT, {WEBHOOK: url}) or "")


def test_one_that_refuses_is_a_warning():
    with webhook(500) as (url, _):
        assert notify.send(TEXT, {WEBHOOK: url}) == "no message was sent: the webhook answered 500"


def test_one_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(notify, "SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert "no message was sent" in (notify.send(TEXT, {WEBHOOK: url}) or "")
