# SPDX-License-Identifier: Apache-2.0
"""The networks of the training benchmark: torch modules, and .mlpackage files converted from them, which are cached."""
import logging
import pathlib
import warnings

import numpy as np
import torch
from torch import nn


class MnistCNN(nn.Module):
    """The zoo's small convolutional network for 28x28 images, norms folded into the convolutions."""

    shape = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(576, 96), nn.Linear(96, 10)

    def forward(self, x):
        for conv in self.conv1, self.conv2, self.conv3:
            x = nn.functional.max_pool2d(conv(x).relu(), 2)
        return self.fc2(self.fc1(x.flatten(1)).relu())


class Block(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.short = None
        if stride != 1:
            self.short = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm1(self.conv1(x)).relu()
        y = self.norm2(self.conv2(y))
        return (y + (self.short(x) if self.short else x)).relu()


class ResNet20(nn.Module):
    """The residual network of 20 layers for 32x32 images (He et al. 2015, section 4.2), projections as shortcuts."""

    shape = (3, 32, 32)

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        widths = [16] * 3 + [32] * 3 + [64] * 3
        before = [16] + widths[:-1]
        self.blocks = nn.Sequential(*(Block(b, w, 1 if b == w else 2) for b, w in zip(before, widths)))
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = self.blocks(self.norm(self.conv(x)).relu())
        return self.head(x.mean((2, 3)))


MODULES = {"mnist_cnn": MnistCNN, "resnet20": ResNet20}


def module(name):
    torch.manual_seed(0)
    return MODULES[name]()


def package(name, batch, cache):
    """The path of the network as an .mlpackage for that batch size, with batch norms not folded."""
    path = pathlib.Path(cache) / f"{name}_{batch}.mlpackage"
    if not path.exists():
        import coremltools as ct

        logging.getLogger("coremltools").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore")
        path.parent.mkdir(parents=True, exist_ok=True)
        net = module(name).eval()
        x = torch.zeros(batch, *net.shape)
        passes = ct.PassPipeline.DEFAULT
        passes.remove_passes(["common::fuse_conv_batchnorm", "common::fuse_conv_scale", "common::fuse_conv_bias"])
        ct.convert(torch.jit.trace(net, x), inputs=[ct.TensorType("x", shape=x.shape, dtype=np.float32)],
                   minimum_deployment_target=ct.target.iOS16, compute_precision=ct.precision.FLOAT32,
                   skip_model_load=True, pass_pipeline=passes).save(str(path))
    return path
