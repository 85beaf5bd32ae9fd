# SPDX-License-Identifier: Apache-2.0
"""The network of scripts/bench methods --cifar: a ResNet-20 trained in torch, converted with its batch norms folded, and cached."""
import logging
import pathlib
import warnings

import numpy as np
import torch
from torch import nn

import training_networks

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class Normalized(nn.Module):
    """A network behind the normalization of its input, so that packages take pixels from 0 to 1."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.register_buffer("inverse", 1 / torch.tensor(DEVIATION).view(1, 3, 1, 1))

    def forward(self, x):
        return self.net((x - self.mean) * self.inverse)


def train(arrays, steps, batch, seed=0):
    torch.manual_seed(seed)
    net = Normalized(training_networks.ResNet20()).to(memory_format=torch.channels_last)
    x = torch.from_numpy(arrays["x"]).float().div(255)
    y = torch.from_numpy(arrays["y"]).long()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=steps, pct_start=0.2)
    for step in range(steps):
        at = torch.randint(0, len(x), (batch,))
        images = x[at]
        flip = torch.rand(batch) < 0.5
        images[flip] = images[flip].flip(3)
        loss = nn.functional.cross_entropy(net(images.to(memory_format=torch.channels_last)), y[at])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: {loss.item():.3f}", flush=True)
    return net.eval()


def package(folder, steps=1200, batch=64):
    """The path of the trained network as an .mlpackage for batches of any size; folder holds cifar10_train.npz."""
    path = pathlib.Path(folder) / "resnet20.mlpackage"
    if path.exists():
        return path
    import coremltools as ct

    logging.getLogger("coremltools").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    net = train(np.load(pathlib.Path(folder) / "cifar10_train.npz"), steps, batch).to(memory_format=torch.contiguous_format)
    torch.save(net.state_dict(), pathlib.Path(folder) / "resnet20.pt")
    shape = ct.Shape((ct.RangeDim(1, 4096, default=1), 3, 32, 32))
    ct.convert(
        torch.jit.trace(net, torch.zeros(1, 3, 32, 32)), inputs=[ct.TensorType("x", shape=shape, dtype=np.float32)],
        outputs=[ct.TensorType("logits")], minimum_deployment_target=ct.target.iOS18, compute_precision=ct.precision.FLOAT32,
        skip_model_load=True).save(str(path))
    return path


if __name__ == "__main__":
    import sys

    print(package(sys.argv[1]))
