// SPDX-License-Identifier: Apache-2.0
// Error messages: each describes the location, the expected value and the remedy.

import LuaAPI
import LuaHost
import Testing

struct MessageTests {
  @Test(arguments: [
    // Inputs of models.
    ("model:predict(wane.zeros{ 1, 1, 8, 8 })", "predict: inputs are given by name; write predict{ image = … }"),
    ("model:predict{ 1, 2 }", "predict: inputs are given by name; write predict{ image = … }"),
    (
      "model:predict()",
      "bad argument #1 to 'predict' (inputs: table<string, Tensor|table|Image> expected, got no value)"
    ),
    (
      "model:predict{ image = 'cat.png' }",
      "bad argument #1 to 'predict' (inputs.image: Tensor|table|Image expected, got string; "
        + "read an image with wane.load_image, an array with wane.load_npy)"
    ),
    (
      "model:predict{ image = wane.zeros{ 3, 64 } }",
      "input 'image': expected float32 [1…512, 1, 8, 8], found float32 [3, 64]; t:reshape{ 3, 1, 8, 8 } would fit"
    ),
    (
      "model:predict{ image = { 1, 2 } }",
      "input 'image': expected float32 [1…512, 1, 8, 8], found float32 [2]"
    ),
    (
      "model:predict({ image = wane.zeros{ 1, 1, 8, 8 } }, { outputs = { 'nope' } })",
      "the program has no value 'nope'; model:text() shows the names of all values"
    ),
    ("model:make_state()", "make_state: digits_cnn keeps no state; predict needs none"),
    (
      "model:predict({ image = { 1 } }, { state = {} })",
      "predict: option 'state' must be a State, got table; a State comes from Model:make_state"
    ),
    // Tensors.
    (
      "wane.zeros{ 2, 2 }[1]()",
      "a Tensor has no element [1]; t:at{ 0, … } gives one element, t:slice(0, from, to) some rows, "
        + "t:to_table() a table; positions count from 0"
    ),
    ("wane.zeros{ 2, 2 }:at(0, 0)", "at: at most 1 argument expected, got 2; write at({ position })"),
    ("wane.zeros{ 4 }:reshape(4)", "bad argument #1 to 'reshape' (shape: integer[] expected, got number; write { 4 })"),
    ("wane.tensor{ 1, nil, 3 }", "tensor: element 2 is nil; tables must have no holes"),
    ("wane.tensor{ { 1, 2 }, { 3, 'x' } }", "tensor: element 2 of a row is no number"),
    (
      "wane.tensor{ shape = { 1 }, dtyp = 'int32', data = { 1 } }",
      "tensor: unknown field 'dtyp'; did you mean 'dtype'?"
    ),
    (
      "wane.tensor{ shape = { 2 } }",
      "tensor: with 'shape' the elements are given as data = { … }; wane.zeros(shape, dtype) makes one of zeros"
    ),
    // Evaluating.
    (
      "model:evaluate({})",
      "bad argument #1 to 'evaluate' (data: Dataset expected, got table); a Dataset comes from wane.dataset"
    ),
    (
      "model:evaluate(data, { metrics = 'acuracy' })",
      "evaluate: option 'metrics' must be one of 'accuracy', 'top5', 'mse', 'mae', 'snr_db', 'psnr_db', 'cosine', 'agreement', 'kl', "
        + "got 'acuracy'; did you mean 'accuracy'?"
    ),
    (
      "model:evaluate(data, { metrics = 'mse' })",
      "metric \"mse\" compares shape [100, 10] with [100] (labels): they must be equal; to compare with another model, give baseline = model"
    ),
    (
      "wane.dataset(examples .. '/digits.npz', { inputs = 5 })",
      "dataset: option 'inputs' must be a table, got number"
    ),
    (
      "wane.compare({ model }, data)",
      "compare: candidate 1 must be { name = \"…\", model = … }, got Model; or give the models by name: compare({ small = model }, data)"
    ),
    // Saving and loading.
    ("model:save('out')", "cannot save: the name of a package must end in .mlpackage, found \"out\""),
    ("model:save('/nowhere/out.mlpackage')", "cannot create a folder in /nowhere: No such file or directory"),
    (
      "wane.load(examples .. '/digits_cnn.mlpackage', { precision = 'float1' })",
      "load: option 'precision' must be one of 'float32', 'float16', got 'float1'; did you mean 'float16'?"
    ),
    ("wane.load('x', { threads = 0 })", "load: option 'threads' must be in [1, 1024], got 0"),
  ])
  func tells(code: String, sentence: String) {
    #expect(Script.failure(Script.digits + code) == sentence)
  }

  @Test(arguments: [
    ("wane.load_npy(examples .. '/digits.npz')", " is not a .npy file; it is a zip archive; read it with wane.load_npz"),
    ("wane.load_npz(examples .. '/01-quickstart.lua')", " is not a .npz file; expected a zip archive of .npy arrays"),
    ("wane.load_image(examples .. '/digits.npz')", " is not a PNG or JPEG file; convert it to one of them"),
    (
      "wane.dataset(examples .. '/digits.npz')",
      "choose arrays of the file: { inputs = { image = \"test_x\" }, labels = \"test_y\" }"
    ),
    ("wane.load(examples .. '/digits_cnm.mlpackage')", "there is no such file or folder; did you mean 'EXAMPLES/digits_cnn.mlpackage'?"),
    ("wane.load(examples .. '/digits_cnn')", "there is no such file or folder; did you mean 'EXAMPLES/digits_cnn.mlpackage'?"),
    ("wane.load(examples .. '/modles/deep/a.mlpackage')", "there is no such file or folder; EXAMPLES has no 'modles'"),
    ("wane.load_npz(examples .. '/digit.npz')", "No such file or directory; did you mean 'EXAMPLES/digits.npz'?"),
    ("wane.load 'nothing-like-it.mlpackage'", "nothing-like-it.mlpackage: there is no such file or folder"),
  ])
  func tellsOfFiles(code: String, end: String) {
    let failure = Script.failure(code)
    #expect(failure.hasSuffix(end.replacing("EXAMPLES", with: Script.examples)), "\(failure)")
  }

  @Test func aStateOfAnotherModelIsRefused() throws {
    let sentence = Script.failure(
      Script.digits + "model:predict({ image = wane.zeros{ 1, 1, 8, 8 } }, { state = 1 })")
    #expect(sentence == "predict: option 'state' must be a State, got number; a State comes from Model:make_state")
  }

  @Test func everyObjectPrints() throws {
    try Script.run(
      Script.digits + """
        assert(tostring(model) == "digits_cnn  iOS18\\n  in   image: float32 [1…512, 1, 8, 8]\\n" ..
          "  out  probabilities: float32 [?, 10]\\n  8 weights, 340.9 kB: 8 dense")
        assert(tostring(model.inputs) == "image: float32 [1…512, 1, 8, 8]")
        assert(model.outputs[1].shape[1] == "?" and model.outputs[1].shape[2] == 10)
        assert(tostring(model.weights):find("f1_weight  float32  %[64, 1024%]      dense     262144  linear.weight"))
        assert(tostring(model:quantize{}):find("8 weights, 89.6 kB: 6 dense, 2 quantized\\n  quantize{}"))
        local big = tostring(wane.zeros{ 100, 100 })
        assert(big:find("zeros 100 %%\\n") and #big < 500)
        local report = wane.compare({ a = model }, data, { latency = false })
        local rows = 0
        for i, row in pairs(report) do
          assert(i == 1 and row.name == "a")
          rows = rows + 1
        end
        assert(rows == 1)
        """)
  }

  @Test func aTildeIsTheHomeFolder() {
    #expect(!Script.failure("wane.load('~/no such model.mlpackage')").hasPrefix("~"))
  }

  @Test func threadsAndWeightsAreOptionsOfLoading() throws {
    try Script.run(
      Script.digits + """
        local input = { image = wane.random({ 4, 1, 8, 8 }, { seed = 3 }) }
        local one = wane.load(examples .. "/digits_cnn.mlpackage", { threads = 1, weights = "dense" })
        local a, b = model:predict(input).probabilities, one:predict(input).probabilities
        for i = 0, 3 do for k = 0, 9 do assert(math.abs(a:at{ i, k } - b:at{ i, k }) < 1e-5) end end
        """)
  }
}
