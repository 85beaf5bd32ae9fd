// SPDX-License-Identifier: Apache-2.0
// Which channels of a program have to be removed together.

import MIL
import Operators
import ProgramEdits
import Tensors

/// A constant in a program: a named one, or one that is bound to a parameter.
enum ConstantPlace: Hashable {
  case named(String)
  case inline(operation: Int, parameter: String)
}

/// The indices of an axis of a value, one number for each; `nil` if the axis has no channels that could be removed.
typealias ChannelAxis = [Int]?

/// The channels of a function's values: indices along axes that stand or fall together have one class.
///
/// Every operation says how the indices of its outputs follow from those of its operands (`ChannelRules`), so residual sums,
/// concatenations, depthwise convolutions and attention heads join classes by themselves; what an operation does not explain
/// is fixed. After "DepGraph" (Fang et al. 2023), with indices instead of layers.
struct ChannelGraph {
  let function: Function
  private var parents: [Int] = []
  private var isFixed: [Bool] = []
  /// The axes of each value.
  private(set) var axes: [String: [ChannelAxis]] = [:]
  /// The axes of constants that are cut with channels.
  private(set) var cuts: [ConstantPlace: [Int: [Int]]] = [:]
  /// The operations that cut each constant.
  private var cutters: [ConstantPlace: Set<Int>] = [:]
  /// Operations whose outputs are the channels, with the place of their weight.
  private(set) var producers: [Member] = []
  /// Operations whose weights multiply the channels.
  private(set) var consumers: [Member] = []
  /// The indices that the number of groups of a convolution counts.
  private(set) var groups: [Int: [Int]] = [:]
  /// The output axes that a reshape's shape names.
  private(set) var reshapes: [Int: [ChannelAxis]] = [:]
  private let types: [String: ValueType]
  private let constants: [String: Constant]

  /// An operation with channels along an axis of its weight.
  struct Member {
    let operation: Int
    let weight: ConstantPlace
    let axis: Int
    let channels: [Int]
    /// The value that the weight multiplies, and its axis.
    var input: (name: String, axis: Int)?
  }

  init(_ function: Function) throws {
    self.function = function
    types = function.valueTypes
    var constants: [String: Constant] = [:]
    for operation in function.block.operations {
      if let value = operation.constantValue, let name = operation.outputs.first?.name { constants[name] = value }
    }
    self.constants = constants
    for (number, operation) in function.block.operations.enumerated() where !operation.isStored {
      ChannelRules.apply(operation, number, to: &self)
    }
    for name in function.block.outputs { fix(name) }
    fixSharedConstants()
  }

  // MARK: Facts

  /// The extents of a value; `nil` for an axis whose extent is open.
  func extents(_ name: String) -> [Int?]? { types[name]?.tensorType.map { $0.dimensions.map(\.size) } }

  /// The place and elements of a constant bound to a parameter.
  func constant(_ operation: Operation, _ number: Int, _ parameter: String) -> (place: ConstantPlace, tensor: Tensor)? {
    switch operation.bindings(parameter)?.first {
    case .constant(let constant): constant.tensor.map { (.inline(operation: number, parameter: parameter), $0) }
    case .name(let name): constants[name]?.tensor.map { (.named(name), $0) }
    case nil: nil
    }
  }

  func tensor(_ place: ConstantPlace) -> Tensor? {
    switch place {
    case .named(let name): constants[name]?.tensor
    case .inline(let operation, let parameter):
      if case .constant(let constant)? = function.block.operations[operation].bindings(parameter)?.first { constant.tensor } else { nil }
    }
  }

  func integers(_ operation: Operation, _ number: Int, _ parameter: String) -> [Int]? {
    constant(operation, number, parameter)?.tensor.integers()
  }

  /// The axes of a value, none of them with channels if nothing is known of it.
  func axes(of name: String) -> [ChannelAxis] { axes[name] ?? Array(repeating: nil, count: extents(name)?.count ?? 0) }

  // MARK: Changes

  mutating func set(_ name: String, _ axes: [ChannelAxis]) { self.axes[name] = axes }

  /// Fresh channels.
  mutating func make(_ count: Int) -> [Int] {
    let first = parents.count
    parents += first..<first + count
    isFixed += Array(repeating: false, count: count)
    return Array(first..<first + count)
  }

  func root(_ channel: Int) -> Int {
    var channel = channel
    while parents[channel] != channel { channel = parents[channel] }
    return channel
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (x, y) = (root(a), root(b))
    guard x != y else { return }
    parents[max(x, y)] = min(x, y)
    isFixed[min(x, y)] = isFixed[x] || isFixed[y]
  }

  /// The channels of two axes that are the same one: those of one of them if both are known, with all joined.
  mutating func join(_ a: ChannelAxis, _ b: ChannelAxis) -> ChannelAxis {
    guard let a, let b else { return a ?? b }
    guard a.count == b.count else {
      fix(a)
      fix(b)
      return a.count > b.count ? a : b
    }
    for (x, y) in zip(a, b) { join(x, y) }
    return a
  }

  mutating func fix(_ axis: ChannelAxis) { for channel in axis ?? [] { isFixed[root(channel)] = true } }
  mutating func fix(_ name: String) { for axis in axes(of: name) { fix(axis) } }
  func isFixed(_ channel: Int) -> Bool { isFixed[root(channel)] }

  /// Cuts an axis of a constant with channels; a constant that several operations read joins theirs.
  mutating func cut(_ place: ConstantPlace, _ axis: Int, with channels: ChannelAxis, by operation: Int) {
    guard let channels else { return }
    cutters[place, default: []].insert(operation)
    if let known = cuts[place]?[axis] { _ = join(known, channels) } else { cuts[place, default: [:]][axis] = channels }
  }

  mutating func produce(_ operation: Int, _ weight: ConstantPlace, _ axis: Int, _ channels: [Int]) {
    cut(weight, axis, with: channels, by: operation)
    producers.append(Member(operation: operation, weight: weight, axis: axis, channels: channels))
  }

  /// The weight's axis follows the channels of a value.
  mutating func consume(_ operation: Int, _ weight: ConstantPlace, _ axis: Int, _ input: String, _ inputAxis: Int) {
    guard let channels = axes(of: input)[inputAxis] else { return }
    cut(weight, axis, with: channels, by: operation)
    consumers.append(Member(operation: operation, weight: weight, axis: axis, channels: channels, input: (input, inputAxis)))
  }

  mutating func count(groupsOf operation: Int, _ channels: [Int]) { groups[operation] = channels }
  mutating func reshape(_ operation: Int, to axes: [ChannelAxis]) { reshapes[operation] = axes }

  /// Fixes the channels of constants that are also read by operations which do not cut them, or are outputs.
  private mutating func fixSharedConstants() {
    var readers: [String: Int] = [:]
    for operation in function.block.operations {
      var names: Set<String> = []
      operation.collectReads(&names)
      for name in names { readers[name, default: 0] += 1 }
    }
    for (place, axes) in cuts {
      guard case .named(let name) = place else { continue }
      let isShared = cutters[place]?.count ?? 0 < readers[name] ?? 0 || function.block.outputs.contains(name)
      if isShared { for channels in axes.values { fix(channels) } }
    }
  }
}
