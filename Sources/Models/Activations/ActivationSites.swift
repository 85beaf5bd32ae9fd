// SPDX-License-Identifier: Apache-2.0
// Which values of a program are stored as 8-bit codes.

import Calibration
import MIL
import Operators
import Runtime
import Tensors

/// How the activations of a model are quantized.
package struct ActivationOptions: Sendable, Equatable {
  /// Ranges [−m, m] without a zero point; values without negative elements use all codes of uint8.
  package var isSymmetric = true
  /// int8 or uint8.
  package var codeType = DType.int8
  package var observer = ActivationObserver.minmax
  /// Of the observer `percentile`.
  package var percentile = 99.999
  /// Whether operators of a type are quantized, in place of the usual choice.
  package var types: [String: Bool] = [:]
  /// Whether an operator of this name is quantized.
  package var names: [String: Bool] = [:]

  package init() {}

  /// The operators that are quantized unless they are excluded. Additions are, too, if a convolution computes one of their
  /// operands; sums of transformers, which have wide ranges, stay floats.
  package static let usualTypes: Set<String> = ["conv", "linear", "avg_pool", "max_pool"]
  /// All operators whose activations can be codes.
  package static var possibleTypes: [String] {
    Catalog.all.filter { !$0.activations.quantized.isEmpty }.map { $0.signature.name }.sorted()
  }

  /// - Parameter followsConvolution: whether an operand comes from a convolution.
  func includes(_ operation: Operation, followsConvolution: Bool) -> Bool {
    names[operation.name] ?? types[operation.type]
      ?? (Self.usualTypes.contains(operation.type) || operation.type == "add" && followsConvolution)
  }
}

/// The values that some operators read as codes.
struct ActivationSites {
  /// A value, and the value that it has the range of: only moved elements are in between.
  struct Site: Hashable {
    let value: String
    let root: String
  }

  /// In the order of the program.
  private(set) var sites: [Site] = []
  /// The parameters that read codes, by the position of the operation in the block.
  private(set) var readers: [Int: [String]] = [:]
  /// Roots that are joined by a concatenation share a range: the first root of each set, by root.
  private(set) var shared: [String: String] = [:]

  init(_ function: Function, _ options: ActivationOptions) {
    let block = function.block
    var makers: [String: Operation] = [:]
    var types: [String: ValueType] = [:]
    for input in function.inputs { types[input.name] = input.type }
    for operation in block.operations {
      for output in operation.outputs {
        makers[output.name] = operation
        types[output.name] = output.type
      }
    }
    func isActivation(_ name: String) -> Bool {
      guard types[name]?.tensorType?.dtype.isFloat == true else { return false }
      return makers[name].map { !$0.isStored } ?? true
    }
    func root(of name: String) -> String {
      var name = name
      while let maker = makers[name], Catalog.known(maker)?.activations.sharesRange == true, let input = maker.bindings("x")?.first?.name {
        name = input
      }
      return name
    }
    var known: Set<String> = []
    // Values that convolutions compute, through operators that keep their channels apart.
    var convolved: Set<String> = []
    for (position, operation) in block.operations.enumerated() {
      let op = Catalog.known(operation)
      let follows = operation.namesRead.contains(where: convolved.contains)
      if operation.type == "conv" || follows && op?.keepsPixels == true { convolved.formUnion(operation.outputs.map(\.name)) }
      guard let traits = op?.activations, !traits.quantized.isEmpty,
        options.includes(operation, followsConvolution: follows)
      else { continue }
      // A value that is already codes stays as it is.
      let read = traits.quantized.filter { parameter in
        operation.bindings(parameter)?.first?.name.map { isActivation($0) && makers[$0]?.type != "dequantize" } ?? false
      }
      guard !read.isEmpty, !(traits.needsAllQuantized && read.count < traits.quantized.count) else { continue }
      readers[position] = read
      for parameter in read {
        guard let name = operation.bindings(parameter)?.first?.name, known.insert(name).inserted else { continue }
        sites.append(Site(value: name, root: root(of: name)))
      }
    }
    let roots = Set(sites.map(\.root))
    for operation in block.operations where operation.type == "concat" {
      let joined = ((operation.bindings("values") ?? []).compactMap(\.name) + operation.outputs.map(\.name)).map(root).filter(
        roots.contains)
      guard let first = joined.first.map({ shared[$0] ?? $0 }) else { continue }
      for other in joined {
        let old = shared[other] ?? other
        for root in roots where (shared[root] ?? root) == old { shared[root] = first }
      }
    }
  }

  /// The range of each root: of all values that share one.
  func ranges(_ observed: [String: ValueRange]) -> [String: ValueRange] {
    var sums: [String: ValueRange] = [:]
    for root in Set(sites.map(\.root)).sorted() {
      guard let own = observed[root] else { continue }
      let first = shared[root] ?? root
      sums[first] = sums[first]?.merged(with: own) ?? own
    }
    return Dictionary(
      Set(sites.map(\.root)).compactMap { root in sums[shared[root] ?? root].map { (root, $0) } }, uniquingKeysWith: { a, _ in a })
  }
}

extension Operator {
  /// Whether the result has a pixel for each pixel of the input, or of a window, as in convolutional networks: it may be channels-last.
  fileprivate static var keepsPixels: Bool {
    switch layout {
    case .follows, .channelsLast, .stridedToChannelsLast, .channelsLastInputs: true
    case .plain, .strided, .view, .permutes: false
    }
  }
}
