// SPDX-License-Identifier: Apache-2.0
// The search path of `require`.

extension Interpreter {
  /// Adds a folder to the start of the search path of `require`: for `NAME.lua`, `NAME/init.lua`, and, where C
  /// modules are permitted, `NAME.so`.
  ///
  /// A folder whose name contains `;` or `?` is not added, since these characters are special in search paths.
  package func addModules(in folder: String) throws {
    guard !folder.contains(where: { $0 == ";" || $0 == "?" }), let package = globals["package"].table else { return }
    let places = [("path", "\(folder)/?.lua;\(folder)/?/init.lua"), ("cpath", "\(folder)/?.so")]
    for (name, place) in places {
      let usual = package[name].string ?? ""
      try package.set(name, usual.isEmpty ? place : "\(place);\(usual)")
    }
  }
}
