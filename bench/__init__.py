"""What the program costs: time and memory of whole processes, in tables.

    make bench                              # or .venv/bin/python -m bench
    .venv/bin/python -m bench --runs 9      # more runs, narrower ranges
    .venv/bin/python -m bench --json        # for a program
    .venv/bin/python -m bench --no-cluster  # without the deployment; nothing is started
    .venv/bin/python -m bench --only growth --stack staging

How to read it. The floor is a process that only imports the two SDKs that every program for
Pulumi and Kubernetes imports; nothing here can cost less. The ratios to it are the result: they
stay when the machine is another one or a busy one, the seconds do not. Where the range (min-max)
is wide, look at the CPU seconds, which waiting for others hardly lengthens.

Every run is a fresh process, with compiled bytecode and a warm file cache. Memory is the peak of
the largest process of a run, as the kernel counts it, not a sum. All measures take turns, so that
a change in the machine's load hits all.

Five parts (`--only`), the first four with a first row to which the ratios are:

- `commands`: the commands against the floor.
- `nine`: nine stacks planned by one process, over one: where one of them changed, and where all
  did; there, too, over each of the nine alone. The quotient is of the least CPU of each.
- `peers`: the same objects through kustomize, helm and cdk8s. They are handed finished objects.
- `growth`: render and plan with 1, 3 and 10 times the services. The cost of each further service
  from 3 to 10, over that from 1 to 3, tells whether it grows in proportion: 1 is linear. A run of
  more than two minutes is ended and has no figures, those of the other commands stay.
- `backfill`: a million rows in batches beside one UPDATE, on a PostgreSQL of its own, and how long
  a writer beside them waits at worst.
"""
