// SPDX-License-Identifier: Apache-2.0
// Confusion matrices and written pictures in scripts.

import LuaHost
import Testing

struct ConfusionTests {
  @Test func matrices() throws {
    try Script.run(
      Script.digits + """
        local result = model:evaluate(data, { metrics = { "accuracy", "confusion" } })
        local confusion = result.confusion
        assert(confusion.samples == 397 and confusion.matrix.shape[1] == 10)
        local right = 0
        for i = 0, 9 do right = right + confusion.matrix:at{ i, i } end
        assert(math.abs(right / 397 - result.accuracy) < 1e-12 and math.abs(confusion.error_rate - (1 - result.accuracy)) < 1e-12)
        assert(result.metrics.confusion == confusion.error_rate and #confusion.recall == 10 and #confusion.precision == 10)
        assert(tostring(confusion):find("precision", 1, true) and tostring(confusion):find("397 samples", 1, true))
        confusion:plot{ file = scratch .. ".svg" }
        local file <close> = io.open(scratch .. ".svg")
        assert(file:read("a"):find("prediction", 1, true))
        os.remove(scratch .. ".svg")
        local report = wane.compare({ small = model:palettize{ nbits = 2, weight_threshold = 512 } }, data, {
          baseline = model, metrics = { "confusion" }, latency = false,
        })
        assert(report[2].confusion.samples == 397 and model:evaluate(data).confusion == nil)
        """)
  }

  @Test func picturesAreWritten() throws {
    try Script.run(
      """
      local path = scratch .. ".png"
      for _, channels in ipairs{ 1, 3, 4 } do
        local t = (wane.random({ channels, 5, 7 }, { seed = channels }) * 255):abs():clip(0, 255):round():cast("uint8")
        wane.save_image(path, t)
        local image = wane.load_image(path)
        assert(image.width == 7 and image.height == 5 and (image:to_tensor():reshape{ channels, 5, 7 }):eq(t):all())
        wane.save_image(path, image)
        assert(wane.load_image(path):to_tensor():eq(image:to_tensor()):all())
      end
      os.remove(path)
      """)
  }

  @Test(arguments: [
    ("wane.save_image('x.png', wane.zeros{ 3, 4, 4 })", "got a float32 Tensor of the shape [3, 4, 4]"),
    ("wane.save_image('x.png', wane.zeros({ 5, 4, 4 }, 'uint8'))", "1 to 4 channels"),
    ("wane.save_image('x.png', 5)", "got number"),
    ("wane.save_image('/nowhere/x.png', wane.zeros({ 4, 4 }, 'uint8'))", "cannot write /nowhere/x.png"),
  ])
  func faultsAreExplained(_ code: String, _ part: String) {
    let message = Script.failure(code)
    #expect(message.contains(part), "\(message)")
  }
}
