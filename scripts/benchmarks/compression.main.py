# SPDX-License-Identifier: Apache-2.0
"""Time and memory of compression, Wane against coremltools in the same run.

    scripts/bench compression [MODEL.mlpackage] [--big] [--skip-coremltools] [--rounds N]

The first row, of a real model, sets a whole process of Wane (start, load, compress, save) against the one call of
coremltools; the other rows set call against call. Both sides take turns, the least time of each counts. --big makes a
package of 2 GB and shows the peak of the memory that is Wane's own (mapped pages of the input can be dropped at any time).

Needs Python with: pip install coremltools==9.0 "numpy<2.4" scikit-learn==1.5.1 kmeans1d; and Wane in .build/release or WANE.
"""
import argparse, logging, os, signal, subprocess, sys, tempfile, time, warnings

os.environ["TQDM_DISABLE"] = "1"
logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
import numpy as np
import coremltools as ct
import coremltools.optimize.coreml as cto
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WANE = os.environ.get("WANE", os.path.join(ROOT, ".build/release/wane"))


def layers(path, count, rows, columns):
    """A package of `count` fp16 linear layers for iOS18."""

    @mb.program(input_specs=[mb.TensorSpec((1, columns), types.fp16)], opset_version=ct.target.iOS18)
    def program(x):
        rng = np.random.default_rng(3)
        outputs = []
        for i in range(count):
            w = (rng.standard_normal((rows, columns), dtype=np.float32) * 0.02).astype(np.float16)
            outputs.append(mb.reduce_max(x=mb.linear(x=x, weight=mb.const(val=w, name=f"w{i}")), axes=[1]))
        return tuple(outputs)

    ct.convert(program, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS18, skip_model_load=True,
               pass_pipeline=ct.PassPipeline.EMPTY).save(path)


def wane(source, result, call, interrupt=None):
    """Seconds, and the peak of anonymous memory in bytes; with `interrupt` the seconds from Ctrl-C to the end."""
    script = result + ".lua"
    with open(script, "w") as f:
        f.write(f"wane.load(arg[1]):{call}:save(arg[2], {{ overwrite = true }})")
    start, peak, sent = time.perf_counter(), 0, None
    process = subprocess.Popen([WANE, script, source, result], stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as f:
                peak = max(peak, int(f.read().split("RssAnon:")[1].split()[0]) * 1024)
        except (OSError, IndexError):
            pass
        if interrupt and not sent and time.perf_counter() - start > interrupt:
            process.send_signal(signal.SIGINT)
            sent = time.perf_counter()
        time.sleep(0.002)
    end = time.perf_counter()
    if sent:
        return end - sent, process.returncode
    assert process.returncode == 0, call
    return end - start, peak


def wane_call(source, call):
    """Seconds of the call alone."""
    script = source + ".lua"
    with open(script, "w") as f:
        f.write(f"local m = wane.load(arg[1])\nlocal start = wane.clock()\nlocal r = m:{call}\nprint(wane.clock() - start)")
    return float(subprocess.run([WANE, script, source], capture_output=True, text=True, check=True).stdout)


def coremltools(source, run, config):
    model = ct.models.MLModel(source, skip_model_load=True)
    start = time.perf_counter()
    run(model, cto.OptimizationConfig(global_config=config))
    return time.perf_counter() - start


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model", nargs="?", help="a real model for the first row, such as MiniLM")
    p.add_argument("--big", action="store_true")
    p.add_argument("--skip-coremltools", action="store_true")
    p.add_argument("--rounds", type=int, default=3)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        square, result = os.path.join(folder, "square.mlpackage"), os.path.join(folder, "out.mlpackage")
        layers(square, 1, 4096, 4096)
        L, Q = cto.OpPalettizerConfig, cto.OpLinearQuantizerConfig
        rows = [
            ("4096² fp16, 4-bit k-means", square, "palettize{ nbits = 4 }", cto.palettize_weights, L(nbits=4)),
            ("4096² fp16, 4-bit k-means, groups of 16 rows", square, 'palettize{ nbits = 4, granularity = "per_grouped_channel", group_size = 16 }',
             cto.palettize_weights, L(nbits=4, granularity="per_grouped_channel", group_size=16)),
            ("4096² fp16, 8-bit k-means", square, "palettize{ nbits = 8 }", cto.palettize_weights, L(nbits=8)),
            ("4096² fp16, int8 per channel", square, "quantize{}", cto.linear_quantize_weights, Q()),
            ("4096² fp16, int4 per block of 32", square, 'quantize{ dtype = "int4", granularity = "per_block" }',
             cto.linear_quantize_weights, Q(dtype="int4", granularity="per_block")),
            ("4096² fp16, pruned to half", square, "prune{ target_sparsity = 0.5 }", cto.prune_weights,
             cto.OpMagnitudePrunerConfig(target_sparsity=0.5)),
        ]
        if a.model:
            name = os.path.basename(a.model).split(".")[0]
            rows.insert(0, (f"{name}, 4-bit k-means, load and save", a.model, "palettize{ nbits = 4 }", cto.palettize_weights, L(nbits=4)))
        print("| Work | Wane (s) | coremltools (s) | ratio |\n|---|---|---|---|", flush=True)
        for name, source, call, run, config in rows:
            mine = other = None
            for _ in range(a.rounds):
                took = wane(source, result, call)[0] if source == a.model else wane_call(source, call)
                mine = min(took, mine or took)
                if not a.skip_coremltools:
                    took = coremltools(source, run, config)
                    other = min(took, other or took)
            print(f"| {name} | {mine:.3f} | {'' if other is None else f'{other:.1f}'} | {'' if other is None else f'{other / mine:.0f}×'} |", flush=True)
        if a.big:
            big = os.path.join(folder, "big.mlpackage")
            layers(big, 8, 16384, 8192)
            largest = 16384 * 8192 * 2
            print("\n| 2 GB package | s | written (MB) | own memory, peak (MB) | written + 3 × largest weight (MB) |\n|---|---|---|---|---|")
            for call in ("palettize{ nbits = 4 }", "quantize{}", "prune{ target_sparsity = 0.5 }"):
                seconds, peak = wane(big, result, call)
                written = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(result) for f in fs)
                print(f"| {call} | {seconds:.1f} | {written >> 20} | {peak >> 20} | {(written + 3 * largest) >> 20} |", flush=True)
            call = 'palettize{ nbits = 8, granularity = "per_grouped_channel", group_size = 16 }'
            seconds, status = wane(big, result, call, interrupt=1)
            print(f"\nCtrl-C in the middle of 8-bit k-means in groups of 16 rows: gone after {seconds:.2f} s, status {status}")


if __name__ == "__main__":
    sys.exit(main())
