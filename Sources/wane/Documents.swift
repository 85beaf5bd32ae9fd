// SPDX-License-Identifier: Apache-2.0
// Files generated from the declarations: reference pages and editor annotations.

import Files
import Foundation
import LuaHost

struct Documents {
  private let catalog: LuaCatalog

  init(_ catalog: LuaCatalog) { self.catalog = catalog }

  /// Writes `docs/reference/*.md` and `share/wane/wane.d.lua` to a folder.
  func writeReference(below folder: String) throws {
    for page in ReferencePages(catalog, title: "Reference").pages {
      try write(page.text, to: "\(folder)/docs/reference/\(page.file)")
    }
    try write(Annotations(catalog).text, to: "\(folder)/share/wane/wane.d.lua")
  }

  /// Writes `.wane/wane.d.lua` and a `.luarc.json` that refers to it, for the Lua language server.
  ///
  /// - Throws: `LuaError` if a `.luarc.json` exists already, because it may be the user's own.
  func prepareEditor(in folder: String) throws {
    let settings = folder + "/.luarc.json"
    guard !FileManager.default.fileExists(atPath: settings) else {
      throw LuaError(
        .usage, ".luarc.json exists and is not replaced",
        hint: "add \".wane\" to its workspace.library yourself")
    }
    try write(Annotations(catalog).text, to: folder + "/.wane/wane.d.lua")
    try write(
      """
      {
        "runtime.version": "Lua 5.4",
        "workspace.library": [".wane"],
        "diagnostics.globals": [\(catalog.globals.map { "\"\($0.name)\"" }.joined(separator: ", "))]
      }

      """, to: settings)
  }

  private func write(_ text: String, to path: String) throws {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileReplacement.replace(path, with: text)
  }
}
