// SPDX-License-Identifier: Apache-2.0
// Techniques against coremltools' own functions, bit for bit where both are exact.

import Compression
import Encodings
import Foundation
import Options
import Rules
import Tensors
import Testing
import WeightStorage

@Suite("Against coremltools") struct ReferenceTests {
  typealias Case = ReferenceFixture.Case
  static let fixture = Result { try ReferenceFixture.load() }

  func weight(_ name: String) throws -> Tensor {
    try #require(try Self.fixture.get().weights[name]).tensor
  }
  func bytes(_ tensor: Tensor) -> [UInt8] { tensor.withBytes { Array($0) } }

  @Test func theFixtureIsThere() throws {
    let fixture = try Self.fixture.get()
    #expect(fixture.weights.count == 10 && fixture.cases.count > 300)
    for kind in ["quantize", "uniform", "unique", "kmeans", "threshold", "magnitude"] {
      #expect(!ReferenceFixture.cases(kind).isEmpty, "\(kind)")
    }
  }

  @Test func quantize() throws {
    for c in ReferenceFixture.cases("quantize") {
      let w = try weight(c.weight)
      let sizes = try #require(c.block_size).sizes
      let technique = try LinearQuantization([
        "dtype": .string(try #require(c.dtype)), "mode": .string(try #require(c.mode)),
        "granularity": .string("per_block"),
        "block_size": .list(sizes.map { .integer($0) }),
      ])
      guard
        case .blockwise(.dense(let data), let scale, let offset) = try technique.compress(
          .dense(w), WeightContext(name: c.weight))
      else {
        Issue.record("\(c): not blockwise")
        continue
      }
      #expect(data.codes() == ReferenceFixture.bytes(try #require(c.codes)), "\(c) codes")
      #expect(bytes(scale) == ReferenceFixture.bytes(try #require(c.scale)), "\(c) scale")
      #expect(offset?.codes() == c.offset.map { ReferenceFixture.bytes($0) }, "\(c) offset")
      // −0 and 0 are one value: compare numbers, not bytes.
      let dense = try EncodedWeight.blockwise(data: .dense(data), scale: scale, offset: offset)
        .decoded()
      #expect(
        dense.floats()
          == ReferenceFixture.Weight(
            dtype: "\(w.dtype)", shape: w.shape, data: try #require(c.dense)
          ).tensor.floats(), "\(c) values")
    }
  }

  private func palettize(_ c: Case, _ mode: String) throws -> (
    indices: Tensor, lut: Tensor, dense: Tensor
  ) {
    let group = c.group_size ?? 0
    var options: [String: OptionValue] = [
      "mode": .string(mode), "cluster_dim": .integer(c.cluster_dim ?? 1),
    ]
    if let nbits = c.nbits { options["nbits"] = .integer(nbits) }
    if group > 0 || c.axis != nil {
      options["granularity"] = .string("per_grouped_channel")
      options["group_size"] = .integer(group)
      options["channel_axis"] = .integer(c.axis ?? 0)
    }
    let encoded = try Palettization(options).compress(
      .dense(try weight(c.weight)), WeightContext(name: c.weight))
    guard case .palette(let indices, .dense(let lut), _) = encoded else {
      throw RuleError.malformed(problem: "not a palette")
    }
    return (indices, lut, try encoded.decoded())
  }

  @Test func uniform() throws {
    for c in ReferenceFixture.cases("uniform") {
      let ours = try palettize(c, "uniform")
      #expect(ours.indices.codes() == ReferenceFixture.bytes(try #require(c.codes)), "\(c) indices")
      #expect(bytes(ours.lut) == ReferenceFixture.bytes(try #require(c.lut)), "\(c) lut")
    }
  }

  @Test func unique() throws {
    for c in ReferenceFixture.cases("unique") {
      let ours = try palettize(c, "unique")
      #expect(ours.lut.shape == c.lut_shape, "\(c)")
      #expect(ours.indices.codes() == ReferenceFixture.bytes(try #require(c.codes)), "\(c) indices")
      #expect(
        ours.lut.floats()
          == ReferenceFixture.Weight(
            dtype: "\(ours.lut.dtype)", shape: ours.lut.shape, data: try #require(c.lut)
          ).tensor.floats(), "\(c) lut")
    }
  }

  @Test func kMeansIsNeverWorse() throws {
    for c in ReferenceFixture.cases("kmeans") {
      let w = try weight(c.weight).doubles()
      let ours = try palettize(c, "kmeans").dense.doubles()
      let error = zip(w, ours).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let theirs = try #require(c.error)
      // Rounding the table to the weight's type moves either error by its last bits.
      #expect(error <= theirs * 1.0001 + 1e-30, "\(c): \(error) against \(theirs)")
    }
  }

  @Test(arguments: ["threshold", "magnitude"]) func prune(kind: String) throws {
    for c in ReferenceFixture.cases(kind) {
      let w = try weight(c.weight)
      var options: [String: OptionValue] = [:]
      if let threshold = c.threshold {
        options["threshold"] = .number(threshold)
        options["minimum_sparsity_percentile"] = .number(0)
      }
      if let s = c.target_sparsity { options["target_sparsity"] = .number(s) }
      if let size = c.block_size { options["block_size"] = .integer(size.sizes[0]) }
      if let nm = c.n_m_ratio { options["n_m_ratio"] = .list(nm.map { .integer($0) }) }
      if let dim = c.dim { options["dim"] = .integer(dim) }
      let technique = try Techniques.standard.make(step: "prune", options)
      let ours = try technique.compress(.dense(w), WeightContext(name: c.weight)).decoded()
      let theirs = ReferenceFixture.Weight(
        dtype: "\(w.dtype)", shape: w.shape, data: try #require(c.dense)
      ).tensor
      #expect(ours.floats() == theirs.floats(), "\(c)")
    }
  }
}
