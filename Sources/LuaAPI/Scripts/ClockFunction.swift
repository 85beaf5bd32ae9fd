// SPDX-License-Identifier: Apache-2.0
// The function wane.clock.

import Evaluation
import LuaHost

enum ClockFunction {
  static let all: [LuaFunction] = [
    LuaFunction(
      "clock", "Seconds on a monotonic clock. The difference of two calls is the elapsed time.",
      returns: "a number",
      example: """
        local start = wane.clock()
        local small = model:palettize{ nbits = 4 }
        print(("%.3f s"):format(wane.clock() - start))
        """
    ) { MonotonicClock.seconds() }
  ]
}
