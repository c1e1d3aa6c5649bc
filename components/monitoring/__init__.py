"""What a stack is watched by: recorded series, alerts, their ways to people, dashboards."""
