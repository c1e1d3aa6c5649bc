"""How services talk once Istio carries their traffic (R-P3-MESH)."""
