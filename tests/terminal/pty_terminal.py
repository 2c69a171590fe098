"""A pseudo terminal for tests of the prompt: types keys, waits for text, answers what a terminal is asked."""

import os
import pty
import re
import select
import signal
import struct
import sys
import time

ESCAPES = re.compile(
    rb"\x1b\[[0-9;?=>]*[ -/]*[@-~]"  # colours, cursor moves
    rb"|\x1b[\]_P].*?(?:\x07|\x1b\\)"  # titles, pictures
    rb"|\x1b[=>78()][A-Z0-9]?",
    re.DOTALL,
)
WHERE = b"\x1b[6n"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *arguments, columns=80, rows=24, environment=None):
        import fcntl
        import termios

        self.raw = b""
        self.seen = 0
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                env = {**os.environ, "TERM": "xterm-256color", "KERAI_HISTORY": "", **(environment or {})}
                env.pop("NO_COLOR", None)
                program = os.environ["KERAI"]
                os.execve(program, [program, *arguments], env)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self, seconds):
        """Takes what the program writes, for at most `seconds`. False at its end."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        before = self.raw.count(WHERE)
        self.raw += data
        # The line editor asks where the cursor is; a question may come in two parts.
        for _ in range(self.raw.count(WHERE) - before):
            os.write(self.fd, b"\x1b[1;1R")
        return bool(data)

    @property
    def text(self):
        """All that was written, without colours and cursor moves."""
        return ESCAPES.sub(b"", self.raw).decode("utf-8", "replace").replace("\r", "")

    def expect(self, wanted, seconds=20):
        """Waits until `wanted` is written after what was expected before."""
        end = time.monotonic() + seconds
        while wanted not in self.text[self.seen :]:
            if time.monotonic() > end or not self.read(0.05):
                raise AssertionError(f"no {wanted!r} in {self.text[self.seen:]!r}")
        self.seen = self.text.index(wanted, self.seen) + len(wanted)

    def type(self, keys):
        """Presses keys one after the other, as a person does: the next when the last is on the screen."""
        for key in re.findall(r"\x1b\[[A-Z]|.", keys, re.DOTALL):
            os.write(self.fd, key.encode())
            before = len(self.raw)
            end = time.monotonic() + 0.5
            while len(self.raw) == before and time.monotonic() < end:
                self.read(0.02)

    def at_once(self, keys):
        """Presses keys without a look at the screen."""
        os.write(self.fd, keys.encode())

    def line(self, text):
        """Types a line and Enter, and skips its echo."""
        self.type(text)
        self.read(0.02)
        self.seen = len(self.text)
        self.type("\r")

    def paste(self, text):
        """What a terminal sends for pasted text."""
        os.write(self.fd, b"\x1b[200~" + text.encode() + b"\x1b[201~")
        for _ in range(5):
            self.read(0.02)
        self.seen = len(self.text)

    def end(self, seconds=20):
        """Waits for the program's end: its exit status."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                while self.read(0.02) and select.select([self.fd], [], [], 0.02)[0]:
                    pass
                return self.status
        raise AssertionError(f"still running: {self.text[self.seen:]!r}")


if sys.platform == "win32":
    raise SystemExit("these tests need a Unix system")
