// SPDX-License-Identifier: Apache-2.0
// Errors of evaluation.

import Tensors

/// The reason why something could not be evaluated, compared or drawn.
package enum EvaluationError: Error, Equatable {
  // Data sets
  case noInputs(source: String)
  case unequalLengths(first: String, count: Int, other: String, otherCount: Int)
  case scalarInput(name: String)
  case notADataset(path: String, reason: String)
  case imageSize(file: String, width: Int, height: Int, expectedWidth: Int, expectedHeight: Int)
  /// A picture that is smaller than the part of it that is wanted.
  case cropSize(file: String, width: Int, height: Int, cropWidth: Int, cropHeight: Int)
  /// Numbers for channels whose count is neither 1 nor that of the channels.
  case channelCount(option: String, given: Int, channels: Int)
  case soundRate(file: String, rate: Int, expected: Int)
  case soundChannels(file: String, channels: Int, expected: Int)
  case soundLength(file: String, frames: Int, expected: Int)
  /// A sample whose value has another type than that of the first sample. Indices count from 0; `nil` for a missing value.
  case unlikeSample(index: Int, what: String, found: String?, expected: String?)
  /// A field of a table that is not a number. Rows count from 1, without the header.
  case notANumber(file: String, row: Int, column: String, field: String)
  case noSuchColumn(file: String, name: String, present: [String])
  case badOption(name: String, value: String, allowed: String)
  /// An option that does not apply to the type of source.
  case unusedOption(name: String, source: String, advice: String)
  /// Data sets that cannot be joined.
  case unlikeSets(what: String, String, String)
  // Models
  case missingInput(name: String, present: [String])
  case outputRows(output: String, shape: [Int], samples: Int)
  case unlikeParts(first: String, other: String)
  case unfitInput(name: String, UnfitElement)
  case unknownClass(name: String, known: [String])
  /// Labels are class names, but the model has none.
  case unnamedClasses(label: String)
  case labelOfNoClass(label: Int, known: [Int])
  // Metrics
  case unknownMetric(name: String, known: [String])
  case metricNeeds(metric: String, what: String)
  case chooseOutput(metric: String, outputs: [String])
  case noSuchOutput(name: String, outputs: [String])
  case unlikeOutputs(metric: String, candidate: [Int], reference: [Int], referenceName: String)
  case labelShape(metric: String, labels: [Int], output: [Int])
  case noScores(metric: String, output: [Int])
  case unfitLabel(metric: String, UnfitElement)
  case labelOutOfRange(metric: String, label: Int, classes: Int)
  // Runs and reports
  case nothingToMeasure
  case duplicateMetric(name: String)
  case nothingToCompare
  case duplicateCandidate(name: String)
  case unknownColumn(name: String, known: [String])
  case nothingToDraw
  case cancelled
}

extension EvaluationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noInputs(let source): "\(source) holds no inputs"
    case .unequalLengths(let first, let count, let other, let otherCount):
      "\"\(first)\" has \(count) samples (its first axis), \"\(other)\" has \(otherCount): they must be equal"
    case .scalarInput(let name): "\"\(name)\" is a scalar; its first axis must count the samples"
    case .notADataset(let path, let reason): "\(path) is not a data set: \(reason)"
    case .imageSize(let file, let width, let height, let expectedWidth, let expectedHeight):
      "\(file) is \(width)×\(height), the images before it are \(expectedWidth)×\(expectedHeight); "
        + "resize = { \(expectedWidth), \(expectedHeight) } resizes all"
    case .cropSize(let file, let width, let height, let cropWidth, let cropHeight):
      "\(file) is \(width)×\(height) before the crop, smaller than \(cropWidth)×\(cropHeight); resize = \(max(cropWidth, cropHeight)) makes it larger"
    case .channelCount(let option, let given, let channels):
      "\(option) has \(given) numbers, but the pictures have \(channels) channel\(channels == 1 ? "" : "s")"
    case .soundRate(let file, let rate, let expected):
      "\(file) has \(rate) samples a second, the sounds before it \(expected); rate = \(expected) converts all"
    case .soundChannels(let file, let channels, let expected):
      "\(file) has \(channels) channel\(channels == 1 ? "" : "s"), the sounds before it \(expected); mono = true makes one of them"
    case .soundLength(let file, let frames, let expected):
      "\(file) has \(frames) samples, the sounds before it \(expected); seconds = … makes windows of one length"
    case .unlikeSample(let index, let what, let found, let expected):
      "sample \(index + 1): \(what) is \(found ?? "missing"); in the first sample it is \(expected ?? "missing")"
    case .notANumber(let file, let row, let column, let field):
      "\(file): row \(row), column \"\(column)\": "
        + (field.isEmpty ? "the field is empty, expected a number" : "expected a number, found \"\(field)\"")
    case .noSuchColumn(let file, let name, let present): "\(file) has no column \"\(name)\"; it has \(list(present))"
    case .badOption(let name, let value, let allowed): "\(name) = \(value) is out of range; allowed: \(allowed)"
    case .unusedOption(let name, let source, let advice): "\(source) does not use '\(name)'; \(advice)"
    case .unlikeSets(let what, let first, let second): "the data sets differ in \(what): \(first) and \(second)"
    case .missingInput(let name, let present):
      "the model's input \"\(name)\" is not in the data set, which has \(list(present)); rename it: inputs = { \(name) = … }"
    case .outputRows(let output, let shape, let samples):
      "output \"\(output)\" has shape \(shape); its first axis should be the \(samples) sample\(samples == 1 ? "" : "s") of the batch"
    case .unlikeParts(let first, let other): "the outputs of one batch differ: \(first) and \(other), expected the same type and shape"
    case .unfitInput(let name, let unfit): "input '\(name)' of the data set: \(unfit)"
    case .unknownClass(let name, let known): "the data set's class \"\(name)\" is not one of the model's: \(list(known))"
    case .unnamedClasses(let label):
      "the labels are names, such as \"\(label)\", and the model's classes have none; give their positions, from 0"
    case .labelOfNoClass(let label, let known):
      "label \(label) is none of the model's classes: \(known.prefix(10).map(String.init).joined(separator: ", "))"
        + (known.count > 10 ? ", … (\(known.count))" : "")
    case .unknownMetric(let name, let known): "no metric \"\(name)\" (known: \(known.joined(separator: ", ")))"
    case .metricNeeds(let metric, let what): "metric \"\(metric)\" needs \(what)"
    case .chooseOutput(let metric, let outputs):
      "metric \"\(metric)\" compares one output and the model has \(list(outputs)); choose one with output = \"…\""
    case .noSuchOutput(let name, let outputs): "the model has no output \"\(name)\"; it has \(list(outputs))"
    case .unlikeOutputs(let metric, let candidate, let reference, let referenceName):
      "metric \"\(metric)\" compares shape \(candidate) with \(reference) (\(referenceName)): they must be equal"
        + (referenceName == "labels" ? "; to compare with another model, give baseline = model" : "")
    case .labelShape(let metric, let labels, let output):
      "metric \"\(metric)\": labels of shape \(labels) do not fit scores of shape \(output); expected one label for each row of scores"
    case .noScores(let metric, let output):
      "metric \"\(metric)\" needs at least two scores per sample; the output's shape is \(output)"
    case .unfitLabel(let metric, let unfit): "metric \"\(metric)\": expected labels that are whole numbers, found \(unfit.place)"
    case .labelOutOfRange(let metric, let label, let classes):
      "metric \"\(metric)\": label \(label) is outside the \(classes) classes 0…\(classes - 1)"
    case .nothingToMeasure:
      "nothing to measure: the data set has no labels and there is no baseline; baseline = model compares with another model"
    case .duplicateMetric(let name): "two metrics are called \"\(name)\""
    case .nothingToCompare: "there are no candidates to compare"
    case .duplicateCandidate(let name): "two candidates are called \"\(name)\""
    case .unknownColumn(let name, let known):
      (name.isEmpty ? "the report has no metric" : "the report has no column \"\(name)\"") + "; it has \(list(known))"
    case .nothingToDraw: "there is no finite point to draw"
    case .cancelled: "the evaluation was interrupted"
    }
  }
}

private func list(_ names: [String]) -> String {
  guard names.count > 12 else { return names.isEmpty ? "none" : names.map { "\"\($0)\"" }.joined(separator: ", ") }
  return names.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ") + ", … (\(names.count))"
}
