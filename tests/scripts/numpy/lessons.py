import numpy as np
# One-hot, normalisation, accuracy, batches: what lessons write.
labels = np.array([0, 2, 1, 2]); onehot = np.eye(3)[labels]; print(onehot, onehot.argmax(axis=1))
x = np.arange(24, dtype="float32").reshape(4, 6); x = (x - x.mean(axis=0)) / x.std(axis=0); print(x.dtype, x.mean(axis=0).round(5), x.std(axis=0))
images = np.random.RandomState(0).randint(0, 256, (2, 4, 4), dtype=np.uint8); scaled = images.astype("float32") / 255; print(images[0], scaled[0], scaled.dtype, images / 255.0)
pred = np.array([0.2, 0.7, 0.9, 0.4]); true = np.array([0, 1, 1, 1]); print(((pred > 0.5) == true).mean(), ((pred > 0.5).astype(int) == true).sum())
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
print(softmax(np.array([[1.0, 2.0, 3.0], [1, 1, 1]])), softmax(np.array([1, 2, 3], dtype=np.float32)))
def naive_dot(a, b):
    out = 0.0
    for i in range(a.shape[0]):
        out += a[i] * b[i]
    return out
print(naive_dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])), np.maximum(x, 0.0).sum() > 0)
rng = np.random.default_rng(42); data = rng.normal(size=(100, 3)); w = np.array([1.5, -2.0, 0.5]); y = data @ w + 0.1 * rng.normal(size=100)
what, res, rank, sv = np.linalg.lstsq(data, y, rcond=None); print(what.round(6), res.round(6), rank, sv.round(6))
loss = []
theta = np.zeros(3)
for step in range(5):
    grad = 2 / len(y) * data.T @ (data @ theta - y)
    theta -= 0.1 * grad
    loss.append(float(np.mean((data @ theta - y) ** 2)))
print([round(l, 6) for l in loss], theta.round(6))
idx = rng.permutation(len(y)); train, test = idx[:80], idx[80:]; print(train[:5], test.shape, data[train].shape, y[test][:3].round(4))
confusion = np.zeros((3, 3), dtype=int)
for t, p in zip([0, 1, 2, 2], [0, 2, 2, 1]): confusion[t, p] += 1
print(confusion, confusion.diagonal(), confusion.trace(), confusion.sum(axis=1))
print(np.concatenate([np.zeros((2, 1), dtype="float32"), np.ones((2, 1), dtype="float32")], axis=1), np.vstack((np.zeros((1, 2)), np.ones((1, 2)))))
samples = np.random.RandomState(1).multivariate_normal(mean=[0, 3], cov=[[1, 0.5], [0.5, 1]], size=5).astype("float32"); print(samples)
seq = np.arange(10); windows = np.array([seq[i:i + 3] for i in range(8)]); print(windows, windows[:, -1])
s = np.sin(np.linspace(0, 2 * np.pi, 9)); print(s.round(4), np.cos(0.0), np.tanh([0.5, -1]), np.arctan2(1, 1), np.hypot(3, 4), np.degrees(np.pi))
top = np.argsort(pred)[::-1][:2]; print(top, pred[top], np.argmax(pred), pred.max(), np.sort(pred)[::-1])
text = np.array(["cat", "dog", "cat"]); print(text == "cat", (text == "cat").sum(), np.unique(text, return_inverse=True), text[[0, 2]], text.dtype, text.shape)
img = np.zeros((3, 3, 3), dtype=np.uint8); img[1, 1] = [255, 128, 0]; img[..., 2] += 10; print(img[1], img.sum(), img.max(axis=(0, 1)), img.transpose(2, 0, 1).shape, img[:, ::-1].shape)
m = np.ma if False else None; a = np.array([[1.0, np.nan], [3.0, 4.0]]); print(np.nanmean(a), np.nanmean(a, axis=0), np.nansum(a), np.isnan(a).sum(), np.nanmax(a), a[~np.isnan(a)])
h, edges = np.histogram(data[:, 0], bins=5, range=(-3, 3)); print(h, edges, np.histogram([1, 2, 1], bins=[0, 1, 2, 3], density=True))
print(np.percentile(data, [25, 50, 75], axis=0).round(4), np.median(data, axis=0).round(4), np.corrcoef(data.T).round(4), np.cov(data, rowvar=False).round(4))
print(np.interp([0.5, 1.5, 9], [0, 1, 2], [10, 20, 30]), np.polyfit([0, 1, 2, 3], [1, 2.9, 5.1, 7], 1).round(4), np.polyval([1, 0, -1], [1, 2]), np.convolve([1, 2, 3, 4], np.ones(2) / 2, mode="valid"), np.trapezoid([1, 2, 3], dx=0.5), np.gradient(np.array([1.0, 4, 9, 16])))
print(np.einsum("bij,bjk->bik", np.ones((2, 2, 3)), np.ones((2, 3, 1))).shape, np.einsum("i,i", [1, 2, 3], [4, 5, 6]), np.einsum("ij->ji", [[1, 2], [3, 4]]), np.einsum("ij->", [[1, 2], [3, 4]]))
g = np.arange(6).reshape(2, 3); g[:, 1:] = -1; g[0] += 10; g[g < 0] = 0; print(g); g.T[0] = 7; print(g, g.flat[1], list(g.flat), g.reshape(3, -1))
i, j = np.meshgrid(np.arange(3), np.arange(2), indexing="ij"); print(i, j, np.mgrid if False else "", np.stack([i, j], axis=-1).shape)
print(np.array_split(np.arange(5), 2), np.array([1, 2, 3])[::-1].cumsum(), np.diff([1, 4, 9], n=2), np.outer([1, 2], [1, 2, 3]), np.clip(np.array([-1, 0.5, 2]), 0, 1), np.where(g > 5)[0])
b = np.array([1, 2, 3], dtype=np.int32); print(b * 2.5, (b * 2).dtype, b / 2, (b + np.float32(1)).dtype, (b.astype(np.float32) * 2).dtype, np.float32(3) * 2.5, type(np.float32(3) * 2.5), np.mean(b).dtype, b.sum().dtype)
