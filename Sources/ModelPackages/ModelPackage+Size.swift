// SPDX-License-Identifier: Apache-2.0
// The size of a package's weights on disk, and of its constants in memory.

import MIL
import Tensors

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

  /// Size of constants that were created in memory rather than mapped from a file, in bytes.
  package var ownedByteCount: Int {
    program.functions.flatMap(\.block.operations).flatMap { operation in
      operation.attributes.map(\.value)
        + operation.inputs.flatMap(\.bindings).compactMap { if case .constant(let constant) = $0 { constant } else { nil } }
    }.reduce(0) { total, constant in
      guard case .tensor(let tensor) = constant.payload, tensor.storage.isOwned else { return total }
      return total + tensor.byteCount
    }
  }
}
