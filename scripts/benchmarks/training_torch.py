# SPDX-License-Identifier: Apache-2.0
"""torch's side of the training benchmark: training_torch.py NETWORK BATCH OPTIMIZER THREADS contiguous|channels_last

Cross-entropy against random labels, on random inputs. Answers a line with a number of steps by the median and the smallest
time of one, in seconds; the first answer is the resident memory before the first step, in megabytes, and that step's time.
"""
import statistics
import sys
import time

import torch

import training_networks


def main():
    name, batch, optimizer, threads, layout = sys.argv[1:6]
    torch.set_num_threads(int(threads))
    order = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    net = training_networks.module(name).train().to(memory_format=order)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(int(batch), *net.shape, generator=generator).contiguous(memory_format=order)
    labels = torch.randint(10, (int(batch),), generator=generator)
    parameters = list(net.parameters())
    update = (torch.optim.Adam(parameters, lr=1e-3) if optimizer == "adam"
              else torch.optim.SGD(parameters, lr=1e-3, momentum=0.9))

    def step():
        update.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(net(x), labels)
        loss.backward()
        update.step()

    # Memory for loading libraries is not counted, so it is printed first.
    with open("/proc/self/status") as file:
        before = next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))
    start = time.perf_counter()
    step()
    print(before, time.perf_counter() - start, flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(statistics.median(times), min(times), flush=True)


main()
