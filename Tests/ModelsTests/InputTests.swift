// SPDX-License-Identifier: Apache-2.0
// Valid inputs: values of the declared dtype, and images of all declared sizes.

import DataFiles
import Evaluation
import MIL
import ModelPackages
import Models
import Operators
import Runtime
import TestSupport
import Tensors
import Testing

@Suite struct InputTests {
  /// A model that returns its input, for any shapes that its interface permits.
  private func model(_ dtype: DType, _ shape: String, _ kind: Feature.Kind? = nil) throws -> Model {
    let text = "func main<iOS17>(x: tensor<\(dtype.name), \(shape)>) {\n  y = identity(x = x)\n} -> (y)"
    let program = try Program(text: text) { operation, types in
      let op = try Catalog.find(operation)
      return try op.infer(Call(operation, opset: .iOS17) { name in types[name].map { Operand(name: name, type: $0) } })
    }
    var interface = try Interface(describing: program)
    if let kind { interface.functions[0].inputs[0].kind = kind }
    return try Model(contents: ModelPackage(program: program, interface: interface))
  }

  private func refusal(_ model: Model, _ tensor: Tensor) -> String? {
    do {
      _ = try model.predict(["x": .tensor(tensor)] as [String: ModelInput])
      return nil
    } catch { return "\(error)" }
  }

  @Test func valuesBeyondTheDeclaredType() throws {
    let ints = try model(.int32, "[2]")
    #expect(
      refusal(ints, Tensor([0, 1 << 40] as [Int64]))
        == "input 'x': 1099511627776 at { 1 } (from 0), but int32 holds whole numbers from -2147483648 to 2147483647")
    for bad in [0x1p31, 1.5, .nan, .infinity, -0x1p31 - 1] {
      #expect(refusal(ints, Tensor([bad, 0]))?.contains("{ 0 }") == true, "\(bad)")
    }
    #expect(refusal(ints, Tensor([UInt64.max, 0])) != nil)
    let found = try ints.predict(["x": .tensor(Tensor([0x1p31 - 2, -0x1p31]))] as [String: ModelInput])
    guard case .tensor(let y)? = found["y"] else { throw RuntimeError.missingInput("y", expected: "an output") }
    #expect(y.integers() == [2_147_483_646, -2_147_483_648])

    let half = try model(.float16, "[1]")
    #expect(refusal(half, Tensor([70000 as Float]))?.contains("float16 holds numbers from -65504 to 65504") == true)
    #expect(refusal(half, Tensor([70000 as Int32])) != nil && refusal(half, Tensor([65519 as Float])) == nil)
    #expect(refusal(half, Tensor([Float.infinity])) == nil)
    let single = try model(.float32, "[1]")
    #expect(refusal(single, Tensor([1e39])) != nil && refusal(single, Tensor([1e38])) == nil && refusal(single, Tensor([Int64.max])) == nil)
  }

  @Test func pixelsGivenAsATensor() throws {
    let picture = try model(.float32, "[1, 1, 2, 2]", .image(ImageFeature(.init(width: 2, height: 2), .grayscale)))
    func pixels(_ values: [Float]) -> Tensor { Tensor(values, shape: [1, 1, 2, 2]) }
    #expect(refusal(picture, pixels([0, 255, 127.5, 3])) == nil)
    #expect(
      refusal(picture, pixels([0, 256, 0, 0])) == "input 'x': 256 at { 0, 0, 0, 1 } (from 0), but pixels are numbers from 0 to 255")
    for bad in [-1, Float.nan, .infinity] { #expect(refusal(picture, pixels([0, 0, bad, 0])) != nil) }
    // In a data set, the position in the data set is reported, not that in the sample.
    let samples = Tensor([0, 1, 2, 3, 4, 5, 300, 7] as [Float], shape: [2, 1, 2, 2])
    let unfit = try #require(picture.unfitElement(of: samples, for: "x"))
    #expect(unfit.position == [1, 0, 1, 0] && "\(unfit)" == "300 at { 1, 0, 1, 0 } (from 0), but pixels are numbers from 0 to 255")
    #expect(picture.unfitElement(of: pixels([0, 255, 1, 2]), for: "x") == nil)
  }

  private func image(_ width: Int, _ height: Int) -> Image {
    Image(width: width, height: height, format: .rgb, samples: [UInt8](repeating: 7, count: width * height * 3))
  }

  private func shape(_ model: Model, _ width: Int, _ height: Int) throws -> Shape? {
    guard case .tensor(let y)? = try model.predict(["x": ModelInput.image(image(width, height))])["y"] else { return nil }
    return y.shape
  }

  @Test func imagesWithinRanges() throws {
    let feature = ImageFeature(
      .init(width: 8, height: 6), .rgb, flexibility: .ranges(width: SizeRange(4, 16), height: SizeRange(6, nil)))
    let model = try model(.float32, "[1, 3, ?, ?]", .image(feature))
    #expect(model.interface.inputs[0].expectation == "a 4…16 × 6… color image")
    for (width, height) in [(8, 6), (4, 6), (16, 40), (5, 7)] { #expect(try shape(model, width, height) == [1, 3, height, width]) }
    for (width, height) in [(3, 6), (17, 6), (8, 5)] {
      #expect(
        throws: RuntimeError.wrongInput(
          "x", expected: "a 4…16 × 6… color image", found: "one of \(width) × \(height)", advice: "image:resize(8, 6) would fit")
      ) { try self.shape(model, width, height) }
    }
    let batch = Tensor([UInt8](repeating: 1, count: 2 * 3 * 9 * 5), shape: [2, 3, 9, 5])
    #expect(try model.predictBatch(["x": batch], count: 2)["y"]?.shape == [2, 3, 9, 5])
  }

  @Test func imagesOfEnumeratedSizes() throws {
    let feature = ImageFeature(
      .init(width: 8, height: 6), .rgb, flexibility: .enumerated([.init(width: 8, height: 6), .init(width: 6, height: 8)]))
    let model = try model(.float32, "[1, 3, ?, ?]", .image(feature))
    #expect(model.interface.inputs[0].expectation == "a 8 × 6 or 6 × 8 color image")
    #expect(try shape(model, 8, 6) == [1, 3, 6, 8] && shape(model, 6, 8) == [1, 3, 8, 6])
    #expect(throws: RuntimeError.self) { try self.shape(model, 8, 8) }
    #expect(throws: RuntimeError.self) { try self.shape(model, 6, 6) }
  }

  @Test func doubtsAboutPicturesOfEightBits() throws {
    let model = try model(.float32, "[?, 1, 2, 2]")
    let bytes = Tensor([0, 0, 0, 200] as [UInt8], shape: [1, 1, 2, 2])
    #expect(model.doubt(about: bytes, for: "x")?.hasPrefix("input 'x' is float32 and is given uint8 values beyond 1 as they are") == true)
    #expect(model.doubt(about: bytes.cast(to: .float32), for: "x") == nil)
    #expect(model.doubt(about: Tensor([0, 1, 1, 0] as [UInt8], shape: [1, 1, 2, 2]), for: "x") == nil)
    #expect(try self.model(.int32, "[?, 1, 2, 2]").doubt(about: bytes, for: "x") == nil)
  }
}
