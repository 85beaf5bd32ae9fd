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
# Counts over classes that occur, ranks, bins: compared with scikit-learn and SciPy below.
best = a.argmax(1)
occurring = np.union1d(best, labels)
tp = np.array([np.sum((best == c) & (labels == c)) for c in occurring])
fp = np.array([np.sum((best == c) & (labels != c)) for c in occurring])
fn = np.array([np.sum((best != c) & (labels == c)) for c in occurring])
def ranks(x):
    return np.array([(x < v).sum() + ((x == v).sum() + 1) / 2 for v in x])
def area(scores, positive):
    n1, n0 = positive.sum(), (~positive).sum()
    return (ranks(scores)[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)
auc = np.mean([area(q[:, c], labels == c) for c in range(classes) if 0 < (labels == c).sum() < n])
bins = np.ceil(q.max(1) * 15).astype(int)
ece = sum(abs(np.sum(best[bins == k] == labels[bins == k]) - q.max(1)[bins == k].sum()) for k in range(1, 16)) / n
# Targets of regression, some of them equal.
targets = np.round(a + rng.normal(size=a.shape) * 2).astype("f4")
flat = a.ravel(), targets.ravel().astype("f8")
# Two classes, for the area under the curve.
two = np.round(rng.normal(size=(60, 2)), 1).astype("f4")
two_labels = (rng.random(60) < 1 / (1 + np.exp(two[:, 0] - two[:, 1]))).astype("i8")
two_auc = area((two[:, 1] - two[:, 0]), two_labels == 1)
f1 = np.mean(2 * tp / (2 * tp + fp + fn))
pearson, spearman = np.corrcoef(*flat)[0, 1], np.corrcoef(ranks(flat[0]), ranks(flat[1]))[0, 1]
try:
    from sklearn.metrics import f1_score, jaccard_score, roc_auc_score
    from scipy.stats import spearmanr
    assert np.isclose(f1, f1_score(labels, best, average="macro"))
    assert np.isclose(np.mean(tp / (tp + fp + fn)), jaccard_score(labels, best, average="macro"))
    assert np.isclose(two_auc, roc_auc_score(two_labels, two[:, 1] - two[:, 0]))
    if len(np.unique(labels)) == classes:
        assert np.isclose(auc, roc_auc_score(labels, q, multi_class="ovr"))
    assert np.isclose(spearman, spearmanr(*flat)[0])
except ImportError:
    print("scikit-learn or SciPy is missing: not compared")
np.savez(
    "metrics.npz", f1=f1, iou=np.mean(tp / (tp + fp + fn)), auc=auc, ece=ece, wer=np.mean(best != labels), confusion=np.mean(best != labels),
    perplexity=np.exp(-np.mean(np.log(q[np.arange(n), labels]))), targets=targets, pearson=pearson, spearman=spearman,
    two=two, two_labels=two_labels, two_auc=two_auc, candidate=candidate, baseline=baseline, labels=labels, dense=dense, dense_labels=dense_labels,
    probabilities=q.astype("f4"), baseline_probabilities=p.astype("f4"),
    accuracy=hits / n, accuracy_interval=wilson(hits, n),
    top5=np.mean([l in np.argsort(-r)[:5] for r, l in zip(a, labels)]),
    mse=noise / a.size, mae=np.abs(a - b).mean(), snr_db=10 * np.log10((b ** 2).sum() / noise),
    psnr_db=10 * np.log10((b ** 2).max() / (noise / a.size)),
    cosine=np.mean((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)),
    agreement=np.mean(a.argmax(1) == b.argmax(1)), kl=np.mean((p * np.log(p / q)).sum(1)),
    dense_accuracy=np.mean(dense.argmax(1) == dense_labels))
