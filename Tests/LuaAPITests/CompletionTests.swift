// SPDX-License-Identifier: Apache-2.0
// Completion of Wane's values: options, their values, and names in a model.

import LuaAPI
import LuaHost
import Testing

struct CompletionTests {
  @Test(
    arguments: [
      ("wane.load('x', { prec", ["precision"]),
      ("wane.load('x', { precision = \"", ["float16", "float32"]),
      ("model:palettize{ nb", ["nbits"]),
      ("model:palettize{ nbits = 4, nb", []),
      ("model:palettize{ mode = \"k", ["kmeans"]),
      ("model:evaluate(data, { metrics = { \"acc", ["accuracy"]),
      ("model:evaluate(data, { metrics = { \"accuracy\", \"k", ["kl"]),
      ("model:evaluate(data, { metrics = \"cos", ["cosine"]),
      ("model:predict{ ", ["image"]),
      ("model:quantize{ op_names = { f1", ["f1_bias", "f1_weight"]),
      ("model:quantize{ op_types = { ", ["conv", "linear"]),
      ("model:quantize{ op_names = { f1_weight = { dty", ["dtype"]),
      ("model.weights.f2_w", ["f2_weight"]),
      ("model.weights.f2_weight.sch", ["scheme"]),
      ("model.weights[1].op_t", ["op_type"]),
      ("model.inputs.", ["image"]),
      ("wane.zeros{ 2 }:cast(\"float", ["float16", "float32", "float64"]),
      ("wane.op.soft", ["softmax", "softplus", "softplus_parametric", "softsign"]),
      ("wane.op.softmax{ ", ["axis", "x"]), ("wane.linalg.c", ["cholesky"]),
      ("wane.tensor{ 1 }:sum(0, { keep", ["keepdims"]), ("wane.tensor{ 1 }:pad{ mode = \"re", ["reflect", "replicate"]),
      ("wane.zeros({ 2 }, \"uint", ["uint1", "uint16", "uint2", "uint3", "uint4", "uint6", "uint8"]),
      ("wane.dataset{ lab", ["labels"]),
      ("model:predict({ image = x }, { st", ["state"]),
      ("x = { a = { ", nil),
      ("model:quantize{ op_names = { [\"f1", ["f1_bias", "f1_weight"]),
      ("model:quantize{ op_names = { [\"f1_weight\"] = { dty", ["dtype"]),
      ("model:quantize{ op_names = { f1_weight = { mode = \"", ["linear", "linear_symmetric"]),
      ("model:quantize{ op_types = { conv = { dtype = 'u", ["uint4", "uint8"]),
      ("model:palettize{ nbits = ", ["1", "2", "3", "4", "6", "8"]),
      ("model:quantize{ joint = ", ["false", "true"]),
      ("model:quantize{ mode = ", ["\"linear\"", "\"linear_symmetric\""]),
      ("model:quantize{}:palettize{ nbits = 4 }:ret", ["retarget"]),
      ("model:quantize{}.report[1].act", ["action"]),
      ("model:retarget \"iOS1", ["iOS16", "iOS17", "iOS18"]),
      ("model:predict{ image = x }.probabilities:argm", ["argmax", "argmin"]),
      ("for _, w in ipairs(model.weights) do print(w.sch", ["scheme"]),
      ("for name, f in pairs(model.inputs) do f.dty", ["dtype"]),
      ("for batch in data:batches(4) do batch.inp", ["inputs"]),
      ("local r = model:quantize{ mode = 'linear' }.report\nr[1].act", ["action"]),
      ("local q = model:quantize{} -- eight bits\nlocal p = q:palettize{ nbits = 4 }\nif p.si", ["size"]),
      ("x = { model = 1 } model:quanti", ["quantize", "quantize_activations"]),
      ("for w in 5 do w.", []),
      ("data:batches(4)().inp", ["inputs"]),
      // The first element of a step is its method, which determines the options.
      ("model:compress{ { \"pr", ["prune"]),
      ("model:compress{ { ", ["\"decompress\"", "\"palettize\"", "\"prune\"", "\"quantize\"", "\"retarget\""]),
      ("model:compress{ { 'prune', target_sp", ["target_sparsity"]),
      ("model:compress{ { \"prune\", target_sparsity = 0.5 }, { \"palettize\", nb", ["nbits"]),
      ("model:compress({ { \"palettize\", mode = \"unif", ["uniform"]),
      ("model:compress{ { \"palettize\", nbits = ", ["1", "2", "3", "4", "6", "8"]),
      ("model:compress{ { \"quantize\", op_names = { f1", ["f1_bias", "f1_weight"]),
      ("model:compress{ { \"quantize\", op_names = { f1_weight = { mode = \"", ["linear", "linear_symmetric"]),
      ("model:compress{ { \"retarget\", \"iOS1", ["iOS16", "iOS17", "iOS18"]),
      ("model:compress({ { \"prune\" } }, { dry", ["dry_run"]),
      ("wane.recipe{ { \"quantize\", dty", ["dtype"]),
      ("model:compress{ { \"qantize\", dty", []),
      ("model:quantize{ op_patterns = { { \"^f\", { dty", ["dtype"]),
      // The types of a callback's parameters are known.
      ("model:quantize{ where = function(w) return w.sch", ["scheme"]),
      ("model:quantize{ where = function(w) if w.op_type == 'conv' then return w:plo", ["plot"]),
      ("model:quantize{ where = function(w) nb", []),
      ("model:quantize{ where = function(w) return w.bits, w.count end, dty", ["dtype"]),
      // After calls and indices.
      ("model.weights[\"f1_weight\"]:pl", ["plot"]),
      ("model.weights[\"f1_weight\"].sch", ["scheme"]),
      ("model.inputs[\"image\"].dt", ["dtype"]),
      ("model.weights[\"f1", ["f1_bias", "f1_weight"]),
      ("t['inner'].al", ["alpha"]), ("t['in", ["inner"]), ("t[2].be", ["beta"]), ("t.inner.al", ["alpha"]),
      ("model:evaluate(data).acc", ["accuracy"]),
      ("(model:quantize{}).rep", ["report"]),
      ("print(#model.wei", ["weights"]), ("x = -model.si", ["size"]), ("not model.si", ["size"]),
      ("local q = model:quant", ["quantize", "quantize_activations"]),
      ("return model:quant", ["quantize", "quantize_activations"]),
      ("local function f(x)\n  local m = wane.load('x')\n  m:pal", ["palettize"]),
      ("for i = 1, #model.wei", ["weights"]),
      ("for i, w in ipairs(model.weights) do\n  if w.bits > 8 then\n    w.op_n", ["op_name"]),
      ("a = { model:quantize{ dty", ["dtype"]),
      ("a = { small = model:quantize{ mode = 'linear', dty", ["dtype"]),
      ("wane.compare({ { name = 'a', model = model.we", ["weights"]),
      ("wane.compare({ a = model }, data, { metr", ["metrics"]),
      ("wane.compare({ a = model }, data, { metrics = { \"acc", ["accuracy"]),
      ("string.for", ["format"]), ("(\"x\"):re", ["rep", "reverse"]), ("math.hu", ["huge"]),
      ("wane.trainer(model, { opti", ["optimizer"]),
      ("wane.trainer(model, {}):prune{ op_types = { conv = { target_sp", ["target_sparsity"]),
      ("wane.trainer(model, {}):palettize{ op_names = { x = { palett_mode = \"", ["dkm", "hard"]),
      ("wane.trainer(model, {}):quantize{ op_patterns = { { \"^f\", { algo", ["algorithm"]),
      ("model:quantize{ tied = \"", ["error", "first", "split"]),
      ("model:retarget \"", ["iOS16", "iOS17", "iOS18"]), ("wane.nn.conv2", ["conv2d"]),
      ("time(model.pred", []), ("time(wane.load_n", ["load_npy", "load_npz"]),
      ("x = 1 -- model:", []), ("x = [[model:", []), ("\"a\" .. model.na", ["name"]),
    ] as [(String, [String]?)])
  func completes(text: String, expected: [String]?) throws {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    try interpreter.globals.set("examples", Script.examples)
    try interpreter.run(Script.digits)
    try interpreter.run("t = { inner = { alpha = 1 }, [2] = { beta = 2 } }")
    let names = LuaCompletion.complete(text, in: interpreter).candidates.map(\.text)
    if let expected { #expect(names == expected) } else { #expect(!names.contains("nbits")) }
  }

  @Test func completingReadsNothingThatChanges() throws {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try interpreter.run("called = 0; t = setmetatable({}, { __index = function() called = called + 1 end })")
    _ = LuaCompletion.complete("t.x.y", in: interpreter)
    #expect(interpreter.globals["called"].integer == 0)
  }
}
