// SPDX-License-Identifier: Apache-2.0
// Compares a model in fp16 and fp32 value by value, to find where rounding to fp16 fails.

import MIL
import ModelPackages
import Runtime
import Tensors

/// The effect of rounding the result of every operator to fp16, as devices do.
package struct PrecisionCheck: Sendable {
  /// A fault caused by rounding.
  package enum Fault: String, Sendable, CaseIterable {
    /// Infinite, although the fp32 value is finite.
    case overflow
    /// NaN, although the fp32 value is a number.
    case nan
    /// The difference from the fp32 value exceeds the tolerance.
    case deviation
  }

  /// A value with a fault that does not occur in any value that it is computed from.
  package struct Row: Sendable, Equatable {
    package let operatorName: String
    package let value: String
    package let fault: Fault
    /// The number of elements that are infinite or NaN, or, for a deviation, beyond the tolerance.
    package let elements: Int
    /// The largest magnitude of the fp32 value.
    package let peak: Double
    /// The largest difference between finite elements, relative to `peak`.
    package let deviation: Double
  }

  /// The faults in program order.
  package let rows: [Row]
  /// The number of fp16 values that were compared.
  package let compared: Int
}

extension Model {
  /// Runs the model in both precisions and compares every fp16 value of its main block.
  ///
  /// - Parameters:
  ///   - inputs: as for `predict`.
  ///   - tolerance: the largest permitted difference, relative to the largest magnitude of a value.
  /// - Throws: the errors of `predict`.
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
  /// Whether it holds a weight, which is not rounded at run time.
  fileprivate var isConstant: Bool { isStored }
}

/// Distinguishes faults that originate at a value from faults propagated from its inputs.
private struct FaultOrigins {
  let tolerance: Double
  private(set) var rows: [PrecisionCheck.Row] = []
  /// The faults of each value, including propagated ones.
  private var known: [String: Set<PrecisionCheck.Fault>] = [:]

  init(tolerance: Double) { self.tolerance = tolerance }

  mutating func compare(_ name: String, of operation: MIL.Operation, exact: Tensor, rounded: Tensor) {
    let difference = ValueDifference(exact.doubles(), rounded.doubles(), tolerance: tolerance)
    var handedOn: Set<PrecisionCheck.Fault> = []
    for read in operation.namesRead { handedOn.formUnion(known[read] ?? []) }
    let own = difference.faults
    known[name] = own.union(handedOn)
    // Faults propagated from inputs are not reported again.
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
  /// The severity; lower numbers are more severe.
  fileprivate var rank: Int {
    switch self {
    case .nan: 0
    case .overflow: 1
    case .deviation: 2
    }
  }
}

/// The difference between a rounded value and the exact value.
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
