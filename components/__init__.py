"""HOW the product is made: Pulumi components, and nothing but components.

A component gets a slice of the settings and Outputs of others; it decides nothing that a settings
file should say.
"""
