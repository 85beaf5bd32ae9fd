// SPDX-License-Identifier: Apache-2.0
// The size of a package's weights on disk.

extension ModelPackage {
  /// Size of the weight files after saving, in bytes, including headers and alignment.
  ///
  /// - Throws: `PackageError` for a constant that the file format cannot store.
  package func weightByteCount() throws -> Int {
    let layout = WeightLayout()
    _ = try ModelDocument(
      specificationVersion: specificationVersion, interface: interface, program: program, otherFields: otherFields
    ).encoded(placing: layout)
    return layout.byteCount
  }
}
