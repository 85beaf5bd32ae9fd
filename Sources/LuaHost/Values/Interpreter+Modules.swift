// SPDX-License-Identifier: Apache-2.0
// Where `require` looks for modules.

extension Interpreter {
  /// Has `require` look in a folder before the usual places: for `NAME.lua`, `NAME/init.lua`, and `NAME.so`, where C modules may be loaded.
  ///
  /// A folder whose name has a `;` or `?`, which mean something in these paths, is left out.
  package func addModules(in folder: String) throws {
    guard !folder.contains(where: { $0 == ";" || $0 == "?" }), let package = globals["package"].table else { return }
    let places = [("path", "\(folder)/?.lua;\(folder)/?/init.lua"), ("cpath", "\(folder)/?.so")]
    for (name, place) in places {
      let usual = package[name].string ?? ""
      try package.set(name, usual.isEmpty ? place : "\(place);\(usual)")
    }
  }
}
