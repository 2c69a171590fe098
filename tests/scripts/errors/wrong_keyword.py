def train(epochs, batch_size=32):
    return epochs

train(epochs=3, batchsize=16)
# error
# Traceback (most recent call last):
#   File "wrong_keyword.py", line 4, in <module>
#     train(epochs=3, batchsize=16)
#     ^
# TypeError: train() got an unexpected keyword argument 'batchsize'
#   = try:      did you mean 'batch_size'?
