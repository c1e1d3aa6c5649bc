"""A pipeline's way into a cluster of one's own: an identity, and no key (0075; R-P2-CD)."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from cli.cloud import CLUSTER, NEEDS, STATE
from tests.pipelines.test_access_page import PAGE

SERVER = "https://10.0.0.1:6443"
AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nx\n").decode()
ENDS = 1_900_000_000


def mpk(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


class GitHub(BaseHTTPRequestHandler):
    """Signs who a run is."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        claims = {"aud": query["audience"][0], "exp": ENDS, "by": self.headers["Authorization"]}
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"value": self.server.said or f"h.{body}.s"}).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def github(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), GitHub) as server:
        server.said = ""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/?v=1"
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", address)
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "its-own")
        yield server
        server.shutdown()


@pytest.mark.usefixtures("github")
def test_a_token_is_for_this_cluster_alone_and_says_when_it_ends():
    told = json.loads(mpk("token", "--audience", SERVER).stdout)
    assert told["kind"] == "ExecCredential"
    body = json.loads(base64.urlsafe_b64decode(told["status"]["token"].split(".")[1] + "=="))
    assert (body["aud"], body["by"]) == (SERVER, "Bearer its-own")
    assert told["status"]["expirationTimestamp"] == "2030-03-17T17:46:40Z"


def test_where_there_is_no_identity_or_no_token_a_sentence_says_so(github, monkeypatch):
    github.said = "not a token"
    assert "is no token" in mpk("token", "--audience", SERVER).stderr
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL")
    done = mpk("token", "--audience", SERVER)
    assert (done.exit_code, "id-token: write" in done.stderr) == (BAD_INPUT, True)


def test_the_kubeconfig_holds_no_credential_and_asks_for_the_token_of_its_cluster(tmp_path):
    file = tmp_path / "kubeconfig"
    words = ("kubeconfig", "staging", "--no-try", "-o", file, "--server", SERVER)
    done = mpk(*words, "--authority", AUTHORITY)
    assert done.exit_code == 0, done.output
    (user,) = yaml.safe_load(file.read_text())["users"]
    assert user["user"].keys() == {"exec"}
    asked = user["user"]["exec"]
    assert asked["args"] == ["token", "--audience", SERVER]
    assert asked["command"].endswith("/mpk")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("server", "authority", "says"),
    [
        ("http://10.0.0.1", AUTHORITY, "begins with https"),
        (SERVER, "", "no certificate in base64"),
        (SERVER, "bm8=", "no certificate in base64"),
    ],
)
def test_an_address_in_the_open_or_no_authority_is_refused(tmp_path, server, authority, says):
    file = tmp_path / "kubeconfig"
    done = mpk("kubeconfig", "staging", "-o", file, "--server", server, "--authority", authority)
    assert (done.exit_code, says in done.stderr, file.exists()) == (BAD_INPUT, True, False)


def test_the_cluster_believes_the_subject_that_the_access_page_names_and_nobody_else():
    documents = list(yaml.safe_load_all(mpk("trust", "staging", "--server", SERVER).stdout))
    (issuer,) = documents[0]["jwt"]
    (rule,) = issuer["claimValidationRules"]
    assert f"| `staging` | nobody: it opens itself | `{rule['requiredValue']}` |" in PAGE
    assert rule["claim"] == issuer["claimMappings"]["username"]["claim"] == "sub"
    assert issuer["issuer"]["audiences"] == [SERVER]
    (holder,) = documents[1]["subjects"]
    prefix = issuer["claimMappings"]["username"]["prefix"]
    assert holder["name"] == prefix + rule["requiredValue"]


def login(monkeypatch, tmp_path, **variables):
    for name in (*CLUSTER, STATE, *NEEDS["aws"], *NEEDS["gcp"]):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    return mpk("cloud", "staging", "--to-workflow")


NAMED = {"CLUSTER_SERVER": SERVER, "CLUSTER_AUTHORITY": AUTHORITY}


@pytest.mark.parametrize(
    ("state", "role", "told"),
    [
        ("s3://b?region=ap-northeast-2", {"AWS_ROLE": "r"}, ("aws", "ap-northeast-2")),
        ("gs://b", {"GCP_PROVIDER": "p", "GCP_ACCOUNT": "a"}, ("gcp", "")),
    ],
)
def test_a_stack_in_no_cloud_logs_in_to_where_its_state_lies(
    tmp_path, monkeypatch, state, role, told
):
    done = login(monkeypatch, tmp_path, **NAMED, PULUMI_BACKEND_URL=state, **role)
    assert done.exit_code == 0, done.output
    found = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert (found["provider"], found["region"]) == told


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "CLUSTER_SERVER and CLUSTER_AUTHORITY and PULUMI_BACKEND_URL"),
        ({**NAMED, "PULUMI_BACKEND_URL": "https://api.pulumi.com"}, "allowed: s3:// or gs://"),
        ({**NAMED, "PULUMI_BACKEND_URL": "s3://b"}, "write s3://b?region="),
        ({**NAMED, "PULUMI_BACKEND_URL": "gs://b"}, "GCP_PROVIDER and GCP_ACCOUNT"),
    ],
)
def test_what_the_login_lacks_is_named(tmp_path, monkeypatch, variables, says):
    done = login(monkeypatch, tmp_path, **variables)
    assert (done.exit_code, says in " ".join(done.stderr.split())) == (BAD_INPUT, True), done.stderr
    assert not (tmp_path / "output").exists()
