"""A cluster that holds plain objects, and answers as `operations.cluster.Cluster` does."""

import copy


class Held:
    """Objects by kind and name; what is applied is there from then on."""

    def __init__(self, *objects):
        self.objects = {}
        for each in objects:
            self._put(each)

    def _put(self, content):
        self.objects[content["kind"], content["metadata"]["name"]] = copy.deepcopy(content)

    def apply(self, content, **_):
        self._put(content)
        return content

    def create(self, content):
        self._put(content)
        return content

    def get(self, _api_version, kind, name, _namespace=""):
        return copy.deepcopy(self.objects.get((kind, name)))

    def list(self, _api_version, kind, _namespace="", *, selector=""):
        wanted = dict(part.split("=") for part in selector.split(",") if part)
        return [
            copy.deepcopy(each)
            for (found, _), each in self.objects.items()
            if found == kind and wanted.items() <= each["metadata"].get("labels", {}).items()
        ]
