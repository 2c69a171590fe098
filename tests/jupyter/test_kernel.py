"""Jupyter's own tests for kernels, all of them: nothing may be skipped."""

import unittest

import jupyter_kernel_test as jkt


class KeraiKernelTests(jkt.KernelTests):
    kernel_name = "kerai"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oh', file=sys.stderr)"
    completion_samples = [
        {"text": "alphabet_soup = 1; alphabet_so", "matches": {"alphabet_soup"}},
        {"text": "import mat", "matches": {"math", "matplotlib"}},
        {"text": "from keras.layers import LayerNormal", "matches": {"LayerNormalization"}},
    ]
    complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x * 2\n\n\n", "x?"]
    incomplete_code_samples = ["print('''hello", "def f(x):\n  return x*2", "fit(1,"]
    invalid_code_samples = ["import = 7q", "x = )"]
    code_page_something = "print?"
    code_generate_error = "raise ValueError('no')"
    code_execute_result = [
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[n * n for n in range(1, 4)]", "result": "[1, 4, 9]"},
        {"code": "'ä' * 2", "result": "'ää'"},
    ]
    code_display_data = [
        {
            "code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))",
            "mime": "text/html",
        },
        {
            "code": "import matplotlib.pyplot as plt; plt.plot([1, 3, 2]); plt.show()",
            "mime": "image/png",
        },
    ]
    code_history_pattern = "1 + ?*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "print"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class KeraiWelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "kerai"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
