// SPDX-License-Identifier: Apache-2.0
// The types of arguments, properties and results, which are the same as those of options.

import Options

package typealias LuaType = OptionType
package typealias LuaStep = StepType

extension StepType {
  /// The declaration of one of the methods.
  func method(_ name: String?, _ catalogue: LuaCatalogue) -> LuaFunction? {
    guard let name, methods.contains(name) else { return nil }
    return catalogue.objectClass(named: owner)?.method(name)
  }
}
