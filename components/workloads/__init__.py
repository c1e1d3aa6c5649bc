"""The product's services, and the configuration they read."""
