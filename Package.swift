// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Compiler warnings for C files, which are errors in continuous integration (WANE_WERROR=1).
let warnings: [CSetting] = [
  .unsafeFlags(["-Wall", "-Wextra"] + (Context.environment["WANE_WERROR"] == "1" ? ["-Werror"] : []))
]

/// A library target with the modules that it may import.
func module(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: settings)
}

func tests(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: imports,
    exclude: ["CompressionTests", "ModelPackagesTests", "NotebookTests", "TokenizersTests", "TrainingTests"].contains(name)
      ? ["Fixtures"] : [],
    swiftSettings: settings)
}

// Debian's oneDNN has no pkg-config file, and the one of its ZeroMQ contains flags that SwiftPM rejects; both libraries are
// on the default path. Homebrew installs them elsewhere.
#if os(macOS)
  let oneDNNConfig: String? = "dnnl"
  let zeroMQConfig: String? = "libzmq"
#else
  let oneDNNConfig: String? = nil
  let zeroMQConfig: String? = nil
#endif

let c: [Target] = [
  .systemLibrary(
    name: "CLua", pkgConfig: "lua5.4",
    providers: [.apt(["liblua5.4-dev"]), .brew(["lua@5.4"])]),
  .systemLibrary(
    name: "COneDNN", pkgConfig: oneDNNConfig,
    providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),
  .systemLibrary(
    name: "CZip", pkgConfig: "libzip",
    providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
  .systemLibrary(
    name: "CPNG", pkgConfig: "libpng",
    providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
  .systemLibrary(
    name: "CJPEG", pkgConfig: "libjpeg",
    providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
  .systemLibrary(
    name: "CZeroMQ", pkgConfig: zeroMQConfig,
    providers: [.apt(["libzmq3-dev"]), .brew(["zeromq"])]),
  .systemLibrary(
    name: "CCrypto", pkgConfig: "libcrypto",
    providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
  .target(name: "CLuaShim", dependencies: ["CLua"], cSettings: warnings),
  .target(name: "CThreads", cSettings: warnings),
  .target(name: "CPrimitives", dependencies: ["COneDNN"], cSettings: warnings),
  .target(name: "CKernels", cSettings: warnings),
  .target(name: "CLinearAlgebra", cSettings: warnings),
  .target(name: "CImages", dependencies: ["CPNG", "CJPEG"], cSettings: warnings),
  .target(name: "CAudio", cSettings: warnings),
  .target(name: "CMatrices", dependencies: ["CKernels"], cSettings: warnings + [.headerSearchPath("../CKernels")]),
]

let modules: [Target] = [
  module("Platform"),
  module("TextLayout", ["Platform"]),
  module("Options"),
  module("TextFormats"),
  module("Files", ["Platform"]),
  module("Tokenizers", ["TextFormats", "Files"]),
  module("Tensors", ["CKernels", "CThreads", "Platform"]),
  module("Sampling", ["Tensors", "Platform"]),
  module("Kernels", ["Tensors", "CKernels", "CPrimitives", "Platform"]),
  module("Encodings", ["Tensors", "CKernels"]),
  module("Wire"),
  module("MIL", ["Tensors"]),
  module("WeightStorage", ["Encodings", "MIL", "Tensors"]),
  module("WeightArithmetic", ["Encodings", "Tensors", "CKernels"]),
  module("Calibration", ["WeightArithmetic", "Encodings", "Tensors", "CMatrices"]),
  module("Rules", ["Options", "WeightStorage", "Encodings", "MIL", .product(name: "Yams", package: "Yams")]),
  module("ModelPackages", ["MIL", "Tensors", "TextFormats", "Files", "Platform", "Wire"]),
  module("Operators", ["WeightStorage", "Encodings", "Kernels", "MIL", "Tensors", "CKernels", "CMatrices", "CPrimitives", "Platform"]),
  module("Algebra", ["Operators", "Kernels", "MIL", "Tensors", "CLinearAlgebra", "CMatrices", "Platform"]),
  module("Runtime", ["Operators", "Encodings", "Kernels", "MIL", "Tensors", "Files", "CKernels", "Platform"]),
  module(
    "Compression",
    ["Calibration", "WeightStorage", "WeightArithmetic", "Rules", "Options", "Encodings", "MIL", "Tensors", "CKernels", "Platform"]),
  module("ProgramEdits", ["Operators", "WeightStorage", "Options", "MIL", "Tensors"]),
  module(
    "Training",
    [
      "Runtime", "WeightStorage", "WeightArithmetic", "Rules", "Options", "Operators", "Encodings", "Kernels", "MIL", "Tensors", "CKernels",
      "Platform",
    ]),
  module("ONNXFiles", ["Wire", "Tensors", "Files", "Platform"]),
  module("TorchFiles", ["TextFormats", "Tensors", "Files", "CZip"]),
  module("WeightFiles", ["TorchFiles", "TextFormats", "Tensors", "Files"]),
  module("Conversion", ["ONNXFiles", "TorchFiles", "ModelPackages", "ProgramEdits", "Operators", "MIL", "Tensors", "Files"]),
  module("DataFiles", ["Tensors", "Files", "CZip", "CImages", "CAudio"]),
  module("Evaluation", ["DataFiles", "TextFormats", "Tensors", "Files", "TextLayout", "Platform"]),
  module(
    "Models",
    [
      "Evaluation", "Conversion", "Compression", "Calibration", "ProgramEdits", "WeightStorage", "Rules", "Options", "Encodings", "Runtime",
      "ModelPackages", "DataFiles", "Operators", "MIL", "Tensors", "Files",
    ]),
  module(
    "Structure",
    ["Algebra", "ProgramEdits", "WeightStorage", "Operators", "Kernels", "Encodings", "MIL", "Tensors", "Platform"]),
  module(
    "Workflows",
    [
      "Structure", "Algebra", "WeightStorage", "Encodings", "Kernels", "Models", "Training", "Calibration", "Evaluation", "Compression",
      "Rules", "Options", "Runtime", "ModelPackages", "DataFiles", "Operators", "MIL", "Tensors", "Tokenizers", "Sampling", "Files",
      "TextFormats", "TextLayout", "Platform",
    ]),
  module("LuaHost", ["CLuaShim", "Options", "TextLayout", "Platform"]),
  module(
    "LuaAPI",
    [
      "LuaHost", "Workflows", "Structure", "Algebra", "TextFormats", "ProgramEdits", "Training", "Models", "Conversion", "ONNXFiles",
      "TorchFiles", "WeightFiles", "Evaluation", "Compression", "Calibration", "WeightStorage", "Rules", "Options", "Runtime",
      "ModelPackages", "DataFiles", "Operators", "Kernels", "Encodings", "MIL", "Tensors", "Tokenizers", "Sampling", "Files", "TextLayout",
      "CCrypto",
    ]),
  module("LineEditor", ["Files", "TextLayout", "Platform"]),
  module("REPL", ["LuaHost", "LineEditor", "Options", "TextLayout", "Platform"]),
  module("Notebook", ["REPL", "LineEditor", "LuaHost", "Files", "CZeroMQ", "CCrypto", "Platform"]),
  .executableTarget(
    name: "wane", dependencies: ["LuaAPI", "LuaHost", "LineEditor", "Notebook", "REPL", "Options", "Files", "Platform"],
    swiftSettings: settings),
]

let suites: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["MIL", "Tensors"], path: "Tests/TestSupport",
    swiftSettings: settings),
  .target(name: "CTerminalSupport", path: "Tests/CTerminalSupport", cSettings: warnings),
  .target(name: "CStockLua", dependencies: ["CLua"], path: "Tests/CStockLua", cSettings: warnings),
  .target(
    name: "TerminalSupport", dependencies: ["CTerminalSupport", "Platform"], path: "Tests/TerminalSupport",
    swiftSettings: settings),
  tests("PlatformTests", ["Platform"]),
  tests("OptionsTests", ["Options"]),
  tests("TensorsTests", ["Tensors"]),
  tests("SamplingTests", ["Sampling"]),
  tests("KernelsTests", ["Kernels", "CKernels", "CPrimitives", "Tensors", "TestSupport"]),
  tests("EncodingsTests", ["Encodings", "Tensors", "TestSupport"]),
  tests("WeightStorageTests", ["WeightStorage", "Operators", "Encodings", "MIL", "Tensors", "TestSupport"]),
  tests("WeightArithmeticTests", ["WeightArithmetic", "Compression", "WeightStorage", "Encodings", "Tensors", "TestSupport"]),
  tests("CalibrationTests", ["Calibration", "Tensors"]),
  tests("RulesTests", ["Rules", "Options"]),
  tests("MILTests", ["MIL", "Tensors", "TestSupport"]),
  tests("ModelPackagesTests", ["ModelPackages", "MIL", "Tensors", "TestSupport"]),
  tests(
    "OperatorsTests",
    ["Operators", "ModelPackages", "Kernels", "MIL", "Tensors", "TestSupport"]),
  tests("AlgebraTests", ["Algebra", "Runtime", "Operators", "Kernels", "MIL", "Tensors"]),
  tests(
    "RuntimeTests",
    ["Runtime", "CKernels", "Kernels", "Operators", "ModelPackages", "DataFiles", "MIL", "Tensors", "TestSupport"]),
  tests("StructureTests", ["Structure", "Runtime", "Operators", "MIL", "Tensors"]),
  tests("ProgramEditsTests", ["ProgramEdits", "Runtime", "Operators", "MIL", "Tensors"]),
  tests(
    "TrainingTests",
    [
      "Training", "WeightStorage", "Encodings", "Rules", "Options", "Runtime", "Operators", "ModelPackages", "DataFiles",
      "MIL",
      "Tensors", "TestSupport",
    ]),
  tests(
    "CompressionTests",
    [
      "Compression", "Calibration", "WeightStorage", "Rules", "Options", "Operators", "ModelPackages", "Encodings", "MIL", "Tensors",
      "TestSupport",
    ]),
  tests(
    "ModelsTests",
    [
      "Models", "Compression", "Calibration", "WeightStorage", "Options", "Rules", "DataFiles", "Encodings", "Evaluation", "ModelPackages",
      "Operators",
      "Runtime", "MIL", "Tensors", "TestSupport",
    ]),
  tests(
    "WorkflowsTests",
    [
      "Workflows", "Training", "Models", "Runtime", "Operators", "Sampling", "Evaluation", "Compression", "Rules", "Options",
      "ModelPackages", "DataFiles", "MIL", "Tensors", "TestSupport",
    ]),
  tests("TorchFilesTests", ["TorchFiles", "Tensors", "TestSupport"]),
  tests("WeightFilesTests", ["WeightFiles", "Tensors", "TestSupport"]),
  tests("ONNXFilesTests", ["ONNXFiles", "Wire", "Tensors", "TestSupport"]),
  tests("ConversionTests", ["Conversion", "ONNXFiles", "DataFiles", "Runtime", "ModelPackages", "MIL", "Wire", "Tensors", "TestSupport"]),
  tests("DataFilesTests", ["DataFiles", "Tensors"]),
  tests("FilesTests", ["Files", "TestSupport"]),
  tests("TextFormatsTests", ["TextFormats"]),
  tests("TokenizersTests", ["Tokenizers", "TextFormats"]),
  tests("TextLayoutTests", ["TextLayout"]),
  tests("EvaluationTests", ["Evaluation", "DataFiles", "Tensors", "TextLayout", "TestSupport"]),
  tests("LuaHostTests", ["LuaHost", "Options", "CStockLua"]),
  tests(
    "LuaAPITests", ["LuaAPI", "LuaHost", "Options", "REPL", "DataFiles", "ModelPackages", "MIL", "Tensors", "TextLayout", "TestSupport"]),
  tests("LineEditorTests", ["LineEditor", "TextLayout", "TerminalSupport"]),
  tests("REPLTests", ["REPL", "LuaHost", "LineEditor", "Options"]),
  tests("NotebookTests", ["Notebook", "TerminalSupport"]),
  tests("CommandTests", ["TerminalSupport"]),
]

let package = Package(
  name: "wane",
  dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
  targets: c + modules + suites)
