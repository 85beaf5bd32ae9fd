// SPDX-License-Identifier: Apache-2.0
// The number of threads that everything runs on.

import Kernels

/// The one team of threads.
package enum Threads {
  package static var current: Int { ThreadTeam.count }

  /// Sets the number for everything prepared from now on.
  package static func set(_ count: Int) { ThreadTeam.count = count }
}
