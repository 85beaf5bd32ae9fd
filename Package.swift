// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Warnings of our C files; in continuous integration, which sets WANE_WERROR=1, they are errors.
let warnings: [CSetting] = [
  .unsafeFlags(["-Wall", "-Wextra"] + (Context.environment["WANE_WERROR"] == "1" ? ["-Werror"] : []))
]

/// A room: what it may import is what stands beside its name.
func room(_ name: String, _ imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: settings)
}

func tests(_ name: String, _ imports: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: imports,
    exclude: ["CompressionTests", "ModelPackagesTests", "NotebookTests", "TrainingTests"].contains(name) ? ["Fixtures"] : [],
    swiftSettings: settings)
}

// Debian's oneDNN comes without a pkg-config file, and that of its ZeroMQ names flags SwiftPM refuses; both lie on the
// default path. Homebrew's lie elsewhere.
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
  .target(name: "CImages", dependencies: ["CPNG", "CJPEG"], cSettings: warnings),
]

let rooms: [Target] = [
  room("Platform"),
  room("TextLayout", ["Platform"]),
  room("Options"),
  room("Rules", ["Options", .product(name: "Yams", package: "Yams")]),
  room("Files", ["Platform"]),
  room("Tensors", ["CKernels", "CThreads", "Platform"]),
  room("Kernels", ["Tensors", "CKernels", "CPrimitives", "Platform"]),
  room("Encodings", ["Tensors", "CKernels"]),
  room("MIL", ["Tensors"]),
  room("WeightStorage", ["Encodings", "MIL", "Tensors"]),
  room("ModelPackages", ["MIL", "Tensors", "Files", "Platform"]),
  room("Operators", ["WeightStorage", "Encodings", "Kernels", "MIL", "Tensors", "CKernels", "CPrimitives"]),
  room("Runtime", ["Operators", "Encodings", "Kernels", "MIL", "Tensors", "CKernels", "Platform"]),
  room("Compression", ["WeightStorage", "Rules", "Options", "Encodings", "MIL", "Tensors", "CKernels", "Platform"]),
  room(
    "Training",
    [
      "Runtime", "Compression", "WeightStorage", "Rules", "Options", "Operators", "Encodings", "Kernels", "MIL", "Tensors", "CKernels",
      "Platform",
    ]),
  room("DataFiles", ["Tensors", "Files", "CZip", "CImages"]),
  room("Evaluation", ["DataFiles", "Tensors", "TextLayout", "Platform"]),
  room(
    "Models",
    [
      "Evaluation", "Compression", "WeightStorage", "Rules", "Encodings", "Runtime", "ModelPackages", "DataFiles", "Operators", "MIL",
      "Tensors",
    ]),
  room("LuaHost", ["CLuaShim", "Options", "TextLayout", "Platform"]),
  room(
    "LuaAPI",
    [
      "LuaHost", "Training", "Models", "Evaluation", "Compression", "WeightStorage", "Rules", "Options", "Runtime", "ModelPackages",
      "DataFiles", "Operators", "Encodings", "MIL", "Tensors", "Files", "TextLayout", "Platform",
    ]),
  room("LineEditor", ["Files", "TextLayout", "Platform"]),
  room("REPL", ["LuaHost", "LineEditor", "Options", "TextLayout", "Platform"]),
  room("Notebook", ["REPL", "LineEditor", "LuaHost", "Files", "CZeroMQ", "CCrypto", "Platform"]),
  .executableTarget(
    name: "wane", dependencies: ["LuaAPI", "LuaHost", "LineEditor", "Notebook", "REPL", "Files", "Platform"],
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
  tests("OptionsTests", ["Options"]),
  tests("RulesTests", ["Rules", "Options"]),
  tests("TensorsTests", ["Tensors"]),
  tests("KernelsTests", ["Kernels", "CKernels", "CPrimitives", "Tensors", "TestSupport"]),
  tests("EncodingsTests", ["Encodings", "Tensors", "TestSupport"]),
  tests("WeightStorageTests", ["WeightStorage", "Operators", "Encodings", "MIL", "Tensors", "TestSupport"]),
  tests("MILTests", ["MIL", "Tensors", "TestSupport"]),
  tests("ModelPackagesTests", ["ModelPackages", "MIL", "Tensors", "TestSupport"]),
  tests(
    "OperatorsTests",
    ["Operators", "ModelPackages", "Kernels", "MIL", "Tensors", "TestSupport"]),
  tests(
    "RuntimeTests",
    ["Runtime", "CKernels", "Operators", "ModelPackages", "DataFiles", "MIL", "Tensors", "TestSupport"]),
  tests(
    "TrainingTests",
    [
      "Training", "Compression", "WeightStorage", "Encodings", "Rules", "Options", "Runtime", "Operators", "ModelPackages", "DataFiles",
      "MIL",
      "Tensors", "TestSupport",
    ]),
  tests(
    "CompressionTests",
    ["Compression", "WeightStorage", "Rules", "Options", "Operators", "ModelPackages", "Encodings", "MIL", "Tensors", "TestSupport"]),
  tests(
    "ModelsTests",
    [
      "Models", "Compression", "WeightStorage", "Options", "Rules", "DataFiles", "Encodings", "Evaluation", "ModelPackages", "Operators",
      "Runtime", "MIL", "Tensors", "TestSupport",
    ]),
  tests("DataFilesTests", ["DataFiles", "Tensors"]),
  tests("FilesTests", ["Files", "TestSupport"]),
  tests("TextLayoutTests", ["TextLayout"]),
  tests("EvaluationTests", ["Evaluation", "DataFiles", "Tensors", "TextLayout", "TestSupport"]),
  tests("LuaHostTests", ["LuaHost", "Options", "CStockLua"]),
  tests("LuaAPITests", ["LuaAPI", "LuaHost", "Options", "REPL", "ModelPackages", "MIL", "TextLayout", "TestSupport"]),
  tests("LineEditorTests", ["LineEditor", "TextLayout", "TerminalSupport"]),
  tests("REPLTests", ["REPL", "LuaHost", "LineEditor", "Options"]),
  tests("NotebookTests", ["Notebook", "TerminalSupport"]),
  tests("CommandTests", ["TerminalSupport"]),
]

let package = Package(
  name: "wane",
  dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
  targets: c + rooms + suites)
