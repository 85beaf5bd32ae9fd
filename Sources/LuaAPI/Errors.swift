// SPDX-License-Identifier: Apache-2.0
// Converts errors of lower targets to Lua errors: a kind, a message, a hint.

import Algebra
import Calibration
import Compression
import Conversion
import DataFiles
import Encodings
import Evaluation
import Files
import Foundation
import LuaHost
import MIL
import ModelPackages
import Models
import ONNXFiles
import Operators
import Options
import ProgramEdits
import Rules
import Runtime
import TextFormats
import Tokenizers
import TorchFiles
import Training
import WeightFiles
import WeightStorage
import Workflows

/// An error of a target that does not depend on Lua.
private struct ReportedError: LuaReportable {
  let kind: LuaErrorKind
  let message: String
  var hint: String?
}

/// The error with its kind; `nil` for errors that are not of Wane's targets.
func translate(_ error: any Error) -> (any LuaReportable)? {
  switch error {
  case let failure as CandidateFailure:
    ((failure.underlying as? any LuaReportable) ?? translate(failure.underlying)).map { inner in
      inner.kind == .interrupted
        ? inner : ReportedError(kind: inner.kind, message: failure.description, hint: inner.hint)
    }
  case PackageError.notFound(let path):
    ReportedError(kind: .notFound, message: PackageError.notFound(path).description, hint: NearbyFile.hint(for: path))
  case DataFileError.cannotOpen(let file, let reason) where !FileManager.default.fileExists(atPath: file):
    ReportedError(
      kind: .notFound, message: DataFileError.cannotOpen(file: file, reason: reason).description, hint: NearbyFile.hint(for: file))
  case let error as PackageError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as DataFileError: ReportedError(kind: error.luaKind, message: error.description)
  case FileError.failed(.open, let path, let code) where code == ENOENT:
    ReportedError(
      kind: .notFound, message: FileError.failed(.open, path: path, code: code).description, hint: NearbyFile.hint(for: path))
  case let error as FileError: ReportedError(kind: .io, message: error.description)
  case let error as ModelError: ReportedError(kind: error.luaKind, message: error.description)
  case RuntimeError.interrupted, CompressionError.cancelled, EvaluationError.cancelled, AlgebraError.interrupted: LuaInterrupted()
  case let error as AlgebraError: ReportedError(kind: error.luaKind, message: error.description, hint: error.hint)
  case let error as TextFormatError: ReportedError(kind: .format, message: error.description)
  case let error as TokenizerError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as OptionError: ReportedError(kind: .usage, message: error.description)
  case RuleError.unmatched(let step, let rules):
    ReportedError(
      kind: .notFound, message: RuleError.unmatched(step: step, rules).description,
      hint: "allow_unmatched = true lets rules match nothing")
  case let error as RuleError: ReportedError(kind: .usage, message: error.description)
  case let error as CalibrationError: ReportedError(kind: .usage, message: error.description)
  case let error as WeightStorageError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as CompressionError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as EvaluationError: ReportedError(kind: .usage, message: error.description)
  case let error as EncodingError: ReportedError(kind: .format, message: error.description)
  case RuntimeError.unknownOutput(let name):
    ReportedError(
      kind: .notFound, message: RuntimeError.unknownOutput(name).description, hint: "model:text() shows the names of all values")
  case let error as RuntimeError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as WorkflowError: ReportedError(kind: error.luaKind, message: error.description, hint: error.hint)
  case let error as TrainingError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as MILError: ReportedError(kind: .unsupported, message: error.description)
  case let error as ProgramEditError: ReportedError(kind: error.luaKind, message: error.description)
  case is ConversionCancelled: LuaInterrupted()
  case let error as ConversionError: ReportedError(kind: error.luaKind, message: error.description, hint: error.hint)
  case ONNXError.notFound(let path):
    ReportedError(kind: .notFound, message: ONNXError.notFound(path).description, hint: NearbyFile.hint(for: path))
  case let error as OutputCheckError: ReportedError(kind: .usage, message: error.description)
  case let error as ONNXError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as TorchFileError: ReportedError(kind: error.luaKind, message: error.description, hint: error.hint)
  case let error as WeightFileError: ReportedError(kind: error.luaKind, message: error.description)
  case let error as OperatorError: ReportedError(kind: .unsupported, message: error.description)
  default: nil
  }
}

extension PackageError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .notFound, .missing: .notFound
    case .notAPackage, .notAProgram, .unwritable: .unsupported
    case .malformed, .manifest, .inconsistent, .unsafePath, .notARegularFile: .format
    case .alreadyExists: .usage
    case .system: .io
    }
  }
}

extension ConversionError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .unsupported: .unsupported
    case .invalid: .format
    case .openDimensions, .unknownName, .option: .usage
    case .brokenProgram: .internal
    }
  }
}

extension TorchFileError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .malformed: .format
    case .unsupported: .unsupported
    }
  }
}

extension WeightFileError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .malformed: .format
    case .unsupported: .unsupported
    case .missingShard: .notFound
    case .unknownFormat: .usage
    }
  }
}

extension ONNXError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .malformed, .unsafePath: .format
    case .unsupported: .unsupported
    case .missingData, .notFound: .notFound
    case .unreadable: .io
    }
  }
}

extension ModelError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .cannotRetarget, .cannotCalibrate, .needsOpset, .noTokenInterface: .unsupported
    case .unfitValue, .wrongState, .wrongStatistics, .notCollected, .nothingToQuantize, .nothingToCorrect: .usage
    case .statisticsFile: .format
    }
  }
}

extension RuntimeError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .noFunction, .unknownOutput, .unknownState: .notFound
    case .missingInput, .unknownInput, .wrongInput, .stateNeeded, .wrongPosition: .usage
    case .unsupported, .noPositions: .unsupported
    case .interrupted: .interrupted
    case .noMemory: .memory
    case .brokenGraph: .internal
    }
  }
}

extension DataFileError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .cannotOpen, .cannotWrite: .io
    case .damaged, .tooLarge, .notA: .format
    case .unsupported, .cannotStore: .unsupported
    case .noSuchArray: .notFound
    case .badName: .usage
    }
  }
}

extension TokenizerError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .field, .file: .format
    case .unknownComponent, .pattern, .patternTooSlow: .unsupported
    case .noUnknownToken, .options: .usage
    case .unknownID: .notFound
    }
  }
}

extension AlgebraError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .tooLarge: .memory
    case .noLibrary: .unsupported
    case .interrupted: .interrupted
    default: .usage
    }
  }
}

extension TrainingError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .unknownValue, .unknown: .notFound
    case .checkpoint: .format
    case .noGradient, .unknownShape, .unsupported: .unsupported
    case .lossNotScalar, .unmatchedPattern, .nothingToTrain, .layer, .loss, .batch, .notFinite, .tooLate, .repeatedMethod, .needsTotal:
      .usage
    }
  }
}

extension WorkflowError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .noRecipe, .noCandidate: .notFound
    case .uncomputedValue, .nothingToSlim, .noToken, .untrainable: .unsupported
    case .recipeNotText, .unreadableRecipe: .format
    case .functionInRecipe, .noCalibrationInput, .secondMoments, .nothingToPlot, .lossNeedsTeacher, .lossWithoutTeacher,
      .labelsAreModelInput, .unknownLabels,
      .lossNotInCheckpoint,
      .unusedWithoutValidation, .notMonitored, .paletteStart, .batchOfPictures, .noNetworkInputs, .outputNames, .noSamples,
      .seedWithoutShuffle,
      .unusedOption, .noTokenizer, .noSampleCount, .noSeconds, .inputOfColumns, .dataset, .repeatedCandidate, .idleCalibration,
      .noCandidateApplies, .otherSensitivity, .budget,
      .otherModel, .emptyPrompt, .longPrompt, .unknownToken:
      .usage
    }
  }
}

extension WeightStorageError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .encoding: .format
    case .needsOpset: .unsupported
    }
  }
}

extension ProgramEditError {
  fileprivate var luaKind: LuaErrorKind {
    if case .unknown = self { .notFound } else { .usage }
  }
}

extension CompressionError {
  fileprivate var luaKind: LuaErrorKind {
    switch self {
    case .noWeight: .notFound
    case .cannotJoin, .unsupportedOperator: .unsupported
    case .cancelled: .interrupted
    case .unknownTechnique, .conflict, .blockRank, .lutFunction, .script, .noStatistics, .replacement: .usage
    }
  }
}
