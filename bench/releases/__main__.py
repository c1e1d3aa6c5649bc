"""The command line of the measures."""

import argparse
from typing import Any

import bench.releases
from bench.releases import ground, kills, ways_back
from operations.cluster import Cluster
from operations.release import Release


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=bench.releases.__doc__)
    parser.add_argument("what", choices=("ways-back", "kills", "release"))
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--most", type=float, default=20.0, help="seconds, the latest kill")
    parser.add_argument("--tag", default="v1.0.0")
    parser.add_argument("--kubeconfig", default="")
    asked: Any = parser.parse_args(arguments)
    match asked.what:
        case "ways-back":
            ways_back.measure()
        case "kills":
            kills.measure(asked.runs, asked.seed, asked.most)
        case _:
            plan = ground.plan_of(ground.small(asked.tag))
            ground.line("begins")
            ground.line(str(Release(Cluster(asked.kubeconfig), plan).run().outcome))


if __name__ == "__main__":
    main()
