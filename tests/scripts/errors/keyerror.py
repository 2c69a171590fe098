ages = {"ann": 30}
print(ages["bob"])
# error
# Traceback (most recent call last):
#   File "keyerror.py", line 2, in <module>
#     print(ages["bob"])
#           ^
# KeyError: 'bob'
