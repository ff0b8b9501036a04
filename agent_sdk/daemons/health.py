"""How a daemon is, over HTTP on the loopback interface.

/healthz   200 while it looks at the chain, 503 when its last look is long ago
/readyz    200 once it has looked at the chain, 503 with the reason while it cannot do its work:
           its key is not authorised, its engine does not answer, it cannot pay for gas
/metrics   the numbers of its status, for Prometheus
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from agent_sdk.daemons.lifecycle import Status
from agent_sdk.errors import ConfigError

__all__ = ["STALE_SECONDS", "serve_health"]

STALE_SECONDS: Final = 90.0
"""s; longer than a slow answer of a model and the longest pause after a fault"""


_HELP: Final = {
    "at": "Unix s of the last look at the chain",
    "authorised": "1 while the key may answer for the provider",
    "balance_wei": "ETH of the account that pays for gas",
    "block": "newest block seen",
    "declined": "runs handed back since the start",
    "delivered": "answers delivered since the start",
    "done": "pieces of work done since the start",
    "engine_failures": "questions in a row that the engine did not answer",
    "engine_ready": "1 while nothing stands against the engine",
    "jobs": "jobs known",
    "ready": "1 while it can do its work, as /readyz",
    "resigned": "jobs left for good since the start",
    "since": "Unix s of the start",
}


def serve_health(status: Status, port: int) -> ThreadingHTTPServer | None:
    """Serve in a thread; None when the port is 0.

    Raises:
        ConfigError: The port is in use, or not for us.
    """
    if not port:
        return None
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(status))
    except OSError as error:
        why = "in use" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
        raise ConfigError(f"health port {port} is {why}; name another, or none") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _handler(status: Status) -> type[BaseHTTPRequestHandler]:
    """Return a handler that answers from a daemon's status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = _answer(self.path, status)
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: whoever asks every few seconds would fill the log."""

    return Handler


def _answer(path: str, status: Status) -> tuple[int, bytes]:
    """Return status code and body for a path."""
    seen = float(status.fields.get("at", 0.0))
    if path == "/healthz":
        fresh = time.time() - seen < STALE_SECONDS
        return (200, b"ok\n") if fresh else (503, b"no look at the chain lately\n")
    if path == "/readyz":
        if why := status.fields.get("unready"):
            return 503, f"{why}\n".encode()
        return (200, b"ready\n") if seen else (503, b"not yet\n")
    if path == "/metrics":
        return 200, _metrics(status)
    return 404, b"/healthz, /readyz, /metrics\n"


def _metrics(status: Status) -> bytes:
    """Return the numbers of a status in Prometheus' text format."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import GaugeMetricFamily, Metric

    class Numbers:
        def collect(self) -> Iterator[Metric]:
            role = status.fields["role"]
            for name, value in status.fields.items():
                if isinstance(value, int | float) and name != "pid":
                    text = _HELP.get(name, f"`{name}` of the {role}'s status")
                    yield GaugeMetricFamily(f"everloop_{role}_{name}", text, value=value)

    registry = CollectorRegistry()
    registry.register(Numbers())
    return generate_latest(registry)
