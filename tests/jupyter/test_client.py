"""What clients rely on: order, interrupts, input, failing cells, bad messages, floods, restarts, the end."""

import json
import os
import re
import signal
import socket as socketlib
import subprocess
import sys
import time
import unittest

import zmq
from jupyter_client.connect import write_connection_file
from kernel import TIMEOUT, Kernel, KernelCase, kinds, text

LOOP = "print('on')\nwhile True:\n    pass"


class Cells(KernelCase):
    def test_messages_come_in_the_order_of_the_program(self):
        reply, messages = self.run_cell(
            "import sys\n"
            "from IPython.display import HTML, display\n"
            "print('a'); print('b', end='')\n"
            "print('c', file=sys.stderr)\n"
            "print('d')\n"
            "display(HTML('<b>e</b>'))\n"
            "print('f')\n"
            "7"
        )
        self.assertEqual(
            kinds(messages),
            "busy execute_input stdout stderr stdout display_data stdout execute_result idle".split(),
        )
        self.assertEqual(text(messages), "a\nbd\nf\n")
        self.assertEqual(text(messages, "stderr"), "c\n")
        result = messages[-2]["content"]
        self.assertEqual(result["data"]["text/plain"], "7")
        self.assertEqual(result["execution_count"], reply["execution_count"])
        self.assertEqual(reply["user_expressions"], {})

    def test_counting_starts_at_one_and_skips_what_is_not_stored(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        client = kernel.client()
        counts = []
        for code, options in [
            ("1", {}),
            ("2", {"silent": True}),
            ("3", {"store_history": False}),
            ("", {}),
            ("4", {}),
        ]:
            reply, messages = self.run_cell(code, client, **options)
            counts.append(reply["execution_count"])
            if options.get("silent"):
                self.assertEqual(kinds(messages), ["busy", "idle"])
        self.assertEqual([counts[0], counts[-1]], [1, 2])
        reply = self.reply(client.history(hist_access_type="range", session=0, start=1), client)
        self.assertEqual([entry[1:] for entry in reply["history"]], [[1, "1"], [2, "4"]])

    def test_values_survive_an_error_and_the_error_says_what_it_is(self):
        self.run_cell("kept = 5")
        reply, messages = self.run_cell("def f():\n    return 1 / 0\nf()")
        self.assertEqual(reply["status"], "error")
        self.assertEqual(reply["ename"], "ZeroDivisionError")
        self.assertEqual(kinds(messages)[-2:], ["error", "idle"])
        self.assertEqual(messages[-2]["content"]["traceback"], reply["traceback"])
        self.assertIn("line 2", "\n".join(reply["traceback"]))
        self.assertEqual(self.value("kept"), "5")

    def test_a_failing_cell_stops_those_behind_it(self):
        cells = ["print(1)", "raise ValueError('no')", "print(2)", "print(3)"]
        ids = [self.client.execute(code) for code in cells]
        question = self.client.kernel_info()
        statuses = [self.reply(msg_id)["status"] for msg_id in ids]
        self.assertEqual(statuses, ["ok", "error", "aborted", "aborted"])
        self.assertEqual(kinds(self.iopub(ids[3])), ["busy", "idle"])
        self.assertEqual(self.value("1 + 1"), "2")
        self.assertIsNotNone(question)

    def test_a_failing_cell_stops_nothing_if_it_is_told_so(self):
        ids = [
            self.client.execute("raise ValueError('no')", stop_on_error=False),
            self.client.execute("2"),
        ]
        self.assertEqual([self.reply(i)["status"] for i in ids], ["error", "ok"])
        self.iopub(ids[1])

    def test_a_cell_sent_after_the_answer_runs(self):
        for _ in range(3):
            self.assertEqual(self.run_cell("raise ValueError('no')")[0]["status"], "error")
            self.assertEqual(self.run_cell("1")[0]["status"], "ok")

    def test_user_expressions(self):
        reply, _ = self.run_cell("a = 3", user_expressions={"x": "a + 1", "y": "nowhere"})
        expressions = reply["user_expressions"]
        self.assertEqual(expressions["x"]["data"]["text/plain"], "4")
        self.assertEqual(expressions["y"]["status"], "error")
        self.assertEqual(expressions["y"]["ename"], "NameError")

    def test_updates_keep_their_metadata(self):
        _, messages = self.run_cell(
            "import matplotlib.pyplot as plt\n"
            "from IPython.display import display\n"
            "figure, axes = plt.subplots(figsize=(4, 3))\n"
            "axes.plot([1, 2])\n"
            "handle = display(figure, display_id='p')\n"
            "axes.plot([2, 1])\n"
            "handle.update(figure)\n"
            "plt.close()"
        )
        shown = [m["content"] for m in messages if m["msg_type"].endswith("display_data")]
        self.assertEqual(len(shown), 2, kinds(messages))
        self.assertEqual(shown[0]["transient"], shown[1]["transient"])
        self.assertEqual(shown[0]["metadata"], shown[1]["metadata"])
        self.assertTrue(shown[0]["data"]["image/png"].startswith("iVBOR"))
        self.assertNotEqual(shown[0]["data"]["image/png"], shown[1]["data"]["image/png"])

    def test_figures_that_are_open_come_after_the_result(self):
        plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"
        for end, order in [
            ("'result'", "execute_result display_data"),
            ("1 / 0", "error display_data"),
            ("plt.show()\n'result'", "display_data execute_result"),
            ("plt.gcf()", "execute_result display_data"),
            ("None", "display_data"),
        ]:
            _, messages = self.run_cell(plot + end)
            with self.subTest(end):
                self.assertEqual(kinds(messages)[2:-1], order.split())

    def test_a_fit_that_goes_on_shows_the_whole_run(self):
        self.run_cell(
            "import keras\n"
            "import numpy as np\n"
            "x = np.random.default_rng(0).random((200, 6)).astype('float32')\n"
            "y = (x.sum(axis=1) > 3).astype('int64')\n"
            "model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2, activation='softmax')])\n"
            "model.compile('adam', 'sparse_categorical_crossentropy')\n"
            "class Stop(keras.callbacks.Callback):\n"
            "    def on_epoch_begin(self, epoch, logs=None):\n"
            "        self.epoch = epoch\n"
            "    def on_train_batch_end(self, batch, logs=None):\n"
            "        if self.epoch == 2 and batch == 3:\n"
            "            raise KeyboardInterrupt\n"
        )
        fit = "model.fit(x, y, batch_size=20, {});"
        for arguments, epochs, first in [
            ("epochs=4, callbacks=[Stop()]", [1, 2], "Epoch 1/4"),
            ("epochs=4", [1, 2, 3, 4], "Epoch 3/4"),  # It was interrupted in the third epoch.
            ("epochs=6, initial_epoch=4, verbose=0", None, None),
            ("epochs=8, initial_epoch=6", [1, 2, 3, 4, 5, 6, 7, 8], "Epoch 7/8"),
            ("epochs=9, initial_epoch=7", [8, 9], "Epoch 8/9"),  # Not where the last one ended.
            ("epochs=2", [1, 2], "Epoch 1/2"),
        ]:
            reply, messages = self.run_cell(fit.format(arguments))
            with self.subTest(arguments):
                self.assertEqual(reply["status"], "error" if "Stop" in arguments else "ok")
                shown = [m["content"] for m in messages if m["msg_type"].endswith("display_data")]
                bars = [c for c in shown if "-progress-" in c["transient"]["display_id"]]
                if epochs is None:
                    self.assertEqual(shown, [])
                    continue
                rows = re.findall(r"<tr><td[^>]*>(\d+)</td>", bars[-1]["data"]["text/html"])
                self.assertEqual([int(row) for row in rows], epochs)
                curves = [c for c in shown if "-curves-" in c["transient"]["display_id"]]
                self.assertIn(f"└{epochs[0]}─", curves[-1]["data"]["text/plain"])
                self.assertIn(f"─{epochs[-1]} epochs", curves[-1]["data"]["text/plain"])
                titles = [re.search(r"<b>(Epoch \d+/\d+)</b>", c["data"]["text/html"]) for c in bars]
                titles = [title[1] for title in titles if title]
                self.assertIn(first, titles[:2])
                if arguments == "epochs=4":
                    self.assertEqual(text(messages), "Resuming at epoch 3, batch 5.\n")
                    self.assertIn("4/10", "".join(c["data"]["text/html"] for c in bars))

    def test_places_are_code_points(self):
        self.run_cell("alphabet = 1")
        code = "s = '🦀🦀'; alphab + 1"
        end = code.index("alphab") + 6
        reply = self.reply(self.client.complete(code, end))
        self.assertIn("alphabet", reply["matches"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (end - 6, end))
        reply = self.reply(self.client.inspect("'🦀'; print", 10))
        self.assertTrue(reply["found"])
        reply = self.reply(self.client.inspect("nowhere_to_be_found"))
        self.assertEqual((reply["status"], reply["found"]), ("ok", False))

    def test_a_long_cell(self):
        code = "x = [\n" + "    1,\n" * 50_000 + "]\nlen(x)"
        self.assertEqual(self.value(code), "50000")

    def test_unknown_comms_are_closed(self):
        msg_id = self.request(
            "comm_open", {"comm_id": "c", "target_name": "jupyter.widget", "data": {}}
        )
        messages = self.iopub(msg_id)
        self.assertEqual(kinds(messages), ["busy", "comm_close", "idle"])
        self.assertEqual(messages[1]["content"]["comm_id"], "c")
        reply = self.reply(self.request("comm_info_request", {}))
        self.assertEqual(reply, {"status": "ok", "comms": {}})

    def test_unknown_requests_get_an_error(self):
        for channel in ["shell", "control"]:
            msg_id = self.request("make_coffee_request", {}, channel=channel)
            reply = self.reply(msg_id, channel=channel)
            self.assertEqual(reply["status"], "error")
            self.assertEqual(kinds(self.iopub(msg_id)), ["busy", "idle"])

    def test_kernel_info_on_control_is_answered_while_a_cell_runs(self):
        cell = self.client.execute(LOOP)
        self.is_busy(cell)
        for channel in ["control", "shell"]:
            msg_id = self.request("kernel_info_request", {}, channel=channel)
            info = self.reply(msg_id, channel=channel)
            self.assertEqual(info["implementation"], "kerai")
        heart = self.kernel.raw("hb", zmq.REQ)
        heart.send(b"beat")
        self.assertEqual(heart.recv(), b"beat")
        heart.close()
        interrupt = self.request("interrupt_request", {}, channel="control")
        self.assertEqual(self.reply(interrupt, channel="control"), {"status": "ok"})
        self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")

    @unittest.skipUnless(sys.platform == "linux", "writes to the file descriptors of the kernel")
    def test_native_prints_are_shown(self):
        cell = self.client.execute("input()", allow_stdin=True)
        self.client.get_stdin_msg(timeout=TIMEOUT)
        for number in [1, 2]:
            with open(f"/proc/{self.kernel.process.pid}/fd/{number}", "w") as file:
                file.write(f"native {number}\n")
        self.client.input("")
        self.reply(cell)
        messages = self.iopub(cell)
        self.assertEqual(text(messages), "native 1\n")
        self.assertEqual(text(messages, "stderr"), "native 2\n")


class Interrupts(KernelCase):
    def check(self, code, channel):
        self.run_cell("kept = [1, 2]")
        cell = self.client.execute(code)
        self.is_busy(cell)
        time.sleep(0.1)
        answer = self.request("interrupt_request", {}, channel=channel)
        # No program here ends within the time that an answer is waited for.
        self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")
        # The answer to the interrupt may say once more that the cell is still busy.
        said = [kind for kind in kinds(self.iopub(cell)) if kind != "busy"]
        self.assertEqual(said[-2:], ["error", "idle"])
        if channel == "control":
            self.assertEqual(self.reply(answer, channel=channel), {"status": "ok"})
        self.assertEqual(self.value("kept"), "[1, 2]")

    def test_a_loop_stops_and_variables_stay(self):
        self.check(LOOP, "control")

    def test_old_clients_send_it_on_shell(self):
        self.check(LOOP, "shell")

    def test_from_the_first_sign_of_the_cell_on(self):
        for _ in range(20):
            cell = self.client.execute(LOOP)
            self.iopub(cell, until="busy")
            self.request("interrupt_request", {}, channel="control")
            self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")

    def test_a_sleep_stops(self):
        self.check("import time\ntime.sleep(60)", "control")

    def test_a_handler_cannot_swallow_it(self):
        self.check("while True:\n    try:\n        pass\n    except Exception:\n        pass", "control")

    def test_between_cells_it_stops_nothing(self):
        self.reply(self.request("interrupt_request", {}, channel="control"), channel="control")
        self.assertEqual(self.value("1"), "1")

    def test_what_waits_behind_an_interrupted_cell_does_not_run(self):
        first = self.client.execute(LOOP)
        self.is_busy(first)
        second = self.client.execute("print('never')")
        self.request("interrupt_request", {}, channel="control")
        self.assertEqual(self.reply(first)["ename"], "KeyboardInterrupt")
        self.assertEqual(self.reply(second)["status"], "aborted")


class Input(KernelCase):
    def test_a_line_is_asked_for_and_comes_back(self):
        cell = self.client.execute("name = input('Name? ')\nname", allow_stdin=True)
        question = self.client.get_stdin_msg(timeout=TIMEOUT)
        self.assertEqual(question["msg_type"], "input_request")
        self.assertEqual(question["content"], {"prompt": "Name? ", "password": False})
        self.assertEqual(question["parent_header"]["msg_id"], cell)
        self.client.input("Ada")
        self.assertEqual(self.reply(cell)["status"], "ok")
        self.assertEqual(self.iopub(cell)[-2]["content"]["data"]["text/plain"], "'Ada'")

    def test_an_interrupt_ends_the_question(self):
        cell = self.client.execute("x = 1\nx = input()", allow_stdin=True)
        self.client.get_stdin_msg(timeout=TIMEOUT)
        self.request("interrupt_request", {}, channel="control")
        self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")
        # An answer that comes too late is not taken for the next question's.
        self.client.input("late")
        time.sleep(0.2)
        cell = self.client.execute("input()", allow_stdin=True)
        self.client.get_stdin_msg(timeout=TIMEOUT)
        self.client.input("in time")
        self.reply(cell)
        self.assertEqual(self.iopub(cell)[-2]["content"]["data"]["text/plain"], "'in time'")
        self.assertEqual(self.value("x"), "1")

    def test_without_a_keyboard_there_is_an_error(self):
        reply, _ = self.run_cell("input()", allow_stdin=False)
        self.assertEqual(reply["status"], "error")


class BadMessages(KernelCase):
    def test_bad_frames_are_skipped(self):
        signed = self.kernel.session()
        stranger = self.kernel.session()
        stranger.key = b"wrong"
        message = signed.msg("kernel_info_request", {})
        header = b'{"msg_type": "kernel_info_request", "msg_id": "x"}'
        bad = [
            [b""],
            [b"nonsense"],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b"not hex", b"{}", b"{}", b"{}", b"{}"],
            [b"<IDS|MSG>", b"00" * 32, header, b"{}", b"{}", b"{}"],
            stranger.serialize(message),
            signed.serialize(message)[:-2],
        ]
        for parts in [[b"{", b"{}", b"{}", b"{}"], [b"[]", b"", b"", b""], [b"\xff"] * 4]:
            bad.append([b"<IDS|MSG>", signed.sign(parts), *parts])
        for channel in ["shell", "control", "stdin", "hb", "iopub"]:
            socket = self.kernel.raw(channel, zmq.SUB if channel == "iopub" else zmq.DEALER)
            for frames in bad:
                if channel != "iopub":
                    socket.send_multipart(frames)
            time.sleep(0.05)
            socket.close()
        for port in ["shell_port", "iopub_port", "hb_port", "control_port"]:
            # What is no ZeroMQ at all.
            with socketlib.create_connection((self.kernel.info["ip"], self.kernel.info[port])) as stream:
                stream.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        time.sleep(0.2)
        self.assertEqual(self.value("1 + 1"), "2")
        self.reply(self.request("kernel_info_request", {}, channel="control"), channel="control")
        heart = self.kernel.raw("hb", zmq.REQ)
        heart.send(b"still there?")
        self.assertEqual(heart.recv(), b"still there?")
        heart.close()

    def test_thin_messages_are_answered(self):
        session = self.kernel.session()
        socket = self.kernel.raw("shell")
        for kind, content in [
            ("execute_request", {"code": "3"}),
            ("execute_request", {}),
            ("complete_request", {"code": "pri"}),
            ("inspect_request", {"code": "print"}),
            ("history_request", {}),
            ("history_request", {"hist_access_type": "search"}),
            ("history_request", {"hist_access_type": "range"}),
            ("is_complete_request", {}),
            ("comm_info_request", {}),
            ("kernel_info_request", {}),
        ]:
            header = json.dumps({"msg_type": kind, "msg_id": "thin"}).encode()
            parts = [header, b"{}", b"{}", json.dumps(content).encode()]
            socket.send_multipart([b"<IDS|MSG>", session.sign(parts), *parts])
            _, frames = session.feed_identities(socket.recv_multipart())
            reply = session.deserialize(frames)
            self.assertEqual(reply["msg_type"], kind.replace("_request", "_reply"))
            self.assertEqual(reply["parent_header"]["msg_id"], "thin")
            self.assertNotEqual(reply["content"].get("status"), "error", reply)
        socket.close()

    def test_dates_are_dates_for_python(self):
        message = self.iopub(self.client.kernel_info())[0]
        self.assertNotIsInstance(message["header"]["date"], str)
        self.assertEqual(message["header"]["session"], message["header"]["session"].strip())


class Floods(KernelCase):
    def test_a_print_flood_is_cut_and_its_end_is_shown(self):
        times = []
        start = time.monotonic()
        cell = self.client.execute(
            "for i in range(300_000):\n    print(i, 'is a number of the flood, and so is the next')\n'end'"
        )
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            messages.append(message)
            if message["msg_type"] == "stream":
                times.append((time.monotonic() - start, len(message["content"]["text"])))
            if message["content"].get("execution_state") == "idle":
                break
        self.assertEqual(self.reply(cell)["status"], "ok")
        shown = text(messages)
        self.assertIn("output truncated", shown)
        self.assertTrue(shown.endswith("299999 is a number of the flood, and so is the next\n"))
        self.assertTrue(shown.startswith("0 is a number of the flood"))
        self.assertLess(len(shown), 5_000_000)
        self.assertEqual(messages[-2]["msg_type"], "execute_result")
        # Jupyter's server drops what is more than 1 MB per second over 3 seconds.
        for at, _ in times:
            window = sum(size for other, size in times if at <= other < at + 3)
            self.assertLess(window, 3_000_000)

    def test_an_endless_flood_can_be_interrupted(self):
        cell = self.client.execute("while True:\n    print('again and again ' * 10)")
        self.is_busy(cell)
        time.sleep(1)
        start = time.monotonic()
        self.request("interrupt_request", {}, channel="control")
        self.assertEqual(self.reply(cell)["ename"], "KeyboardInterrupt")
        self.assertLess(time.monotonic() - start, 8)
        self.iopub(cell)
        self.assertEqual(self.value("1"), "1")

    def test_many_displays_stay_below_the_limit_of_messages(self):
        start = time.monotonic()
        _, messages = self.run_cell(
            "from IPython.display import HTML, display\n"
            "for i in range(2000):\n    display(HTML(str(i)))"
        )
        shown = [m["content"]["data"]["text/html"] for m in messages if m["msg_type"] == "display_data"]
        self.assertEqual(shown, [str(i) for i in range(2000)])
        self.assertGreater(time.monotonic() - start, 1)


class Clients(KernelCase):
    def test_both_see_outputs_and_only_one_gets_the_answer(self):
        other = self.kernel.client()
        cell = self.client.execute("print('hi'); 5")
        self.assertEqual(self.reply(cell)["status"], "ok")
        here, there = self.iopub(cell), self.iopub(cell, other)
        self.assertEqual(kinds(here), kinds(there))
        self.assertFalse(other.shell_channel.msg_ready())
        self.assertEqual(self.value("6", other), "6")

    def test_a_late_client_is_welcomed(self):
        socket = self.kernel.raw("iopub", zmq.SUB)
        session = self.kernel.session()
        _, frames = session.feed_identities(socket.recv_multipart())
        message = session.deserialize(frames)
        self.assertEqual(message["msg_type"], "iopub_welcome")
        self.assertEqual(message["content"], {"subscription": ""})
        socket.close()

    @unittest.skipUnless(hasattr(signal, "SIGSTOP"), "stops a process")
    def test_a_client_that_stopped_reading_stops_nobody(self):
        url = f"tcp://{self.kernel.info['ip']}:{self.kernel.info['iopub_port']}"
        listener = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys, zmq\n"
                "socket = zmq.Context().socket(zmq.SUB)\n"
                "socket.rcvhwm = 1\n"
                f"socket.subscribe(b''); socket.connect({url!r})\n"
                "socket.recv_multipart(); print('on', flush=True); sys.stdin.read()",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(listener.communicate)
        self.addCleanup(listener.kill)
        self.assertEqual(listener.stdout.readline(), b"on\n")
        os.kill(listener.pid, signal.SIGSTOP)
        start = time.monotonic()
        _, messages = self.run_cell(
            "from IPython.display import HTML, display\n"
            "for i in range(30):\n    display(HTML(str(i) + ' ' * 1_000_000))\n'end'"
        )
        self.assertEqual(kinds(messages)[-2:], ["execute_result", "idle"])
        shown = {m["content"]["data"]["text/html"].strip() for m in messages if m["msg_type"] == "display_data"}
        self.assertEqual(len(shown), 30)
        self.assertLess(time.monotonic() - start, 15)
        self.assertEqual(self.value("1"), "1")


class Ends(unittest.TestCase):
    """How kernels end, and begin again."""

    # The helpers of KernelCase, without its kernel.
    iopub, reply, request = KernelCase.iopub, KernelCase.reply, KernelCase.request
    run_cell, value, is_busy, ended = (
        KernelCase.run_cell,
        KernelCase.value,
        KernelCase.is_busy,
        KernelCase.ended,
    )

    def start(self, **options):
        self.kernel = Kernel(**options)
        self.addCleanup(self.kernel.stop)
        self.client = self.kernel.client()

    def test_shutdown_is_answered_and_told_to_all(self):
        for channel in ["control", "shell"]:
            for code in ["1", LOOP]:
                with self.subTest(channel=channel, code=code):
                    self.start()
                    cell = self.client.execute(code)
                    self.is_busy(cell)
                    msg_id = self.request("shutdown_request", {"restart": False}, channel=channel)
                    reply = self.reply(msg_id, channel=channel)
                    self.assertEqual(reply, {"status": "ok", "restart": False})
                    self.assertIn("shutdown_reply", kinds(self.iopub(msg_id)))
                    self.assertTrue(self.ended(3))
                    self.assertEqual(self.kernel.process.returncode, 0)

    def test_a_restart_gets_the_same_ports(self):
        for transport in ["tcp", "ipc"]:
            with self.subTest(transport=transport):
                self.start(transport=transport)
                for way in ["politely", "killed"]:
                    self.assertEqual(self.value("x = 1\nx"), "1")
                    if way == "politely":
                        self.request("shutdown_request", {"restart": True}, channel="control")
                        self.assertTrue(self.ended(3))
                    else:
                        self.kernel.process.kill()
                        self.kernel.process.wait()
                    self.client.stop_channels()
                    self.kernel.launch()
                    self.client = self.kernel.client()
                    reply, _ = self.run_cell("x")
                    self.assertEqual(reply["ename"], "NameError", way)

    def test_terminated_it_leaves_no_socket_files(self):
        self.start(transport="ipc")
        folder = os.path.dirname(self.kernel.info["ip"])
        self.assertEqual(len([f for f in os.listdir(folder) if f.startswith("s-")]), 5)
        self.kernel.process.terminate()
        self.assertTrue(self.ended(3))
        self.assertEqual([f for f in os.listdir(folder) if f.startswith("s-")], [])

    def test_it_does_not_outlive_its_parent(self):
        self.start()
        parent = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import os, subprocess, sys, time\n"
                "os.environ['JPY_PARENT_PID'] = str(os.getpid())\n"
                "kernel = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
                "print(kernel.pid, flush=True); time.sleep(60)",
                *self.kernel.process.args[:-1],
                self.second_file(),
            ],
            stdout=subprocess.PIPE,
        )
        self.addCleanup(parent.communicate)
        self.addCleanup(parent.kill)
        pid = int(parent.stdout.readline())
        time.sleep(0.5)
        self.assertTrue(is_alive(pid))
        parent.kill()
        parent.wait()
        end = time.monotonic() + 5
        while is_alive(pid) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(is_alive(pid))

    def second_file(self):
        path = os.path.join(self.kernel.folder.name, "second.json")
        write_connection_file(path, key=b"a secret")
        return path

    def test_it_answers_at_once(self):
        """From the start of the process to the answer; also without anybody on IOPub."""
        times = []
        for _ in range(5):
            kernel = Kernel()
            self.addCleanup(kernel.stop)
            session = kernel.session()
            socket = kernel.raw("shell")
            session.send(socket, "kernel_info_request", {})
            socket.recv_multipart()
            times.append((time.monotonic() - kernel.started) * 1000)
            socket.close()
        listed = ", ".join(f"{ms:.0f}" for ms in times)
        print(f"first kernel_info_reply after {listed} ms ", end="", flush=True)
        self.assertLess(min(times), 500)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(pid, 0)
        return True
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main()
