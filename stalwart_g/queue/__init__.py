"""The durable queue: spool, schedule, leases, runner."""
