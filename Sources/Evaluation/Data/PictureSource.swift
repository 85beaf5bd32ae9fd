// SPDX-License-Identifier: Apache-2.0
// Samples from a folder of pictures, which are decoded when they are read.

import DataFiles
import Tensors

/// How pictures become tensors. The steps have this order: orientation, color, resizing, cropping, scale, mean and deviation.
package struct PictureOptions: Sendable {
  /// Order of the planes.
  package enum Color: String, Sendable, CaseIterable {
    case gray, rgb, bgr
  }

  package enum Size: Sendable, Equatable {
    /// The shorter side; the other side keeps the ratio, rounded down, as in torchvision.
    case shorterSide(Int)
    case exactly(width: Int, height: Int)
  }

  package var inputName: String
  /// `nil`: gray if every picture is gray, else RGB.
  package var color: Color?
  /// `nil` keeps the size.
  package var resize: Size?
  /// The part in the middle that is kept; `nil` for all.
  package var crop: (width: Int, height: Int)?
  /// Multiplies every sample; `nil` for 1.
  package var scale: Double?
  /// Subtracted after scaling: one number, or one for each channel.
  package var mean: [Double]?
  /// Divides after the mean is subtracted: one number, or one for each channel.
  package var deviation: [Double]?
  /// Whether the orientation in EXIF data is applied.
  package var turns: Bool

  package init(
    inputName: String = "image", color: Color? = nil, resize: Size? = nil, crop: (width: Int, height: Int)? = nil, scale: Double? = nil,
    mean: [Double]? = nil, deviation: [Double]? = nil, turns: Bool = false
  ) {
    self.inputName = inputName
    self.color = color
    self.resize = resize
    self.crop = crop
    self.scale = scale
    self.mean = mean
    self.deviation = deviation
    self.turns = turns
  }
}

/// The pictures of a listing as `[channels, height, width]`: uint8 from 0 to 255, or float32 if there is a scale, mean or deviation.
package struct PictureSource: SampleSource {
  private let listing: FileListing
  private let options: PictureOptions
  private let format: Image.Format
  private let (width, height): (Int, Int)
  /// For each channel, the value of each sample; `nil` for samples as they are.
  private let values: [[Float]]?

  /// Reads the headers of the first pictures.
  ///
  /// - Throws: `DataFileError`; `EvaluationError` for options that do not fit.
  package init(_ listing: FileListing, _ options: PictureOptions = PictureOptions()) throws {
    self.listing = listing
    self.options = options
    if let color = options.color {
      format = color == .gray ? .gray : .rgb
    } else {
      // Only the headers up to the first color picture are read.
      let isGray = try listing.files.indices.allSatisfy { try ImageFile.header(listing.path($0)).format.isGray }
      format = isGray ? .gray : .rgb
    }
    let first = try ImageFile.header(listing.path(0), turns: options.turns)
    (width, height) = try Self.size(first.width, first.height, options, file: listing.path(0))
    let channels = format.channels
    func numbers(_ list: [Double]?, _ usual: Double, _ name: String) throws -> [Double] {
      guard let list else { return Array(repeating: usual, count: channels) }
      guard list.count == 1 || list.count == channels else {
        throw EvaluationError.channelCount(option: name, given: list.count, channels: channels)
      }
      return list.count == channels ? list : Array(repeating: list[0], count: channels)
    }
    if options.scale == nil, options.mean == nil, options.deviation == nil {
      values = nil
    } else {
      let (means, deviations) = (try numbers(options.mean, 0, "mean"), try numbers(options.deviation, 1, "std"))
      if let zero = deviations.first(where: { $0 == 0 }) {
        throw EvaluationError.badOption(name: "std", value: "\(zero)", allowed: "numbers other than 0")
      }
      values = zip(means, deviations).map { mean, deviation in
        (0..<256).map { (Float(Double($0) * (options.scale ?? 1)) - Float(mean)) / Float(deviation) }
      }
    }
  }

  /// The size of a picture after resizing and cropping.
  private static func size(_ width: Int, _ height: Int, _ options: PictureOptions, file: String) throws -> (Int, Int) {
    let (w, h) = resized(width, height, options)
    guard let crop = options.crop else { return (w, h) }
    guard crop.width <= w, crop.height <= h else {
      throw EvaluationError.cropSize(file: file, width: w, height: h, cropWidth: crop.width, cropHeight: crop.height)
    }
    return crop
  }

  private static func resized(_ width: Int, _ height: Int, _ options: PictureOptions) -> (Int, Int) {
    switch options.resize {
    case nil: (width, height)
    case .exactly(let width, let height): (width, height)
    case .shorterSide(let side): width <= height ? (side, side * height / width) : (side * width / height, side)
    }
  }

  package var count: Int { listing.files.count }
  package var inputs: [String: SampleType] {
    [options.inputName: SampleType(values == nil ? .uint8 : .float32, [format.channels, height, width])]
  }
  package var labels: SampleType? { listing.labels.map { SampleType(rowsOf: $0.tensor) } }
  package var knownLabels: Tensor? { listing.labels?.tensor }
  package var isSlow: Bool { true }

  package func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    let area = width * height
    let channels = format.channels
    var tensor = Tensor(uninitialized: values == nil ? .uint8 : .float32, [indices.count, channels, height, width])
    for (row, index) in indices.enumerated() {
      if isAbandoned() { throw EvaluationError.cancelled }
      let image = try picture(index)
      for plane in 0..<channels {
        let channel = options.color == .bgr ? channels - 1 - plane : plane
        let start = (row * channels + plane) * area
        image.samples.withUnsafeBufferPointer { from in
          if let values {
            values[plane].withUnsafeBufferPointer { values in
              tensor.withMutableElements(of: Float.self) { to in
                for i in 0..<area { to[start + i] = values[Int(from[i * channels + channel])] }
              }
            }
          } else {
            tensor.withMutableElements(of: UInt8.self) { to in
              for i in 0..<area { to[start + i] = from[i * channels + channel] }
            }
          }
        }
      }
    }
    return PendingSamples(
      Samples(inputs: [options.inputName: tensor], labels: listing.labels.map { $0.tensor.gatheringRows(indices) }))
  }

  private func picture(_ index: Int) throws -> Image {
    let path = listing.path(index)
    var image = try ImageFile.read(path, turns: options.turns).converted(to: format)
    let (w, h) = Self.resized(image.width, image.height, options)
    let (endWidth, endHeight) = try Self.size(image.width, image.height, options, file: path)
    guard (endWidth, endHeight) == (width, height) else {
      throw EvaluationError.imageSize(file: path, width: endWidth, height: endHeight, expectedWidth: width, expectedHeight: height)
    }
    image = image.resized(width: w, height: h)
    return options.crop == nil ? image : image.cropped(width: width, height: height)
  }

  package func add(_ order: [Int], to hash: inout ContentHash) throws {
    try listing.add(order, "\(options) \(format) \(width)×\(height)", to: &hash)
    if let labels = listing.labels { hash.add(labels.tensor.gatheringRows(order)) }
  }
}
