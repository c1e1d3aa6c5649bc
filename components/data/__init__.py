"""Data stores that run inside the cluster (stacks `local` and `dev`)."""
