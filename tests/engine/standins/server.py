"""Serves stand-in providers on loopback; the engine is told where by one variable."""

import contextlib
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.engine.standins.cluster import answering
from tests.engine.standins.provider import Provider
from tests.engine.standins.world import World

VARIABLE = "PULUMI_DEBUG_PROVIDERS"
_MEGABYTES = 400 * 1024 * 1024


@contextlib.contextmanager
def served(world: World, packages: Iterable[str]) -> Generator[str]:
    """The value of `VARIABLE` while the providers answer."""
    with contextlib.ExitStack() as stack:
        clusters = stack.enter_context(answering(world))
        ports = {
            each: stack.enter_context(_served(Provider(each, _version(each), world, clusters)))
            for each in packages
        }
        yield ",".join(f"{package}:{port}" for package, port in ports.items())


@contextlib.contextmanager
def _served(provider: Provider) -> Generator[int]:
    sizes = [("grpc.max_receive_message_length", _MEGABYTES)]
    server = grpc.server(ThreadPoolExecutor(16), options=sizes)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


def _version(package: str) -> str:
    """The version that the SDK asks for: the engine compares."""
    return metadata.version(f"pulumi-{package}")
