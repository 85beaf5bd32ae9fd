// SPDX-License-Identifier: Apache-2.0
// Statistics in files: an `.npz` archive of a description and arrays.

import Calibration
import DataFiles
import Options
import Rules
import Tensors

extension ModelStatistics {
  private static let version = 1

  // MARK: Writing

  /// Writes an `.npz` archive. An existing file is replaced only by a complete new one.
  ///
  /// - Throws: `DataFileError`.
  package func save(to path: String) throws {
    var arrays: [(name: String, array: Tensor)] = [
      ("wane.statistics", Tensor([Int64(Self.version)])), ("description", Tensor(Array(OptionText.write(description).utf8))),
    ]
    for (i, key) in keys.enumerated() {
      guard let entry = entries[key], let first = entry.channels.first else { continue }
      let (groups, size) = (entry.channels.count, first.size)
      arrays.append(("inputs/\(i)/counts", Tensor(entry.channels.map(\.count))))
      arrays.append(("inputs/\(i)/sums", Tensor(entry.channels.flatMap(\.sums), shape: [groups, size])))
      arrays.append(("inputs/\(i)/absmax", Tensor(entry.channels.flatMap(\.peaks), shape: [groups, size])))
      if !entry.moments.isEmpty {
        arrays.append(("inputs/\(i)/second_moments", Tensor(entry.moments.flatMap(\.sums), shape: [groups, size, size])))
      }
    }
    if !values.isEmpty {
      arrays.append(("ranges", Tensor(values.flatMap { (ranges[$0] ?? ValueRange()).numbers }, shape: [values.count, 10])))
    }
    for (i, name) in values.enumerated() {
      guard let histogram = ranges[name]?.histogram else { continue }
      arrays.append(("histograms/\(i)/range", Tensor([histogram.low, histogram.high])))
      arrays.append(("histograms/\(i)/counts", Tensor(histogram.counts)))
    }
    for (i, name) in squaredGradients.keys.sorted().enumerated() {
      arrays.append(("squared_gradients/\(i)", Tensor(squaredGradients[name] ?? [])))
    }
    try NPZ.write(arrays, to: path, compressed: false)
  }

  private var description: OptionValue {
    func list(_ names: [String]) -> OptionValue { .list(names.map { .string($0) }) }
    return .dictionary([
      "model": .string(modelDigest), "samples": .integer(samples), "inputs": list(keys),
      "input_values": list(keys.map { entries[$0]?.value ?? "" }), "values": list(values),
      "squared_gradients": list(squaredGradients.keys.sorted()),
    ])
  }

  // MARK: Reading

  /// Reads what `save` wrote.
  ///
  /// - Throws: `DataFileError`; `ModelError.statisticsFile`.
  package init(path: String) throws {
    let arrays = try NPZ.read(path)
    let file = StatisticsFile(path: path, arrays: arrays)
    guard let version = arrays["wane.statistics"]?.integers().first else {
      throw file.error("model:calibrate(data):save(path) writes them")
    }
    guard version == Self.version else { throw file.error("its version is \(version), this program reads \(Self.version)") }
    let fields = try file.description()
    guard case .string(let digest)? = fields["model"], case .integer(let samples)? = fields["samples"], samples >= 0 else {
      throw file.error("its description has no model and number of samples")
    }
    self.init(modelDigest: digest, samples: samples)
    keys = try file.names("inputs", fields)
    let valuesOfKeys = try file.names("input_values", fields)
    guard valuesOfKeys.count == keys.count, Set(keys).count == keys.count else { throw file.error("its inputs are inconsistent") }
    for (i, key) in keys.enumerated() { entries[key] = try file.entry(i, value: valuesOfKeys[i]) }
    values = try file.names("values", fields)
    guard Set(values).count == values.count else { throw file.error("its values are inconsistent") }
    if !values.isEmpty {
      let numbers = try file.doubles("ranges", shape: [values.count, 10])
      for (i, name) in values.enumerated() {
        ranges[name] = ValueRange(numbers: Array(numbers[i * 10..<(i + 1) * 10]), histogram: try file.histogram(i))
      }
    }
    for (i, name) in try file.names("squared_gradients", fields).enumerated() {
      squaredGradients[name] = try file.doubles("squared_gradients/\(i)", shape: nil)
    }
  }
}

/// The arrays of a file, with errors that name the file.
private struct StatisticsFile {
  let path: String
  let arrays: [String: Tensor]

  func error(_ problem: String) -> ModelError { .statisticsFile(path: path, problem: problem) }

  func description() throws -> [String: OptionValue] {
    guard let bytes = arrays["description"], bytes.dtype == .uint8 else { throw error("it has no description") }
    let text = bytes.withElements(of: UInt8.self) { String(decoding: $0, as: UTF8.self) }
    guard case .dictionary(let fields)? = try? OptionText.read(text) else { throw error("its description is damaged") }
    return fields
  }

  func names(_ field: String, _ fields: [String: OptionValue]) throws -> [String] {
    guard case .list(let items)? = fields[field] else { throw error("its description has no list '\(field)'") }
    return try items.map { item in
      guard case .string(let name) = item else { throw error("its list '\(field)' contains \(item)") }
      return name
    }
  }

  func doubles(_ name: String, shape: Shape?) throws -> [Double] {
    guard let tensor = arrays[name] else { throw error("the array '\(name)' is missing") }
    if let shape, Array(tensor.shape) != Array(shape) { throw error("the array '\(name)' is \(tensor.shape), expected \(shape)") }
    return tensor.doubles()
  }

  func entry(_ i: Int, value: String) throws -> ModelStatistics.Entry {
    guard let sums = arrays["inputs/\(i)/sums"], sums.rank == 2 else { throw error("the array 'inputs/\(i)/sums' is missing") }
    let (groups, size) = (sums.shape[0], sums.shape[1])
    let counts = try doubles("inputs/\(i)/counts", shape: [groups])
    let peaks = try doubles("inputs/\(i)/absmax", shape: [groups, size]).map { Float($0) }
    let totals = sums.doubles()
    let channels = (0..<groups).map { group in
      let part = group * size..<(group + 1) * size
      return ChannelStatistics(sums: Array(totals[part]), peaks: Array(peaks[part]), count: counts[group])
    }
    var moments: [SecondMoments] = []
    if let all = arrays["inputs/\(i)/second_moments"] {
      guard Array(all.shape) == [groups, size, size] else { throw error("the array 'inputs/\(i)/second_moments' is \(all.shape)") }
      let elements = all.floats()
      moments = (0..<groups).map { group in
        SecondMoments(size: size, sums: Array(elements[group * size * size..<(group + 1) * size * size]), count: counts[group])
      }
    }
    return ModelStatistics.Entry(value: value, moments: moments, channels: channels)
  }

  func histogram(_ i: Int) throws -> Histogram? {
    guard let counts = arrays["histograms/\(i)/counts"] else { return nil }
    let range = try doubles("histograms/\(i)/range", shape: [2])
    return Histogram(low: Float(range[0]), high: Float(range[1]), counts: counts.doubles())
  }
}
