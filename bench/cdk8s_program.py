"""A cdk8s program: the objects of a JSON file, one ApiObject each, printed as YAML.

Runs in an environment of its own (`peers.py`), which the rest of the project never sees.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import json
import sys
from pathlib import Path

from cdk8s import ApiObject, App, Chart, JsonPatch

app = App()
chart = Chart(app, "product", disable_resource_name_hashes=True)
for number, content in enumerate(json.loads(Path(sys.argv[1]).read_text())):
    made = ApiObject(
        chart, str(number), api_version=content.pop("apiVersion"), kind=content.pop("kind")
    )
    made.add_json_patch(*(JsonPatch.add(f"/{key}", value) for key, value in content.items()))
sys.stdout.write(app.synth_yaml())
