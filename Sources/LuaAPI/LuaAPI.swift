// SPDX-License-Identifier: Apache-2.0
// The global `wane`, with the list of all modules and functions.

import Evaluation
import LuaHost
import Models
import Runtime
import Workflows

/// The entry point for the command.
package enum LuaAPI {
  /// The program's name and version.
  package static let version = ProgramVersion.text

  /// The module `wane`.
  package static let wane = LuaModule(
    "wane", "Shrinks Core ML models and says what the shrinking cost.",
    functions: ModelFunctions.all + ConvertFunction.all + OptionsFunction.all + ClockFunction.all + RecipeFunctions.all
      + DifferenceFunctions.all
      + TensorFunctions.all + CreationFunctions.all + FileFunctions.all + [TextFunctions.loadCSV] + WeightFileFunctions.all
      + GlobFunction.all
      + DatasetFunctions.all + TokenizerFunction.all
      + TechniqueFunctions.all + StatisticsFunctions.all + MultifunctionFunctions.all
      + CompareFunction.all + PlotFunction.all + TrainerFunctions.all,
    modules: [
      NetworkFunctions.module, EncodingFunctions.module, LinearAlgebraFunctions.linalg, LinearAlgebraFunctions.stats,
      OperatorFunctions.module, TextFunctions.json, TextFunctions.csv,
    ],
    classes: [
      Model.self, StateStore.self, TensorObject.self, ImageObject.self, WeightObject.self, EncodedObject.self,
      TechniqueObject.self, ReportObject.self, ConversionReportObject.self,
      RecipeObject.self, StatisticsObject.self, ValueStatisticsObject.self, SensitivityObject.self, DifferenceObject.self,
      DatasetObject.self, ResultObject.self, ConfusionObject.self, ComparisonObject.self, RowObject.self,
      TokenizerObject.self, TrainerObject.self, NullObject.self, FitHistoryObject.self, TrainingReportObject.self,
    ],
    records: [
      FeatureRecord.declaration, WeightReaderRecord.declaration, WeightContextRecord.declaration, OperationRecord.declaration,
      RewriteOperation.declaration, ReportEntry.declaration, ConversionEntryRecord.declaration, CandidateRecord.declaration,
      UnsupportedRecord.declaration,
      DifferenceRecord.declaration,
      BatchRecord.declaration, MetricBatchRecord.declaration, EncodingRecord.declaration,
      BenchmarkRecord.declaration, ProfileRecord.declaration, MemoryPlanRecord.declaration, PlaceRecord.declaration,
      CheckRecord.declaration, FaultRecord.declaration, SensitivityRecord.declaration, SearchPointRecord.declaration, FitEpoch.declaration,
      TrainingReportEntry.declaration,
    ], foreignNames: ForeignTensorNames.functions)

  /// The text that `help()` prints first at the prompt.
  package static let tour = """
    Load a model, look at it, shrink it, see what that cost, save it:

      model = wane.load "examples/digits_cnn.mlpackage"
      model
      small = model:palettize{ nbits = 4 }
      small.report
      digits = wane.load_npz "examples/digits.npz"
      data = wane.dataset{ inputs = { image = digits.test_x:scale(1 / 16):reshape{ -1, 1, 8, 8 } }, labels = digits.test_y }
      small:evaluate(data, { baseline = model })
      small:save "small.mlpackage"

    """

  /// The text that is printed when the prompt starts.
  package static let banner = """
    \(version), Lua 5.4: Core ML models made smaller
    help() is a tour, ?name explains, Tab completes; exit leaves
    """

  /// Registers all declarations and the conversion of errors.
  package static func open(in interpreter: Interpreter) throws {
    interpreter.translateError = translate
    interpreter.foreignNames = ForeignLibraries.names
    try interpreter.register(wane)
    interpreter.register(
      LuaTopic(
        "metrics", "What evaluate and compare measure: metrics = { \"accuracy\", mine = function(outputs, batch) … end }.",
        rows: Metrics.all.map { ($0.name, $0.formula) }))
  }
}
