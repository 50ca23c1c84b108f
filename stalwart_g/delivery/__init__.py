"""Couriers: into a local account, or to another server; and the reports about both."""
