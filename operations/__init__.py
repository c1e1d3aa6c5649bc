"""Acting on a live cluster: applying what was recorded, waiting for it, explaining what fails."""
