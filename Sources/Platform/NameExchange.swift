// SPDX-License-Identifier: Apache-2.0
// Two files or folders that change names with each other in one step.

/// Exchanges the names of two files or folders; at no moment is one of the names free.
///
/// - Returns: `false`, with nothing changed, where the system or the file system cannot.
package func exchangeNames(_ a: String, _ b: String) -> Bool {
  #if os(Linux)
    // Swift sees no function that needs _GNU_SOURCE, so it is looked up by name; musl before 1.2.6 has none.
    typealias Rename =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    let exchange: UInt32 = 2
    return unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, a, AT_FDCWD, b, exchange) == 0
  #else
    return renamex_np(a, b, UInt32(RENAME_SWAP)) == 0
  #endif
}
