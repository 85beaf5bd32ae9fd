// SPDX-License-Identifier: Apache-2.0
// Selects the activations that quantization-aware training rounds, and emits the operations for it.

import CKernels
import Encodings
import MIL
import Operators
import Options
import Runtime
import Tensors
import WeightStorage

/// A value of the program that is quantized.
package final class ActivationSite {
  package let value: String
  let options: LinearQuantizer
  let codes: QuantizedDType
  let isSymmetric: Bool
  /// The observed range `[low, high]`.
  let range = ExternalBuffer(Tensor([Float.infinity, -Float.infinity]))
  /// `[observes, rounds]`
  let control = ExternalBuffer(zeros: .float32, [2])
  /// `[scale, zero point]` and its gradient, if they are learned.
  let grid: ExternalBuffer?
  let gridGradient = ExternalBuffer(zeros: .float32, [2])
  private var hasGrid = false

  var rangeName: String { "\(value)_range" }
  var newRangeName: String { "\(value)_observed" }
  var controlName: String { "\(value)_control" }
  var gridName: String { "\(value)_grid" }

  /// - Parameter isInput: the grid of a model input is observed, never learned, since learning would require the
  ///   gradient of the first layer's input, which is not computed otherwise, and data do not change with the weights.
  init(_ value: String, _ options: LinearQuantizer, _ codes: QuantizedDType, isNonNegative: Bool, isInput: Bool) {
    self.value = value
    self.options = options
    self.codes = codes
    isSymmetric = options.quantizationScheme == .symmetric && !isNonNegative
    grid = options.algorithm == .learnable && !isInput ? ExternalBuffer(zeros: .float32, [2]) : nil
  }

  /// Sets the control values for the next batch.
  ///
  /// - Parameter startsStep: whether the batch is the first one of a step. A grid becomes learned only then, so that all
  ///   batches of a step contribute to its gradient.
  func prepare(step: Int, startsStep: Bool) {
    let phase = options.phase(step)
    let seen = range.floats[0] <= range.floats[1]
    // Learned grids are initialized with the first range, or, with milestones, with the last observed one.
    let mayLearn = grid != nil && seen && (options.milestones == nil || !phase.observes)
    if let grid, mayLearn, startsStep, !hasGrid {
      let found = codes.grid(low: range.floats[0], high: range.floats[1], symmetric: isSymmetric)
      (grid.floats[0], grid.floats[1]) = (found.scale, found.zero)
      hasGrid = true
    }
    let learns = mayLearn && hasGrid
    control.floats[0] = (phase.observes && !learns) || (!seen && phase.rounds) ? 1 : 0
    control.floats[1] = phase.rounds ? 1 : 0
  }

  /// Whether the optimizer updates the grid.
  var isLearning: Bool { grid != nil && hasGrid && control.floats[0] == 0 && control.floats[1] != 0 }

  /// The grid of the finalized model; `nil` if nothing was observed.
  var finalGrid: (scale: Float, zero: Int)? {
    if let grid, hasGrid {
      let zero = min(max(grid.floats[1].rounded(.toNearestOrEven), codes.low), codes.high)
      return (max(grid.floats[0], Float.ulpOfOne), Int(saturating: Double(zero)))
    }
    guard range.floats[0] <= range.floats[1] else { return nil }
    let found = codes.grid(low: range.floats[0], high: range.floats[1], symmetric: isSymmetric)
    return (found.scale, Int(saturating: Double(found.zero)))
  }

  var state: [String: Tensor] {
    var state = ["range": range.tensor, "has_grid": Tensor([hasGrid])]
    if let grid { state["grid"] = grid.tensor }
    return state
  }

  func restore(_ state: [String: Tensor]) throws {
    range.store(try state.tensor("range", count: 2))
    hasGrid = try state.doubles("has_grid", count: 1)[0] != 0
    if let grid { grid.store(try state.tensor("grid", count: 2)) }
  }
}

/// The activations of a function that are quantized.
package struct ActivationQuantization {
  package let sites: [ActivationSite]
  /// Values that are already on the grid of another site, since only data movement is in between. They are only
  /// stored as codes.
  let followers: [(value: String, site: ActivationSite)]

  /// - Parameter options: the quantization options for an operator's activations, by its type and name; `nil` for
  ///   none.
  init(_ function: Function, _ options: (Operation) throws -> LinearQuantizer?) rethrows {
    let values = ActivationValues(function)
    let outputs = Set(function.block.outputs)
    var sites: [ActivationSite] = []
    var known: [String: ActivationSite] = [:]
    var followers: [(value: String, site: ActivationSite)] = []
    for operation in function.block.operations {
      guard let traits = Catalog.known(operation)?.activations, !traits.quantized.isEmpty, let chosen = try options(operation),
        let codes = chosen.activationCodes
      else { continue }
      let names = traits.quantized.flatMap { operation.bindings($0) ?? [] }.compactMap(\.name).filter(values.isActivation)
      if traits.needsAllQuantized, names.count < traits.quantized.count { continue }
      for name in names where known[name] == nil {
        let root = values.root(of: name)
        if let site = known[root] ?? (outputs.contains(root) ? nil : values.site(root, chosen, codes)) {
          if known[root] == nil { sites.append(site) }
          known[root] = site
          if name != root, known[name] == nil {
            followers.append((name, site))
            known[name] = site
          }
        }
      }
    }
    self.sites = sites
    self.followers = followers
  }

  // MARK: Rewriting

  /// The function with rounding after every site; the rounded value replaces the original one.
  ///
  /// - Parameter site: emits the operations that round a value, and returns the name of the result.
  private func rewrite(
    _ function: Function, followers: Bool, _ write: (ActivationSite, NamedType, inout Rewriter) throws -> ([Operation], String)?
  ) rethrows -> Function {
    var rewriter = Rewriter(function)
    let pairs = sites.map { ($0.value, $0) } + (followers ? self.followers.map { ($0.value, $0.site) } : [])
    for (name, site) in pairs {
      let maker = rewriter.uses.producer(of: name)
      let output = maker.map { rewriter[$0].outputs.first { $0.name == name } } ?? function.inputs.first { $0.name == name }
      guard let output, let (operations, result) = try write(site, output, &rewriter) else { continue }
      if let maker { rewriter.insert(operations, after: maker) } else { rewriter.insert(operations, before: Location(0)) }
      rewriter.replaceUses(of: name, with: result)
    }
    var rewritten = rewriter.rewritten()
    // The function's outputs are not rounded.
    rewritten.block.outputs = function.block.outputs
    return rewritten
  }

  /// For training: the ranges, and whether to round, are inputs.
  ///
  /// - Returns: also the values to keep: the new ranges, by site.
  func training(_ function: Function) -> Function {
    var rewritten = rewrite(function, followers: false) { site, value, rewriter in
      guard let type = value.type.tensorType else { return nil }
      let rounded = rewriter.freshName("\(site.value)_rounded")
      let observed = FakeQuantization.observing(
        site.value, range: site.rangeName, control: site.controlName, momentum: site.options.activationObserver.momentum,
        result: site.newRangeName)
      let fake = FakeQuantization.rounding(
        site.value, range: site.newRangeName, control: site.controlName, grid: site.grid.map { _ in site.gridName },
        codes: site.codes.low...site.codes.high, symmetric: site.isSymmetric, result: NamedType(rounded, .tensor(type)))
      return ([observed, fake], rounded)
    }
    for site in sites {
      for (name, isThere) in [(site.rangeName, true), (site.controlName, true), (site.gridName, site.grid != nil)] where isThere {
        rewritten.inputs.append(NamedType(name, .tensor(.float32, [2])))
      }
    }
    return rewritten
  }

  /// For the finalized model: quantize and dequantize, with constants.
  func finished(_ function: Function) -> Function {
    rewrite(function, followers: true) { site, value, rewriter in
      guard let grid = site.finalGrid, let type = value.type.tensorType else { return nil }
      let (quantized, restored) = (rewriter.freshName("\(value.name)_quantized"), rewriter.freshName("\(value.name)_dequantized"))
      let finite = FiniteScale.rounded(
        grid.scale, codes: site.codes.low...site.codes.high, zeroPoint: Float(grid.zero), type.dtype)
      let scale = Constant(Tensor(scalar: finite).cast(to: type.dtype))
      var zero: [Argument] = []
      var dtype = site.codes.dtype
      var zeroPoint = grid.zero
      // Codes 0…255 with zero point 128 are equivalent to −128…127 with zero point 0, which can be omitted.
      if dtype == .uint8, zeroPoint == 128 { (dtype, zeroPoint) = (.int8, 0) }
      if zeroPoint != 0 { zero = [Argument("zero_point", Constant(Tensor(integers: [zeroPoint], dtype: dtype, shape: [])))] }
      let quantize = Operation(
        type: "quantize",
        inputs: [Argument("input", value.name), Argument("scale", scale)] + zero + [Argument("output_dtype", Constant(dtype.name))],
        outputs: [NamedType(quantized, .tensor(TensorType(dtype, type.dimensions)))], attributes: [Attribute("name", Constant(quantized))])
      let dequantize = Operation(
        type: "dequantize", inputs: [Argument("input", quantized), Argument("scale", scale)] + zero,
        outputs: [NamedType(restored, .tensor(type))], attributes: [Attribute("name", Constant(restored))])
      return ([quantize, dequantize], restored)
    }
  }
}

/// The values of a function's main block, with the operations that produce them.
private struct ActivationValues {
  private let function: Function
  private let uses: UseMap

  init(_ function: Function) {
    self.function = function
    uses = UseMap(function)
  }

  /// The operation that produces the value; `nil` for a function input.
  private func maker(_ name: String) -> Operation? { uses.producer(of: name).flatMap { $0.depth == 0 ? function.block[$0] : nil } }

  func isActivation(_ name: String) -> Bool {
    let maker = maker(name)
    let type = maker.map { $0.outputs.first { $0.name == name }?.type } ?? function.inputs.first { $0.name == name }?.type
    guard let tensor = type?.tensorType, tensor.dtype.isFloat else { return false }
    return maker.map { !$0.isStored } ?? true
  }

  /// The value whose range this value shares.
  func root(of name: String) -> String {
    var name = name
    while let maker = maker(name), Catalog.known(maker)?.activations.sharesRange == true, let input = maker.bindings("x")?.first?.name {
      name = input
    }
    return name
  }

  func site(_ root: String, _ options: LinearQuantizer, _ codes: QuantizedDType) -> ActivationSite {
    let maker = maker(root)
    return ActivationSite(
      root, options, codes, isNonNegative: maker.flatMap(Catalog.known)?.activations.isNonNegative ?? false, isInput: maker == nil)
  }
}
