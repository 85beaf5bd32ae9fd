// SPDX-License-Identifier: Apache-2.0
// Keeps large constants that a conversion computes out of memory.

import Files
import Foundation
import Tensors

/// Moves constants to temporary files, which are mapped and have no name: they disappear with their last reader.
///
/// Weights that the source stores as the program needs them stay in the source's file. Those that change, such as transposed
/// or rounded ones, would otherwise fill the memory until the package is written.
final class SpilledConstants {
  /// Smaller constants stay in memory.
  private static let least = 1 << 20
  /// The bytes that stay in memory before anything is moved.
  private static let budget = 1 << 28
  private var kept = 0

  /// The same tensor, in a file if memory has enough of them. Without space on the disk it stays in memory.
  func settled(_ tensor: Tensor) -> Tensor {
    let size = tensor.dtype.byteCount(tensor.count)
    guard size >= Self.least else { return tensor }
    kept += size
    guard kept > Self.budget else { return tensor }
    let path = NSTemporaryDirectory() + "/wane-constant-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      // The file is never read by its name, so it need not reach the disk.
      try tensor.withBytes { try FileWriter(creating: path).write($0) }
      let file = try MappedFile(path)
      guard file.bytes.count == size else { return tensor }
      return Tensor(dtype: tensor.dtype, shape: tensor.shape, storage: TensorStorage(borrowing: file.bytes, owner: file))
    } catch {
      return tensor
    }
  }
}
