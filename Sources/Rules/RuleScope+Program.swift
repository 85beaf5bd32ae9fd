// SPDX-License-Identifier: Apache-2.0
// The weights and operators of a program that rules can match.

import Encodings
import MIL
import WeightStorage

extension RuleScope {
  /// - Parameter sites: all weights of these functions.
  package init(_ functions: [Function], _ sites: [WeightSite]) {
    var ranks: [String: Int] = [:]
    for site in sites {
      for consumer in site.consumers { ranks[consumer.operatorName] = site.weight.shape.count }
    }
    var operators: [Operator] = []
    var constants: Set<String> = []
    func collect(_ block: Block) {
      for operation in block.operations {
        if operation.isStored {
          constants.insert(operation.name)
        } else {
          operators.append(Operator(name: operation.name, type: operation.type, rank: ranks[operation.name]))
        }
        operation.blocks.forEach(collect)
      }
    }
    for function in functions { collect(function.block) }
    self.init(weights: sites.map { [$0.name, $0.valueName] }, operators: operators, constants: constants)
  }
}
