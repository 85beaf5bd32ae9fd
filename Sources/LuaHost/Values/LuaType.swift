// SPDX-License-Identifier: Apache-2.0
// Types of arguments, properties and results: the same vocabulary as that of options.

import Options

package typealias LuaType = OptionType
package typealias LuaStep = StepType
