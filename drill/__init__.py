"""Releases, tried on the real controllers with a clock and a prober.

The controllers are real (Kubernetes, Argo Rollouts, Prometheus), and so is the proxy: an Envoy
whose routes, weights and endpoints follow the VirtualServices, DestinationRules and EndpointSlices
of the cluster, as istiod would have it. No container runs on the simulated nodes, so small servers
on loopback stand for the pods. An exporter speaks the mesh's metric names from what they and Envoy
saw, and a prober asks through Envoy and writes down every answer. Everything listens on loopback,
carries the cluster's mark and ends with it.
"""
