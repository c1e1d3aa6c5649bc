"""An AlertmanagerConfig as the file that Alertmanager reads.

The Prometheus operator makes that file in a cluster; here the same translation is written out for
the kinds that the program uses, so that amtool and a real Alertmanager judge what is deployed. What
it does not know is an error.
"""

import contextlib
import copy
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from localcluster.files import write_private
from rehearsal.prometheus import running
from rehearsal.receivers import Receivers

_SECRETS = {
    "apiURL": "api_url_file",
    "routingKey": "routing_key_file",
    "authPassword": "auth_password_file",
    "urlSecret": "url_file",
}
"""Fields that refer to a key of a Secret, and what the file calls the path of its value."""
_NAMES = {
    "requireTLS": "require_tls",
    "slackConfigs": "slack_configs",
    "pagerdutyConfigs": "pagerduty_configs",
    "emailConfigs": "email_configs",
    "webhookConfigs": "webhook_configs",
    "sourceMatch": "source_matchers",
    "targetMatch": "target_matchers",
}
_PAIRS = ("headers", "details")
"""Lists of keys and values here, mappings there."""
_MATCHED = ("matchers", "sourceMatch", "targetMatch")
Plain = dict[str, Any]


def translated(spec: Mapping[str, Any], secrets: Path, extra: Mapping[str, Any] = {}) -> Plain:
    """The whole file: the stack's route below a root that tells nobody, as the operator puts it."""
    own = _plain(spec, secrets)
    # The operator lets other configurations see an alert as well.
    route = own["route"] | {"continue": True}
    return {
        **({"global": dict(extra)} if extra else {}),
        "route": {"receiver": "null", "routes": [route]},
        "receivers": [{"name": "null"}, *own["receivers"]],
        "inhibit_rules": own["inhibit_rules"],
    }


def _plain(spec: Mapping[str, Any], secrets: Path) -> Plain:
    return {
        name: found for key, value in spec.items() for name, found in [_field(key, value, secrets)]
    }


def _field(key: str, value: Any, secrets: Path) -> tuple[str, Any]:
    if key in _SECRETS:
        return _SECRETS[key], str(secrets / value["key"])
    name = _NAMES.get(key) or re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower()
    if key in _MATCHED:
        return name, [f'{each["name"]}{each["matchType"]}"{each["value"]}"' for each in value]
    if key in _PAIRS:
        return name, {each["key"]: each["value"] for each in value}
    return name, _value(value, secrets)


def _value(value: Any, secrets: Path) -> Any:
    if isinstance(value, list):
        return [_value(each, secrets) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return _plain(cast("dict[str, Any]", value), secrets)
    return value


def quick(spec: Mapping[str, Any], repeat_seconds: int | None = None) -> Plain:
    """The same routes with waiting times of a second; repeated as said, or after so long."""
    found = copy.deepcopy(dict(spec))
    for route in (found["route"], *found["route"]["routes"]):
        route |= {"groupWait": "1s", "groupInterval": "1s"}
        if repeat_seconds:
            route["repeatInterval"] = f"{repeat_seconds}s"
    for receiver in found["receivers"]:
        for email in receiver.get("emailConfigs", []):
            # The server on loopback knows neither TLS nor users.
            email["requireTLS"] = False
            for key in ("authUsername", "authPassword"):
                email.pop(key)
    return found


@contextlib.contextmanager
def alertmanager(
    folder: Path, spec: Mapping[str, Any], told: Receivers, port: int
) -> Generator[str]:
    """A real Alertmanager with these routes, whose receivers are on loopback; yields its address.

    Started again in the same folder it is the same one: it knows whom it told of what.
    """
    web = f"http://127.0.0.1:{told.http_port}"
    for name, value in (
        ("ALERT_SLACK_URL", f"{web}/slack"),
        ("ALERT_PAGERDUTY_KEY", "0123456789abcdef0123456789abcdef"),
        ("ALERT_HEARTBEAT_URL", f"{web}/heartbeat"),
    ):
        write_private(folder / name, value)
    extra = {"pagerduty_url": f"{web}/pagerduty"}
    file = folder / "alertmanager.yml"
    content = translated(_to_loopback(spec, told), folder, extra)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    arguments = [f"--config.file={file}", f"--storage.path={folder / 'kept'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]  # fmt: skip
    with running("alertmanager", arguments, f"http://127.0.0.1:{port}", folder):
        yield f"127.0.0.1:{port}"


def _to_loopback(spec: Mapping[str, Any], told: Receivers) -> Plain:
    found = copy.deepcopy(dict(spec))
    for receiver in found["receivers"]:
        for email in receiver.get("emailConfigs", []):
            email["smarthost"] = f"127.0.0.1:{told.smtp_port}"
    return found
