# SPDX-License-Identifier: Apache-2.0
"""Tokens a second of model:generate, against llama.cpp on the same weights; prints a Markdown table.

    scripts/bench language [--cache DIR] [--forms float16,int8,int4] [--threads 1,2] [--prompt 128] [--tokens 64] [--rounds 5]
                           [--wane .build/release/wane]

A model with random weights in the shape of SmolLM2-135M, made by language_model.py. Wane runs the package with states (8 and 4 bits in blocks of 32),
llama.cpp runs f16, q8_0 and q4_0. Both read a prompt and generate greedily; one process each, alternating; medians, minima in brackets. A ratio is
Wane's tokens a second over llama.cpp's. Needs llama-cpp-python, gguf, numpy; torch and coremltools for what the cache does not hold.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

import language_model

HERE = pathlib.Path(__file__).resolve().parent
KINDS = {"float16": "f16", "int8": "q8_0", "int4": "q4_0"}


class Side:
    """A process that answers a line with the seconds of the prompt, those of the tokens, and the tokens."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env={**os.environ, **environment})
        self.prompts, self.times, self.tokens = [], [], []

    def run(self, counts):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().split()
        if not line:
            raise RuntimeError("a side ended without an answer")
        if counts:
            self.prompts.append(float(line[0]))
            self.times.append(float(line[1]))
        self.tokens = line[2:]

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(path, length, count, threads):
    """llama.cpp's side: the same protocol as language_wane.lua."""
    from llama_cpp import Llama

    model = Llama(path, n_ctx=language_model.POSITIONS, n_threads=threads, n_threads_batch=threads, n_batch=512, verbose=False)
    prompt = [(i * 7919) % language_model.VOCABULARY for i in range(1, length + 1)]

    def best():
        return int(np.argmax(model.scores[model.n_tokens - 1]))

    for _ in sys.stdin:
        model.reset()
        start = time.perf_counter()
        model.eval(prompt)
        tokens = [best()]
        prefill = time.perf_counter() - start
        start = time.perf_counter()
        while len(tokens) < count:
            model.eval(tokens[-1:])
            tokens.append(best())
        print(prefill, time.perf_counter() - start, *tokens, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/wane/language"))
    parser.add_argument("--forms", default="float16,int8,int4")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wane", default=str(HERE.parent.parent / ".build/release/wane"))
    options = parser.parse_args()
    package, files = language_model.make(options.cache)
    print("| Weights | threads | token ms: Wane, llama.cpp | ratio | prompt ms: Wane, llama.cpp | ratio | resident MB: Wane, llama.cpp | equal tokens |")
    print("|---|---|---|---|---|---|---|---|")
    for threads in map(int, options.threads.split(",")):
        for form in options.forms.split(","):
            size = [str(options.prompt), str(options.tokens)]
            wane = Side([options.wane, str(HERE / "language_wane.lua"), str(package), form] + size, {"WANE_THREADS": str(threads)})
            llama = Side([sys.executable, __file__, "--serve", str(files[KINDS[form]])] + size + [str(threads)], {})
            for round in range(options.rounds + 1):
                for side in (wane, llama):
                    side.run(counts=round > 0)
                    time.sleep(0.2)

            def cell(values, scale):
                (a, b), (c, d) = [(statistics.median(v) * 1e3 / scale, min(v) * 1e3 / scale) for v in values]
                return f"{a:.1f} ({b:.1f}), {c:.1f} ({d:.1f}) | {c / a:.2f} ({d / b:.2f})"

            same = next((i for i, (a, b) in enumerate(zip(wane.tokens, llama.tokens)) if a != b), len(wane.tokens))
            print(f"| {form} | {threads} | {cell((wane.times, llama.times), options.tokens - 1)} | {cell((wane.prompts, llama.prompts), 1)} "
                  f"| {wane.resident():.0f}, {llama.resident():.0f} | {same} of {len(wane.tokens)} |", flush=True)
            wane.close()
            llama.close()


if sys.argv[1:2] == ["--serve"]:
    serve(sys.argv[2], *map(int, sys.argv[3:6]))
else:
    main()
