"""Real processes, real signals: how a service starts, stops and says how it ended."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import asyncio, os, structlog, sys
from integrations.configuration import ConfigurationError, Fault
from integrations.runtime.process.life import instance_id, run_service
"""


@pytest.fixture
def service():
    """Start a service from its source; what still runs at the end is killed."""
    started = []

    def start(body, **env):
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LOG_FORMAT": "json", **env},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process):
    """Return exit code, stdout and stderr of a process that has to end soon."""
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_a_service_that_is_done_exits_clean_and_runs_on_uvloop(service):
    code, out, err = finish(
        service("""
        async def main(stop):
            print(type(asyncio.get_running_loop()).__module__)
        sys.exit(run_service("meter", main))
        """)
    )
    assert (code, err) == (0, "")
    assert out.startswith("uvloop")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_service_drain_and_exit_clean(service, number):
    process = service("""
        async def main(stop):
            print("up", flush=True)
            await stop.wait()
            print("drained after", stop.reason)
        sys.exit(run_service("meter", main))
        """)
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    code, out, err = finish(process)
    assert (code, out) == (0, f"drained after {number.name}\n")
    assert "Traceback" not in err


def test_a_second_signal_cancels_hard(service):
    process = service("""
        async def main(stop):
            print("up", flush=True)
            await stop.wait()
            print("draining", flush=True)
            await asyncio.Event().wait()
        sys.exit(run_service("meter", main, drain_seconds=3600))
        """)
    for line in ("up\n", "draining\n"):
        assert process.stdout.readline() == line
        process.terminate()
    code, _, err = finish(process)
    assert code == 1
    assert "meter: ended by NotDrainedError: a second signal came before it was done" in err.splitlines()


def test_a_terminal_that_says_twice_that_it_ends_lets_the_service_drain(service):
    process = service("""
        async def main(stop):
            print("up", flush=True)
            await stop.wait()
            print("draining", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            print("drained")
        sys.exit(run_service("meter", main, drain_seconds=3600))
        """)
    for line in ("up\n", "draining\n"):
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGHUP)
    code, out, _ = finish(process)
    assert (code, out) == (0, "drained\n")


def test_a_service_under_nohup_outlives_its_terminal(service):
    process = service("""
        import signal
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        async def main(stop):
            print("up", flush=True)
            await stop.wait()
            print("drained after", stop.reason)
        sys.exit(run_service("meter", main))
        """)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGHUP)
    process.terminate()
    code, out, _ = finish(process)
    assert (code, out) == (0, "drained after SIGTERM\n")


def test_a_service_with_its_output_closed_lives(service):
    code, out, _ = finish(
        service("""
        async def main(stop):
            structlog.get_logger("integrations").warning("nobody hears this")
            print("lived")
        sys.stderr = None
        sys.exit(run_service("meter", main))
        """)
    )
    assert (code, out) == (0, "lived\n")


def test_a_service_that_does_not_drain_in_time_is_cancelled(service):
    process = service("""
        async def main(stop):
            print("up", flush=True)
            try:
                await asyncio.Event().wait()
            finally:
                print("cancelled")
        sys.exit(run_service("meter", main, drain_seconds=0.05))
        """)
    process.stdout.readline()
    process.terminate()
    code, out, err = finish(process)
    assert (code, out) == (1, "cancelled\n")
    assert "meter: ended by NotDrainedError: not done 0.05 s after SIGTERM" in err.splitlines()


def test_configuration_faults_are_printed_one_a_line_and_exit_2(service):
    code, out, err = finish(
        service("""
        async def read():
            raise ConfigurationError([
                Fault("steam_meter[0]", "port", 99999, "must be 1..65535"),
                Fault("bus", "url", "nats://me:hunter2@x", "must be reachable"),
            ])
        async def main(stop):
            async with asyncio.TaskGroup() as group:
                group.create_task(read())
        sys.exit(run_service("meter", main))
        """)
    )
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "meter: steam_meter[0].port must be 1..65535, got 99999",
        "meter: bus.url must be reachable, got 'nats://***@x'",
    ]


def test_a_wrong_log_level_is_a_configuration_fault_too(service):
    code, _, err = finish(
        service("async def main(stop): ...\nsys.exit(run_service('meter', main))", LOG_LEVEL="loud")
    )
    assert code == 2
    assert err.startswith("meter: environment.LOG_LEVEL must be one of DEBUG, INFO")


def test_a_crash_is_one_clear_line_and_a_traceback_in_the_log(service):
    code, _, err = finish(
        service("""
        async def fail():
            raise ValueError("bad thing")
        async def main(stop):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
        sys.exit(run_service("meter", main))
        """)
    )
    line, event = err.splitlines()
    assert code == 1
    assert line == "meter: ended by ValueError: bad thing"
    assert '"event":"crashed"' in event
    assert "in fail" in event


def test_the_instance_comes_from_the_environment_or_host_and_pid(service):
    code, out, _ = finish(service("print(instance_id())", INSTANCE="pump house.1"))
    assert (code, out) == (0, "pump_house_1\n")
    process = service("print(instance_id())", INSTANCE="")
    _, out, _ = finish(process)
    assert out.endswith(f"-{process.pid}\n")


def test_a_collector_that_is_away_costs_one_warning(service):
    code, _, err = finish(
        service(
            """
        from opentelemetry import metrics
        from integrations.runtime.process.telemetry import start_telemetry
        from integrations.runtime.process.tracing import publishing
        async def main(stop):
            with start_telemetry("meter", "i", "1.0") as telemetry:
                metrics.get_meter("t").create_counter("polls").add(1)
                for _ in range(20):
                    with publishing("gl.p.raw.steam_meter.gw"):
                        pass
                    await asyncio.to_thread(telemetry.tracer_provider.force_flush)
                assert telemetry.snapshot()[0]["value"] == 1
        sys.exit(run_service("meter", main))
        """,
            OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
            OTEL_EXPORTER_OTLP_TIMEOUT="0.2",
        )
    )
    assert code == 0
    (line,) = err.splitlines()
    assert "telemetry is in trouble" in line
