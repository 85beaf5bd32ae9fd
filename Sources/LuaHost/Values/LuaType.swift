// SPDX-License-Identifier: Apache-2.0
// The types of arguments, properties and results, which are the same as those of options.

import Options

package typealias LuaType = OptionType
package typealias LuaStep = StepType
