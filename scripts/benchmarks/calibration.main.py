# SPDX-License-Identifier: Apache-2.0
"""Calibrated compression of a sentence embedder and a small CNN: signal-to-noise ratio of the output, and seconds."""

import argparse
import pathlib
import subprocess
import tempfile

import numpy as np

SCRIPT = pathlib.Path(__file__).with_name("calibration_run.lua")


def sentences(folder, pairs):
  ids = [np.load(folder / f"ids_{side}.npy")[pairs] for side in "ab"]
  masks = [np.load(folder / f"mask_{side}.npy")[pairs] for side in "ab"]
  return {"input_ids": np.concatenate(ids).astype(np.int32), "attention_mask": np.concatenate(masks).astype(np.int32)}


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--zoo", type=pathlib.Path, required=True)
  parser.add_argument("--wane", default=".build/release/wane")
  parser.add_argument("--only", default="", help="a Lua pattern of the rows to measure")
  parser.add_argument("--model", default="minilm,mnist")
  arguments = parser.parse_args()
  with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    if "minilm" in arguments.model:
      test = arguments.zoo / "minilm_l6" / "testset"
      np.savez(folder / "calibration.npz", **sentences(test, slice(200, 300)))
      np.savez(folder / "test.npz", **sentences(test, slice(0, 200)))
      model = arguments.zoo / "minilm_l6" / "minilm_l6_fp16_iOS16_len128.mlpackage"
      subprocess.run([arguments.wane, SCRIPT, "minilm", model, folder, arguments.only], check=True)
    if "mnist" in arguments.model:
      train = np.load(arguments.zoo / "data" / "mnist_train.npz")
      test = np.load(arguments.zoo / "data" / "mnist_test.npz")
      np.savez(folder / "calibration.npz", x=(train["x"][:1024] / np.float32(255)).astype(np.float32), labels=train["y"][:1024].astype(np.int32))
      np.savez(folder / "test.npz", x=(test["x"] / np.float32(255)).astype(np.float32), labels=test["y"].astype(np.int32))
      model = arguments.zoo / "mnist_cnn" / "mnist_cnn_fp32_iOS18_batch.mlpackage"
      subprocess.run([arguments.wane, SCRIPT, "mnist", model, folder, arguments.only], check=True)


if __name__ == "__main__":
  main()
