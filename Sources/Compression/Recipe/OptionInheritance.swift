// SPDX-License-Identifier: Apache-2.0
// How the entries of a flat recipe start from the options above them.

enum OptionInheritance {
  /// The options of an entry: its own, and those above that its own do not exclude.
  ///
  /// An entry that chooses how to prune takes nothing of another way to prune; one that chooses how tables are made
  /// does not take a width of indices that this way finds by itself.
  static func merged(step: String, base: [String: RecipeValue], own: [String: RecipeValue])
    -> [String: RecipeValue]
  {
    var inherited = base
    switch step {
    case MagnitudePruning.name:
      let ways = ["target_sparsity", "n_m_ratio", "threshold"]
      if ways.contains(where: { own[$0] != nil }) {
        for name in ways + ["block_size", "dim", "minimum_sparsity_percentile"] {
          inherited[name] = nil
        }
      }
    case Palettization.name:
      if let mode = own["mode"] {
        if mode == .string("unique") || mode == .string("custom") { inherited["nbits"] = nil }
        if mode != .string("custom") { inherited["lut_function"] = nil }
      } else if own["nbits"] != nil,
        base["mode"] == .string("unique") || base["mode"] == .string("custom")
      {
        inherited["mode"] = nil
        inherited["lut_function"] = nil
      }
    default:
      break
    }
    return inherited.merging(own) { _, own in own }
  }
}
