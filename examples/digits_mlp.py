#!/usr/bin/env python3
"""Trains a small network on digits.npz and writes it as digits_mlp.onnx, the input of 05-from-onnx.lua.

Needs: pip install numpy onnx scikit-learn
"""
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPClassifier

folder = os.path.dirname(os.path.abspath(__file__))
data = np.load(os.path.join(folder, "digits.npz"))
x, y = data["train_x"].reshape(-1, 64) / 16.0, data["train_y"].reshape(-1)
net = MLPClassifier((48,), max_iter=400, random_state=0).fit(x, y)
weights = [net.coefs_[0].T, net.intercepts_[0], net.coefs_[1].T, net.intercepts_[1]]
names = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]
graph = helper.make_graph(
    [
        helper.make_node("Flatten", ["image"], ["pixels"]),
        helper.make_node("Gemm", ["pixels", names[0], names[1]], ["hidden"], transB=1),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", names[2], names[3]], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ],
    "digits",
    [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
    [numpy_helper.from_array(w.astype(np.float32), n) for n, w in zip(names, weights)],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, os.path.join(folder, "digits_mlp.onnx"))
