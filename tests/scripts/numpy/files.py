import numpy as np, os, tempfile
d = tempfile.mkdtemp()
a = np.arange(6, dtype=np.float32).reshape(2, 3)
np.save(os.path.join(d, "a.npy"), a); print(np.load(os.path.join(d, "a.npy")), np.load(os.path.join(d, "a.npy")).dtype)
np.savez(os.path.join(d, "b.npz"), x=a, y=np.array([1, 2])); f = np.load(os.path.join(d, "b.npz")); print(f.files, f["x"], f["y"], "x" in f, len(f), sorted(f.keys()))
with np.load(os.path.join(d, "b.npz")) as g: print(g["y"])
np.savez_compressed(os.path.join(d, "c"), a, np.array(["p", "qq"])); print(np.load(os.path.join(d, "c.npz"))["arr_1"])
np.savetxt(os.path.join(d, "t.txt"), a, delimiter=",", fmt="%.2f", header="h"); print(open(os.path.join(d, "t.txt")).read()); print(np.loadtxt(os.path.join(d, "t.txt"), delimiter=","))
print(np.loadtxt(["1 2", "3 4"], dtype=int), np.loadtxt(["1,2,3", "4,5,6"], delimiter=",", usecols=(0, 2), unpack=True), np.genfromtxt(["1,2", "3,"], delimiter=","))
