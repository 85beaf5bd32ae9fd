// SPDX-License-Identifier: Apache-2.0
// The environment variables of this process.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The environment variables as they are now.
package func processEnvironment() -> [String: String] {
  var result: [String: String] = [:]
  var next = environ
  while let entry = next.pointee {
    let pair = String(cString: entry).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
    next += 1
  }
  return result
}
