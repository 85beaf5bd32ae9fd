// SPDX-License-Identifier: Apache-2.0
// Training of classifiers, whose label output supports only one sample, with batches and with class names as labels.

import Testing

struct ClassifierTrainingTests {
  private static let setting = """
    model = wane.load(fixtures .. "/models/classifier.mlpackage")
    local names = { "red", "green", "blue" }
    x, labels = {}, {}
    for i = 1, 60 do
      local class = i % 3 + 1
      labels[i] = names[class]
      x[i] = { math.sin(i), math.cos(7 * i), 0, 0 }
      x[i][class] = x[i][class] + 4
    end
    data = wane.dataset{ inputs = { x = wane.tensor(x) }, labels = labels, batch_size = 20 }

    """

  @Test(arguments: ["{ lr = 0.05 }", "{ lr = 0.05, output = 'classLabel_probs' }", "{ lr = 0.05, optimizer = 'sgd' }"])
  func batchesOfAnySize(options: String) throws {
    try Script.run(
      Self.setting + """
        local t = wane.trainer(model, \(options))
        local history = t:fit(data, { epochs = 20 })
        assert(history[20].loss < history[1].loss / 2, history[20].loss)
        local small = t:finalize()
        assert(small:evaluate(data).accuracy > 0.9)
        assert(small.outputs.classLabel and small:predict{ x = { x[1] } }.classLabel == labels[1])
        """)
  }

  /// Steps, fits and callbacks map the same labels to the same classes.
  @Test func labelsMeanTheModelsClasses() throws {
    try Script.run(
      Self.setting + """
        local function first(learn)
          local t = wane.trainer(model, { lr = 0, seed = 1 })
          return learn(t)
        end
        local all = wane.dataset{ inputs = data.inputs, labels = labels, batch_size = 60 }
        local fit = first(function(t) return t:fit(all, { shuffle = false })[1].loss end)
        local step = first(function(t) for batch in all:batches(60) do return t:step(batch) end end)
        local named = first(function(t) return t:step{ inputs = { x = data.inputs.x }, labels = labels } end)
        local positions = {}
        for i, name in ipairs(labels) do positions[i] = ({ red = 0, green = 1, blue = 2 })[name] end
        local placed = first(function(t) return t:step{ inputs = { x = data.inputs.x }, labels = positions } end)
        assert(fit == step and step == named and named == placed, fit .. " " .. step .. " " .. named .. " " .. placed)
        -- A hook sees positions, and gives them back.
        local seen
        local hooked = first(function(t)
          return t:fit(all, { shuffle = false, augment = function(batch) seen = batch.labels:to_table() return batch end })[1].loss
        end)
        assert(hooked == fit)
        for i, position in ipairs(positions) do assert(seen[i] == position) end
        """)
  }

  /// A teacher with a fixed batch size of 1 is used with batches.
  @Test func aClassifierTeaches() throws {
    try Script.run(
      Self.setting + """
        local t = wane.trainer(model, { loss = { type = "kl", teacher = model }, lr = 0.05 })
        assert(t:step{ inputs = { x = data.inputs.x } } < 1e-6)
        local other = wane.trainer(model, { lr = 0.05 })
        other:fit(data, { epochs = 20 })
        local student = wane.trainer(model, { loss = { type = "kl", teacher = other:finalize() }, lr = 0.05 })
        local first = student:step{ inputs = { x = data.inputs.x } }
        for _ = 1, 30 do student:step{ inputs = { x = data.inputs.x } } end
        assert(first > 0.01 and student.loss < first / 2, first .. " " .. student.loss)
        """)
  }

  /// Integers are valid targets and class probabilities, for any dtype of the data set.
  @Test func wholeNumbersAreTargets() throws {
    try Script.run(
      Self.setting + """
        local shares, halves = {}, {}
        for i, name in ipairs(labels) do
          shares[i] = { name == "red" and 1 or 0, name == "green" and 1 or 0, name == "blue" and 1 or 0 }
        end
        local whole = wane.dataset{ inputs = data.inputs, labels = wane.tensor(shares), batch_size = 60 }
        assert(whole.labels.dtype == "int32")
        for _, loss in ipairs{ "mse", "mae", "cosine", "cross_entropy" } do
          local t = wane.trainer(model, { loss = loss, lr = 0 })
          local fit = t:fit(whole, { shuffle = false })[1].loss
          local step = t:step{ inputs = { x = data.inputs.x }, labels = wane.tensor(shares) }
          assert(fit == step, loss .. " " .. fit .. " " .. step)
          if loss == "cross_entropy" then
            assert(math.abs(fit - t:step{ inputs = { x = data.inputs.x }, labels = labels }) < 1e-6)
          end
        end
        """)
  }

  @Test(arguments: [
    ("wane.trainer(model, { output = 'probs' })", "there is no output 'probs'; outputs: classLabel, classLabel_probs"),
    ("wane.trainer(model, { output = 'classLabel_prob' })", "there is no output 'classLabel_prob'; did you mean 'classLabel_probs'?"),
    (
      "wane.trainer(model):step{ inputs = { x = { { 1, 2, 3, 4 } } }, labels = { 'violet' } }",
      "the data set's class \"violet\" is not one of the model's: \"red\", \"green\", \"blue\""
    ),
  ])
  func refusals(code: String, sentence: String) {
    #expect(Script.failure(Self.setting + code) == sentence)
  }
}
