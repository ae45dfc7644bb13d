"""moto on a free port: prints host:port, ends when its stdin closes (so also when the process that started it is killed)."""

import sys
from threading import Lock

from moto.dynamodb.models.dynamo_type import LimitedSizeDict
from moto.dynamodb.responses import DynamoHandler
from moto.server import ThreadedMotoServer

# moto limits items to 405,000 bytes instead of 409,600 and counts a replaced attribute twice. The driver keeps the limit itself.
LimitedSizeDict.__setitem__ = dict.__setitem__

# moto reads, checks the condition and writes without a lock: of two guarded writers both could win.
one_at_a_time = Lock()
answer = DynamoHandler.call_action


def answer_alone(self):
    with one_at_a_time:
        return answer(self)


DynamoHandler.call_action = answer_alone

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
