"""Monitoring without a cluster: the product played to a real Prometheus and Alertmanager.

All of it on loopback, bounded in time and stopped by process id. It proves rules, routes and
dashboards; nothing here proves that a real exporter exports what is played.
"""
