// SPDX-License-Identifier: Apache-2.0
// How large a package's weights are on disk.

extension ModelPackage {
  /// Bytes of the weight files when the package is saved, headers and alignment included.
  ///
  /// - Throws: `PackageError` for a constant that the file format cannot hold.
  package func weightByteCount() throws -> Int {
    let layout = WeightLayout()
    _ = try ModelDocument(
      specificationVersion: specificationVersion, interface: interface, program: program, otherFields: otherFields
    ).encoded(placing: layout)
    return layout.byteCount
  }
}
