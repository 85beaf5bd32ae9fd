# SPDX-License-Identifier: Apache-2.0
"""Makes the files of this folder: small modules with random weights, exported by torch.export, with inputs and outputs.

    python make.py

NAME.pt2 is the module as exported, NAME.npz has the inputs by their names and the outputs as out_0, out_1, …; weights.* hold the same
tensors as a state dictionary and as safetensors.
"""
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(7)


class Views(nn.Module):
    """Writes through views, a lifted constant, a dictionary of outputs."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.norm.running_mean.normal_()
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        y = F.relu_(self.norm(self.conv(x))).mean((2, 3))
        y[:, 0] = torch.tensor(0.5)
        z = y.view(-1, 2, 2)
        z.transpose(1, 2)[:, 1].mul_(2)
        return {"logits": self.head(y), "sums": z.sum(1)}


class Counter(nn.Module):
    """A buffer that a prediction changes."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(3))

    def forward(self, x):
        self.total += x
        return self.total * 2


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0]


def save(name, module, inputs, **more):
    module = module.eval()
    program = torch.export.export(module, inputs, **more)
    torch.export.save(program, f"{HERE}/{name}.pt2")
    names = [s.arg.name for s in program.graph_signature.input_specs if s.kind.name == "USER_INPUT"]
    out = module(*[x.clone() for x in inputs])
    out = list(out.values()) if isinstance(out, dict) else [out]
    np.savez(f"{HERE}/{name}.npz", **{n: x.numpy() for n, x in zip(names, inputs)}, **{f"out_{i}": o.detach().numpy() for i, o in enumerate(out)})


batch = torch.export.Dim("batch", min=1, max=8)
save("views", Views(), (torch.randn(2, 2, 5, 5),), dynamic_shapes=({0: batch},))
save("counter", Counter(), (torch.tensor([1.0, 2, 3]),))
save("recurrent", Recurrent(), (torch.randn(2, 5, 3),))
state = {"a.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3), "a.bias": torch.tensor([1, 2], dtype=torch.bfloat16),
         "strided": torch.arange(6, dtype=torch.int64).reshape(2, 3).t()}
torch.save(state, f"{HERE}/weights.pt")
torch.save(nn.Linear(2, 2), f"{HERE}/module.pt")
