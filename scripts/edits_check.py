#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks with coremltools the files of models whose weights or programs were edited at the prompt.

  edits_check.py WANE PACKAGE …

For each package, a script puts every form that wane.encode makes in the place of weights, and edits the program (rename, extract, split,
materialize, with_interface, multifunction). coremltools loads the files; its decoder gives the same weights, bit for bit, and its own
utilities (rename_feature, change_input_output_tensor_type, MultiFunctionDescriptor) the same interfaces. Exit status 1 if anything differs.
"""
import logging
import os
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("TQDM_DISABLE", "1")
logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np
from coremltools.converters.mil.frontend.milproto.load import load as load_mil

SCRIPT = """
local path, out = arg[1], arg[2]
local model = wane.load(path)
local function codes(shape, low, high, seed)
  local n, t = 1, {}
  for _, e in ipairs(shape) do n = n * e end
  local x = seed
  for i = 1, n do x = (x * 1103515245 + 12345) % 2147483648; t[i] = low + (x // 65536) % (high - low + 1) end
  return wane.tensor{ shape = shape, dtype = "int32", data = t }
end
local function scales(n, dtype)
  local t = {}
  for i = 1, n do t[i] = (1 + i % 7) / 64 end
  return wane.tensor{ dtype = dtype, data = t }
end
local function ones(shape, ...)
  local t = {}
  for i = 1, #shape do t[i] = 1 end
  for _, e in ipairs{ ... } do t[#t + 1] = e end
  return t
end
local forms = {
  { "iOS16", function(w) return wane.encode.quantized{ codes = codes(w.shape, -127, 127, 1), scale = scales(1, w.dtype), dtype = "int8" } end },
  { "iOS16", function(w) return wane.encode.quantized{ codes = codes(w.shape, 0, 255, 2), scale = scales(w.shape[1], w.dtype), offset = 7, dtype = "uint8" } end },
  { "iOS16", function(w) return wane.encode.palettized{ indices = codes(w.shape, 0, 15, 3), lut = scales(16, w.dtype) } end },
  { "iOS16", function(w) return wane.encode.sparse{ mask = codes(w.shape, 0, 1, 4), values = w.values } end },
  { "iOS18", function(w) return wane.encode.quantized{ codes = codes(w.shape, -8, 7, 5), scale = scales(w.shape[1], w.dtype), dtype = "int4" } end },
  { "iOS18", function(w) return wane.encode.palettized{ indices = codes(w.shape, 0, 5, 6), lut = scales(6, w.dtype) } end },
  { "iOS18", function(w)
    local lut = scales(w.shape[1] * 4, w.dtype):reshape{ w.shape[1], 4 }
    return wane.encode.palettized{ indices = codes(w.shape, 0, 3, 7), lut = lut, axis = 0 }
  end },
  { "iOS18", function(w)
    local q = wane.encode.quantized{ codes = codes(w.shape, -127, 127, 8), scale = scales(w.shape[1], w.dtype), dtype = "int8" }
    return wane.encode.sparse{ mask = codes(w.shape, 0, 1, 9), values = q }
  end },
  { "iOS18", function(w)
    local p = wane.encode.palettized{ indices = codes(w.shape, 0, 15, 10), lut = scales(16, w.dtype) }
    return wane.encode.sparse{ mask = codes(w.shape, 0, 1, 11), values = p }
  end },
  { "iOS18", function(w)
    local q = wane.encode.quantized{ codes = codes(ones(w.shape, 16, 1), -100, 100, 12), scale = scales(1, w.dtype), dtype = "int8" }
    return wane.encode.palettized{ indices = codes(w.shape, 0, 15, 13), lut = q }
  end },
}
for number, form in ipairs(forms) do
  local base = model
  if tonumber(model.target:match "%d+") < tonumber(form[1]:match "%d+") then base = model:retarget(form[1]) end
  local wanted = {}
  local changed = base:map_weights(function(w)
    if #w.shape < 2 or w.count < 64 then return nil end
    local e = form[2](w)
    wanted[w.op_name .. "." .. w.parameter] = e:decode()
    return e
  end)
  changed:save(out .. "/form" .. number .. ".mlpackage")
  wane.save_npz(out .. "/form" .. number .. ".npz", wanted)
end
"""


def decoded(path):
    """(operator name, parameter) -> value of every weight, by coremltools' decoder."""
    dense = cto.decompress_weights(ct.models.MLModel(path, skip_model_load=True))
    spec = dense.get_spec()
    program = load_mil(spec, spec.specificationVersion, dense.weights_dir)
    found = {}
    for function in program.functions.values():
        stack = [function]
        while stack:
            block = stack.pop()
            for op in block.operations:
                stack.extend(op.blocks)
                if op.op_type == "const" or op.op_type.startswith("constexpr_"):
                    continue
                for name, given in op.inputs.items():
                    for var in given if isinstance(given, (list, tuple)) else [given]:
                        if var is not None and var.op is not None and isinstance(var.val, np.ndarray):
                            found[f"{op.name}.{name}"] = var.val
    return found


def check_weights(wane, package, folder):
    script = os.path.join(folder, "edits.lua")
    with open(script, "w") as f:
        f.write(SCRIPT)
    subprocess.run([wane, script, package, folder], check=True)
    faults = checked = 0
    for number in range(1, 11):
        path = os.path.join(folder, f"form{number}.mlpackage")
        found = decoded(path)
        for name, value in np.load(os.path.join(folder, f"form{number}.npz")).items():
            checked += 1
            if name not in found or found[name].shape != value.shape or not np.array_equal(found[name], value):
                faults += 1
                print(f"{package}: form {number}, {name}: " + ("missing" if name not in found else "other values"))
    return checked, faults


def features(spec):
    d = spec.description
    d = d.functions[0] if d.functions else d
    return [(f.name, f.type.WhichOneof("Type"), f.type.multiArrayType.dataType) for f in list(d.input) + list(d.output)]


def shapes(spec):
    d = spec.description
    d = d.functions[0] if d.functions else d
    return {f.name: (list(f.type.multiArrayType.shape), f.type.multiArrayType.WhichOneof("ShapeFlexibility"))
            for f in list(d.input) + list(d.output)}


EDITS = """
local path, out = arg[1], arg[2]
local model = wane.load(path)
local input, output = model.inputs[1], model.outputs[1]
model:rename{ [input.name] = "renamed_in", [output.name] = "renamed_out" }:save(out .. "/renamed.mlpackage")
if output.dtype == "float32" and model.target ~= "iOS15" then
  model:with_interface{ outputs = { [output.name] = { dtype = "float16" } } }:save(out .. "/half.mlpackage")
end
local flexible, shape, smallest = false, {}, {}
for axis, extent in ipairs(input.shape or {}) do
  flexible = flexible or type(extent) == "string"
  shape[axis] = type(extent) == "string" and math.max(tonumber(extent:match "%d+"), 24) or extent
  smallest[axis] = type(extent) == "string" and tonumber(extent:match "%d+") or extent
end
if flexible and #model.inputs == 1 and input.kind == "tensor" then
  local ok, fixed = pcall(model.materialize, model, { [input.name] = shape })
  -- Enumerated shapes may not contain that one; the smallest extents are one of them.
  if not ok then fixed = model:materialize{ [input.name] = smallest } end
  fixed:save(out .. "/fixed.mlpackage")
end
local front, back = model:split{ parts = 2 }
front:save(out .. "/front.mlpackage")
back:save(out .. "/back.mlpackage")
wane.multifunction{ a = model, b = model, default = "a" }:save(out .. "/both.mlpackage")
"""


def check_edits(wane, package, folder):
    script = os.path.join(folder, "programs.lua")
    with open(script, "w") as f:
        f.write(EDITS)
    subprocess.run([wane, script, package, folder], check=True)
    faults = checked = 0

    def compare(what, ours, theirs):
        nonlocal faults, checked
        checked += 1
        if ours != theirs:
            faults += 1
            print(f"{package}: {what}: {ours} instead of {theirs}")

    whole = ct.models.MLModel(package, skip_model_load=True)
    spec = whole.get_spec()
    first = features(spec)
    d = spec.description.functions[0] if spec.description.functions else spec.description
    input, output = d.input[0].name, d.output[0].name
    ct.utils.rename_feature(spec, input, "renamed_in")
    ct.utils.rename_feature(spec, output, "renamed_out")
    load = lambda name: ct.models.MLModel(os.path.join(folder, name), skip_model_load=True)
    compare("rename", features(load("renamed.mlpackage").get_spec()), features(spec))
    if os.path.exists(os.path.join(folder, "half.mlpackage")):
        kinds = dict((name, dtype) for name, _, dtype in features(load("half.mlpackage").get_spec()))
        compare("with_interface", kinds[output], ct.proto.FeatureTypes_pb2.ArrayFeatureType.FLOAT16)
    if os.path.exists(os.path.join(folder, "fixed.mlpackage")):
        fixed = load("fixed.mlpackage").get_spec()
        wanted = {input: tuple(shapes(fixed)[input][0])}
        theirs = os.path.join(folder, "materialized.mlpackage")
        ct.utils.materialize_dynamic_shape_mlmodel(whole, {"main": wanted}, theirs, source_function_name="main")
        compare("materialize", shapes(fixed), shapes(load("materialized.mlpackage").get_spec()))
    front, back = load("front.mlpackage"), load("back.mlpackage")
    for part in (front, back):
        spec = part.get_spec()
        load_mil(spec, spec.specificationVersion, part.weights_dir)
    given = {name for name, _, _ in features(front.get_spec())} | {name for name, _, _ in first}
    compare("split: inputs of the second part", [f.name for f in back.get_spec().description.input if f.name not in given], [])
    both = load("both.mlpackage").get_spec()
    compare("multifunction", [f.name for f in both.description.functions], ["a", "b"])
    size = lambda path: sum(os.path.getsize(os.path.join(at, f)) for at, _, fs in os.walk(path) for f in fs if f == "weight.bin")
    descriptor = ct.utils.MultiFunctionDescriptor()
    descriptor.add_function(package, src_function_name="main", target_function_name="a")
    descriptor.add_function(package, src_function_name="main", target_function_name="b")
    descriptor.default_function_name = "a"
    theirs = os.path.join(folder, "theirs.mlpackage")
    ct.utils.save_multifunction(descriptor, theirs)
    compare("multifunction: weights are stored once", size(os.path.join(folder, "both.mlpackage")) <= size(theirs) + 4096, True)
    return checked, faults


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    wane, total, wrong = sys.argv[1], 0, 0
    for package in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as folder:
            for check in (check_weights, check_edits):
                checked, faults = check(wane, package, folder)
                total += checked
                wrong += faults
    print(f"{total} comparisons, {wrong} differ")
    sys.exit(wrong > 0 or total == 0)


if __name__ == "__main__":
    main()
