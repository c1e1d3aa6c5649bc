"""How a version gets in: migrations before, later analysis and GitOps."""
