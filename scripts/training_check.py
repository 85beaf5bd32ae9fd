# SPDX-License-Identifier: Apache-2.0
"""Trains with every method, saves the finalized model, and loads and decodes it with coremltools.

    scripts/training_check.py [--wane .build/release/wane]

For each model: coremltools loads it, its decompress_weights gives the same values as Wane's decompress(), and fresh networks
of wane.nn load too. Needs coremltools and numpy.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

SCRIPT = """
local here, out = arg[1], arg[2]
local digits = wane.load_npz(here .. "/digits.npz")
local data = wane.dataset{ inputs = { image = digits.train_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.train_y, batch_size = 64, limit = 640 }
local model = wane.load(here .. "/digits_cnn.mlpackage")
if model.target ~= "iOS18" then model = model:retarget("iOS18") end
local methods = {
  prune = function(t) t:prune{} end, prune_nm = function(t) t:prune{ n_m_ratio = { 2, 4 } } end,
  prune_channel = function(t) t:prune{ granularity = "per_channel" } end,
  dkm2 = function(t) t:palettize{} end, dkm_vector = function(t) t:palettize{ n_bits = 2, cluster_dim = 2 } end,
  dkm_groups = function(t) t:palettize{ n_bits = 2, granularity = "per_grouped_channel", group_size = 8 } end,
  dkm_scale = function(t) t:palettize{ n_bits = 4, enable_per_channel_scale = true } end, dkm_lut8 = function(t) t:palettize{ lut_dtype = "i8" } end,
  w8a8 = function(t) t:quantize{} end, w4a8 = function(t) t:quantize{ weight_dtype = "qint4" } end,
  affine = function(t) t:quantize{ quantization_scheme = "affine" } end, learnable = function(t) t:quantize{ algorithm = "learnable" } end,
  prune_dkm = function(t) t:prune{} t:palettize{} end, prune_w8a8 = function(t) t:prune{} t:quantize{} end,
  dkm_a8 = function(t) t:palettize{} t:quantize{ weight_dtype = "float32" } end,
  dkm_rounded = function(t) t:palettize{ quantize_activations = true } end,
}
for name, method in pairs(methods) do
  local t = wane.trainer(model, { lr = 1e-3 })
  method(t)
  t:fit(data, { epochs = 1 })
  local small = t:finalize()
  small:save(out .. "/" .. name .. ".mlpackage")
  small:decompress():save(out .. "/" .. name .. "_plain.mlpackage")
end
local nn = wane.nn
local nets = {
  cnn = { nn.sequential{ nn.conv2d{ out_channels = 4, kernel_size = 3, padding = "same" }, nn.batch_norm{}, "relu", nn.max_pool{}, "flatten",
    nn.dropout{}, nn.linear{ out_features = 3 }, "softmax" }, { 1, 8, 8 } },
  residual = { nn.sequential{ nn.residual{ nn.conv2d{ out_channels = 2, kernel_size = 3, padding = "same" }, "relu" }, nn.global_avg_pool{} }, { 2, 8, 8 } },
  transposed = { nn.sequential{ nn.conv_transpose{ out_channels = 3, kernel_size = 2, stride = 2 }, "tanh", nn.avg_pool{} }, { 2, 4, 4 } },
  line = { nn.sequential{ nn.conv1d{ out_channels = 3, kernel_size = 3 }, nn.leaky_relu{} }, { 2, 9 } },
  space = { nn.sequential{ nn.conv3d{ out_channels = 3, kernel_size = 3, padding = 1 }, "silu" }, { 1, 4, 4, 4 } },
  words = { nn.sequential{ nn.embedding{ num_embeddings = 11, embedding_dim = 8 }, nn.multi_head_attention{ num_heads = 2, is_causal = true },
    nn.layer_norm{}, "gelu" }, { shape = { 5 }, dtype = "int32" } },
  lstm = { nn.sequential{ nn.lstm{ hidden_size = 6, output_sequence = false } }, { 5, 3 } },
  gru = { nn.sequential{ nn.gru{ hidden_size = 6 } }, { 5, 3 } },
  lstm_both = { nn.sequential{ nn.lstm{ hidden_size = 6, num_layers = 2, bidirectional = true } }, { 5, 3 } },
  gru_both = { nn.sequential{ nn.gru{ hidden_size = 6, num_layers = 2, bidirectional = true, output_sequence = false } }, { 5, 3 } },
  picture = { nn.sequential{ nn.conv2d{ out_channels = 4, kernel_size = 3 }, "relu", nn.global_avg_pool{} }, { width = 8, height = 8, color = "bgr" } },
}
for name, net in pairs(nets) do
  for _, target in ipairs{ "iOS15", "iOS18" } do
    nn.model(net[1], { inputs = { x = net[2] }, target = target }):save(("%s/nn_%s_%s.mlpackage"):format(out, name, target))
  end
end
"""


def weights(ct, path):
    model = ct.models.MLModel(str(path), skip_model_load=True)
    model = ct.optimize.coreml.decompress_weights(model)
    found = {}
    for name, data in ct.optimize.coreml.get_weights_metadata(model, weight_threshold=10).items():
        for op in data.child_ops:
            found[(op.op_type, op.name, tuple(k for k, v in op.params_name_mapping.items() if v == name))] = data.val
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wane", default=str(ROOT / ".build/release/wane"))
    options = parser.parse_args()
    import coremltools as ct
    import numpy as np

    faults = count = 0
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "check.lua"
        script.write_text(SCRIPT)
        subprocess.run([options.wane, str(script), str(ROOT / "examples"), folder], check=True)
        for path in sorted(pathlib.Path(folder).glob("*.mlpackage")):
            if path.stem.endswith("_plain"):
                continue
            count += 1
            try:
                plain = path.with_name(path.stem + "_plain.mlpackage")
                if not plain.exists():
                    weights(ct, path)
                    continue
                ours, theirs = weights(ct, plain), weights(ct, path)
                assert ours.keys() == theirs.keys(), sorted(ours.keys() ^ theirs.keys())
                for key, value in ours.items():
                    assert value.shape == theirs[key].shape and np.allclose(value, theirs[key], rtol=2e-3, atol=1e-6), key
            except Exception as error:
                faults += 1
                print(f"{path.stem}: {type(error).__name__}: {error}")
    print(f"{count - faults} of {count} models load in coremltools and hold the same weights")
    sys.exit(1 if faults else 0)


main()
