// SPDX-License-Identifier: Apache-2.0
// What can be wrong with what a workflow is asked for.

import Evaluation

package enum WorkflowError: Error, Equatable {
  // Recipes
  case noRecipe(path: String)
  case recipeNotText(path: String)
  case unreadableRecipe(path: String, problem: String)
  /// A recipe that cannot be written down; steps count from 1.
  case functionInRecipe(step: Int)
  /// A report none of whose weights has a number to draw.
  case nothingToPlot(isDryRun: Bool)
  // Training
  /// A loss that compares with another model, without one.
  case lossNeedsTeacher(loss: String)
  case lossWithoutTeacher(loss: String)
  /// A checkpoint of a run whose loss no file can hold.
  case lossNotInCheckpoint
  /// An option of fit that says how to validate, without anything to validate on.
  case unusedWithoutValidation(option: String)
  case notMonitored(metric: String, measured: [String])
  // Fresh models
  case batchOfPictures
  case noNetworkInputs
  case outputNames(given: Int, made: Int)
  // Data sets and comparisons
  case noSamples
  case seedWithoutShuffle
  case imageSize
  case imageSizeOfArrays
  case dataset(EvaluationError, choosesArrays: Bool)
  case repeatedCandidate(name: String)
  case noCandidate(name: String, known: [String])
}

extension WorkflowError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noRecipe(let path): "there is no recipe \(path)"
    case .recipeNotText(let path): "\(path) is not text in UTF-8"
    case .unreadableRecipe(let path, let problem): "\(path): \(problem)"
    case .functionInRecipe(let step): "to_yaml: step \(step) has a where function, which YAML cannot hold"
    case .nothingToPlot(let isDryRun):
      isDryRun ? "plot: a dry run has measured nothing" : "plot: no weight was compressed with a loss that could be drawn"
    case .lossNeedsTeacher(let loss): "trainer: the loss \(loss) needs another model"
    case .lossWithoutTeacher(let loss): "trainer: the loss \(loss) does not use a teacher"
    case .lossNotInCheckpoint: "resume: the loss of this run is not in the checkpoint"
    case .unusedWithoutValidation(let option): "fit: \(option) is not used without a validation"
    case .notMonitored(let metric, let measured):
      "fit: monitor = '\(metric)' is not measured; measured are \(measured.joined(separator: ", "))"
    case .batchOfPictures: "model: batch is not used with pictures, which come one at a time"
    case .noNetworkInputs: "model: there are no inputs"
    case .outputNames(let given, let made): "model: outputs has \(given) names, the network \(made) output"
    case .noSamples: "dataset: give inputs = { name = Tensor } or a path"
    case .seedWithoutShuffle: "dataset: seed is not used without shuffle"
    case .imageSize: "dataset: image_size must be {width, height}"
    case .imageSizeOfArrays: "dataset: image_size is not used with inputs; it resizes the pictures of a folder"
    case .dataset(let error, _): "dataset: \(error)"
    case .repeatedCandidate(let name): "compare: several candidates are named '\(name)'; a report tells them apart by name"
    case .noCandidate(let name, _): "compare: no candidate named '\(name)'"
    }
  }

  /// What to try, as Lua writes it.
  package var hint: String? {
    switch self {
    case .noRecipe: "give the path of a YAML or JSON file, or its text"
    case .functionInRecipe: "wane.recipe(model) of the compressed model names the weights instead"
    case .nothingToPlot: "value = \"bits\" draws what each weight takes"
    case .lossNeedsTeacher(let loss): "loss = { type = \"\(loss)\", teacher = model }"
    case .lossWithoutTeacher: "loss = { type = \"kl\", teacher = model }"
    case .lossNotInCheckpoint: "give it again: wane.resume(path, { loss = … })"
    case .unusedWithoutValidation: "validation = a Dataset"
    case .noSamples: "wane.dataset(\"data.npz\")"
    case .seedWithoutShuffle: "shuffle = true"
    case .dataset(_, let choosesArrays):
      choosesArrays ? "choose arrays of the file: { inputs = { image = \"test_x\" }, labels = \"test_y\" }" : nil
    case .noCandidate(_, let known): "candidates: \(known.joined(separator: ", "))"
    case .recipeNotText, .unreadableRecipe, .notMonitored, .batchOfPictures, .noNetworkInputs, .outputNames, .imageSize,
      .imageSizeOfArrays, .repeatedCandidate:
      nil
    }
  }
}
