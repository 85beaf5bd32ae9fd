// SPDX-License-Identifier: Apache-2.0
// The number of threads used everywhere.

import Kernels

/// The process-wide thread team.
package enum Threads {
  package static var current: Int { ThreadTeam.count }

  /// Sets the number of threads for everything prepared from now on.
  package static func set(_ count: Int) { ThreadTeam.count = count }
}
