"""What leads into the product from outside."""
