"""A box that was not forked from the template: `python -m utils.grading.box.inside FD [LIMITS]`.

FD is the number of the open channel, LIMITS the numbers of the policy as JSON.
"""

from __future__ import annotations

import json
import socket
import sys

from utils.grading.box.inside.resident import serve


def main(arguments: list[str]) -> None:
    """Serve the channel until it is closed."""
    descriptor, limits = arguments
    serve(socket.socket(fileno=int(descriptor)), json.loads(limits))


if __name__ == "__main__":
    main(sys.argv[1:])
