"""What stands around every ask, use, call and step, one concern each; ``wiring`` has their order.

A layer has a method for each kind that it minds and sees nothing of the others, nor of the other
layers; see ``core.layers.wrap``. A method that only does something beforehand gives the next one's
coroutine back as it is: no frame of its own is kept while the real call waits.
"""

from batuta.runtimes.local.layers.budget import BudgetLayer as BudgetLayer
from batuta.runtimes.local.layers.deadline import DeadlineLayer as DeadlineLayer
from batuta.runtimes.local.layers.policy import PolicyLayer as PolicyLayer
from batuta.runtimes.local.layers.retry import RetryLayer as RetryLayer
from batuta.runtimes.local.layers.trace import TraceLayer as TraceLayer
