#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Conversion: time beside coremltools, and memory for weights of several gigabytes in external data.

    scripts/bench conversion [--wane PATH] [--gigabytes N] [--skip-memory] [--skip-time]

Time: networks are exported with torch.export; both converters read the file and write a package, in fp16. The time of coremltools contains
reading the archive and the decompositions that it needs, but not the import of the libraries; Wane's contains the start of the process.
Memory: an ONNX model of square matrix products with its weights in an external file is converted in single precision and saved. Anonymous
memory is what the process allocated; the whole resident memory also counts pages of the mapped weight file, which the system may drop.
"""
import argparse, os, shutil, subprocess, sys, tempfile, time, warnings

warnings.filterwarnings("ignore")
import numpy as np


def status(pid):
    fields = {}
    try:
        with open(f"/proc/{pid}/status") as f:
            for line in f:
                name, _, value = line.partition(":")
                if name in ("RssAnon", "VmHWM"):
                    fields[name] = int(value.split()[0]) / 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return fields


def memory(wane, gigabytes, folder):
    import onnx
    from onnx import TensorProto, helper

    n = 4096
    layers = max(int(gigabytes * (1 << 30) / (4 * n * n)), 2)
    model, data = os.path.join(folder, "large.onnx"), os.path.join(folder, "large.onnx.data")
    rng = np.random.default_rng(0)
    block = (rng.standard_normal((n, n)) / 64).astype(np.float32)
    nodes, weights, last = [], [], "x"
    with open(data, "wb") as f:
        for i in range(layers):
            t = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[n, n], data_location=TensorProto.EXTERNAL)
            for key, value in (("location", "large.onnx.data"), ("offset", str(f.tell())), ("length", str(4 * n * n))):
                t.external_data.add(key=key, value=value)
            (block + np.float32(i)).tofile(f)
            weights.append(t)
            # Every other weight is stored transposed, as PyTorch does, and stays as it is.
            attributes = {"transB": 1} if i % 2 else {}
            nodes.append(helper.make_node("Gemm", [last, f"w{i}"], [f"h{i}"], **attributes))
            last = f"h{i}"
    graph = helper.make_graph(
        nodes, "large", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, n])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, n])], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), model)
    script = os.path.join(folder, "run.lua")
    with open(script, "w") as f:
        f.write(f'wane.convert("{model}", {{ precision = "float32" }}):save("{folder}/large.mlpackage")\n')
    start = time.time()
    process = subprocess.Popen([wane, script])
    peak = {}
    while process.poll() is None:
        for name, value in status(process.pid).items():
            peak[name] = max(peak.get(name, 0), value)
        time.sleep(0.01)
    seconds = time.time() - start
    if process.returncode:
        sys.exit(f"wane ended with {process.returncode}")
    print(f"| weights | {os.path.getsize(data) / (1 << 20):.0f} MiB in {layers} matrices of {4 * n * n / (1 << 20):.0f} MiB |")
    print(f"| time with saving | {seconds:.1f} s |")
    print(f"| peak of anonymous memory | {peak['RssAnon']:.0f} MiB |")
    print(f"| peak of resident memory with mapped pages | {peak['VmHWM']:.0f} MiB |")


def networks():
    import torch
    import torch.nn as nn
    import torchvision.models as tv

    yield "resnet18", tv.resnet18(weights=None), (torch.randn(1, 3, 224, 224),)
    yield "mobilenet_v2", tv.mobilenet_v2(weights=None), (torch.randn(1, 3, 224, 224),)
    yield "swin_t", tv.swin_t(weights=None), (torch.randn(1, 3, 224, 224),)
    layer = nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True, activation="gelu")
    yield "encoder of 6 layers", nn.TransformerEncoder(layer, 6, enable_nested_tensor=False), (torch.randn(1, 128, 256),)


def times(wane, folder):
    import logging

    logging.disable(logging.CRITICAL)
    os.environ["TQDM_DISABLE"] = "1"
    import coremltools as ct
    import torch

    print("| network | Wane, s | coremltools, s | ratio |\n|---|---|---|---|")
    for name, module, inputs in networks():
        path = os.path.join(folder, "net.pt2")
        with torch.no_grad():
            torch.export.save(torch.export.export(module.eval(), inputs), path)
        script = os.path.join(folder, "run.lua")
        with open(script, "w") as f:
            f.write(f'wane.convert("{path}"):save("{folder}/wane.mlpackage", {{ overwrite = true }})\n')

        def own():
            start = time.time()
            subprocess.run([wane, script], check=True)
            return time.time() - start

        def peer():
            start = time.time()
            program = torch.export.load(path).run_decompositions({})
            model = ct.convert(program, minimum_deployment_target=ct.target.iOS18, skip_model_load=True)
            model.save(f"{folder}/peer.mlpackage")
            shutil.rmtree(f"{folder}/peer.mlpackage")
            return time.time() - start

        a, b = min(own() for _ in range(3)), min(peer() for _ in range(2))
        print(f"| {name} | {a:.2f} | {b:.2f} | {b / a:.0f} |", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wane", default=os.environ.get("WANE", ".build/release/wane"))
    p.add_argument("--gigabytes", type=float, default=2)
    p.add_argument("--skip-memory", action="store_true")
    p.add_argument("--skip-time", action="store_true")
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not o.skip_time:
            times(o.wane, folder)
        if not o.skip_memory:
            memory(o.wane, o.gigabytes, folder)


if __name__ == "__main__":
    main()
