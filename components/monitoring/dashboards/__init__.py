"""The dashboards (R-MON-1 to 5, a running canary, the fleet), as code."""
