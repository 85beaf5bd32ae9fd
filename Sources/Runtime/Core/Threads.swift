// SPDX-License-Identifier: Apache-2.0
// The number of threads used everywhere.

import Tensors

/// The process-wide thread pool.
package enum Threads {
  package static var current: Int { Parallel.threads }

  /// Sets the number of threads for everything prepared from now on.
  package static func set(_ count: Int) { Parallel.threads = count }
}
