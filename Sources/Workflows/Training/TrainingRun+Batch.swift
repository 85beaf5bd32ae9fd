// SPDX-License-Identifier: Apache-2.0
// Converts samples to batches for the trainer: images, labels, and outputs of a teacher.

import DataFiles
import Evaluation
import ModelPackages
import Models
import Options
import Tensors
import Training

/// One input of a batch.
package enum BatchInput {
  case tensor(Tensor)
  case pictures([Image])
}

extension TrainingRun {
  /// A batch, with images converted to pixels, labels to indices of the model's classes, and the output of the teacher, if
  /// there is one.
  ///
  /// - Parameters:
  ///   - labels: the labels; ignored if the setup names an input that contains them.
  ///   - arePlaced: whether the labels are already indices of the model's classes.
  /// - Throws: `WorkflowError.unknownLabels` if the input with the labels is missing; `TrainingError.batch` if the teacher does
  ///   not have the output; `RuntimeError` for an input that is incompatible with the model; `EvaluationError` for a label
  ///   that is not one of the classes.
  package func batch(_ inputs: [String: BatchInput], labels: Tensor?, arePlaced: Bool = false) throws -> TrainingBatch {
    var tensors: [String: Tensor] = [:]
    for (name, input) in inputs {
      switch input {
      case .tensor(let tensor): tensors[name] = tensor
      case .pictures(let pictures): tensors[name] = try model.pixels(of: pictures, for: name)
      }
    }
    return try batch(tensors, labels: labels, arePlaced: arePlaced)
  }

  /// A batch whose labels are indices of named classes.
  ///
  /// - Parameters:
  ///   - labels: indices of `classes`.
  ///   - classes: the names of the classes of the data.
  ///   - areNames: whether the labels were originally names; a model without class names is then an error.
  /// - Throws: the errors of `batch(_:labels:arePlaced:)`; `EvaluationError` for a class that the model does not have.
  package func batch(
    _ inputs: [String: BatchInput], labels: Tensor, of classes: [String], areNames: Bool = false
  ) throws -> TrainingBatch {
    if model.classNames == nil, !areNames {
      remark("the model's classes have no names; labels count those of the data: \(Suggestion.list(classes))")
    }
    let reader = try LabelReader(classNames: classes, areNames: areNames, model, isNeeded: true)
    return try batch(inputs, labels: reader.positions(of: labels), arePlaced: true)
  }

  /// - Parameter needsTargets: whether the batch has labels and the output of the teacher, if there is one.
  func batch(_ inputs: [String: Tensor], labels: Tensor?, arePlaced: Bool, needsTargets: Bool = true) throws -> TrainingBatch {
    var batch = TrainingBatch(inputs: inputs, labels: labels)
    if let name = setup.labels {
      batch.labels = batch.inputs.removeValue(forKey: name)
      if batch.labels == nil, needsTargets { throw WorkflowError.unknownLabels(name: name, inputs: batch.inputs.keys.sorted()) }
    } else if !arePlaced {
      batch.labels = try labels.map(LabelReader(classesOf: model).positions)
    }
    // A single input matches the model's only input regardless of its name, as in an evaluation.
    if let (name, only) = batch.inputs.first, batch.inputs.count == 1, trainer.inputNames.count == 1 {
      let wanted = trainer.inputNames[0]
      if name != wanted { remark("input '\(wanted)' of the model is given '\(name)', the only input of the data set") }
      batch.inputs = [wanted: only]
    }
    for (name, tensor) in batch.inputs { model.doubt(about: tensor, for: name).map(remark) }
    if needsTargets, let teacher = setup.teacher {
      let count = batch.inputs.values.first?.shape.first ?? 1
      let outputs = try teacher.predictBatch(batch.inputs, count: count)
      let wanted = trainer.options.output ?? model.interface.outputs.first?.name ?? ""
      guard let reference = outputs[wanted] ?? (outputs.count == 1 ? outputs.values.first : nil) else {
        throw TrainingError.batch(problem: "step: the teacher has no output '\(wanted)'")
      }
      batch.reference = reference
    }
    return batch
  }
}
