// SPDX-License-Identifier: Apache-2.0
// Tab on Wane's own values: options, their values, and names that a model holds.

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
      ("wane.zeros({ 2 }, \"uint", ["uint16", "uint8"]),
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
      ("model:predict{ image = x }.probabilities:argm", ["argmax"]),
      ("for _, w in ipairs(model.weights) do print(w.sch", ["scheme"]),
      ("for name, f in pairs(model.inputs) do f.dty", ["dtype"]),
      ("for batch in data:batches(4) do batch.inp", ["inputs"]),
      ("local r = model:quantize{ mode = 'linear' }.report\nr[1].act", ["action"]),
      ("local q = model:quantize{} -- eight bits\nlocal p = q:palettize{ nbits = 4 }\nif p.si", ["size"]),
      ("x = { model = 1 } model:quanti", ["quantize"]),
      ("for w in 5 do w.", []),
      ("data:batches(4)().inp", []),
    ] as [(String, [String]?)])
  func completes(text: String, expected: [String]?) throws {
    let interpreter = try Interpreter()
    defer { interpreter.close() }
    try LuaAPI.open(in: interpreter)
    try interpreter.globals.set("examples", Script.examples)
    try interpreter.run(Script.digits)
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
