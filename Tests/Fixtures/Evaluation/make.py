# SPDX-License-Identifier: Apache-2.0
# Generates metrics.npz in this folder with NumPy 2.3: outputs, labels, and the expected value of each metric: python3 make.py
import os
import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
rng = np.random.default_rng(3)
n, classes = 45, 11
baseline = rng.normal(size=(n, classes)).astype("f4") * 2
candidate = (baseline + rng.normal(size=(n, classes)) * 0.8).astype("f4")
labels = np.where(rng.random(n) < 0.7, baseline.argmax(1), rng.integers(0, classes, n))
a, b = candidate.astype("f8"), baseline.astype("f8")

def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
def wilson(hits, n, z=1.959963984540054):
    # The roots of (p - h)² = z² p (1 - p) / n in p.
    h = hits / n
    return np.sort(np.roots([1 + z * z / n, -(2 * h + z * z / n), h * h]))

noise = ((a - b) ** 2).sum()
hits = (a.argmax(1) == labels).sum()
p, q = softmax(b), softmax(a)
# Dense prediction: scores of 5 classes at 4×3 positions, classes on axis 1.
dense = rng.normal(size=(6, 5, 4, 3)).astype("f4")
dense_labels = rng.integers(0, 5, (6, 4, 3))
np.savez(
    "metrics.npz", candidate=candidate, baseline=baseline, labels=labels, dense=dense, dense_labels=dense_labels,
    probabilities=q.astype("f4"), baseline_probabilities=p.astype("f4"),
    accuracy=hits / n, accuracy_interval=wilson(hits, n),
    top5=np.mean([l in np.argsort(-r)[:5] for r, l in zip(a, labels)]),
    mse=noise / a.size, mae=np.abs(a - b).mean(), snr_db=10 * np.log10((b ** 2).sum() / noise),
    psnr_db=10 * np.log10((b ** 2).max() / (noise / a.size)),
    cosine=np.mean((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)),
    agreement=np.mean(a.argmax(1) == b.argmax(1)), kl=np.mean((p * np.log(p / q)).sum(1)),
    dense_accuracy=np.mean(dense.argmax(1) == dense_labels))
