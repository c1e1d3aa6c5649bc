"""A resource provider as the engine talks to one, over a world that a test owns.

It answers as a cloud's own does where the engine can tell: inputs come back as outputs with what a
cloud computes, a preview promises nothing that only a creation knows, a fixed property replaces, a
thing that is gone reads as gone. It checks no schema: the SDK's types did that.
"""

from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.engine.standins.cluster import PLANES, Clusters
from tests.engine.standins.computed import answer, computed
from tests.engine.standins.world import TroubleError, World

_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's mark of a secret value
_SIGNATURE = "4dabf18193072939515e22adb298388d"
# A change of one of these makes another thing of it, on either cloud.
FIXED = {
    *(
        "name",
        "bucket",
        "identifier",
        "clusterIdentifier",
        "roleName",
        "region",
        "location",
        "zone",
    ),
    *("cidrBlock", "availabilityZone", "vpcId", "ipCidrRange", "network", "engine"),
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider package over a world."""

    def __init__(self, package: str, version: str, world: World, clusters: Clusters):
        self.package = package
        self.version = version
        self.world = world
        self.clusters = clusters

    def Handshake(self, request, context):  # noqa: N802, ARG002
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request, context):  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version=self.version)

    def Attach(self, request, context):  # noqa: N802, ARG002
        return empty_pb2.Empty()

    def GetSchema(self, request, context):  # noqa: N802, ARG002
        schema = f'{{"name": "{self.package}", "version": "{self.version}"}}'
        return provider_pb2.GetSchemaResponse(schema=schema)

    def CheckConfig(self, request, context):  # noqa: N802, ARG002
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):  # noqa: N802, ARG002
        return provider_pb2.DiffResponse()

    def Configure(self, request, context):  # noqa: N802, ARG002
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request, context):  # noqa: N802, ARG002
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):  # noqa: N802, ARG002
        old = plain(request.old_inputs) or plain(request.olds)
        new = plain(request.news)
        ignored = {path.split(".")[0] for path in request.ignoreChanges}
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        changed = [key for key in changed if key not in ignored]
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if changed
            else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key in FIXED],
            deleteBeforeReplace=True,
        )

    def Create(self, request, context):  # noqa: N802
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        kind = _kind(request.urn)
        inputs = plain(request.properties)
        with refusing(context):
            identity = self.world.create(kind, request.urn, inputs)
        outputs = merged(request.properties, self._computed(request.urn, identity, inputs))
        return provider_pb2.CreateResponse(id=identity, properties=outputs)

    def Update(self, request, context):  # noqa: N802
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        kind = _kind(request.urn)
        inputs = plain(request.news)
        with refusing(context):
            self.world.update(kind, request.urn, request.id, inputs)
        outputs = merged(request.news, self._computed(request.urn, request.id, inputs))
        return provider_pb2.UpdateResponse(properties=outputs)

    def Read(self, request, context):  # noqa: N802, ARG002
        kind = _kind(request.urn)
        found = self.world.read(kind, request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        inputs = struct(found)
        return provider_pb2.ReadResponse(
            id=request.id,
            inputs=inputs,
            properties=merged(inputs, self._computed(request.urn, request.id, found)),
        )

    def _computed(self, urn: str, identity: str, inputs: dict[str, Any]) -> dict[str, Any]:
        kind = _kind(urn)
        known = computed(kind, identity, inputs)
        if kind in PLANES:
            known |= self.clusters.plane(kind, urn.split("::", maxsplit=1)[0].rpartition(":")[2])
        return known

    def Delete(self, request, context):  # noqa: N802
        with refusing(context):
            self.world.delete(_kind(request.urn), request.urn, request.id)
        return empty_pb2.Empty()

    def Invoke(self, request, context):  # noqa: N802
        with refusing(context):
            found = answer(request.tok, plain(request.args))
        return provider_pb2.InvokeResponse(**{"return": struct(found)})

    def Cancel(self, request, context):  # noqa: N802, ARG002
        return empty_pb2.Empty()


class refusing:  # noqa: N801 - reads as a word
    """Turns a world's refusal into the error of a call."""

    def __init__(self, context):
        self._context = context

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, TroubleError):
            self._context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _kind(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1]


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as a cloud gets them: no marks of secrets."""
    return _revealed(MessageToDict(message))


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """Plain values as the engine takes them."""
    return ParseDict(values, struct_pb2.Struct())


def merged(inputs: struct_pb2.Struct, more: dict[str, Any]) -> struct_pb2.Struct:
    """What was given, secrets still marked, with what the cloud computed."""
    return struct(_beside(MessageToDict(inputs), more))


def _beside(given: Any, made: Any) -> Any:
    """A thing that the program gave half of keeps that half; a secret is whole."""
    if not isinstance(given, dict) or not isinstance(made, dict) or _SIGNATURE in given:
        return given
    return {**made, **{key: _beside(each, made.get(key)) for key, each in given.items()}}


def _revealed(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _revealed(value.get("value"))
        return {key: _revealed(each) for key, each in value.items()}
    return [_revealed(each) for each in value] if isinstance(value, list) else value
