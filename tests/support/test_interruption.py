"""Signals of a user who wants a run to end."""

import signal
import subprocess
import sys
import time

import pytest

from ganlib.support.interruption import Interruption

BUSY = """
import time
from ganlib.support.interruption import Interruption
with Interruption() as interruption:
    print("busy", flush=True)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        sum(range(1000))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_second_signal_ends_a_busy_step_at_once(number):
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        child.stdout.readline()
        child.send_signal(number)
        time.sleep(0.3)
        assert child.poll() is None
        child.send_signal(number)
        assert child.wait(timeout=10) == -number


def test_first_signal_only_gives_a_reason_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        assert interruption.reason is None
        signal.raise_signal(signal.SIGINT)
        assert interruption.reason == "SIGINT"
    assert signal.getsignal(signal.SIGINT) is before


def test_system_without_hang_ups_has_the_other_signals():
    hidden = "import signal; del signal.SIGHUP; from ganlib.support.interruption import SIGNALS; print(*(each.name for each in SIGNALS))"
    found = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["SIGINT", "SIGTERM"]
