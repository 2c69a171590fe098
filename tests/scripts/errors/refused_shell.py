x = 1
!wget https://example.com/data.zip
# error
# Traceback (most recent call last):
#   File "refused_shell.py", line 2, in <module>
#     !wget https://example.com/data.zip
#     ^
# NotImplementedError: `!wget https://example.com/data.zip` is not run: shell commands are not run
#   = try:      use keras.utils.get_file("name", origin="https://...")
