// SPDX-License-Identifier: Apache-2.0
// Pictures, sounds, tables and functions as data sets in scripts.

import LuaHost
import Testing

struct DataSourceTests {
  @Test func pictures() throws {
    try Script.run(
      """
      local sources = fixtures .. "/sources"
      local want = wane.load_npz(sources .. "/pictures.npz")
      local data = wane.dataset(sources .. "/photos", {
        resize = 26, crop = { 24, 21 }, layout = "rgb", scale = 1 / 255, mean = { 0.485, 0.456, 0.406 }, std = { 0.229, 0.224, 0.225 },
        batch_size = 2,
      })
      assert(data.count == 5 and data.classes[1] == "cat" and data.labels:at{ 4 } == 1)
      assert((data.inputs.image - want.normal):abs():max() < 1e-6)
      local sizes = {}
      for batch in data:batches() do sizes[#sizes + 1] = batch.count end
      assert(table.concat(sizes, " ") == "2 2 1")
      local gray = wane.dataset(sources .. "/photos", { input = "x", image_size = { 20, 17 }, layout = "gray" })
      assert((gray.inputs.x:cast("float32") - want.gray:cast("float32")):abs():max() == 0)
      local turned = wane.dataset(sources .. "/photos", { resize = { 8, 6 }, orient = true, scale = 1, transform = function(t) return t:sum(0) end })
      assert(turned.inputs.image.shape[2] == 6 and turned.inputs.image.shape[3] == 8 and #turned.inputs.image.shape == 3)
      local image = wane.load_image(fixtures .. "/DataFiles/turned_6.jpg", { orient = true })
      assert(image.width == 24 and image.height == 30)
      """)
  }

  /// A model whose output is its input sees the pictures that other threads read.
  @Test func picturesAreReadWhileTheModelRuns() throws {
    try Script.run(
      """
      local net = wane.nn.sequential{ wane.nn.flatten{}, wane.nn.linear{ out_features = 2 } }
      local model = wane.nn.model(net, { inputs = { image = { shape = { 3, 8, 8 }, dtype = "float32" } }, outputs = { "scores" } })
      local data = wane.dataset(fixtures .. "/sources/photos", { resize = { 8, 8 }, layout = "rgb", scale = 1 / 255 })
      local whole = wane.dataset{ inputs = data.inputs, labels = data.labels }
      for _, size in ipairs{ 1, 2, 5 } do
        local a, b = model:evaluate(data, { batch_size = size }), model:evaluate(whole)
        assert(a.accuracy == b.accuracy and a.samples == 5)
      end
      local t = wane.trainer(model, { lr = 1e-2, seed = 1 })
      local history = t:fit(data, { epochs = 2, validation = data, batch_size = 2 })
      local u = wane.trainer(model, { lr = 1e-2, seed = 1 })
      assert(u:fit(whole, { epochs = 2, validation = whole, batch_size = 2 })[2].loss == history[2].loss)
      local small = model:palettize{ nbits = 4, weight_threshold = 0, algorithm = "gptq", calibration = data }
      assert(small:evaluate(data, { baseline = model }).snr_db > 5)
      """)
  }

  @Test func sounds() throws {
    try Script.run(
      """
      local sources = fixtures .. "/sources"
      local want = wane.load_npz(sources .. "/sounds.npz")
      local sound, rate = wane.load_audio(sources .. "/sounds/f64.wav", { rate = 16000 })
      assert(rate == 16000 and (sound - want.at_16000):abs():max() < 3e-7)
      local mono = wane.load_audio(sources .. "/tone.flac", { mono = true })
      assert(#mono.shape == 1 and mono.count == 900)
      assert((wane.load_audio(sources .. "/tone.ogg") - want.ogg):abs():max() == 0)
      local data = wane.dataset(sources .. "/sounds", { rate = 16000, seconds = 0.1, labels = { 0, 1, 2, 3, 4, 5, 6 }, classes = { "a", "b", "c", "d", "e", "f", "g" } })
      assert(data.count == 14 and data.inputs.audio.shape[2] == 1600 and data.labels:at{ 13 } == 6)
      assert((data.inputs.audio:slice(0, 0, 1):reshape{ -1 } - want.mono_16000:slice(0, 0, 1600)):abs():max() < 1e-6)
      local stereo = wane.dataset(sources .. "/sounds", { mono = false, batch_size = 3 })
      assert(stereo.inputs.audio.shape[2] == 2 and stereo.labels == nil)
      """)
  }

  @Test func tables() throws {
    try Script.run(
      """
      local path = fixtures .. "/sources/iris.csv"
      local data = wane.dataset(path, { columns = { "petal", "sepal" }, labels = "species", input = "size" })
      assert(data.classes[3] == "virginica" and data.inputs.size:at{ 1, 1 } == 7)
      local other = wane.dataset(path, { columns = { a = "petal", b = { "sepal" } }, labels = "species", classes = { "virginica", "versicolor", "setosa" } })
      assert(#other.inputs.a.shape == 1 and #other.inputs.b.shape == 2 and other.labels:at{ 0 } == 2)
      local file = io.open(scratch .. ".tsv", "w") file:write("x\\ty\\n1\\t2.5\\n3\\t4.5\\n") file:close()
      local tabs = wane.dataset(scratch .. ".tsv")
      assert(tabs.labels:at{ 1 } == 4.5 and tabs.inputs.x:at{ 1, 0 } == 3)
      os.remove(scratch .. ".tsv")
      local rows = wane.load_csv(path)
      assert(rows[1].sepal == 5.1 and rows[4].species == "setosa")
      assert(wane.load_csv(path, { header = false, numbers = false })[2][1] == "5.1")
      """)
  }

  @Test func functions() throws {
    try Script.run(
      """
      local calls = 0
      local data = wane.dataset(function(i)
        calls = calls + 1
        return { inputs = { x = wane.full({ 2 }, i), y = i }, labels = i % 2 == 0 and "even" or "odd" }
      end, { count = 6, classes = { "even", "odd" }, batch_size = 4 })
      assert(data.count == 6 and calls == 1)
      local seen = {}
      for batch in data:batches() do
        for i = 0, batch.count - 1 do seen[#seen + 1] = batch.inputs.x:at{ i, 1 } * 10 + batch.labels:at{ i } end
      end
      assert(table.concat(seen, " ") == "11.0 20.0 31.0 40.0 51.0 60.0", table.concat(seen, " "))
      local part = data:split(0.5):map(function(s)
        assert(s.index <= 3 and math.type(s.labels) == "integer")
        return { inputs = { z = s.inputs.x * s.index } }
      end)
      assert(part.inputs.z:at{ 2, 0 } == 9 and part.labels:at{ 2 } == 1 and part.labels.dtype == "int32")
      assert(part:map(function(s) return { labels = false } end).labels == nil)
      assert(part:map(function(s) return { labels = "even" } end).labels:sum() == 0)
      assert(part:map(function(s) return s end).digest == part.digest)
      local joined = part:concat(part:take(1))
      assert(joined.count == 4 and joined.inputs.z:at{ 3, 0 } == 1)
      local path = scratch .. ".npz"
      joined:to_npz(path)
      assert(wane.dataset(path).inputs.z:at{ 2, 1 } == 9)
      os.remove(path)
      """)
  }

  /// Errors of a function of a script reach the script, at every place that reads samples.
  @Test func errorsOfFunctionsReachTheScript() throws {
    try Script.run(
      """
      local net = wane.nn.linear{ out_features = 16 }
      local model = wane.nn.model(net, { inputs = { x = { shape = { 64 }, dtype = "float32" } } })
      local data = wane.dataset(function(i)
        if i == 3 then error("no sample three") end
        return { inputs = { x = wane.zeros{ 64 } }, labels = 0 }
      end, { count = 4, batch_size = 1 })
      local steps = {
        function() return data.inputs end, function() return data.digest end, function() return data:to_npz(scratch) end,
        function() for _ in data:batches(1) do end end, function() return model:evaluate(data) end,
        function() return wane.compare({ a = model }, data, { latency = false }) end,
        function() return wane.trainer(model, {}):fit(data, { epochs = 1 }) end, function() return model:calibrate(data) end,
        function() return model:sensitivity(data, { candidates = { { "palettize", nbits = 2, weight_threshold = 0 } } }) end,
      }
      for i, step in ipairs(steps) do
        local ok, message = pcall(step)
        assert(not ok and tostring(message):find("no sample three", 1, true), i .. ": " .. tostring(message))
      end
      """)
  }

  @Test(arguments: [
    ("wane.dataset(sources .. '/photos', { rate = 8000 })", "photos (pictures) does not use 'rate'; it is an option of sounds"),
    ("wane.dataset(sources .. '/photos', { columns = { 'a' } })", "does not use 'columns'"),
    ("wane.dataset(sources .. '/photos', { seconds = 1 })", "does not use 'seconds'"),
    ("wane.dataset(sources .. '/photos', { count = 1 })", "does not use 'count'; it is an option of a function"),
    ("wane.dataset(sources .. '/photos', { layout = 'rgba' })", "layout"),
    ("wane.dataset(sources .. '/photos', { resize = 0 })", "resize is a number of pixels"),
    ("wane.dataset(sources .. '/photos', { crop = { 1, 2, 3 } })", "crop is a number of pixels"),
    ("wane.dataset(sources .. '/photos', { resize = 8, image_size = { 8, 8 } })", "the same option"),
    ("wane.dataset(sources .. '/photos', { resize = 20, crop = 30 })", "smaller than 30×30; resize = 30 makes it larger"),
    (
      "wane.dataset(sources .. '/photos', { resize = { 8, 8 }, layout = 'gray', mean = { 1, 2, 3 } })",
      "mean has 3 numbers, but the pictures have 1 channel"
    ),
    ("wane.dataset(sources .. '/photos', { resize = { 8, 8 }, std = 0 })", "std = 0.0 is out of range"),
    ("wane.dataset(sources .. '/photos').inputs", "b.png is 33×47, the images before it are 40×30; resize = { 40, 30 } resizes all"),
    ("wane.dataset(sources .. '/photos', { labels = { 1, 2 } })", "its subfolders are the classes"),
    ("wane.dataset(sources .. '/photos', { classes = { 'cat' } })", "\"dog\" is out of range; allowed: the classes cat"),
    ("wane.dataset(sources .. '/photos', { classes = { 'cat', 'cat' } })", "'cat' twice"),
    ("wane.dataset(sources .. '/photos/cat', { labels = 'folders' })", "there are no subfolders"),
    ("wane.dataset(sources .. '/photos/cat', { labels = 'none.csv' })", "No such file"),
    ("wane.dataset(sources .. '/photos', { transform = function(t) return 'x' end })", "the transform must return a Tensor"),
    ("wane.dataset(sources .. '/sounds', { scale = 2 })", "does not use 'scale'"),
    ("wane.dataset(sources .. '/sounds', { stride = 2 })", "seconds, their length, is missing; seconds = 1"),
    ("wane.dataset(sources .. '/sounds', { rate = 0 })", "rate"),
    ("wane.dataset(sources .. '/sounds', { seconds = -1 })", "seconds = -1.0 is out of range"),
    ("wane.load_audio(sources .. '/iris.csv')", "iris.csv is not a WAV, FLAC or Ogg file"),
    ("wane.dataset(sources .. '/iris.csv')", "row 1, column \"species\": expected a number, found \"setosa\""),
    ("wane.dataset(sources .. '/iris.csv', { columns = { 'width' }, labels = 'species' })", "no column \"width\""),
    ("wane.dataset(sources .. '/iris.csv', { columns = {} })", "columns is a sequence of names"),
    ("wane.dataset(sources .. '/iris.csv', { columns = { a = 'sepal' }, input = 'x' })", "input is not used with columns"),
    ("wane.dataset(sources .. '/iris.csv', { delimiter = ';;' })", "one ASCII character"),
    ("wane.dataset(sources .. '/make.py')", "expected .npz, .npy, .csv, .tsv or a folder"),
    ("wane.dataset(sources .. '/nothing')", "No such file"),
    ("wane.dataset(function(i) return {} end)", "a function needs count"),
    ("wane.dataset(function(i) return {} end, { count = 0 })", "count"),
    ("wane.dataset(function(i) return {} end, { count = 1 })", "sample 1: inputs must be a table of Tensors by name, got nil"),
    ("wane.dataset(function(i) end, { count = 1 })", "sample 1: expected a table, got nothing"),
    ("wane.dataset(function(i) return { inputs = {} } end, { count = 1 })", "sample 1 holds no inputs"),
    ("wane.dataset(function(i) return { inputs = { x = 1 }, label = 2 } end, { count = 1 })", "unknown field 'label'"),
    ("wane.dataset(function(i) return { inputs = { x = 'a' } } end, { count = 1 })", "input 'x'"),
    ("wane.dataset(function(i) return { inputs = { x = 1 }, labels = 'a' } end, { count = 1 })", "there are no classes"),
    (
      "wane.dataset(function(i) return { inputs = { x = 1 }, labels = 'ct' } end, { count = 1, classes = { 'cat', 'dog' } })",
      "not one of the 2 classes"
    ),
    (
      "wane.dataset(function(i) return { inputs = { x = 1 }, labels = 2 } end, { count = 1, classes = { 'cat', 'dog' } })",
      "not from 0 to 1"
    ),
    (
      "wane.dataset(function(i) return { inputs = { x = wane.zeros{ i } } } end, { count = 2 }).inputs",
      "sample 2: input 'x' is float32[2]; in the first sample it is float32[1]"
    ),
    ("wane.dataset(function(i) error('mine') end, { count = 1 })", "mine"),
    ("wane.dataset(function(i) end, { count = 1, crop = 2 })", "crop is not used with a function; it is an option of pictures"),
    ("wane.dataset(function(i) end, { text = 'x' })", "the function and text are two sources"),
    ("wane.dataset{ inputs = { x = { 1 } }, classes = { 'a' } }", "a data set without labels does not use 'classes'"),
    ("wane.dataset{ inputs = { x = { 1, 2 } }, labels = { 0, 3 }, classes = { 'a', 'b' } }", "label = 3 is out of range"),
  ])
  func faultsAreExplained(_ code: String, _ part: String) {
    let message = Script.failure("local sources = fixtures .. '/sources' local _ = " + code)
    #expect(message.contains(part), "\(message)")
  }
}
