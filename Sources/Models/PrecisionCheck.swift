// SPDX-License-Identifier: Apache-2.0
// Where rounding every value to 16 bits goes wrong: the model run in both precisions, value by value.

import MIL
import ModelPackages
import Runtime
import Tensors

/// What happens to the values of a model when every operator rounds its result to fp16, as a device does.
package struct PrecisionCheck: Sendable {
  /// What rounding does to a value.
  package enum Fault: String, Sendable, CaseIterable {
    /// Infinite, where 32 bits hold a finite number.
    case overflow
    /// Not a number, where 32 bits hold one.
    case nan
    /// Further from what 32 bits give than the tolerance.
    case deviation
  }

  /// A value with a fault that none of the values has from which it is computed.
  package struct Row: Sendable, Equatable {
    package let operatorName: String
    package let value: String
    package let fault: Fault
    /// How many elements are infinite or not numbers; for a deviation, how many are beyond the tolerance.
    package let elements: Int
    /// The largest magnitude of the value in 32 bits.
    package let peak: Double
    /// The largest difference between finite elements, relative to `peak`.
    package let deviation: Double
  }

  /// In the order of the program.
  package let rows: [Row]
  /// Number of fp16 values that were compared.
  package let compared: Int
}

extension Model {
  /// Runs the model in both precisions and compares every fp16 value of its outer block.
  ///
  /// - Parameters:
  ///   - inputs: as for `predict`.
  ///   - tolerance: the largest difference, relative to a value's largest magnitude, that is no fault.
  /// - Throws: as `predict`.
  package func precisionCheck(_ inputs: [String: ModelInput], tolerance: Double) throws -> PrecisionCheck {
    let operations = function?.block.operations.filter { !$0.isConstant } ?? []
    let names = operations.flatMap(\.outputs).filter { $0.type.tensorType?.dtype == .float16 }.map(\.name)
    guard !names.isEmpty else { return PrecisionCheck(rows: [], compared: 0) }
    let exact = try values(names, inputs, .float32)
    let rounded = try values(names, inputs, .float16)
    var origins = FaultOrigins(tolerance: tolerance)
    for operation in operations {
      for output in operation.outputs {
        guard let a = exact[output.name], let b = rounded[output.name] else { continue }
        origins.compare(output.name, of: operation, exact: a, rounded: b)
      }
    }
    return PrecisionCheck(rows: origins.rows, compared: names.count)
  }

  private func values(
    _ names: [String], _ inputs: [String: ModelInput], _ precision: RuntimeOptions.Precision
  ) throws -> [String: Tensor] {
    let executor = try Executor(
      program: contents.program, function: interface.name,
      options: RuntimeOptions(precision: precision, weights: weightPolicy, keepsComputedResults: true), isCancelled: isCancelled)
    let results = try withThreads { try executor.run(feeds(inputs), state: executor.makeState(), outputs: names) }
    return results.compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } }
  }
}

extension MIL.Operation {
  /// Whether it holds a weight: no device rounds that at run time.
  fileprivate var isConstant: Bool { isStored }
}

/// Faults of values, told apart from those that were handed on to them.
private struct FaultOrigins {
  let tolerance: Double
  private(set) var rows: [PrecisionCheck.Row] = []
  /// Faults by value, whether they began there or before.
  private var known: [String: Set<PrecisionCheck.Fault>] = [:]

  init(tolerance: Double) { self.tolerance = tolerance }

  mutating func compare(_ name: String, of operation: MIL.Operation, exact: Tensor, rounded: Tensor) {
    let difference = ValueDifference(exact.doubles(), rounded.doubles(), tolerance: tolerance)
    var handedOn: Set<PrecisionCheck.Fault> = []
    for read in operation.namesRead { handedOn.formUnion(known[read] ?? []) }
    let own = difference.faults
    known[name] = own.union(handedOn)
    // What comes of infinities is no news.
    guard let worst = own.subtracting(handedOn).sorted(by: { $0.rank < $1.rank }).first,
      worst != .deviation || handedOn.isEmpty
    else { return }
    rows.append(
      PrecisionCheck.Row(
        operatorName: operation.type, value: name, fault: worst, elements: difference.elements[worst] ?? 0, peak: difference.peak,
        deviation: difference.deviation))
  }
}

extension PrecisionCheck.Fault {
  /// The graver first.
  fileprivate var rank: Int {
    switch self {
    case .nan: 0
    case .overflow: 1
    case .deviation: 2
    }
  }
}

/// How far a rounded value is from the exact one.
private struct ValueDifference {
  private(set) var elements: [PrecisionCheck.Fault: Int] = [:]
  private(set) var peak = 0.0
  private(set) var deviation = 0.0

  var faults: Set<PrecisionCheck.Fault> { Set(elements.keys) }

  init(_ exact: [Double], _ rounded: [Double], tolerance: Double) {
    for a in exact where a.isFinite { peak = max(peak, abs(a)) }
    for (a, b) in zip(exact, rounded) where a.isFinite {
      if b.isNaN {
        elements[.nan, default: 0] += 1
      } else if b.isInfinite {
        elements[.overflow, default: 0] += 1
      } else if a != b {
        let distance = abs(a - b) / max(peak, .leastNormalMagnitude)
        deviation = max(deviation, distance)
        if distance > tolerance { elements[.deviation, default: 0] += 1 }
      }
    }
  }
}
