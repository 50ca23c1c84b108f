"""What operators see: log lines, metrics, context ids."""
