"""An AlertmanagerConfig as the file that Alertmanager reads.

The Prometheus operator makes that file in a cluster; here the same translation is written out for
the kinds that the program uses, so that amtool and a real Alertmanager judge what is deployed. What
it does not know is an error.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

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
