"""Everything that touches gevent: sockets, processes, TLS, timers, threads, shared state."""
