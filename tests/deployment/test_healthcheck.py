"""What Docker asks a container: the script by itself, as it is started in the image."""

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "services" / "healthcheck.py"


@pytest.fixture
def probes():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # http.server calls it so
            well = self.path == "/healthz"
            self.send_response(200 if well else 503)
            self.end_headers()
            self.wfile.write(b"ok\n" if well else b"not connected to the bus\n")

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def asked(what, port):
    command = [sys.executable, "-S", SCRIPT, what]
    environment = {**os.environ, "GL003_HTTP_PORT": str(port)}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return shown.returncode, shown.stderr.strip()


def test_a_service_that_is_well_is_well(probes):
    assert asked("/healthz", probes) == (0, "")


def test_one_that_is_not_says_why(probes):
    assert asked("/readyz", probes) == (1, "not connected to the bus")


def test_nobody_there_is_not_well():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        code, said = asked("/healthz", port)
        assert code == 1
        assert "refused" in said
        assert asked(f"127.0.0.1:{port}", 0)[0] == 1


def test_whoever_listens_is_there(probes):
    assert asked(f"127.0.0.1:{probes}", 0) == (0, "")
