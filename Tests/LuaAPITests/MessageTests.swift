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
      "input 'image': expected float32 [1…512, 1, 8, 8], found float32 [3, 64]; reshape{ -1, 1, 8, 8 } would fit"
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
      "a Tensor has no element [1]; t:at{ 0, … } gives one element, t:at{ 0 } the first row, t:slice(0, from, to) some rows, "
        + "t:to_table() a table; positions count from 0"
    ),
    ("return wane.zeros{ 2 }.T", "Tensor has no field or method 'T'; write t:transpose()"),
    ("wane.zeros{ 2 }:astype 'int32'", "Tensor has no field or method 'astype'; write t:cast \"float32\""),
    ("wane.array{ 1 }", "wane has no 'array'; write wane.tensor{ … }"),
    ("return wane.zeros{ 2 } < 1", "Tensors have no order; t:lt(x) and t:gt(x) compare element by element"),
    ("return wane.zeros{ 2 } .. 'a'", "Tensors are not joined by ..; wane.concat({ a, b }, axis); tostring(t) is its text"),
    ("wane.concat(wane.zeros{ 2 }, 0)", "bad argument #1 to 'concat' (tensors: (Tensor|table|number)[] expected, got Tensor; write { … })"),
    ("wane.op.relu{ wane.zeros{ 2 } }", "relu: options are named, but a Tensor has no name; write x = …"),
    ("wane.zeros{ 2, 2 }:at(0, 0)", "at: at most 1 argument expected, got 2; write at({ position })"),
    ("wane.zeros{ 4 }:reshape(4)", "bad argument #1 to 'reshape' (shape: integer[] expected, got number; write { 4 })"),
    (
      "local t = { 2 } return t + 1",
      "script.lua:4: attempt to perform arithmetic on a table value (local 't'); tables have no arithmetic; wane.tensor(t) makes a Tensor of numbers"
    ),
    (
      "report:print{ all = true }",
      "script.lua:4: attempt to index a nil value (global 'report'); at the prompt _ is the value shown last: _:print{ all = true }"
    ),
    ("error(tostring(model.weights.const_0.shape))", "script.lua:4: {32, 1, 3, 3}"),
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
        + "'f1', 'auc', 'iou', 'confusion', 'perplexity', 'pearson', 'spearman', 'wer', 'ece', got 'acuracy'; did you mean 'accuracy'?"
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
    ("model:save('/nowhere/out.mlpackage')", "/nowhere: there is no such file or folder"),
    (
      "wane.load(examples .. '/digits_cnn.mlpackage', { precision = 'float1' })",
      "load: option 'precision' must be one of 'float32', 'float16', got 'float1'; did you mean 'float16'?"
    ),
    // Misplaced and ignored options.
    ("model:quantize{ block_size = 32 }", "quantize: block_size goes with granularity = \"per_block\""),
    (
      "model:quantize{ config_type = 'OpPalettizerConfig' }",
      "recipe: config_type is an OpPalettizerConfig, which belongs to palettize, not to quantize"
    ),
    ("model:quantize 'int8'", "int8: there is no such file; write quantize{ dtype = \"int8\" }"),
    ("model:palettize 'uniform'", "uniform: there is no such file; write palettize{ mode = \"uniform\" }"),
    (
      "model:compress{ { 'quantize' }, dry_run = true }",
      "'dry_run' has no effect in the table of a recipe's steps; "
        + "options go into a second table: model:compress({ … }, { dry_run = … })"
    ),
    (
      "model:compress{ prune = { target_sparsity = 0.5 } }",
      "a recipe is a sequence of steps, found the key 'prune'; write { { \"prune\", target_sparsity = 0.5 }, … }"
    ),
    ("model:compress{}", "a recipe without a step; write { { \"prune\", target_sparsity = 0.5 }, … }"),
    ("model:compress{ 'prune' }", "step 1 must be a table, not a string; write { \"prune\", … }"),
    ("model:compress{ { 'palletize', nbits = 4 } }", "compress: step 1 does not begin with a technique; did you mean \"palettize\"?"),
    ("wane.recipe{ { 'quantize', dtpe = 'int8' } }", "quantize: unknown option 'dtpe'; did you mean 'dtype'?"),
    (
      "wane.recipe{ { 'prune', target_sparsity = 0.5 }, { 'palettize', nbits = 5 } }",
      "palettize: option 'nbits' must be one of 1, 2, 3, 4, 6, 8, found 5"
    ),
    ("model:palettize{ bits = 4 }", "palettize: unknown option 'bits'; did you mean 'nbits'?"),
    (
      "model:quantize{ op_types = { conv = { dtype = 'int3' } } }",
      "quantize, op_types.conv: option 'dtype' must be one of \"int8\", \"uint8\", \"int4\", \"uint4\", found \"int3\""
    ),
    ("model:quantize{ dtype = 'int3' }", "quantize: option 'dtype' must be one of 'int8', 'uint8', 'int4', 'uint4', got 'int3'"),
    ("model:quantize{ { 'quantize' } }", "quantize: options are named, but { … } has no name; write op_types = { … }"),
    (
      "model:quantize{ op_patterns = { { '(', false } } }",
      "the Lua pattern \"(\": unfinished capture; % makes a magic character plain: \"%(\""
    ),
    ("model:quantize{ where = function(w) end }", "the where function must return true or false, got no value"),
    ("wane.dataset{ image = wane.zeros{ 4, 8 } }", "dataset: unknown option 'image'; write inputs = { image = … }"),
    ("wane.dataset{ inputs = wane.zeros{ 4, 8 } }", "dataset: inputs are Tensors by name, got a Tensor; inputs = { name = tensor }"),
    ("return data[1]", "a Dataset has no element [1]; write for batch in data:batches(64) do … end"),
    ("for _, sample in ipairs(data) do end", "a Dataset has no element [1]; write for batch in data:batches(64) do … end"),
    (
      "wane.zeros({ 1 }, 'half')",
      "bad argument #2 to 'zeros' (dtype: must be one of 'float16', 'float32', 'float64', 'int8', 'uint8', "
        + "'int16', 'uint16', 'int32', 'int64', 'bool', 'uint1', 'uint2', 'uint3', 'uint4', 'uint6', 'int4', got 'half'; did you mean 'float16'?)"
    ),
    (
      "wane.compare({ a = model, b = model }, data, { latency = false }):best()",
      "metric \"accuracy\" needs a baseline to drop from; wane.compare(models, data, { baseline = model }) gives one"
    ),
    ("model:evaluate(data, { metrics = 'kl' })", "metric \"kl\" needs another model's outputs; baseline = model gives them"),
    // Training.
    ("wane.trainer(model, { output = 'probs' })", "there is no output 'probs'; outputs: probabilities"),
    ("wane.trainer(model, { output = 'probabilites' })", "there is no output 'probabilites'; did you mean 'probabilities'?"),
    ("wane.trainer(model):quantize{ dtype = 'int8' }", "quantize: unknown option 'dtype'; did you mean 'weight_dtype'?"),
    (
      "wane.nn.model({ 'relu' }, { inputs = { x = { 4 } } })",
      "the network must be a Layer, the name of one, or a function of a graph and a value, "
        + "got table; wane.nn.sequential{ … } makes one Layer of several"
    ),
    (
      "wane.trainer(model):step{ inputs = { image = wane.zeros{ 2, 1, 8, 9 } }, labels = { 1, 2 } }",
      "the input 'image' is [2, 1, 8, 9], expected [samples, 1, 8, 8]"
    ),
    (
      "wane.trainer(model, { loss = function(g, o) return g:op('reducesum', { x = o.probabilities }) end })"
        + ":step{ inputs = { image = wane.zeros{ 2, 1, 8, 8 } }, labels = { 1, 2 } }",
      "reducesum 'reducesum': unknown operator; did you mean 'reduce_sum'?"
    ),
    (
      "wane.trainer(model, { labels = 'image' })",
      "trainer: labels = \"image\" is an input of the model; labels names the input of the data that contains only the labels"
    ),
    ("wane.trainer(model, { labels = 'y' }):fit(data)", "trainer: labels = \"y\" is no input of the batch; inputs: image"),
    (
      "wane.trainer(model):step{ inputs = { image = wane.zeros{ 2, 1, 8, 8 } }, labels = { 1, {} } }",
      "step: labels: numbers and tables side by side"
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
    ("wane.load 'x'", "x: there is no such file or folder"),
    ("wane.load_npy 'x'", "cannot read x: No such file or directory"),
    ("wane.load_npz 'x'", "cannot read x: No such file or directory"),
    ("wane.load_image 'x'", "cannot read x: No such file or directory"),
    ("wane.dataset 'x'", "cannot read x: No such file or directory"),
    ("wane.resume 'x'", "cannot read x: No such file or directory"),
    ("wane.recipe 'x'", "x: there is no such file; a recipe is the path of a YAML or JSON file, or its text"),
    ("wane.load 'x/y'", "x/y: there is no such file or folder"),
    ("wane.load '/x'", "/x: there is no such file or folder"),
    ("wane.load '/x/'", "/x/: there is no such file or folder"),
    ("wane.load 'é'", "é: there is no such file or folder"),
    ("wane.load ''", ": there is no such file or folder"),
    ("wane.load '/'", "name the folder that ends in .mlpackage"),
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
