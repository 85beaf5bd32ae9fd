# SPDX-License-Identifier: Apache-2.0
"""The other runtimes' side of the inference benchmark: the same protocol as inference_wane.lua.

inference_peer.py onnxruntime|torch MODEL INPUTS.npz OUTPUTS.npz THREADS
"""
import statistics
import sys
import time

import numpy as np


def onnxruntime_call(path, feeds, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    # Bound once, so that only the run itself is timed.
    binding = session.io_binding()
    for name, value in feeds.items():
        binding.bind_cpu_input(name, value)
    names = [output.name for output in session.get_outputs()]
    for name in names:
        binding.bind_output(name)
    run = session.run_with_iobinding
    return (lambda: run(binding)), (lambda: dict(zip(names, session.run(None, feeds))))


def torch_call(path, feeds, threads):
    import torch

    torch.set_num_threads(threads)
    # Scripted, frozen and optimized for inference, which is available in torch without a compiler.
    module = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.load(path).eval()))
    tensors = [torch.from_numpy(value) for value in feeds.values()]

    def call():
        with torch.inference_mode():
            return module(*tensors)

    def outputs():
        result = call()
        results = result if isinstance(result, (tuple, list)) else [result]
        return {str(i): r.numpy() for i, r in enumerate(results)}

    return call, outputs


def main():
    library, path, inputs, outputs, threads = sys.argv[1:6]
    with np.load(inputs) as file:
        feeds = {name: file[name] for name in file.files}
    __import__(library)
    start = time.perf_counter()
    make = onnxruntime_call if library == "onnxruntime" else torch_call
    call, fetch = make(path, feeds, int(threads))
    loaded = time.perf_counter() - start
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    np.savez(outputs, **fetch())
    print(loaded, first, flush=True)
    for line in sys.stdin:
        call()
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        print(statistics.median(times), min(times), flush=True)


main()
