// SPDX-License-Identifier: Apache-2.0
// A language model with the tokens that it has read, whatever the form of its program.

import ModelPackages
import Runtime
import Tensors

/// Feeds tokens to a model and returns the logits of the next one.
///
/// A program with states reads each token once. One without reads the whole text again for each token, or its last window.
package final class TokenStream {
  private let model: Model
  private let interface: TokenInterface
  private let state: StateStore?
  /// All tokens that were fed.
  package private(set) var tokens: [Int] = []

  /// - Throws: `ModelError.noTokenInterface`.
  package init(_ model: Model) throws {
    self.model = model
    guard let function = model.function else { throw ModelError.noTokenInterface("the program has no function '\(model.interface.name)'") }
    interface = try TokenInterface(model.interface, function)
    state = try model.makeState()
  }

  /// The number of tokens that can still be fed; `nil` for no limit. Programs without states read windows, so they have none.
  package var room: Int? { interface.isStateful ? interface.capacity.map { $0 - tokens.count } : nil }

  /// The largest id that the model's first logits had; for checks of ids.
  package private(set) var vocabulary: Int?

  /// Reads tokens, and returns the logits of the one that follows them.
  ///
  /// - Throws: `ModelError.noTokenInterface` if the program does not accept so many tokens; `RuntimeError`.
  package func feed(_ new: [Int]) throws -> [Float] {
    guard interface.isStateful else {
      tokens += new
      return try window()
    }
    var rest = new[...]
    var logits: [Float] = []
    while !rest.isEmpty {
      let sizes = interface.tokens?.extents(ofAxis: -1, upTo: rest.count) ?? []
      guard let size = sizes.last else {
        throw ModelError.noTokenInterface(
          "a program with states must accept single tokens, but its token ids have \(interface.tokens?.shape.last ?? 0) elements or more")
      }
      let part = Array(rest.prefix(size))
      logits = try predict(part, start: tokens.count, at: size - 1)
      tokens += part
      rest = rest.dropFirst(size)
    }
    return logits
  }

  /// The logits after the last tokens that fit, for a program without states.
  private func window() throws -> [Float] {
    let feature = interface.tokens
    let most = min(interface.capacity ?? tokens.count, tokens.count)
    let part = Array(tokens.suffix(most))
    if feature?.extents(ofAxis: -1, upTo: most).last == most { return try predict(part, start: 0, at: most - 1) }
    // What follows a token does not change its logits, so any padding will do.
    guard let length = (feature?.extents(ofAxis: -1, upTo: interface.capacity ?? most + 4096) ?? []).first(where: { $0 >= most }) else {
      throw ModelError.noTokenInterface("the program does not accept \(most) token ids")
    }
    return try predict(part + Array(repeating: 0, count: length - most), start: 0, at: most - 1)
  }

  /// - Parameters:
  ///   - part: tokens that the program accepts at once.
  ///   - start: the position of the first.
  ///   - index: the token whose logits are returned.
  private func predict(_ part: [Int], start: Int, at index: Int) throws -> [Float] {
    var inputs: [String: ModelInput] = [:]
    for (name, feature, role) in interface.roles {
      inputs[name] = .tensor(Self.tensor(role, feature, part, start: start))
    }
    guard case .tensor(let output)? = try model.predict(inputs, state: state, outputs: [interface.logits])[interface.logits],
      let width = output.shape.last, width > 0
    else { throw ModelError.noTokenInterface("'\(interface.logits)' is no tensor of logits") }
    let rows = output.count / width
    guard rows == 1 || rows == part.count else {
      throw ModelError.noTokenInterface(
        "'\(interface.logits)' has the shape \(output.shape) for \(part.count) tokens, expected logits of the last one or of each")
    }
    vocabulary = width
    let row = rows == 1 ? 0 : index
    return Array(output.floats()[(row * width)..<((row + 1) * width)])
  }

  /// The value of an input for consecutive tokens.
  ///
  /// - Parameter start: the position of the first.
  static func tensor(_ role: TokenInterface.Role, _ feature: ArrayFeature, _ part: [Int], start: Int) -> Tensor {
    let dtype = feature.dtype ?? .float32
    let (count, end) = (part.count, start + part.count)
    func sequence(_ values: [Int]) -> Tensor {
      Tensor(integers: values, dtype: .int32, shape: feature.shape.count == 2 ? [1, values.count] : [values.count])
    }
    switch role {
    case .tokens: return sequence(part)
    case .positions: return sequence(Array(start..<end))
    case .start: return Tensor(integers: [start], dtype: .int32, shape: feature.shape)
    case .positionMask:
      return sequence((0..<width(feature, end)).map { $0 < end ? 1 : 0 })
    case .causalMask:
      let width = width(feature, end)
      let excluded: Float = dtype.isInteger ? 0 : -30_000
      let included: Float = dtype.isInteger ? 1 : 0
      var values = [Float](repeating: excluded, count: count * width)
      for row in 0..<count { for column in 0...(start + row) where column < width { values[row * width + column] = included } }
      let leading = Array(repeating: 1, count: max(feature.shape.count - 2, 0))
      return Tensor(values, shape: leading + [count, width])
    }
  }

  /// The width of a mask over `end` positions: exactly so many where that is accepted, else the least that is.
  private static func width(_ feature: ArrayFeature, _ end: Int) -> Int {
    let axis = feature.shape.count - 1
    switch feature.flexibility {
    case .fixed: return feature.shape[axis]
    case .enumerated(let shapes): return ([feature.shape] + shapes).map { $0[axis] }.filter { $0 >= end }.min() ?? end
    case .ranges(let ranges): return max(end, ranges[axis].lower)
    }
  }
}
