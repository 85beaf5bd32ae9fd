// SPDX-License-Identifier: Apache-2.0
// Data sets from folders of images: one subfolder per class, or images without labels.

import DataFiles
import Foundation
import Tensors

extension Dataset {
  /// How a folder of images is converted to a tensor.
  package struct ImageOptions: Sendable {
    /// Order of the planes.
    package enum Color: String, Sendable, CaseIterable {
      case gray, rgb, bgr
    }

    package var inputName: String
    /// `nil`: gray if every image is gray, else RGB.
    package var color: Color?
    /// Every image is resized to this; `nil` requires that all have the same size.
    package var size: (width: Int, height: Int)?
    /// `nil` keeps 0…255 as uint8; a number multiplies, giving float32 (1/255 for 0…1).
    package var scale: Double?

    package init(
      inputName: String = "image", color: Color? = nil, size: (width: Int, height: Int)? = nil, scale: Double? = nil
    ) {
      self.inputName = inputName
      self.color = color
      self.size = size
      self.scale = scale
    }
  }

  /// All images as `[n, channels, height, width]`, each with a label if they are in subfolders.
  ///
  /// Classes are the names of the subfolders, sorted by code point; images are sorted by class, then name.
  static func pictures(
    in folder: String, entries: [String], _ options: ImageOptions
  ) throws -> (tensor: Tensor, labels: Tensor?, classes: [String]?) {
    var files: [String] = []
    var labels: [Int32] = []
    var classes: [String] = []
    for entry in entries {
      let path = "\(folder)/\(entry)"
      var isFolder: ObjCBool = false
      guard !entry.hasPrefix("."), FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
        continue
      }
      let inside = try FileManager.default.contentsOfDirectory(atPath: path).filter(isPicture).sorted()
      guard !inside.isEmpty else { continue }
      files += inside.map { "\(path)/\($0)" }
      labels += [Int32](repeating: Int32(classes.count), count: inside.count)
      classes.append(entry)
    }
    let alone = entries.filter(isPicture)
    guard classes.isEmpty || alone.isEmpty else {
      throw EvaluationError.notADataset(path: folder, reason: "it contains images both in class folders and outside of them")
    }
    files += alone.map { "\(folder)/\($0)" }
    guard !files.isEmpty else {
      throw EvaluationError.notADataset(path: folder, reason: "it contains neither .npy arrays nor .png or .jpg images")
    }
    let tensor = try stack(files, options)
    return (tensor, classes.isEmpty ? nil : Tensor(labels), classes.isEmpty ? nil : classes)
  }

  private static func isPicture(_ name: String) -> Bool {
    let lower = name.lowercased()
    return !name.hasPrefix(".") && ImageFile.extensions.contains { lower.hasSuffix("." + $0) }
  }

  private static func stack(_ files: [String], _ options: ImageOptions) throws -> Tensor {
    var images: [Image] = []
    for file in files {
      var image = try ImageFile.read(file)
      if let size = options.size {
        image = image.resized(width: size.width, height: size.height)
      } else if let first = images.first, (first.width, first.height) != (image.width, image.height) {
        throw EvaluationError.imageSize(
          file: file, width: image.width, height: image.height, expectedWidth: first.width, expectedHeight: first.height)
      }
      if let color = options.color { image = image.converted(to: color == .gray ? .gray : .rgb) }
      images.append(image)
    }
    if options.color == nil {
      let format: Image.Format = images.allSatisfy(\.format.isGray) ? .gray : .rgb
      images = images.map { $0.converted(to: format) }
    }
    let tensor = try Tensor.joined(rowsOf: images.map { $0.planes(blueFirst: options.color == .bgr) })
    guard let scale = options.scale else { return tensor }
    return Tensor(tensor.floats().map { Float(Double($0) * scale) }, shape: tensor.shape)
  }
}
