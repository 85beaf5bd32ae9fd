// SPDX-License-Identifier: Apache-2.0
// Palettization during training that starts from the tables of a palettized model.

import Encodings
import MIL
import ModelPackages
import Models
import Operators
import Options
import Tensors
import Training
import WeightStorage

/// The palettized weights of a model as the start of their training.
struct PaletteStarts {
  /// By the name of the weight.
  private(set) var starts: [String: PaletteStart] = [:]
  /// Palettized weights whose form training does not have, with the reason.
  private var unfit: [(weight: String, reason: String)] = []

  init(_ model: Model) throws {
    let program = model.contents.program
    let function = program.functions.firstIndex { $0.name == model.interface.name } ?? 0
    for site in try program.weightSites(Catalog.weightTable) where site.function == function && site.weight.scheme.contains(.palettized) {
      do { starts[site.name] = try PaletteStart(site.weight) } catch let skip as MethodSkip { unfit.append((site.name, skip.description)) }
    }
  }

  /// Options and starts for the weights of a trainer.
  ///
  /// - Parameters:
  ///   - fields: the options given beside `init`.
  ///   - shapes: the shapes of the trainer's weights, by name.
  /// - Throws: `WorkflowError.paletteStart` for a model without such weights, or whose weights are not those of the trainer.
  func configured(
    _ fields: [String: OptionValue], for shapes: [String: [Int]], isPruned: Bool
  ) throws -> (fields: [String: OptionValue], starts: [String: PaletteStart]) {
    func fail(_ problem: String) -> WorkflowError { .paletteStart(problem: problem) }
    if let (weight, reason) = unfit.first { throw fail("'\(weight)' cannot be a start: \(reason)") }
    guard !starts.isEmpty else { throw fail("the model has no palettized weights; model:palettize{ … } makes one") }
    let derived = ["n_bits", "granularity", "group_size", "cluster_dim", "enable_per_channel_scale"]
    let rules = ["op_types", "op_names", "op_patterns", "global_config", "module_type_configs", "module_name_configs"]
    if let extra = fields.keys.sorted().first(where: { (derived + rules).contains($0) && fields[$0] != .null }) {
      throw fail("\(extra) follows from the tables of init; leave it out")
    }
    var entries: [String: OptionValue] = [:]
    for (name, start) in starts {
      guard let shape = shapes[name] else { throw fail("the trainer has no weight '\(name)'") }
      guard shape == start.values.shape else { throw fail("'\(name)' is \(start.values.shape) there and \(shape) here") }
      if start.isSparse, !isPruned { throw fail("'\(name)' is pruned, too: t:prune{ … } comes first") }
      var own = fields
      own["n_bits"] = .integer(start.bits)
      own["weight_threshold"] = .integer(0)
      if start.groupCount > 1 {
        own["granularity"] = .string("per_grouped_channel")
        own["group_size"] = .integer(shape[0] / start.groupCount)
      }
      if start.dim > 1 { own["cluster_dim"] = .integer(start.dim) }
      if start.isQuantized, own["lut_dtype"] == nil { own["lut_dtype"] = .string("i8") }
      entries[NameExpressionText.exactly(name)] = .dictionary(own)
    }
    return (["module_name_configs": .dictionary(entries)], starts)
  }
}

/// Regular expressions of names.
enum NameExpressionText {
  /// The expression that matches the name alone.
  static func exactly(_ name: String) -> String {
    name.map { $0.isLetter || $0.isNumber || $0 == "_" ? String($0) : "\\\($0)" }.joined()
  }
}
