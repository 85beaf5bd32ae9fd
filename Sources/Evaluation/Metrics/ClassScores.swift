// SPDX-License-Identifier: Apache-2.0
// Scores as rows of classes, for any class axis.

import Tensors

/// An output as rows of scores: one row per sample, or per position of a sample.
struct ClassScores {
  let values: [Float]
  let rowCount: Int
  let classCount: Int
  private let inner: Int

  /// - Throws: `noScores` if no axis has more than one element, `labelShape` if no axis is compatible with the labels.
  init(_ output: Tensor, labels: Tensor?, metric: String, axis wanted: Int?) throws {
    let shape = output.shape
    let axes = shape.indices.dropFirst().filter { shape[$0] > 1 }
    guard !axes.isEmpty else { throw EvaluationError.noScores(metric: metric, output: shape) }
    let axis: Int
    if let wanted {
      guard let a = shape.normalizedAxis(wanted), a > 0 else {
        throw EvaluationError.badOption(name: "class_axis", value: "\(wanted)", allowed: "an axis of \(shape) but the first")
      }
      axis = a
    } else if let labels {
      let rest = labels.shape.dropFirst().filter { $0 != 1 }
      let fits = axes.last { a in axes.filter { $0 != a }.map { shape[$0] } == rest }
      guard let fits else { throw EvaluationError.labelShape(metric: metric, labels: labels.shape, output: shape) }
      axis = fits
    } else {
      axis = axes[axes.count - 1]
    }
    values = output.floats()
    classCount = shape[axis]
    inner = Array(shape[(axis + 1)...]).elementCount
    rowCount = shape.elementCount / max(classCount, 1)
    if let labels, labels.count != rowCount {
      throw EvaluationError.labelShape(metric: metric, labels: labels.shape, output: shape)
    }
  }

  /// The score of class `c` in row `r`; rows are numbered like the elements of the labels.
  subscript(row: Int, c: Int) -> Float {
    values[(row / inner) * classCount * inner + c * inner + row % inner]
  }

  /// The class with the largest score (ties: the first); `nil` if a score is NaN.
  func best(_ row: Int) -> Int? {
    var best = 0
    for c in 0..<classCount {
      let score = self[row, c]
      if score.isNaN { return nil }
      if score > self[row, best] { best = c }
    }
    return best
  }

  /// The rank of class `c` by descending score (ties by index), from 0; `nil` if a score is NaN.
  func rank(of c: Int, _ row: Int) -> Int? {
    let own = self[row, c]
    var rank = 0
    for other in 0..<classCount {
      let score = self[row, other]
      if score.isNaN { return nil }
      if score > own || (score == own && other < c) { rank += 1 }
    }
    return rank
  }
}
