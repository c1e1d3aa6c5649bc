"""`mpk pr-publish`: a stranger's text under our mark, on the right pull request (line 4)."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from rendering.comment import LIMIT, MARKER

HEAD = "a" * 40
BOT = "github-actions[bot]"


class Hub(ThreadingHTTPServer):
    """As much of GitHub as is asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pulls = [{"number": 7, "head": {"sha": HEAD}}]
        self.comments = []
        self.approvals = []
        self.asked = []


class Handler(BaseHTTPRequestHandler):
    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((self.command, self.path, body))
        found = self.server.pulls if "/pulls?" in self.path else self.server.comments
        found = self.server.approvals if "/approvals" in self.path else found
        if self.command != "GET":
            found = {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the server's own names

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    with Hub() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("GITHUB_REPOSITORY", "manpasik/deployment")
        monkeypatch.setenv("GITHUB_TOKEN", "its-own")
        monkeypatch.setenv("COMMENT_OWNER", "stranger")
        monkeypatch.setenv("COMMENT_BRANCH", "fix&state=closed")
        monkeypatch.setenv("COMMENT_COMMIT", HEAD)
        yield server
        server.shutdown()


def publish(tmp_path, text=f"{MARKER}\n## What\n"):
    file = tmp_path / "comment.md"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CliRunner().invoke(app, ["pr-publish", str(file)])


def written(hub):
    return [(method, path, body) for method, path, body in hub.asked if method != "GET"]


def test_the_first_comment_is_written_and_the_next_one_takes_its_place(hub, tmp_path):
    assert publish(tmp_path).exit_code == 0
    ((method, path, body),) = written(hub)
    assert (method, path) == ("POST", "/repos/manpasik/deployment/issues/7/comments")
    assert body["body"].startswith(f"{MARKER}\n<sub>What the program of commit aaaaaaaaaa says")
    hub.comments = [{"id": 1, "user": {"login": "stranger"}, "body": MARKER},
                    {"id": 2, "user": {"login": BOT}, "body": "another"},
                    {"id": 3, "user": {"login": BOT}, "body": body["body"]}]  # fmt: skip
    assert publish(tmp_path).exit_code == 0
    assert written(hub)[-1][:2] == ("PATCH", "/repos/manpasik/deployment/issues/comments/3")


def test_which_pull_request_it_is_comes_from_the_event_and_cannot_be_steered(hub, tmp_path):
    publish(tmp_path)
    assert "head=stranger%3Afix%26state%3Dclosed" in hub.asked[0][1]
    hub.pulls[0]["head"]["sha"] = "b" * 40
    hub.asked.clear()
    assert publish(tmp_path).exit_code == 0
    assert written(hub) == [], "somebody pushed meanwhile; the next run speaks"


@pytest.mark.parametrize(
    "text", ["no mark", f"{MARKER}\n" + "x" * LIMIT, b"\xff\xfe", f"x\n{MARKER}\n"]
)
def test_what_is_no_comment_of_ours_is_not_published(hub, tmp_path, text):
    assert publish(tmp_path, text).exit_code == BAD_INPUT
    assert hub.asked == []


def test_a_token_goes_only_to_an_https_address(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_API_URL", "http://example.com")
    assert publish(tmp_path).exit_code == BAD_INPUT
    monkeypatch.delenv("GITHUB_TOKEN")
    done = publish(tmp_path)
    assert "GITHUB_TOKEN is not set" in done.stderr
    assert hub.asked == []


def approval(state, by, *environments):
    places = [{"name": each} for each in environments]
    return {"state": state, "user": {"login": by}, "environments": places}


def test_the_evidence_of_an_approval_is_who_opened_which_environment(hub, tmp_path, monkeypatch):
    """R-CHECK: asked of GitHub; a rejection, and what somebody hands in, count for nothing."""
    monkeypatch.setenv("GITHUB_RUN_ID", "17")
    monkeypatch.setenv("EVIDENCE", json.dumps({"by": {"production": ["myself"]}}))
    hub.approvals = [
        approval("approved", "kim", "production-kr", "staging-soak"),
        approval("rejected", "lee", "production-us"),
        approval("approved", "park", "production-kr"),
    ]
    words = ["evidence", "approval", "v1.2.3", "--commit", "HEAD", "--evidence", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    kept = json.loads((tmp_path / "approval.json").read_text())["data"]
    assert kept == {"by": {"production-kr": ["kim", "park"], "staging-soak": ["kim"]}, "run": "17"}
    assert hub.asked[-1][1].endswith("/actions/runs/17/approvals")
