// SPDX-License-Identifier: Apache-2.0
// Data sets of token ids, in windows.

import Tensors

extension Dataset {
  /// How token ids are divided into windows.
  package struct WindowOptions: Sendable, Equatable {
    /// The number of ids in a window.
    package var length: Int
    /// The distance between the starts of windows; a smaller one than the length gives later windows context.
    package var stride: Int
    /// The id that fills up the last window of a text; `nil` leaves shorter windows out.
    package var pad: Int32?
    package var inputName: String

    package init(length: Int, stride: Int? = nil, pad: Int32?, inputName: String = "input_ids") {
      self.length = length
      self.stride = stride ?? length
      self.pad = pad
      self.inputName = inputName
    }
  }

  /// Windows of texts, given as token ids. The input is int32 `[windows, length]`; the labels have the same shape: the id that follows each
  /// one, or -1 where there is none and where an earlier window has the same label. So every id but the first of a text is a label once.
  ///
  /// - Throws: `EvaluationError` for a length or stride out of range, and for texts without a window.
  package init(windowsOf texts: [[UInt32]], _ windows: WindowOptions, options: Options = Options()) throws {
    guard windows.length >= 1 else { throw EvaluationError.badOption(name: "length", value: "\(windows.length)", allowed: "1 and above") }
    guard (1...windows.length).contains(windows.stride) else {
      throw EvaluationError.badOption(name: "stride", value: "\(windows.stride)", allowed: "1 to the length, \(windows.length)")
    }
    var ids: [Int32] = []
    var labels: [Int32] = []
    var count = 0
    for text in texts {
      var start = 0
      // The last id that is a label.
      var labeled = 0
      while labeled < text.count - 1 {
        let end = min(start + windows.length, text.count)
        let missing = windows.length - (end - start)
        guard missing == 0 || windows.pad != nil else { break }
        ids += text[start..<end].lazy.map { Int32(bitPattern: $0) }
        labels += (start..<end).lazy.map { $0 + 1 > labeled && $0 + 1 < text.count ? Int32(bitPattern: text[$0 + 1]) : -1 }
        ids += [Int32](repeating: windows.pad ?? 0, count: missing)
        labels += [Int32](repeating: -1, count: missing)
        labeled = min(end, text.count - 1)
        count += 1
        start += windows.stride
      }
    }
    guard count > 0 else {
      let longest = texts.map(\.count).max() ?? 0
      throw EvaluationError.notADataset(path: "the text", reason: "its \(longest) ids give no window of \(windows.length)")
    }
    let shape = [count, windows.length]
    try self.init(inputs: [windows.inputName: Tensor(ids, shape: shape)], labels: Tensor(labels, shape: shape), options: options)
  }
}
