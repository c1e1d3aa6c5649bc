"""What every cluster of the product gets before any service."""
