// SPDX-License-Identifier: Apache-2.0
// Options that other rooms declare, as options of Lua's functions.

import Compression
import LuaHost

extension LuaDynamicOption {
  init(_ option: OptionDeclaration) {
    var allowed: Allowed?
    var type = LuaType.any
    switch option.kind {
    case .bool: type = .boolean
    case .integer(let range):
      type = .integer
      allowed = .range(
        lower: range.lowerBound == .min ? nil : Double(range.lowerBound), upper: range.upperBound == .max ? nil : Double(range.upperBound))
    case .number(let range):
      type = .number
      allowed = .range(lower: range.lowerBound.isFinite ? range.lowerBound : nil, upper: range.upperBound.isFinite ? range.upperBound : nil)
    case .choice(let values):
      let strings = values.compactMap { if case .string(let s) = $0 { s } else { nil } }
      let integers = values.compactMap { if case .integer(let i) = $0 { i } else { nil } }
      if !strings.isEmpty {
        type = .string
        allowed = .strings(strings)
      } else {
        type = .integer
        allowed = .integers(integers)
      }
    case .pair, .integers: type = .sequence(.integer)
    case .integerOrList: type = .union([.integer, .sequence(.integer)])
    case .padding: type = .union([.string, .integer, .sequence(.integer)])
    case .text: type = .string
    case .table: type = .union([.table, .string])
    case .function: type = .function
    case .only: type = .any
    }
    let text = option.defaultValue == .null ? nil : "\(option.defaultValue)"
    self.init(
      option.name, type, option.doc, default: text, allowed: allowed,
      aliases: ["nbits": ["n_bits", "bits"], "n_bits": ["nbits", "bits"], "target_sparsity": ["sparsity"]][option.name] ?? [])
  }
}
