# SPDX-License-Identifier: Apache-2.0
"""Generates options.json: the options of coremltools.optimize.torch's training-time methods with their defaults.

    python options.py > options.json        (coremltools 9.0, torch 2.7.0)
"""
import enum
import json

import attrs
import torch
from coremltools.optimize.torch.palettization import ModuleDKMPalettizerConfig
from coremltools.optimize.torch.pruning import ModuleMagnitudePrunerConfig
from coremltools.optimize.torch.pruning.pruning_scheduler import PruningScheduler
from coremltools.optimize.torch.quantization import ModuleLinearQuantizerConfig


def plain(value):
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, PruningScheduler):
        return attrs.asdict(value)
    return value


def defaults(config):
    made = config()
    return {field.name: plain(getattr(made, field.name)) for field in attrs.fields(config) if field.init}


print(json.dumps({config.__name__: defaults(config) for config in
                  (ModuleMagnitudePrunerConfig, ModuleDKMPalettizerConfig, ModuleLinearQuantizerConfig)}, indent=1))
