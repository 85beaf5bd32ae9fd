// SPDX-License-Identifier: Apache-2.0
// Computations on tensors against results of NumPy and PyTorch.

import DataFiles
import Foundation
import Tensors
import Testing

/// The cases that scripts/tensor_reference.py wrote: a line of Lua each, with its inputs and what it must give.
@Suite struct TensorReferenceTests {
  private static let folder = Script.fixtures + "/tensors"

  @Test func resultsAreThoseOfNumPy() throws {
    let expected = try NPZ.read(Self.folder + "/expected.npz")
    let scratch = FileManager.default.temporaryDirectory.path + "/wane-reference-\(UUID().uuidString).npz"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try Script.run(
      """
      local x = wane.load_npz(fixtures .. "/tensors/inputs.npz")
      local out = {}
      for i, case in ipairs(dofile(fixtures .. "/tensors/cases.lua")) do
        local results = table.pack(pcall(case, x))
        if not results[1] then out["error" .. i] = tostring(results[2]) end
        for j = 2, results[1] and results.n or 1 do
          local r = results[j]
          local kind = math.type(r) == "integer" and "int64" or type(r) == "number" and "float64" or type(r) == "boolean" and "bool"
          out["r" .. i .. "_" .. j - 2] = kind and wane.tensor{ shape = {}, dtype = kind, data = { r } } or r
        end
      end
      local failed = {}
      for name, value in pairs(out) do if type(value) == "string" then failed[#failed + 1] = name .. ": " .. value end end
      assert(#failed == 0, table.concat(failed, "\\n"))
      wane.save_npz("\(scratch)", out)
      """)
    let results = try NPZ.read(scratch)
    let tolerances = try #require(expected["tolerances"]).doubles()
    #expect(tolerances.count >= 1400)
    for (name, wanted) in expected where name != "tolerances" {
      let found = try #require(results[name], "\(name) is missing")
      let number = try #require(Int(name.dropFirst().prefix { $0 != "_" }))
      let difference = Self.difference(found, wanted, tolerances[number - 1])
      #expect(difference == nil, "case \(number) of cases.lua: \(difference ?? "")")
    }
  }

  /// What differs; `nil` if dtype and shape agree and the elements do within a tolerance relative to their peak.
  private static func difference(_ found: Tensor, _ wanted: Tensor, _ tolerance: Double) -> String? {
    // A number without axes has no dtype in Lua.
    guard found.shape == wanted.shape, found.rank == 0 || found.dtype == wanted.dtype else { return "\(found), expected \(wanted)" }
    if !wanted.dtype.isFloat { return found.integers() == wanted.integers() ? nil : "\(found.integers()), expected \(wanted.integers())" }
    let (a, b) = (found.doubles(), wanted.doubles())
    let usual = wanted.dtype == .float16 ? 1e-3 : wanted.dtype == .float32 ? 1e-6 : 1e-14
    let bound = tolerance == 0 ? usual : tolerance
    let peak = min(1, b.filter(\.isFinite).map(\.magnitude).max() ?? 0)
    let least = wanted.dtype == .float16 ? 1e-7 : 1e-44
    let index = a.indices.first { i in
      if a[i] == b[i] || a[i].isNaN && b[i].isNaN { return false }
      return !(abs(a[i] - b[i]) <= max(bound * max(abs(b[i]), peak), least)) || !b[i].isFinite
    }
    return index.map { "element \($0) is \(a[$0]), expected \(b[$0])" }
  }
}
