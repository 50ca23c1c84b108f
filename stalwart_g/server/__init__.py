"""The composition root: puts the parts of all floors together, into one master and its workers.

`master` claims the home, binds and forks; `worker` opens what one worker process needs, and closes it in the opposite
order; `listening` has the services by protocol; `reloading` is what SIGHUP does; `home` knows who serves a home.
"""
