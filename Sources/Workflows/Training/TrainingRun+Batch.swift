// SPDX-License-Identifier: Apache-2.0
// From samples as a person has them to the batch that the trainer takes.

import DataFiles
import Evaluation
import ModelPackages
import Models
import Tensors
import Training

/// One input of a batch.
package enum BatchInput {
  case tensor(Tensor)
  case pictures([Image])
}

extension TrainingRun {
  /// A batch: pictures as pixels, labels as positions among the model's classes, a teacher's output beside them.
  ///
  /// - Parameter arePlaced: whether labels are positions already.
  /// - Throws: `TrainingError.batch` for a batch without its labels, or a teacher without the output; `RuntimeError` for an input
  ///   that does not fit; `EvaluationError` for a label of no class.
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

  func batch(_ inputs: [String: Tensor], labels: Tensor?, arePlaced: Bool) throws -> TrainingBatch {
    var batch = TrainingBatch(inputs: inputs, labels: labels)
    if let name = setup.labels {
      guard let found = batch.inputs.removeValue(forKey: name) else {
        throw TrainingError.batch(problem: "step: the batch has no input '\(name)', which holds the labels")
      }
      batch.labels = found
    } else if !arePlaced {
      batch.labels = try labels.map(LabelReader(classesOf: model).positions)
    }
    // One input of each match whatever their names, as when a model is evaluated.
    if let (name, only) = batch.inputs.first, batch.inputs.count == 1, trainer.inputNames.count == 1 {
      let wanted = trainer.inputNames[0]
      if name != wanted { remark("input '\(wanted)' of the model is given '\(name)', the only input of the data set") }
      batch.inputs = [wanted: only]
    }
    for (name, tensor) in batch.inputs { model.doubt(about: tensor, for: name).map(remark) }
    if let teacher = setup.teacher {
      let outputs = try teacher.predict(batch.inputs)
      let wanted = trainer.options.output ?? model.interface.outputs.first?.name ?? ""
      guard let reference = outputs[wanted] ?? (outputs.count == 1 ? outputs.values.first : nil) else {
        throw TrainingError.batch(problem: "step: the teacher has no output '\(wanted)'")
      }
      batch.reference = reference
    }
    return batch
  }
}
