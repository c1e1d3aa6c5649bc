"""Tiny charts as archives, and a server of loopback that has them: repository, folder, registry."""

import contextlib
import gzip
import hashlib
import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

from settings import platform
from settings.loader import Settings
from tests.support.topologies import region, settings

NOTHING = {"templates/nothing.yaml": ""}


def packed(name, version, files=NOTHING):
    """A chart's archive; the same chart gives the same bytes."""
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", **files}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as packing:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text.encode())
            packing.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(content.getvalue(), mtime=0)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def serving(pages, token=None):
    """A server of these pages by their path, as long as the block lasts; `host:port` and asked."""
    asked = []

    class _Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            path = self.path.partition("?")[0]
            content = pages.get(path)
            known = token is None or self.headers.get("Authorization") == f"Bearer {token}"
            status = 200 if content is not None else 404
            if path.startswith("/v2/") and not known:
                status, content = 401, b""
            self.send_response(status)
            if status == 401:
                realm = f'realm="http://{self.headers["Host"]}/token",scope="pull"'
                self.send_header("WWW-Authenticate", f"Bearer {realm}")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def in_folder(archives):
    """The pages of a folder that holds them by their file names."""
    return {f"/charts/{name}-{version}.tgz": c for (name, version), c in archives.items()}


def pin_tiny(root, packed=packed):
    """Pin a tiny archive in the place of every chart of a project's catalogue; the archives."""
    path = root / "catalog/charts.yaml"
    charts = yaml.safe_load(path.read_text())
    made = {}
    for name, chart in charts.items():
        key = (chart.get("chart", name), chart["version"])
        made[key] = packed(*key)
        chart.pop("unverified", None)
        chart["digest"] = sha256(made[key])
    path.write_text(yaml.safe_dump(charts))
    return made


def in_registry(archives):
    """The pages of a registry that holds charts by their name and version."""
    pages = {}
    for (name, version), content in archives.items():
        digest = f"sha256:{sha256(content)}"
        layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                 "digest": digest}  # fmt: skip
        pages[f"/v2/charts/{name}/manifests/{version}"] = json.dumps({"layers": [layer]}).encode()
        pages[f"/v2/charts/{name}/blobs/{digest}"] = content
    return pages


def stack_with(charts, **said):
    """A region whose charts are these alone, by their name: (catalogue's entry) as plain data."""
    made = settings(region("kr", charts=said))
    known = made.catalog.charts
    changed = {n: known[n].model_copy(update=c) for n, c in charts.items()}
    catalog = made.catalog.model_copy(update={"charts": known | changed})
    return Settings(stack_name="production-kr", stack=made.stack, catalog=catalog)


def own_archives(made):
    """A tiny archive in the place of each chart that a stack installs."""
    charts = made.catalog.charts
    wanted = {(charts[n].chart or n, charts[n].version): n for n in platform.charts(made)}
    return {key: packed(*key) for key in wanted}
