// SPDX-License-Identifier: Apache-2.0
// The restrictions of scripts that the command line specifies.

import LuaHost
import Platform

/// Safe mode, limits, strict globals.
struct Restrictions {
  /// `--safe`: the script is untrusted.
  var isSafe = false
  /// `--out FOLDER`: the folder in which a safe script may write in addition to its own.
  var outFolder: String?
  /// `--max-memory SIZE`, in bytes; 0 for no limit.
  var memory: Int?
  /// `--max-instructions N`; 0 for no limit.
  var instructions: Int?
  /// `--strict`: undeclared globals are errors.
  var isStrict = false

  private static let safeMemory = 512 << 20
  private static let safeInstructions = 1_000_000_000

  var interpreterOptions: Interpreter.Options {
    .init(
      memoryLimit: memory ?? (isSafe ? Self.safeMemory : 0), cModules: !isSafe,
      instructionLimit: instructions ?? (isSafe ? Self.safeInstructions : 0))
  }

  /// Applies the restrictions. The folder of a safe script is that of its file. Any other script searches for modules
  /// in its own folder first, including if its path is a symbolic link.
  func apply(to interpreter: Interpreter, script: Invocation.Script?) throws {
    if isSafe {
      let folder = script.map(\.folder) ?? "."
      try interpreter.restrict(modulesBelow: folder)
      interpreter.fileAccess = FileAccess(below: [folder] + (outFolder.map { [$0] } ?? []))
    } else if let script {
      for folder in script.folders.reversed() { try interpreter.addModules(in: folder) }
    }
    if isStrict { try interpreter.makeGlobalsStrict() }
  }
}

extension Invocation.Script {
  fileprivate var folder: String {
    guard case .file(let path) = self else { return "." }
    return Self.folder(of: path)
  }

  /// The script's folder, and the folder of the file that its path resolves to.
  fileprivate var folders: [String] {
    guard case .file(let path) = self else { return [] }
    guard let real = realpath(path, nil) else { return [folder] }
    defer { free(real) }
    var status = stat()
    let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    return [folder] + (isLink ? [Self.folder(of: String(cString: real))] : [])
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Parses `512M`: a number with the suffix k, M or G for powers of `unit` (1000 or 1024).
func number(_ text: String, unit: Int) -> Int? {
  let exponents: [Character: Int] = ["k": 1, "K": 1, "M": 2, "G": 3]
  let exponent = text.last.flatMap { exponents[$0] } ?? 0
  guard var value = Int(exponent > 0 ? String(text.dropLast()) : text), value >= 0 else { return nil }
  for _ in 0..<exponent {
    let (product, overflows) = value.multipliedReportingOverflow(by: unit)
    if overflows { return nil }
    value = product
  }
  return value
}
