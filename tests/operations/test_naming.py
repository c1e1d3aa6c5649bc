"""An image gets its names once it is built, scanned and signed (R-IMG-1, R-IMG-2, issue 7)."""

import contextlib
import hashlib
import json

import pytest
from typer.testing import CliRunner

from cli.app import BAD_INPUT, app
from tests.support.registries import answering
from tests.support.repositories import commit, git

SIGNED = {"manifests": [{"artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json"}]}


def digest_of(document):
    return "sha256:" + hashlib.sha256(json.dumps(document).encode()).hexdigest()


def built(bytes_=9_000_000):
    """What buildx pushes: an index of the image and of what is said about it."""
    image = {"config": {"size": 1000}, "layers": [{"size": bytes_}]}
    said = {"digest": "sha256:x", "platform": {"os": "unknown"}}
    index = {"manifests": [{"digest": digest_of(image), "platform": {"os": "linux"}}, said]}
    return {digest_of(image): image, digest_of(index): index}, digest_of(index)


@contextlib.contextmanager
def registry(held):
    """It lets somebody with a login write, and nobody else."""

    def handle(asked):
        if asked.path.startswith("/token"):
            known = asked.headers.get("authorization", "").startswith("Basic ")
            return 200, {}, {"token": "writer" if known else "reader"}
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token != "writer":  # noqa: S105 - a test's own
            realm = f'Bearer realm="http://{asked.headers["host"]}/token"'
            return 401, {"www-authenticate": realm}, {}
        name = asked.path.rpartition("/")[2]
        if asked.method == "PUT":
            held[name] = json.loads(asked.body)
            return 201, {}, {}
        if name not in held:
            return 404, {}, {}
        return 200, {"docker-content-digest": digest_of(held[name])}, held[name]

    with answering(handle) as address:
        yield f"{address}/manpasik/auth-service"


@pytest.fixture
def product(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    monkeypatch.setenv("GITHUB_ACTOR", "somebody")
    root = tmp_path / "product"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "go.mod").write_text("module product")
    commit(root, "all")
    return root


def named(image, digest, product, version="v1.2.3"):
    options = ["--digest", digest, "--version", version, "--product", str(product)]
    return CliRunner().invoke(app, ["image-name", image, *options])


def test_the_names_are_the_version_and_the_product_s_commit(product):
    held, digest = built()
    held[digest.replace(":", "-")] = SIGNED
    with registry(held) as image:
        done = named(image, digest, product)
    assert done.exit_code == 0, done.output
    head = git(product, "rev-parse", "HEAD")
    assert digest_of(held["v1.2.3"]) == digest_of(held[f"sha-{head}"]) == digest
    assert "9.0 MB" in done.stdout


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda held, _: held.clear(), "answers 404"),
        (lambda held, digest: held.pop(digest.replace(":", "-")), "is signed by nobody"),
        (lambda held, digest: held.update({digest: {"other": 1}}), "gives something else"),
        (lambda held, _: held.update({"v1.2.3": {"earlier": 1}}), "a version is built once"),
    ],
    ids=["absent", "unsigned", "another", "built before"],
)
def test_what_is_not_what_was_judged_gets_no_name(product, spoil, says):
    held, digest = built()
    held[digest.replace(":", "-")] = SIGNED
    spoil(held, digest)
    before = set(held)
    with registry(held) as image:
        done = named(image, digest, product)
    assert (done.exit_code, says in done.stderr) == (BAD_INPUT, True), done.output
    assert set(held) == before, "no name was given"


def test_an_image_above_its_budget_gets_no_name(product):
    held, digest = built(bytes_=30_000_000)
    held[digest.replace(":", "-")] = SIGNED
    with registry(held) as image:
        done = named(image, digest, product)
    assert "has 30001000 bytes, and may have 30000000" in done.stderr
    assert "v1.2.3" not in held


def test_a_name_that_moves_may_move_and_others_are_none(product):
    held, digest = built()
    held |= {digest.replace(":", "-"): SIGNED, "latest": {"earlier": 1}}
    with registry(held) as image:
        assert named(image, digest, product, "latest").exit_code == 0
        assert named(image, digest, product, "main").exit_code == BAD_INPUT
        assert named(image, "sha256:1", product).exit_code == BAD_INPUT
        assert named(image, digest, product.parent).exit_code == BAD_INPUT
    assert digest_of(held["latest"]) == digest


def test_without_a_login_nothing_is_written(product, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    held, digest = built()
    with registry(held) as image:
        assert "answers 401" in named(image, digest, product).stderr
