"""A kernel and its clients, for tests that look at every message."""

import json
import os
import pathlib
import queue
import subprocess
import tempfile
import time
import unittest

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session

TIMEOUT = 20


class Kernel:
    """A running kernel, started from its kernelspec as a front end does, but with our hands on everything."""

    def __init__(self, transport="tcp", connection_file=None, **environment):
        self.folder = tempfile.TemporaryDirectory()
        self.file = connection_file or str(pathlib.Path(self.folder.name) / "kernel.json")
        if not connection_file:
            ip = str(pathlib.Path(self.folder.name) / "s") if transport == "ipc" else "127.0.0.1"
            write_connection_file(self.file, transport=transport, ip=ip, key=b"a secret")
        self.info = json.loads(pathlib.Path(self.file).read_text())
        self.clients = []
        self.log = pathlib.Path(self.folder.name) / "log"
        self.launch(**environment)

    def launch(self, **environment):
        spec = KernelSpecManager().get_kernel_spec("kerai")
        argv = [word.replace("{connection_file}", self.file) for word in spec.argv]
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv,
                env={**os.environ, "JPY_PARENT_PID": str(os.getpid()), **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def client(self, wait=True):
        client = BlockingKernelClient(connection_file=self.file)
        client.load_connection_file()
        client.start_channels()
        if wait:
            client.wait_for_ready(timeout=TIMEOUT)
        self.clients.append(client)
        return client

    def raw(self, channel, kind=zmq.DEALER):
        """A bare socket, for what no well-behaved client would send."""
        socket = zmq.Context.instance().socket(kind)
        socket.linger = 0
        socket.rcvtimeo = TIMEOUT * 1000
        # At a door that is not open yet, libzmq would wait 100 ms before it knocks again.
        socket.reconnect_ivl = 5
        info = self.info
        separator = "-" if info["transport"] == "ipc" else ":"
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(f"{info['transport']}://{info['ip']}{separator}{info[channel + '_port']}")
        return socket

    def session(self):
        return Session(key=self.info["key"].encode())

    def stop(self):
        for client in self.clients:
            client.stop_channels()
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class KernelCase(unittest.TestCase):
    """Each class has one kernel and one client; tests leave both usable."""

    environment = {}
    transport = "tcp"

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel(transport=cls.transport, **cls.environment)
        cls.addClassCleanup(lambda: cls.kernel.stop())
        cls.client = cls.kernel.client()

    def ended(self, seconds):
        """Whether the kernel's process ended by itself within this time."""
        try:
            self.kernel.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def iopub(self, msg_id, client=None, until="idle"):
        """What is published about a request, up to its end."""
        client = client or self.client
        messages = []
        while True:
            try:
                message = client.get_iopub_msg(timeout=TIMEOUT)
            except queue.Empty:
                self.fail(f"no {until}; so far: {kinds(messages)}")
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            messages.append(message)
            if message["msg_type"] == until:
                return messages
            if message["content"].get("execution_state") == until:
                return messages

    def reply(self, msg_id, client=None, channel="shell"):
        client = client or self.client
        get = client.get_shell_msg if channel == "shell" else client.get_control_msg
        while True:
            try:
                message = get(timeout=TIMEOUT)
            except queue.Empty:
                self.fail(f"no answer on {channel}")
            if message["parent_header"].get("msg_id") == msg_id:
                return message["content"]

    def run_cell(self, code, client=None, **options):
        """Runs a cell: its answer, and what was published."""
        client = client or self.client
        msg_id = client.execute(code, **options)
        reply = self.reply(msg_id, client)
        return reply, self.iopub(msg_id, client)

    def value(self, code, client=None):
        """The text of a cell's value."""
        reply, messages = self.run_cell(code, client)
        self.assertEqual(reply["status"], "ok", reply)
        for message in messages:
            if message["msg_type"] == "execute_result":
                return message["content"]["data"]["text/plain"]
        return None

    def request(self, kind, content, client=None, channel="shell"):
        """Sends any request: its message id."""
        client = client or self.client
        message = client.session.msg(kind, content)
        getattr(client, channel + "_channel").send(message)
        return message["header"]["msg_id"]

    def is_busy(self, msg_id):
        """Waits until a cell runs."""
        self.iopub(msg_id, until="execute_input")


def kinds(messages):
    """The types of messages, with what tells them apart."""
    words = []
    for message in messages:
        content = message["content"]
        word = content.get("execution_state") or content.get("name") or message["msg_type"]
        words.append(word)
    return words


def text(messages, name="stdout"):
    """What was written to a stream."""
    return "".join(
        message["content"]["text"]
        for message in messages
        if message["msg_type"] == "stream" and message["content"]["name"] == name
    )
