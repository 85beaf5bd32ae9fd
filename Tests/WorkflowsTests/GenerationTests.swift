// SPDX-License-Identifier: Apache-2.0
// Continuing texts: programs with and without states, step by step, stop words, seeds, and what cannot be a language model.

import Evaluation
import Foundation
import MIL
import ModelPackages
import Models
import Operators
import Runtime
import Sampling
import Tensors
import Testing
import Workflows

@Suite("Generation") struct GenerationTests {
  private static let vocabulary = 13

  /// A decoder of one layer: two heads of queries over one of keys and values, positions by a table. With states, it reads each token
  /// once; otherwise it reads all of them.
  private static func text(isStateful: Bool, inputs: (ids: String, mask: String) = ("input_ids", "causal_mask")) -> String {
    var random = SplitMix64(seed: 11)
    func weight(_ shape: Int...) -> String {
      let numbers = (0..<shape.reduce(1, *)).map { _ in "\(Float(random.normal()))" }
      return "tensor<fp32, \(shape)>([\(numbers.joined(separator: ", "))])"
    }
    let (embedding, places) = (weight(vocabulary, 8), weight(16, 8))
    let (query, key, value, output) = (weight(8, 8), weight(4, 8), weight(4, 8), weight(8, 8))
    let states = isStateful ? ", k_cache: state<tensor<fp32, [1, 1, 16, 4]>>, v_cache: state<tensor<fp32, [1, 1, 16, 4]>>" : ""
    func cached(_ x: String) -> String {
      guard isStateful else { return "\(x)_all = identity(x = \(x)_new)" }
      return """
        \(x)_old = read_state(input = \(x)_cache)
          \(x)_put = slice_update(x = \(x)_old, update = \(x)_new, begin = put_begin, end = put_end)
          write_state(input = \(x)_cache, data = \(x)_put)
          \(x)_now = read_state(input = \(x)_cache)
          \(x)_all = slice_by_index(x = \(x)_now, begin = [0, 0, 0, 0], end = put_end)
        """
    }
    return """
      func main<iOS18>(\(inputs.ids): tensor<int32, [1, ?]>, \(inputs.mask): tensor<fp32, [1, 1, ?, ?]>\(states)) {
        ids_shape = shape(x = \(inputs.ids))
        mask_shape = shape(x = \(inputs.mask))
        n = slice_by_index(x = ids_shape, begin = [1], end = [2])
        m = slice_by_index(x = mask_shape, begin = [3], end = [4])
        from = sub(x = m, y = n)
        put_begin = concat(values = (tensor<int32, [2]>([0, 0]), from, tensor<int32, [1]>([0])), axis = 0)
        put_end = concat(values = (tensor<int32, [2]>([1, 1]), m, tensor<int32, [1]>([4])), axis = 0)
        place_begin = concat(values = (from, tensor<int32, [1]>([0])), axis = 0)
        place_end = concat(values = (m, tensor<int32, [1]>([8])), axis = 0)
        tokens = gather(x = \(embedding), indices = \(inputs.ids), axis = 0)
        places = slice_by_index(x = \(places), begin = place_begin, end = place_end)
        h = add(x = tokens, y = places)
        q0 = linear(x = h, weight = \(query))
        k0 = linear(x = h, weight = \(key))
        v0 = linear(x = h, weight = \(value))
        q1 = reshape(x = q0, shape = [1, -1, 2, 4])
        k_new = expand_dims(x = k0, axes = [1])
        v_new = expand_dims(x = v0, axes = [1])
        q = transpose(x = q1, perm = [0, 2, 1, 3])
        \(cached("k"))
        \(cached("v"))
        kr = tile(x = k_all, reps = [1, 2, 1, 1])
        vr = tile(x = v_all, reps = [1, 2, 1, 1])
        a = scaled_dot_product_attention(query = q, key = kr, value = vr, attn_mask = \(inputs.mask))
        b = transpose(x = a, perm = [0, 2, 1, 3])
        c = reshape(x = b, shape = [1, -1, 8])
        d = linear(x = c, weight = \(output))
        e = add(x = d, y = h)
        logits = linear(x = e, weight = \(embedding))
      } -> (logits)
      """
  }

  private static func model(_ text: String) throws -> Model {
    let program = try Program(text: text) { operation, types in
      let call = try Call(operation, opset: .iOS18) { name in types[name].map { Operand(name: name, type: $0) } }
      return try Catalog.find(operation).infer(call)
    }
    return try Model(contents: ModelPackage(program: program))
  }

  private func stateful() throws -> Model { try Self.model(Self.text(isStateful: true)) }
  private func stateless() throws -> Model { try Self.model(Self.text(isStateful: false)) }

  private func options(_ maxTokens: Int, _ change: (inout GenerationOptions) -> Void = { _ in }) -> GenerationOptions {
    var options = GenerationOptions()
    options.maxTokens = maxTokens
    change(&options)
    return options
  }

  private func mask(_ queries: Int, _ positions: Int) -> Tensor {
    let values = (0..<queries).flatMap { q in (0..<positions).map { $0 <= positions - queries + q ? Float(0) : -10_000 } }
    return Tensor(values, shape: [1, 1, queries, positions])
  }

  @Test func greedyEqualsPredictionsStepByStep() throws {
    let model = try stateful()
    let prompt = [3, 1, 4, 1, 5]
    let state = try #require(try model.makeState())
    var (fed, wanted, position): ([Int], [Int], Int) = (prompt, [], 0)
    for _ in 0..<8 {
      position += fed.count
      let inputs: [String: ModelInput] = [
        "input_ids": .tensor(Tensor(fed.map { Int32($0) }, shape: [1, fed.count])), "causal_mask": .tensor(mask(fed.count, position)),
      ]
      guard case .tensor(let logits)? = try model.predict(inputs, state: state)["logits"] else {
        Issue.record("no logits")
        return
      }
      let row = logits.floats().suffix(Self.vocabulary).map { $0 }
      let next = try #require(row.indices.max { row[$0] < row[$1] })
      wanted.append(next)
      fed = [next]
    }
    #expect(Set(wanted).count > 1)
    let made = try Generation.run(model, prompt: prompt, options(8))
    #expect(made.ids == wanted && made.end == .maxTokens && made.promptTokens == 5)
  }

  @Test func statesChangeNothing() throws {
    let (a, b) = (try stateful(), try stateless())
    for prompt in [[0], [7, 2], [12, 11, 10, 9, 8, 7, 6]] {
      let greedy = try Generation.run(a, prompt: prompt, options(9)).ids
      #expect(try Generation.run(b, prompt: prompt, options(9)).ids == greedy)
      let sampled = options(9) {
        $0.sampling.temperature = 1.5
        $0.sampling.seed = 5
      }
      let first = try Generation.run(a, prompt: prompt, sampled).ids
      #expect(try Generation.run(b, prompt: prompt, sampled).ids == first)
      #expect(try Generation.run(a, prompt: prompt, sampled).ids == first)
    }
  }

  @Test func endsWhereItShould() throws {
    let model = try stateful()
    let all = try Generation.run(model, prompt: [3, 1], options(40))
    // 16 positions: two of the prompt, then each token but the last is fed.
    #expect(all.end == .full && all.ids.count == 15)
    let stop = all.ids[4]
    let first = try #require(all.ids.firstIndex(of: stop))
    let stopped = try Generation.run(model, prompt: [3, 1], options(40) { $0.stopTokens = [stop] })
    #expect(stopped.end == .stopToken && stopped.ids == Array(all.ids[..<first]))
    var seen: [Int] = []
    let called = try Generation.run(
      model, prompt: [3, 1], options(40),
      onToken: { token, _ in
        seen.append(token)
        return seen.count < 3
      })
    #expect(called.end == .callback && called.ids == Array(all.ids[..<3]) && seen == called.ids)
    var polls = 0
    let interrupted = try Generation.run(
      model, prompt: [3, 1], options(40),
      isCancelled: {
        polls += 1
        return polls == 2
      })
    #expect(interrupted.end == .interrupted && interrupted.ids == Array(all.ids[..<2]))
  }

  @Test func unfitPromptsAndModels() throws {
    let model = try stateful()
    #expect(throws: WorkflowError.emptyPrompt) { try Generation.run(model, prompt: [], options(1)) }
    #expect(throws: WorkflowError.longPrompt(17, room: 16)) {
      try Generation.run(model, prompt: Array(repeating: 1, count: 17), options(1))
    }
    #expect(throws: WorkflowError.unknownToken(13, vocabulary: 13)) { try Generation.run(model, prompt: [1, 13], options(1)) }
    let other = try Self.model("func main<iOS18>(x: tensor<fp32, [1, 2]>) { logits = relu(x = x) } -> (logits)")
    let error = #expect(throws: ModelError.self) { try Generation.run(other, prompt: [1], options(1)) }
    #expect(error.map { "\($0)".contains("token ids") } == true)
  }

  /// Perplexity by the logits of each prefix, as `generate` sees them.
  private func slowly(_ model: Model, _ ids: [Int], length: Int) throws -> Double {
    var (sum, count) = (0.0, 0)
    for start in stride(from: 0, to: ids.count, by: length) {
      let stream = try TokenStream(model)
      for at in start..<min(start + length, ids.count - 1) {
        let logits = try stream.feed([ids[at]]).map(Double.init)
        let top = logits.max() ?? 0
        sum += top + logits.reduce(0) { $0 + Foundation.exp($1 - top) }.logarithm - logits[ids[at + 1]]
        count += 1
      }
    }
    return Foundation.exp(sum / Double(count))
  }

  @Test func perplexityNeedsOnlyTokens() throws {
    let ids = (0..<23).map { $0 * 5 % 13 }
    let data = try Dataset(windowsOf: [ids.map { UInt32($0) }], .init(length: 8, pad: 0), options: .init(batchSize: 2))
    let expected = try slowly(stateful(), ids, length: 8)
    var remarks: [String] = []
    for model in [try stateful(), try stateless()] {
      let evaluator = Evaluator(metrics: [.perplexity], remark: { remarks.append($0) })
      let found = try #require(try evaluator.evaluate(model, on: data)["perplexity"])
      #expect(abs(found.value / expected - 1) < 1e-5 && found.count == 22)
    }
    #expect(remarks.count == 2 && remarks[0].contains("the data set has no 'causal_mask'"), "\(remarks)")
    // With a stride, earlier tokens of a window are context.
    let overlapping = try Dataset(windowsOf: [ids.map { UInt32($0) }], .init(length: 8, stride: 3, pad: 0), options: .init(batchSize: 4))
    let values = try [stateful(), stateless()].map {
      try Evaluator(metrics: [.perplexity]).evaluate($0, on: overlapping)["perplexity"]?.value ?? 0
    }
    #expect(abs(values[0] / values[1] - 1) < 1e-5 && values[0] != expected)
    // A mask of the data is used as it is: this one hides everything but the token itself.
    let own = (0..<3).flatMap { _ in (0..<64).map { $0 / 8 == $0 % 8 ? Float(0) : -30_000 } }
    let masked = try Dataset(
      inputs: ["input_ids": #require(try data.inputs["input_ids"]), "causal_mask": Tensor(own, shape: [3, 1, 8, 8])], labels: data.labels)
    #expect(try Evaluator(metrics: [.perplexity]).evaluate(stateless(), on: masked)["perplexity"]?.value != expected)
    let long = try Dataset(windowsOf: [ids.map { UInt32($0) }], .init(length: 20, pad: 0))
    #expect(throws: ModelError.noTokenInterface("the windows have 20 token ids, but the program holds 16; length = 16")) {
      try Evaluator(metrics: [.perplexity]).evaluate(stateful(), on: long)
    }
  }

  @Test func statefulAndStatelessProgramsCompareByPerplexity() throws {
    let ids = (0..<33).map { UInt32($0 * 5 % 13) }
    let data = try Dataset(windowsOf: [ids], .init(length: 8, pad: 0))
    let model = try stateless()
    let before = try #require(try Evaluator(metrics: [.perplexity]).evaluate(model, on: data)["perplexity"]?.value)
    let report = try Comparison(evaluator: Evaluator(metrics: [.perplexity])).run(
      [Candidate(name: "same", predictor: try stateful(), bytes: 1)], on: data,
      baseline: Candidate(name: "original", predictor: model, bytes: 2))
    #expect(report.rows.count == 2)
    for row in report.rows { #expect(abs((row.metrics.first?.value?.value ?? 0) / before - 1) < 1e-5) }
  }
}

extension Double {
  fileprivate var logarithm: Double { Foundation.log(self) }
}
