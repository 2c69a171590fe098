def train(epochs, batch_size=32):
    return epochs

train(epochs=3, batchsize=16)
