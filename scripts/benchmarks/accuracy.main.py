# SPDX-License-Identifier: Apache-2.0
"""The rounding error of float32 inference in Wane and in torch, against the same network in float64; prints a Markdown table.

    scripts/bench accuracy [--cache DIR] [--only NAME,…] [--seeds 8] [--threads 1] [--wane .build/release/wane] [--check]

A converted package has its batch norms folded into weights, which rounds them. So that only arithmetic is compared, the torch module is folded too and
gets the weights of the package; the reference is this module in float64. An error is the root mean square of the difference, relative to that of the
reference, over all outputs and seeds. The ratio is Wane's error over torch's: below one, Wane is more accurate.
--check exits with status 1 if a ratio exceeds 2 or the geometric mean exceeds 1.
Needs torch, numpy, and what `scripts/bench inference` needs to make networks that the cache does not hold.
"""
import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import inference_networks

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = """local wane = require "wane"
local model = wane.load(arg[1])
local weights = {}
for _, w in ipairs(model.weights) do weights[w.name] = w.values end
wane.save_npz(arg[2] .. "/weights.npz", weights)
for i = 0, tonumber(arg[3]) - 1 do
  wane.save_npz(arg[2] .. "/out" .. i .. ".npz", model:predict(wane.load_npz(arg[2] .. "/in" .. i .. ".npz")))
end
"""


def inputs(network, seed):
    generator = np.random.default_rng(seed)
    return {name: generator.standard_normal(value.shape).astype(np.float32) for name, value in network.inputs.items()}


def wane(network, feeds, options):
    """Wane's outputs for each of the inputs, and the weights of the package."""
    with tempfile.TemporaryDirectory() as folder:
        for i, feed in enumerate(feeds):
            np.savez(os.path.join(folder, f"in{i}.npz"), **feed)
        script = os.path.join(folder, "run.lua")
        pathlib.Path(script).write_text(SCRIPT)
        subprocess.run([options.wane, script, network.package, folder, str(len(feeds))], check=True, timeout=600,
                       env={**os.environ, "WANE_THREADS": str(options.threads)})
        arrays = []
        for name in [f"out{i}" for i in range(len(feeds))] + ["weights"]:
            with np.load(os.path.join(folder, name + ".npz")) as file:
                arrays.append([file[key] for key in file.files])
        return arrays[:-1], arrays[-1]


def folded(network, weights):
    """The torch module with its batch norms folded and the package's weights, and the number of parameters that the package does not hold."""
    import torch
    from torch.fx.experimental.optimization import fuse

    make, _ = inference_networks.modules()[network.name]
    module = make().eval()
    module.load_state_dict(torch.jit.load(network.torchscript).state_dict())
    if any(isinstance(m, torch.nn.modules.batchnorm._BatchNorm) for m in module.modules()):
        module = fuse(module)
    missing = 0
    with torch.no_grad():
        for parameter in module.parameters():
            own = parameter.numpy()
            tolerance = 1e-5 * max(float(np.abs(own).max()), 1e-30)
            same = [w for w in weights if w.size == own.size and np.abs(w.reshape(own.shape) - own).max() <= tolerance]
            missing += not same
            if same:
                parameter.copy_(torch.from_numpy(same[0].reshape(own.shape).copy()))
    return module, missing


def torch(module, feeds, threads):
    """The module's outputs in float64 and in float32."""
    import torch

    torch.set_num_threads(threads)
    results = []
    for dtype in (torch.float32, torch.float64):
        module = module.to(dtype)
        with torch.inference_mode():
            values = [module(*(torch.from_numpy(v).to(dtype) for v in feed.values())) for feed in feeds]
        results.append([[v.numpy() for v in (value if isinstance(value, (tuple, list)) else [value])] for value in values])
    return reversed(results)


def error(outputs, reference):
    """The relative root mean square error over all outputs."""
    wrong = total = 0.0
    for got, wanted in zip(outputs, reference):
        if len(got) != len(wanted):
            raise ValueError(f"{len(got)} outputs for {len(wanted)}")
        for a, b in zip(got, wanted):
            wrong += float(np.sum((a.reshape(b.shape).astype(np.float64) - b) ** 2))
            total += float(np.sum(b ** 2))
    return math.sqrt(wrong / total)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/inference"))
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    ratios = []
    print("| Network | Wane | torch | ratio | parameters not found |\n|---|---|---|---|---|")
    for network in inference_networks.generated(options.cache, lambda name: not only or name in only):
        feeds = [inputs(network, seed) for seed in range(options.seeds)]
        outputs, weights = wane(network, feeds, options)
        module, missing = folded(network, weights)
        reference, single = torch(module, feeds, options.threads)
        errors = [error(outputs, reference), error(single, reference)]
        ratios.append(errors[0] / errors[1])
        print(f"| {network.name} | {errors[0]:.2e} | {errors[1]:.2e} | {ratios[-1]:.2f} | {missing} |", flush=True)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"| geometric mean | | | {mean:.2f} | |")
    if options.check and (mean > 1 or max(ratios) > 2):
        sys.exit("accuracy: more than twice torch's error on a network, or more than torch's in the mean")


main()
