// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
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
  .target(name: "CLuaShim", dependencies: ["CLua"]),
  .target(name: "CPrimitives", dependencies: ["COneDNN"]),
  .target(name: "CKernels"),
  .target(name: "CImages", dependencies: ["CPNG", "CJPEG"]),
]

let rooms: [Target] = [
  room("Files"),
  room("Tensors", ["CKernels"]),
  room("Kernels", ["Tensors", "CKernels", "CPrimitives"]),
  room("Encodings", ["Tensors", "CKernels"]),
  room("MIL", ["Tensors"]),
  room("WeightStorage", ["Encodings", "MIL", "Tensors"]),
  room("ModelPackages", ["MIL", "Tensors", "Files"]),
  room("Operators", ["WeightStorage", "Encodings", "Kernels", "MIL", "Tensors", "CKernels", "CPrimitives"]),
  room("Runtime", ["Operators", "Encodings", "Kernels", "MIL", "Tensors", "CKernels"]),
  room(
    "Compression",
    ["WeightStorage", "Encodings", "MIL", "Tensors", "CKernels", .product(name: "Yams", package: "Yams")]),
  room("Training", ["Runtime", "Compression", "Operators", "WeightStorage", "Encodings", "Kernels", "MIL", "Tensors", "CKernels"]),
  room("DataFiles", ["Tensors", "Files", "CZip", "CImages"]),
  room("Evaluation", ["DataFiles", "Tensors"]),
  room(
    "Models",
    [
      "Evaluation", "Compression", "WeightStorage", "Encodings", "Runtime", "ModelPackages", "DataFiles", "Operators", "MIL",
      "Tensors",
    ]),
  room("LuaHost", ["CLuaShim"]),
  room(
    "LuaAPI",
    [
      "LuaHost", "Training", "Models", "Evaluation", "Compression", "WeightStorage", "Runtime", "ModelPackages", "DataFiles",
      "Operators", "Encodings", "MIL", "Tensors", "Files",
    ]),
  room("LineEditor", ["Files"]),
  room("REPL", ["LuaHost", "LineEditor"]),
  room("Notebook", ["REPL", "LineEditor", "LuaHost", "Files", "CZeroMQ", .product(name: "Crypto", package: "swift-crypto")]),
  .executableTarget(
    name: "wane", dependencies: ["LuaAPI", "LuaHost", "LineEditor", "Notebook", "REPL", "Files"],
    swiftSettings: settings),
]

let suites: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["MIL", "Tensors"], path: "Tests/TestSupport",
    swiftSettings: settings),
  .target(name: "CTerminalSupport", path: "Tests/CTerminalSupport"),
  .target(name: "CStockLua", dependencies: ["CLua"], path: "Tests/CStockLua"),
  .target(
    name: "TerminalSupport", dependencies: ["CTerminalSupport"], path: "Tests/TerminalSupport",
    swiftSettings: settings),
  tests("TensorsTests", ["Tensors", "TestSupport"]),
  tests("KernelsTests", ["Kernels", "CKernels", "CPrimitives", "Tensors", "TestSupport"]),
  tests("EncodingsTests", ["Encodings", "Tensors", "TestSupport"]),
  tests("WeightStorageTests", ["WeightStorage", "Operators", "Encodings", "MIL", "Tensors", "TestSupport"]),
  tests("MILTests", ["MIL", "ModelPackages", "Tensors", "TestSupport"]),
  tests("ModelPackagesTests", ["ModelPackages", "MIL", "Tensors", "TestSupport"]),
  tests(
    "OperatorsTests",
    ["Operators", "ModelPackages", "Encodings", "Kernels", "MIL", "Tensors", "TestSupport"]),
  tests(
    "RuntimeTests",
    ["Runtime", "CKernels", "Operators", "ModelPackages", "DataFiles", "MIL", "Tensors", "TestSupport"]),
  tests(
    "TrainingTests",
    ["Training", "Runtime", "Operators", "WeightStorage", "ModelPackages", "DataFiles", "MIL", "Tensors", "TestSupport"]),
  tests(
    "CompressionTests",
    ["Compression", "WeightStorage", "ModelPackages", "Encodings", "MIL", "Tensors", "TestSupport"]),
  tests(
    "ModelsTests",
    [
      "Models", "Compression", "WeightStorage", "Encodings", "ModelPackages", "Operators", "Runtime", "MIL", "Tensors", "TestSupport",
    ]),
  tests("DataFilesTests", ["DataFiles", "Files", "Tensors", "TestSupport"]),
  tests("FilesTests", ["Files", "TestSupport"]),
  tests("EvaluationTests", ["Evaluation", "DataFiles", "Tensors", "TestSupport"]),
  tests("LuaHostTests", ["LuaHost", "CStockLua"]),
  tests("LuaAPITests", ["LuaAPI", "LuaHost", "REPL", "ModelPackages", "MIL", "Tensors", "TestSupport"]),
  tests("LineEditorTests", ["LineEditor", "TerminalSupport"]),
  tests("REPLTests", ["REPL", "LuaHost", "LineEditor", "TerminalSupport"]),
  tests("NotebookTests", ["Notebook", "TerminalSupport"]),
  tests("CommandTests", ["TerminalSupport"]),
]

let package = Package(
  name: "wane",
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
  ],
  targets: c + rooms + suites)
