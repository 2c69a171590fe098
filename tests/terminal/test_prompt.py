"""The prompt and scripts on a terminal. Run by tests/suite/terminal.rs with KERAI set to the program."""

import os
import tempfile
import termios
import time
import unittest

from pty_terminal import Terminal

PROMPT = ">>> "


class Prompt(unittest.TestCase):
    def start(self, **options):
        terminal = Terminal(**options)
        self.addCleanup(terminal.__exit__)
        terminal.expect(PROMPT)
        return terminal

    def test_values_are_echoed_as_python_does(self):
        t = self.start()
        t.line("6 * 7")
        t.expect("42\n")
        t.line("'a' + 'b'")
        t.expect("'ab'\n")
        t.line("x = 5")
        t.line("x, None")
        t.expect("(5, None)\n")
        t.line("None")
        t.line("print(x)")
        t.expect("5\n")
        self.assertNotIn("\nNone\n", t.text)

    def test_blocks_are_indented_and_end_with_an_empty_line(self):
        t = self.start()
        t.type("def twice(x):\rif x:\rreturn 2 * x\rreturn 0\r\r")
        t.line("twice(21)")
        t.expect("42\n")

    def test_backspace_takes_an_indentation(self):
        t = self.start()
        t.type("for i in range(2):\rif i:\ry = i\r\x7f\x7fz = 40 + i\r")
        t.expect(PROMPT)
        t.line("(y, z)")
        t.expect("(1, 41)\n")

    def test_pasted_lines_keep_their_indentation(self):
        t = self.start()
        t.paste("def f(x):\n    for i in range(3):\n        x += i\n\n    return x\n")
        t.line("")
        t.line("f(39)")
        t.expect("42\n")

    def test_an_error_leaves_everything_in_place(self):
        t = self.start()
        t.line("kept = 41")
        t.line("1 / 0")
        t.expect("ZeroDivisionError: division by zero\n")
        t.expect(PROMPT)
        t.line("kept + 1")
        t.expect("42\n")

    def test_unfinished_brackets_and_strings_go_on(self):
        t = self.start()
        t.type("x = [1,\r2,\r39]\r")
        t.line("sum(x)")
        t.expect("42\n")
        t.type("s = '''a\rb'''\r")
        t.line("len(s) + 39")
        t.expect("42\n")

    def test_what_is_typed_while_a_line_runs_waits_for_the_prompt(self):
        t = self.start()
        t.line("import time; time.sleep(0.5); print('slept')")
        t.at_once("s = '''a\rb'''\rlen(s) + 39\r")
        t.expect("slept\n")
        shown = t.text[t.seen :]
        t.expect("42\n")
        self.assertNotIn("len", shown)
        t.type("exit()\r")
        self.assertEqual(t.end(), 0)
        modes = termios.tcgetattr(t.fd)
        self.assertTrue(modes[0] & termios.ICRNL and modes[3] & termios.ICANON and modes[3] & termios.ECHO)

    def test_a_syntax_error_is_shown_at_once(self):
        t = self.start()
        t.line("x = )")
        t.expect("SyntaxError")
        t.expect(PROMPT)

    def test_ctrl_c_clears_the_line(self):
        t = self.start()
        t.type("nonsense(((")
        t.type("\x03")
        t.line("40 + 2")
        t.expect("42\n")

    def test_ctrl_c_stops_what_runs_and_keeps_the_session(self):
        t = self.start()
        t.type("while True:\rn = 41\r\r")
        time.sleep(0.3)
        t.type("\x03")
        t.expect("KeyboardInterrupt")
        t.expect(PROMPT)
        t.line("n + 1")
        t.expect("42\n")

    def test_tab_completes_members(self):
        t = self.start()
        t.line("import math")
        t.type("math.facto\t")
        t.line("(5)")
        t.expect("120\n")

    def test_tab_offers_a_choice(self):
        t = self.start()
        t.line("alpha_one = 1; alpha_two = 2")
        t.expect(PROMPT)
        t.type("alp\t")
        t.expect("alpha_one")
        t.expect("alpha_two")

    def test_a_question_mark_explains(self):
        t = self.start()
        t.line("len?")
        t.expect("len(")
        t.expect(PROMPT)

    def test_input_asks_at_the_prompt(self):
        t = self.start()
        t.line("name = input('Who? ')")
        t.expect("Who? ")
        t.line("Ada")
        t.expect(PROMPT)
        t.line("'<' + name + '>'")
        t.expect("'<Ada>'\n")

    def test_history_is_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            history = {"KERAI_HISTORY": os.path.join(folder, "deep", "history")}
            t = self.start(environment=history)
            t.line("20 + 22")
            t.expect("42\n")
            t.expect(PROMPT)
            t.type("\x04")
            self.assertEqual(t.end(), 0)
            t = self.start(environment=history)
            t.type("\x1b[A")
            t.seen = len(t.text)
            t.type("\r")
            t.expect("42\n")

    def test_the_ways_to_leave(self):
        for keys, status in [("\x04", 0), ("exit()\r", 0), ("quit\r", 0), ("import sys; sys.exit(3)\r", 3)]:
            with self.subTest(keys=keys):
                t = self.start()
                t.type(keys)
                self.assertEqual(t.end(), status)

    def test_a_dumb_terminal_has_a_plain_prompt(self):
        t = Terminal(environment={"TERM": "dumb"})
        self.addCleanup(t.__exit__)
        t.expect(PROMPT)
        t.line("6 * 7")
        t.expect("42\n")
        self.assertNotIn(b"\x1b", t.raw)


class Scripts(unittest.TestCase):
    def run_code(self, code, **options):
        terminal = Terminal("-c", code, **options)
        self.addCleanup(terminal.__exit__)
        return terminal

    def test_output_is_prompt(self):
        t = self.run_code("import time\nprint('now')\nprint('part', end='\\r')\ntime.sleep(30)")
        t.expect("now\n", seconds=5)
        t.expect("part", seconds=5)

    def test_ctrl_c_ends_a_script_with_130(self):
        t = self.run_code("print('on')\nwhile True:\n    pass")
        t.expect("on\n")
        t.type("\x03")
        self.assertEqual(t.end(), 130)
        self.assertIn("KeyboardInterrupt", t.text)

    def test_ctrl_c_can_be_caught(self):
        t = self.run_code(
            "print('on')\ntry:\n    while True:\n        pass\nexcept KeyboardInterrupt:\n    print('caught')"
        )
        t.expect("on\n")
        t.type("\x03")
        t.expect("caught")
        self.assertEqual(t.end(), 0)

    def test_ctrl_c_ends_a_wait_for_input(self):
        t = self.run_code("x = input('? ')")
        t.expect("? ")
        t.type("\x03")
        self.assertEqual(t.end(), 130)

    def test_input_is_read(self):
        t = self.run_code("x = int(input('? '))\nprint(x * 2)")
        t.expect("? ")
        t.line("21")
        t.expect("42\n")
        self.assertEqual(t.end(), 0)


if __name__ == "__main__":
    unittest.main()
