"""What several processes share and what outlives a worker: limits, slots, remembered keys, wake-ups.

`interface.State` says what can be asked; `memory` answers within one process, `broker` and `client` for all processes
of a host (SPEC-SMTP section 8.8).
"""

from stalwart_g.green.errors import StateUnavailable
from stalwart_g.green.state.broker import Broker
from stalwart_g.green.state.client import BrokerState
from stalwart_g.green.state.interface import State
from stalwart_g.green.state.memory import MemoryState

__all__ = ["Broker", "BrokerState", "MemoryState", "State", "StateUnavailable"]
