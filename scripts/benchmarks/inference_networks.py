# SPDX-License-Identifier: Apache-2.0
"""The networks of the inference benchmark: pairs of an .mlpackage and an .onnx with the same weights.

Some lie in a zoo of converted models; the others are made here from torch modules with random weights, once, into a
cache folder. All are computed in 32 bits.
"""
import logging
import os
import pathlib
import warnings
from dataclasses import dataclass

import numpy as np


@dataclass
class Network:
    name: str
    package: str
    onnx: str
    # Inputs by name in the package, and by name in the .onnx file if it differs.
    inputs: dict
    onnx_inputs: dict | None = None
    torchscript: str | None = None


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def zoo(folder):
    """The pairs of the zoo."""
    root = pathlib.Path(folder)
    wave, sound, state = noise(1, 43844, 1), noise(1, 576), noise(2, 1, 128)
    pairs = [
        Network("mnist_cnn", "mnist_cnn/mnist_cnn_fp32_iOS15.mlpackage",
                "mnist_cnn/export/mnist_cnn_opset17.onnx", {"x": noise(1, 1, 28, 28)}),
        Network("basic_pitch", "basic_pitch/basic_pitch.mlpackage", "basic_pitch/basic_pitch.onnx",
                {"input_2": wave}, {"serving_default_input_2:0": wave}),
        Network("ppocr_cls", "ppocr_cls/ppocr_cls_fp32_iOS16.mlpackage",
                "ppocr_cls/ch_ppocr_mobile_v2.0_cls_infer_fixed.onnx", {"x": noise(1, 3, 48, 192)}),
        Network("silero_vad", "silero_vad/silero_vad_float32_iOS16.mlpackage", "silero_vad/silero_vad_16k_op15.onnx",
                {"x": sound, "h": state[0], "c": state[1]}, {"input": sound, "state": state, "sr": np.array(16000)}),
    ]
    for pair in pairs:
        pair.package, pair.onnx = str(root / pair.package), str(root / pair.onnx)
    return [pair for pair in pairs if os.path.exists(pair.package) and os.path.exists(pair.onnx)]


def modules():
    """Torch modules by name: a function that creates the module, and the shape of its input."""
    import torch
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer, self.head = layer, nn.Linear(256, 16)

        def forward(self, x):
            return self.head(self.layer(x)[0])

    class Attention(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

        def forward(self, x):
            b, n, c = x.shape
            q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
            scores = (q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5
            return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))

    class Block(nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.a, self.b = nn.LayerNorm(width), nn.LayerNorm(width)
            self.attention = Attention(width, heads)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

        def forward(self, x):
            x = x + self.attention(self.a(x))
            return x + self.mlp(self.b(x))

    class Patches(nn.Module):
        """A small vision transformer: 16 × 16 patches, width 192, 6 blocks."""

        def __init__(self):
            super().__init__()
            self.patch = nn.Conv2d(3, 192, 16, 16)
            self.place = nn.Parameter(torch.randn(1, 196, 192) * 0.02)
            self.blocks = nn.Sequential(*[Block(192, 3) for _ in range(6)])
            self.norm, self.head = nn.LayerNorm(192), nn.Linear(192, 1000)

        def forward(self, x):
            x = self.patch(x).flatten(2).transpose(1, 2) + self.place
            return self.head(self.norm(self.blocks(x)).mean(1))

    class UNet(nn.Module):
        """Two levels down and up, with transposed convolutions and joined channels."""

        def __init__(self):
            super().__init__()

            def pair(a, b):
                return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(),
                                     nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())

            self.a, self.b, self.c = pair(3, 16), pair(16, 32), pair(32, 64)
            self.up, self.d = nn.ConvTranspose2d(64, 32, 2, 2), pair(64, 32)
            self.top, self.e = nn.ConvTranspose2d(32, 16, 2, 2), pair(32, 16)
            self.out = nn.Conv2d(16, 1, 1)

        def forward(self, x):
            a = self.a(x)
            b = self.b(torch.max_pool2d(a, 2))
            c = self.c(torch.max_pool2d(b, 2))
            d = self.d(torch.cat([self.up(c), b], 1))
            return torch.sigmoid(self.out(self.e(torch.cat([self.top(d), a], 1))))

    def vision(name):
        import torchvision

        return lambda: getattr(torchvision.models, name)()

    picture = (1, 3, 224, 224)
    return {
        "mlp": (lambda: nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 10)), (1, 64)),
        "resnet18": (vision("resnet18"), picture),
        "mobilenet_v2": (vision("mobilenet_v2"), picture),
        "mobilenet_v3_small": (vision("mobilenet_v3_small"), picture),
        "efficientnet_b0": (vision("efficientnet_b0"), picture),
        "shufflenet_v2": (vision("shufflenet_v2_x1_0"), picture),
        "unet": (UNet, (1, 3, 128, 128)),
        "encoder": (lambda: nn.Sequential(*[Block(256, 4) for _ in range(4)]), (1, 128, 256)),
        "vit": (Patches, picture),
        "lstm": (lambda: Recurrent(nn.LSTM(64, 256, 2, batch_first=True)), (1, 64, 64)),
        "gru": (lambda: Recurrent(nn.GRU(64, 256, 2, batch_first=True)), (1, 64, 64)),
    }


def generated(cache, wanted=lambda name: True):
    """The generated pairs, which are cached."""
    folder = pathlib.Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    known = modules()
    networks = []
    for name in filter(wanted, known):
        make, shape = known[name]
        network = Network(name, str(folder / f"{name}.mlpackage"), str(folder / f"{name}.onnx"), {"x": noise(*shape)},
                          torchscript=str(folder / f"{name}.pt"))
        if not all(map(os.path.exists, (network.package, network.onnx, network.torchscript))):
            export(make, shape, network)
        networks.append(network)
    return networks


def export_onnx(module, example, path, **options):
    """The module as an ONNX file with input x. Needs no onnx module, which the exporter uses for onnxscript functions alone."""
    import importlib

    import torch

    for place in ("torch.onnx._internal.torchscript_exporter.onnx_proto_utils", "torch.onnx._internal.onnx_proto_utils"):
        try:
            importlib.import_module(place)._add_onnxscript_fn = lambda model, _: model
            break
        except ImportError:
            continue
    torch.onnx.export(module, (example,), str(path), opset_version=17, input_names=["x"], dynamo=False, **options)


def export(make, shape, network):
    import coremltools as ct
    import torch

    logging.getLogger("coremltools").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    module = make().eval()
    for layer in module.modules():
        # Statistics like those of a trained network; otherwise activations of deep random networks vanish.
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_var.uniform_(0.2, 0.6)
            layer.running_mean.normal_(0, 0.1)
    example = torch.from_numpy(noise(*shape))
    with torch.inference_mode():
        traced = torch.jit.trace(module, example)
    traced.save(network.torchscript)
    export_onnx(module, example, network.onnx)
    ct.convert(traced, inputs=[ct.TensorType("x", shape)], compute_precision=ct.precision.FLOAT32,
               minimum_deployment_target=ct.target.iOS17).save(network.package)
