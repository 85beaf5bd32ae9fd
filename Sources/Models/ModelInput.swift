// SPDX-License-Identifier: Apache-2.0
// Converts inputs of predictions to the tensors that the program requires.

import DataFiles
import Evaluation
import ModelPackages
import Runtime
import Tensors

/// One input of a prediction.
package enum ModelInput {
  case tensor(Tensor)
  case image(Image)
}

extension Model {
  /// A tensor for each input of the function, checked against the interface.
  func feeds(_ inputs: [String: ModelInput]) throws -> [String: Tensor] {
    for name in inputs.keys.sorted() where interface.input(named: name) == nil {
      throw RuntimeError.unknownInput(name, known: interface.inputs.map(\.name))
    }
    var feeds: [String: Tensor] = [:]
    for feature in interface.inputs {
      guard let given = inputs[feature.name] else {
        feeds[feature.name] = try feature.defaultTensor()
        continue
      }
      feeds[feature.name] = try feature.tensor(from: given)
    }
    return feeds
  }
}

extension Model {
  /// The pixels of images as the program receives them, `[images, channels, height, width]`.
  ///
  /// - Throws: `RuntimeError` for an input that is not an image, or for images of a wrong size.
  package func pixels(of pictures: [Image], for input: String) throws -> Tensor {
    guard let feature = interface.input(named: input) else {
      throw RuntimeError.unknownInput(input, known: interface.inputs.map(\.name))
    }
    return try Tensor.joined(rowsOf: pictures.map { try feature.tensor(from: .image($0)) })
  }
}

extension Feature {
  fileprivate func tensor(from input: ModelInput) throws -> Tensor {
    switch (kind, input) {
    case (.array(let array), .tensor(let tensor)):
      guard array.accepts(tensor.shape) else {
        throw RuntimeError.wrongInput(
          name, expected: expectation, found: "\(tensor.dtype) \(tensor.shape)", advice: array.reshapingAdvice(for: tensor.shape))
      }
      return try checked(tensor, array.dtype)
    case (.image(let image), .image(let picture)):
      guard image.accepts(width: picture.width, height: picture.height) else {
        throw RuntimeError.wrongInput(
          name, expected: expectation, found: "one of \(picture.width) × \(picture.height)",
          advice: "image:resize(\(image.size.width), \(image.size.height)) would fit")
      }
      return picture.converted(to: image.colorSpace.channels == 1 ? .gray : .rgb)
        .planes(blueFirst: image.colorSpace == .bgr).cast(to: .float32)
    case (.image(let image), .tensor(let tensor)):
      // Pixels as the program receives them: [1, channels, height, width], 0 to 255.
      let shape = tensor.shape
      guard shape.count == 4, shape[0] == 1, shape[1] == image.colorSpace.channels,
        image.accepts(width: shape[3], height: shape[2])
      else {
        throw RuntimeError.wrongInput(
          name, expected: expectation + ", or its pixels as a Tensor [1, channels, height, width]",
          found: "\(tensor.dtype) \(shape)")
      }
      try checkPixels(tensor, image.colorSpace)
      return tensor
    case (.array(let array), .image(let picture)):
      throw RuntimeError.wrongInput(
        name, expected: "\(array.dtype.map { "\($0)" } ?? "") \(array.shapeDescription)",
        found: "an image of \(picture.width) × \(picture.height); take its pixels with image:to_tensor()")
    default:
      throw RuntimeError.wrongInput(name, expected: expectation, found: "a value of another type")
    }
  }

  /// The values converted to the declared dtype. Integers are converted to floats, and floats without a fraction to
  /// integers. Values that the dtype cannot represent cause an error.
  private func checked(_ tensor: Tensor, _ dtype: DType?) throws -> Tensor {
    guard let dtype else { return tensor }
    do {
      return try tensor.converted(to: dtype)
    } catch {
      throw ModelError.unfitValue(name, error)
    }
  }

  /// Checks that pixels are within 0…255. Fractions, as interpolation produces them, are not rounded.
  private func checkPixels(_ tensor: Tensor, _ colors: ImageFeature.ColorSpace) throws {
    guard let unfit = colors.unfitPixel(of: tensor) else { return }
    throw ModelError.unfitValue(name, unfit)
  }

  fileprivate func defaultTensor() throws -> Tensor {
    guard isOptional, let array, let value = array.defaultValue else {
      throw RuntimeError.missingInput(name, expected: expectation)
    }
    let number: Double =
      switch value {
      case .int(let v): Double(v)
      case .float(let v): Double(v)
      case .double(let v): v
      }
    return Tensor(Array(repeating: number, count: array.shape.elementCount), shape: array.shape)
  }
}

extension ImageFeature.ColorSpace {
  /// The first value that is not a valid pixel.
  func unfitPixel(of tensor: Tensor) -> UnfitElement? {
    guard self != .grayscaleFloat16 else { return tensor.unfitElement(for: .float16) }
    guard tensor.dtype != .uint8 else { return nil }
    let values = tensor.doubles()
    guard let index = values.firstIndex(where: { !(0...255).contains($0) }) else { return nil }
    return UnfitElement(
      position: tensor.shape.position(of: index), value: UnfitElement.text(values[index], shortest: "\(values[index])"),
      source: tensor.dtype, target: .uint8, limits: "pixels are numbers from 0 to 255")
  }
}

extension ArrayFeature {
  /// A suggestion for reshaping an array with the same number of elements; `nil` if there is none.
  fileprivate func reshapingAdvice(for found: Shape) -> String? {
    guard found.elementCount > 0 else { return nil }
    var target = shape
    if case .ranges(let ranges) = flexibility, let batch = ranges.first, batch.lower != batch.upper {
      let rest = Array(shape.dropFirst())
      let row = rest.elementCount
      guard row > 0, found.elementCount % row == 0 else { return nil }
      target = [found.elementCount / row] + rest
    }
    guard target != found, accepts(target), target.elementCount == found.elementCount else { return nil }
    // The batch axis is ignored: the value may contain several samples.
    let extents = target.count > 1 ? [-1] + target.dropFirst() : target
    return "reshape{ \(extents.map(String.init).joined(separator: ", ")) } would fit"
  }
}
