// SPDX-License-Identifier: Apache-2.0
// Errors of workflows: compression, training, evaluation and comparison.

import Evaluation
import Options

package enum WorkflowError: Error, Equatable {
  // Recipes
  case noRecipe(path: String)
  case recipeNotText(path: String)
  case unreadableRecipe(path: String, problem: String)
  /// A step with a selector function, which YAML cannot represent. Steps are numbered from 1.
  case functionInRecipe(step: Int)
  /// Calibration data for a step whose algorithms read none.
  case idleCalibration(step: String)
  /// A report without a finite value to plot.
  case nothingToPlot(isDryRun: Bool)
  // Structure
  /// A value that is not computed in the function's own block.
  case uncomputedValue(String)
  case noCalibrationInput(String, known: [String])
  case secondMoments(weight: String, found: [Int], expected: [Int])
  case nothingToSlim
  // Training
  /// A loss that requires a teacher, without one.
  case lossNeedsTeacher(loss: String)
  case lossWithoutTeacher(loss: String)
  /// The option `labels` with the name of an input of the model.
  case labelsAreModelInput(name: String)
  /// The option `labels` with a name that is not an input of the batch.
  case unknownLabels(name: String, inputs: [String])
  /// A checkpoint of a run whose loss could not be saved.
  case lossNotInCheckpoint
  /// An option for validation, without validation data.
  case unusedWithoutValidation(option: String)
  case notMonitored(metric: String, measured: [String])
  /// A model that palettization cannot start from.
  case paletteStart(problem: String)
  /// A step or an option of a recipe that no training method has.
  case untrainable(problem: String, reason: String)
  // New models
  case batchOfPictures
  case noNetworkInputs
  case outputNames(given: Int, made: Int)
  // Data sets and comparisons
  case noSamples
  case seedWithoutShuffle
  /// An option that a source does not use, with the names of the sources that do.
  case unusedOption(option: String, source: String, users: [String])
  case noTokenizer
  case noSampleCount
  /// Options of windows, without their length.
  case noSeconds
  /// The name of the only input, although the columns are given by input.
  case inputOfColumns
  case dataset(EvaluationError, choosesArrays: Bool)
  case repeatedCandidate(name: String)
  case noCandidate(name: String, known: [String])
  // Sensitivity and search
  /// None of the candidates compresses a weight.
  case noCandidateApplies(names: [String])
  /// A file of sensitivities that belongs to another run.
  case otherSensitivity(path: String, what: String)
  /// A budget below what the candidates can reach.
  case budget(wanted: Int, least: Int, of: Int)
  case otherModel
  // Generation
  case emptyPrompt
  /// A prompt with more tokens than the states hold.
  case longPrompt(Int, room: Int)
  /// A token id beyond the model's logits.
  case unknownToken(Int, vocabulary: Int)
  /// Logits that are not numbers.
  case noToken(position: Int)
}

extension WorkflowError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noRecipe(let path): "\(path): there is no such file"
    case .recipeNotText(let path): "\(path) is not text in UTF-8"
    case .unreadableRecipe(let path, let problem): "\(path): \(problem)"
    case .functionInRecipe(let step): "to_yaml: step \(step) has a where function, which YAML cannot hold"
    case .idleCalibration(let step): "\(step): calibration has no effect with an algorithm that reads no data"
    case .nothingToPlot(let isDryRun):
      isDryRun ? "plot: a dry run has measured nothing" : "plot: no weight was compressed with a loss that could be drawn"
    case .uncomputedValue(let name): "calibration: '\(name)' is computed in a loop or branch, whose values cannot be asked for"
    case .noCalibrationInput(let name, let known): "calibration: the data has no input '\(name)' (inputs: \(known.joined(separator: ", ")))"
    case .secondMoments(let weight, let found, let expected): "second_moments: '\(weight)' has shape \(found), expected \(expected)"
    case .nothingToSlim: "slim: no channel can be removed: all reach an output or an operator that needs them as they are"
    case .lossNeedsTeacher(let loss): "trainer: the loss \(loss) needs another model"
    case .lossWithoutTeacher(let loss): "trainer: the loss \(loss) does not use a teacher"
    case .labelsAreModelInput(let name): "trainer: labels = \"\(name)\" is an input of the model"
    case .unknownLabels(let name, _): "trainer: labels = \"\(name)\" is no input of the batch"
    case .lossNotInCheckpoint: "resume: the loss of this run is not in the checkpoint"
    case .unusedWithoutValidation(let option): "fit: \(option) is not used without a validation"
    case .notMonitored(let metric, let measured):
      "fit: monitor = '\(metric)' is not measured; measured are \(measured.joined(separator: ", "))"
    case .paletteStart(let problem): "palettize: init: \(problem)"
    case .untrainable(let problem, let reason): "apply: \(problem) cannot be trained: \(reason)"
    case .batchOfPictures: "model: batch is not used with pictures, which come one at a time"
    case .noNetworkInputs: "model: there are no inputs"
    case .outputNames(let given, let made): "model: outputs has \(given) names, the network \(made) output"
    case .noSamples: "dataset: give inputs = { name = Tensor } or a path"
    case .seedWithoutShuffle: "dataset: seed is not used without shuffle"
    case .unusedOption(let option, _, ["text"]): "dataset: \(option) is only used with text"
    case .unusedOption(let option, let source, let users):
      "dataset: \(option) is not used with \(source); it is an option of \(users.joined(separator: " and "))"
    case .noTokenizer: "dataset: text needs a tokenizer"
    case .noSampleCount: "dataset: a function needs count, the number of samples"
    case .noSeconds: "dataset: stride and pad are those of windows, and seconds, their length, is missing"
    case .inputOfColumns: "dataset: input is not used with columns that are given by input"
    case .dataset(let error, _): "dataset: \(error)"
    case .repeatedCandidate(let name): "compare: several candidates are named '\(name)'; a report tells them apart by name"
    case .noCandidate(let name, _): "compare: no candidate named '\(name)'"
    case .noCandidateApplies(let names): "sensitivity: no candidate compresses a weight of the model: \(names.joined(separator: ", "))"
    case .otherSensitivity(let path, let what): "sensitivity: \(path) was written by another run: \(what) differs"
    case .budget(let wanted, let least, let all):
      "search: the budget of \(wanted) bytes is below the \(least) that the candidates can reach, of \(all)"
    case .otherModel: "search: the sensitivity was found with another model or other weights"
    case .emptyPrompt: "generate: the prompt has no tokens"
    case .longPrompt(let count, let room): "generate: the prompt has \(count) tokens, but the model's states hold \(room)"
    case .unknownToken(let id, let vocabulary): "generate: the prompt has the id \(id), but the model's logits are of \(vocabulary) tokens"
    case .noToken(let position): "generate: no logit after \(position) tokens is a number"
    }
  }

  /// A suggestion, with code in Lua; `nil` if there is none.
  package var hint: String? {
    switch self {
    case .noRecipe: "a recipe is the path of a YAML or JSON file, or its text"
    case .idleCalibration(let step): "algorithm = \"\(step == "prune" ? "sparse_gpt" : "gptq")\" reads them"
    case .functionInRecipe: "wane.recipe(model) of the compressed model names the weights instead"
    case .nothingToPlot: "value = \"bits\" draws what each weight takes"
    case .lossNeedsTeacher(let loss): "loss = { type = \"\(loss)\", teacher = model }"
    case .lossWithoutTeacher: "loss = { type = \"kl\", teacher = model }"
    case .labelsAreModelInput: "labels names the input of the data that contains only the labels"
    case .unknownLabels(let name, let inputs): Suggestion.hint(for: name, among: inputs, called: "inputs")
    case .lossNotInCheckpoint: "give it again: wane.resume(path, { loss = … })"
    case .unusedWithoutValidation: "validation = a Dataset"
    case .noSamples: "wane.dataset(\"data.npz\")"
    case .seedWithoutShuffle: "shuffle = true"
    case .unusedOption(_, _, ["text"]): "wane.dataset{ text = \"file.txt\", tokenizer = … }"
    case .unusedOption: nil
    case .noTokenizer: "tokenizer = wane.tokenizer \"tokenizer.json\""
    case .noSampleCount: "wane.dataset(function(i) … end, { count = 100 })"
    case .noSeconds: "seconds = 1"
    case .dataset(_, let choosesArrays):
      choosesArrays ? "choose arrays of the file: { inputs = { image = \"test_x\" }, labels = \"test_y\" }" : nil
    case .noCandidate(_, let known): "candidates: \(known.joined(separator: ", "))"
    case .noCandidateApplies: "candidates = { { \"palettize\", nbits = 4, weight_threshold = 0 } } reaches small weights too"
    case .otherSensitivity: "give another path, or remove the file"
    case .budget: "candidates with fewer bits, or a larger budget"
    case .otherModel: "model:sensitivity(data) finds that of this one"
    case .uncomputedValue, .noCalibrationInput, .secondMoments, .nothingToSlim, .recipeNotText, .unreadableRecipe, .notMonitored,
      .paletteStart, .untrainable, .batchOfPictures, .noNetworkInputs, .outputNames,
      .inputOfColumns, .repeatedCandidate, .unknownToken:
      nil
    case .emptyPrompt: "give at least the id that begins a text: tokenizer.bos"
    case .longPrompt: "give the last of its tokens"
    case .noToken: "model:check{ inputs = … } finds where fp16 overflows"
    }
  }
}
