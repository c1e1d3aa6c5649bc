"""GitHub's API, as much of it as a pipeline needs: pull requests, comments, who approved.

The address and the token are the runner's own; a test gives those of a server on loopback.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from operations.refusal import RefusedError

_SECONDS = 30
_PAGES = 30
_PER_PAGE = 100


class ForgeError(RefusedError):
    """GitHub did not do what it was asked."""


@dataclass(frozen=True, kw_only=True)
class Forge:
    """One repository on GitHub."""

    api: str
    repository: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Forge":
        """The one whose runner this is."""
        wanted = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
        missing = [name for name in wanted if not environment.get(name)]
        if missing:
            raise ForgeError(f"{', '.join(missing)} is not set; a workflow's runner sets it")
        api, repository, token = (environment[name] for name in wanted)
        return cls(api=api.rstrip("/"), repository=repository, token=token)

    def ask(self, path: str, body: Mapping[str, Any] | None = None, method: str = "GET") -> Any:
        """One call; the path is below the repository."""
        address = f"{self.api}/repos/{self.repository}/{path}"
        if not address.startswith(("https://", "http://127.0.0.1:")):
            raise ForgeError(f"{self.api} is no address to send a token to")
        request = urllib.request.Request(  # noqa: S310 - held to https above
            address,
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={"Authorization": f"Bearer {self.token}",
                     "Accept": "application/vnd.github+json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise ForgeError(f"GitHub answers {error.code} to {method} {path}") from None
        except (OSError, ValueError) as error:
            raise ForgeError(f"GitHub cannot be asked for {path} ({error})") from None

    def pull_request(self, owner: str, branch: str, commit: str) -> int | None:
        """The open pull request of a branch, while its head is still that commit."""
        found = self.ask(f"pulls?state=open&head={quote(f'{owner}:{branch}', safe='')}")
        numbers = [int(each["number"]) for each in found if each["head"]["sha"] == commit]
        return numbers[0] if len(numbers) == 1 else None

    def own_comment(self, number: int, mark: str) -> int | None:
        """The comment of a workflow on a pull request that begins with that line."""
        for page in range(1, _PAGES + 1):
            path = f"issues/{number}/comments?per_page={_PER_PAGE}&page={page}"
            found = cast("list[dict[str, Any]]", self.ask(path))
            for each in found:
                # Anybody can write the line; only a workflow's own comment is replaced.
                if each["user"]["login"] == "github-actions[bot]" and each["body"].startswith(mark):
                    return int(each["id"])
            if len(found) < _PER_PAGE:
                return None
        return None

    def say(self, number: int, text: str, mark: str) -> str:
        """Put the comment there, in the place of the one before."""
        before = self.own_comment(number, mark)
        if before is None:
            self.ask(f"issues/{number}/comments", {"body": text}, "POST")
            return "written"
        self.ask(f"issues/comments/{before}", {"body": text}, "PATCH")
        return "updated"

    def approvals(self, run: str) -> dict[str, list[str]]:
        """Who opened which environments to a run."""
        by: dict[str, list[str]] = {}
        for each in self.ask(f"actions/runs/{quote(run, safe='')}/approvals"):
            for place in each["environments"] if each["state"] == "approved" else ():
                by.setdefault(str(place["name"]), []).append(str(each["user"]["login"]))
        return by
