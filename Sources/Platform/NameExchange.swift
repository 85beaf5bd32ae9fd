// SPDX-License-Identifier: Apache-2.0
// Atomic exchange of the names of two files or folders.

/// Atomically exchanges the names of two files or folders. Both names exist at all times.
///
/// - Returns: `false`, with nothing changed, if the system or the file system does not support this.
package func exchangeNames(_ a: String, _ b: String) -> Bool {
  #if os(Linux)
    // Swift does not import functions that need _GNU_SOURCE, so it is looked up at run time. musl lacks it before 1.2.6.
    typealias Rename =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    let exchange: UInt32 = 2
    return unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, a, AT_FDCWD, b, exchange) == 0
  #else
    return renamex_np(a, b, UInt32(RENAME_SWAP)) == 0
  #endif
}
