// SPDX-License-Identifier: Apache-2.0
// Small predictors and temporary folders.

import Evaluation
import Foundation
import Tensors

/// The path of a file that `Tests/Fixtures/Evaluation/make.py` made.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/Evaluation/\(name)").path
}

/// Calls `body` with the path of an empty folder that is removed afterwards.
func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wane-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// The error that `body` throws, or `nil`.
func failure(_ body: () throws -> Void) -> EvaluationError? {
  do {
    try body()
    return nil
  } catch {
    return error as? EvaluationError
  }
}

/// Returns `scale * x` for each input `x`, and records the sizes of batches.
final class Scaler: Predictor {
  let inputNames = ["x"]
  let batchRule: BatchRule
  let classNames: [String]?
  let scale: Float
  var calls: [Int] = []

  init(_ scale: Float = 1, _ rule: BatchRule = .any, classNames: [String]? = nil) {
    self.scale = scale
    batchRule = rule
    self.classNames = classNames
  }

  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    guard let x = inputs["x"] else { return [:] }
    calls.append(x.shape.first ?? 0)
    return ["y": Tensor(x.floats().map { $0 * scale }, shape: x.shape)]
  }
}

/// A scaler that caches its outputs.
final class RememberingScaler: Predictor {
  let inner: Scaler
  let rememberedOutputs: OutputMemory?
  var inputNames: [String] { inner.inputNames }
  var batchRule: BatchRule { inner.batchRule }

  init(_ scale: Float, limit: Int? = nil) {
    inner = Scaler(scale)
    rememberedOutputs = OutputMemory(limit: limit)
  }

  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try inner.predict(inputs) }
}

/// A classifier whose classes are integers, and whose input is int32.
struct ClassifierScaler: Predictor {
  let classIDs: [Int]?
  let inputNames = ["x"]
  let batchRule = BatchRule.any

  init(ids: [Int]) { classIDs = ids }

  func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? {
    tensor.dtype.isFloat ? nil : tensor.unfitElement(for: .int32)
  }

  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] { ["y": inputs["x"] ?? Tensor(zeros: .float32, [0])] }
}

/// `[count, width]` counting up from 0.
func counting(_ count: Int, _ width: Int = 2) -> Tensor {
  Tensor((0..<count * width).map(Float.init), shape: [count, width])
}

/// A metric's value after one batch.
func measure(
  _ definition: MetricDefinition, _ output: Tensor, baseline: Tensor? = nil, labels: Tensor? = nil,
  options: MetricOptions = MetricOptions()
) throws -> MetricValue? {
  var metric = definition.make(options)
  try metric.add(
    MetricBatch(
      outputs: ["y": output], reference: baseline.map { ["y": $0] }, labels: labels, count: output.shape.first ?? 0))
  return metric.result
}

/// A predictor made of a closure.
struct ClosurePredictor: Predictor {
  let inputNames: [String]
  let batchRule = BatchRule.any
  let body: ([String: Tensor]) throws -> [String: Tensor]

  init(inputNames: [String], body: @escaping ([String: Tensor]) throws -> [String: Tensor]) {
    self.inputNames = inputNames
    self.body = body
  }

  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try body(inputs) }
}
