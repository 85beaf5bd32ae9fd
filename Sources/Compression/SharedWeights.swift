// SPDX-License-Identifier: Apache-2.0
// Compresses weights that share their bytes, for example between functions of a program, once, so that the results
// are shared too.

import Encodings
import Tensors
import WeightStorage

enum SharedWeights {
  /// For each task, the first task that compresses the same bytes in the same way, usually itself.
  static func leaders(_ tasks: [WeightTask]) -> [Int] {
    var known: [[StoredBytes]: [Int]] = [:]
    return tasks.indices.map { index in
      let place = tasks[index].weight.storedBytes
      if let leader = known[place]?.first(where: { tasks[$0].isAlike(tasks[index]) }) { return leader }
      known[place, default: []].append(index)
      return index
    }
  }
}

extension WeightTask {
  /// Whether the technique produces the same result for both.
  fileprivate func isAlike(_ other: WeightTask) -> Bool {
    technique.isEqual(to: other.technique) && weight == other.weight && context.outputAxis == other.context.outputAxis
      && context.inputAxis == other.context.inputAxis && context.isNamed == other.context.isNamed
      && context.statistics == other.context.statistics && context.consumers.map(\.kind) == other.context.consumers.map(\.kind)
  }
}

extension Consumer {
  fileprivate var kind: [String] { [operatorType, parameter, "\(groups)"] }
}
