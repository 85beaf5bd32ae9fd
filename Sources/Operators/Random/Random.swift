// SPDX-License-Identifier: Apache-2.0
// Random number operators: deterministic with a seed, different in each run with seed -1.

import Kernels
import MIL
import Tensors

/// Random numbers of a distribution in a tensor of the given shape.
protocol DistributionOperator: MovementOperator {
  /// The parameters that determine the dtype of the output.
  static var typed: [String] { get }
  static func fill(_ call: Call) throws -> (RandomFill, UnsafeMutablePointer<Float>, Int) -> Void
}

extension DistributionOperator {
  static var hasEffect: Bool { true }

  static func infer(_ call: Call) throws -> [ValueType] {
    let types = try typed.compactMap { try call.optionalType($0)?.dtype }
    let dtype = types.first ?? .float32
    let shape = try call.type("shape")
    guard shape.rank == 1 else { throw call.error("shape must be a vector, found \(shape)") }
    if let extents = try call.integers("shape") {
      guard extents.allSatisfy({ $0 > 0 }) else {
        throw call.error("shape must be positive extents, found \(extents)")
      }
      return [try call.result(dtype, extents.map { .fixed($0) })]
    }
    return [.tensor(TensorType(dtype, try call.unknownExtents("shape")))]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let source = try request.call.randomSource()
    let fill = try fill(request.call)
    let (y, count) = (request.output.floats(), request.output.count)
    return Kernel("loop") { fill(source, y, count) }
  }
}

extension Call {
  fileprivate func randomSource() throws -> RandomFill {
    let seed = try known(integer("seed"), "seed")
    return RandomFill(seed: seed == -1 ? nil : UInt64(bitPattern: Int64(seed)))
  }
}

extension Parameter {
  fileprivate static let shape = Parameter("shape", .int32)
  fileprivate static let seed = Parameter("seed", .int32, .defaultsTo(.int(-1)))
  fileprivate static func option(_ name: String, _ value: Double) -> Parameter {
    Parameter(name, Domain.float.tied("T"), .defaultsTo(.float(value)))
  }
}

/// 1 with probability `prob`, else 0.
enum RandomBernoulli: DistributionOperator {
  static let signature = Signature("random_bernoulli", [.shape, .option("prob", 0.5), .seed])
  static let typed = ["prob"]
  static func fill(_ call: Call) throws -> (RandomFill, UnsafeMutablePointer<Float>, Int) -> Void {
    let probability = try call.number("prob")
    return { $0.bernoulli($1, count: $2, probability: probability) }
  }
}

/// Normally distributed numbers.
enum RandomNormal: DistributionOperator {
  static let signature = Signature("random_normal", [.shape, .option("mean", 0), .option("stddev", 1), .seed])
  static let typed = ["mean", "stddev"]
  static func fill(_ call: Call) throws -> (RandomFill, UnsafeMutablePointer<Float>, Int) -> Void {
    let (mean, deviation) = (try call.number("mean"), try call.number("stddev"))
    return { $0.normal($1, count: $2, mean: mean, deviation: deviation) }
  }
}

/// Uniformly distributed numbers in `low..<high`.
enum RandomUniform: DistributionOperator {
  static let signature = Signature("random_uniform", [.shape, .option("low", 0), .option("high", 1), .seed])
  static let typed = ["low", "high"]
  static func fill(_ call: Call) throws -> (RandomFill, UnsafeMutablePointer<Float>, Int) -> Void {
    let (low, high) = (try call.number("low"), try call.number("high"))
    return { $0.uniform($1, count: $2, low: low, high: high) }
  }
}

/// Indices drawn with the weights along the last axis.
enum RandomCategorical: MovementOperator {
  static let signature = Signature(
    "random_categorical",
    [
      .x, Parameter("mode", .string, .defaultsTo(.string("logits"))), Parameter("size", .int32, .defaultsTo(.int(1))),
      .seed,
    ])
  static let hasEffect = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let size = try call.known(call.integer("size"), "size")
    guard size > 0 else { throw call.error("size must be at least 1, found \(size)") }
    _ = try areLogarithms(call)
    guard x.hasKnownRank else { return [.tensor(x)] }
    guard let classes = x.dimensions.last else { throw call.error("x must have an axis of classes, found a scalar") }
    if classes.size == 0 { throw call.error("x is \(x), expected at least one class along the last axis") }
    return [.tensor(TensorType(x.dtype, x.dimensions.dropLast() + [.fixed(size)]))]
  }

  private static func areLogarithms(_ call: Call) throws -> Bool {
    switch try call.known(call.string("mode"), "mode") {
    case "logits": true
    case "probs": false
    case let mode: throw call.error("mode must be logits or probs, found \(mode)")
    }
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let source = try request.call.randomSource()
    let x = try request.input("x")
    let areLogarithms = try areLogarithms(request.call)
    let classes = x.shape[x.shape.count - 1]
    let samples = request.output.shape[x.shape.count - 1]
    let (rows, from, to) = (x.count / classes, x.floats(), request.output.floats())
    return Kernel("loop") {
      source.categorical(from, rows: rows, classes: classes, areLogarithms: areLogarithms, to: to, samples: samples)
    }
  }
}

enum Random {
  static let operators: [any Operator.Type] = [
    RandomBernoulli.self, RandomCategorical.self, RandomNormal.self, RandomUniform.self,
  ]
}

extension DistributionOperator { static var gradient: Gradient { .random } }
extension RandomCategorical { static let gradient = Gradient.random }
