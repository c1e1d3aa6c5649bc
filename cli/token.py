"""`mpk token`: the pipeline's own identity for a cluster of one's own, asked for when it is needed.

kubectl, the engine and this program call it for a kubeconfig that `mpk kubeconfig --server` wrote.
GitHub signs who this run is: repository and environment, for this cluster alone, for minutes. The
cluster trusts GitHub's signature (`mpk trust`); nobody keeps a key (0023, 0075).
"""

import base64
import datetime
import json
import os
import urllib.error
import urllib.request
from typing import Annotated, Any
from urllib.parse import quote

import typer

from cli.console import results
from operations.refusal import RefusedError

ADDRESS, OWN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_SECONDS = 30


def token(
    audience: Annotated[str, typer.Option(help="The cluster that it is for: its address.")],
) -> None:
    """Print a token as kubectl's credential plugins do (ExecCredential)."""
    found = _asked(audience)
    until = datetime.datetime.fromtimestamp(_end_of(found), datetime.UTC)
    status = {"token": found, "expirationTimestamp": until.strftime("%Y-%m-%dT%H:%M:%SZ")}
    kind = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    results.file.write(json.dumps({**kind, "status": status}) + "\n")


def _asked(audience: str) -> str:
    address, own = os.environ.get(ADDRESS, ""), os.environ.get(OWN, "")
    if not address.startswith(("https://", "http://127.0.0.1:")) or not own:
        raise RefusedError(
            f"{ADDRESS} is not set: only a job on GitHub with `id-token: write` has an identity"
        )
    request = urllib.request.Request(  # noqa: S310 - held to https above
        f"{address}&audience={quote(audience, safe='')}", headers={"Authorization": f"Bearer {own}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return str(json.loads(answer.read())["value"])
    except (OSError, ValueError, KeyError, TypeError, urllib.error.HTTPError) as error:
        raise RefusedError(f"GitHub gives no token ({error})") from None


def _end_of(found: str) -> int:
    """When it ends; what signs it is the cluster's to check."""
    try:
        body = found.split(".")[1]
        told: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return int(told["exp"])
    except (IndexError, ValueError, KeyError, TypeError):
        raise RefusedError("GitHub's answer is no token") from None
