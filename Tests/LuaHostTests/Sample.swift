// SPDX-License-Identifier: Apache-2.0
// A small module for the tests in this folder, with an object class that counts its instances.
import LuaHost
import Options

/// Counts the live objects of one test. Each test has its own counter, since tests run concurrently.
final class Census {
  var alive = 0
}

/// A boxed object.
final class Crate: LuaBoxed {
  let name: String
  let bytes: Int
  private let census: Census?

  init(_ name: String, bytes: Int = 0, census: Census? = nil) {
    self.name = name
    self.bytes = bytes
    self.census = census
    census?.alive += 1
  }

  deinit { census?.alive -= 1 }

  var luaExternalBytes: Int { bytes }

  enum Granularity: String, LuaEnumeration {
    case perTensor = "per_tensor"
    case perChannel = "per_channel"
  }

  enum Options {
    static let bits = LuaOption(
      "nbits", "bits per weight", default: 4, allowed: .oneOf(1, 2, 3, 4, 6, 8), aliases: ["bits"])
    static let granularity = LuaOption(
      "granularity", "what shares a table", default: Granularity.perTensor)
    static let sparsity = LuaOption<Double?>(
      "sparsity", "fraction of zeros", allowed: .within(0..<1))
    static let dtype = LuaOption(
      "dtype", "storage type", default: "int8", allowed: .oneOf("int8", "uint8", "int4"))
    static let layers = LuaOption<LuaTable?>("layers", "per layer")
    static let table = LuaOptionTable(
      "PackOptions", [bits, granularity, sparsity, dtype, layers])
  }

  static let luaClass = LuaClass(
    Crate.self, "Something heavy.", closable: true,
    properties: [
      LuaProperty("name", "its name") { (crate: Crate) in crate.name },
      LuaProperty("bytes", "its weight in bytes") { (crate: Crate) in crate.bytes },
      LuaProperty("parts", "its parts", cached: true) { (crate: Crate) in
        LuaKeyedSequence(
          of: "part", ["lid", "body"].map { ($0, Part(name: $0, shape: [2, 3])) },
          text: { _ in "lid, body" })
      },
    ],
    methods: [
      LuaMethod(
        "pack", "Describe how it would be packed.", .options(Options.table),
        returns: "the options in words", example: "print(crate:pack{ nbits = 4 })"
      ) { (crate: Crate, options: LuaOptions) in
        let sparsity = options[Options.sparsity].map { " \($0)" } ?? ""
        let granularity = options[Options.granularity].rawValue
        return
          "\(crate.name) \(options[Options.bits]) \(granularity) \(options[Options.dtype])\(sparsity)"
      },
      LuaMethod(
        "twice", "Its name twice.", Arg("separator", "between them", default: "-"), returns: "text"
      ) {
        (crate: Crate, separator: String) in crate.name + separator + crate.name
      },
      LuaMethod("renamed", "Another crate.", Arg("name", "its name"), returns: "a crate") {
        (crate: Crate, name: String) in Crate(name)
      },
      LuaMethod("fail", "Always fails.") { (crate: Crate) in
        throw SampleError.broken(crate.name)
      },
    ],
    behaviors: [
      .toString { (crate: Crate) in "Crate \(crate.name)" },
      .length { (crate: Crate) in crate.name.count },
      .index { (crate: Crate, position: Int) in
        let characters = Array(crate.name)
        return characters.indices.contains(position - 1) ? String(characters[position - 1]) : nil
      },
      .call { (crate: Crate, arguments: [LuaValue]) in
        LuaResults("called", arguments.count)
      },
      .pairs { (crate: Crate) in [("name", crate.name), ("bytes", crate.bytes)] },
    ])
}

/// A record.
struct Part: LuaRecord {
  let name: String
  let shape: [Int]

  static let luaName = "Part"
  static let luaDoc = "A part of a crate."
  static let luaFields: [LuaField<Part>] = [
    LuaField("name", "its name") { $0.name },
    LuaField("shape", "its extents") { $0.shape },
  ]
}

/// An error with a kind.
enum SampleError: LuaReportable {
  case broken(String)

  var kind: LuaErrorKind { .format }
  var message: String {
    if case .broken(let name) = self { "crate '\(name)' is broken" } else { "" }
  }
  var hint: String? { "mend it" }
}

/// An interpreter with the sample module, and the counter of its objects.
struct Sample {
  let interpreter: Interpreter
  let census = Census()

  init(_ options: Interpreter.Options = .init()) throws {
    interpreter = try Interpreter(options)
    try interpreter.register(Self.module)
    let census = census
    let make = interpreter.function("crate") { context in
      let name = try context.read(1, "name", as: String.self)
      let bytes = try context.read(2, "bytes", as: Int?.self) ?? 0
      return LuaResults(Crate(name, bytes: bytes, census: census))
    }
    try interpreter.globals.set("crate", make)
    try interpreter.globals.set(
      "alive", interpreter.function("alive") { _ in LuaResults(census.alive) })
  }

  /// Runs a chunk named script.lua and returns its results.
  @discardableResult
  func run(_ source: String) throws -> [LuaValue] {
    try interpreter.run(source, chunkName: "@script.lua")
  }

  /// Runs a chunk whose first result is a string.
  func text(_ source: String) throws -> String { try run(source).first?.string ?? "no string" }

  /// The error of a chunk that fails.
  func error(_ source: String) -> LuaError? {
    do {
      try run(source)
      return nil
    } catch { return error as? LuaError }
  }

  static let module = LuaModule(
    "sample", "For tests.",
    functions: [
      LuaFunction("add", "Adds.", Arg("a", "one"), Arg<Int?>("b", "another"), returns: "their sum") {
        (a: Int, b: Int?) in a + (b ?? 0)
      },
      LuaFunction(
        "call", "Calls back.", Arg("f", "what to call"), .context, returns: "what it gives"
      ) {
        (f: LuaClosure, context: LuaContext) in LuaResults(all: try f.call(context.name))
      },
      LuaFunction(
        "load", "Loads a crate.", Arg("path", "a path"), .options(Crate.Options.table),
        returns: "a crate"
      ) {
        (path: String, options: LuaOptions) in Crate(path)
      },
      LuaFunction(
        "echo", "Gives back any value.", Arg<LuaValue>("value", "any"), returns: "the value"
      ) {
        (value: LuaValue) in value
      },
      LuaFunction("sum", "Adds numbers.", Arg<[Double]>("list", "numbers"), returns: "the sum") {
        (list: [Double]) in list.reduce(0, +)
      },
      LuaFunction("spin", "Polls for an interrupt, for ever.") {
        while true { try Interrupts.check() }
      },
      LuaFunction("swallow", "Calls and forgets every error.", Arg("f", "what to call")) {
        (f: LuaClosure) in _ = try? f.call()
      },
    ],
    constants: [.init("version", "its version", "1.0")],
    classes: [Crate.self], records: [Part.declaration])
}
