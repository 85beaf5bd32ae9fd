// SPDX-License-Identifier: Apache-2.0
// Non-maximum suppression: boxes by descending score, without those that overlap a better one too much.

/// Non-maximum suppression over boxes given by center and size, with the semantics of Core ML's operator.
///
/// A box is ranked by its best score; ties are broken by index. A candidate is chosen when its overlap with every box
/// chosen before it (of the same class, where classes are separate) is at most the threshold, until the maximum
/// is reached. If no box reaches the score threshold, the best one is chosen anyway.
package struct NonMaximumSuppression {
  /// Number of boxes of one image.
  package let boxes: Int
  package let classes: Int
  package let maximum: Int
  package let iouThreshold: Float
  /// Boxes whose best score is lower are not candidates; `nil` accepts all.
  package let scoreThreshold: Float?
  package let separatesClasses: Bool

  package init(
    boxes: Int, classes: Int, maximum: Int, iouThreshold: Float, scoreThreshold: Float?, separatesClasses: Bool
  ) {
    self.boxes = boxes
    self.classes = classes
    self.maximum = maximum
    self.iouThreshold = iouThreshold
    self.scoreThreshold = scoreThreshold
    self.separatesClasses = separatesClasses
  }

  /// Bytes of scratch memory that `select` needs.
  package var scratchBytes: Int { boxes * (MemoryLayout<Float>.stride + 2 * MemoryLayout<Int32>.stride) }

  /// Values of one image in memory: value `j` of box `i` is at `i * box + j * value`.
  package struct Table {
    let base: UnsafePointer<Float>
    let box: Int
    let value: Int

    package init(_ base: UnsafePointer<Float>, box: Int, value: Int) {
      self.base = base
      self.box = box
      self.value = value
    }

    @inline(__always)
    package subscript(_ i: Int, _ j: Int) -> Float { base[i * box + j * value] }
  }

  /// Chooses boxes of one image, best first.
  ///
  /// - Parameters:
  ///   - chosen: receives the indices; has space for `maximum`.
  ///   - scratch: `scratchBytes` bytes, aligned for `Float`.
  /// - Returns: how many boxes were chosen.
  package func select(
    boxes coordinates: Table, scores: Table, into chosen: UnsafeMutablePointer<Int32>, scratch: UnsafeMutableRawPointer
  ) -> Int {
    guard boxes > 0, classes > 0, maximum > 0 else { return 0 }
    let best = scratch.assumingMemoryBound(to: Float.self)
    let kind = (scratch + boxes * MemoryLayout<Float>.stride).assumingMemoryBound(to: Int32.self)
    let order = kind + boxes
    var candidates = 0
    var top = 0
    for i in 0..<boxes {
      var winner = 0
      for c in 1..<max(classes, 1) where scores[i, c] > scores[i, winner] { winner = c }
      best[i] = scores[i, winner]
      kind[i] = Int32(truncatingIfNeeded: winner)
      if best[i] > best[top] { top = i }
      if let scoreThreshold, !(best[i] >= scoreThreshold) { continue }
      order[candidates] = Int32(truncatingIfNeeded: i)
      candidates += 1
    }
    guard candidates > 0 else {
      chosen[0] = Int32(truncatingIfNeeded: top)
      return 1
    }
    var queue = BoxQueue(UnsafeMutableBufferPointer(start: order, count: candidates), scores: best)
    var count = 0
    while count < maximum, let candidate = queue.pop() {
      let isSuppressed = (0..<count).contains { earlier in
        let other = Int(chosen[earlier])
        if separatesClasses, kind[other] != kind[Int(candidate)] { return false }
        return overlap(coordinates, other, Int(candidate)) > iouThreshold
      }
      if isSuppressed { continue }
      chosen[count] = candidate
      count += 1
    }
    return count
  }

  /// Intersection over union of two boxes.
  private func overlap(_ t: Table, _ a: Int, _ b: Int) -> Float {
    let width = side(t[a, 0], t[a, 2], t[b, 0], t[b, 2])
    let height = side(t[a, 1], t[a, 3], t[b, 1], t[b, 3])
    let shared = width * height
    let union = t[a, 2] * t[a, 3] + t[b, 2] * t[b, 3] - shared
    return union > 0 ? shared / union : 0
  }

  /// Length of the overlap of two intervals given by center and length.
  private func side(_ center: Float, _ length: Float, _ otherCenter: Float, _ otherLength: Float) -> Float {
    let end = min(center + 0.5 * length, otherCenter + 0.5 * otherLength)
    let start = max(center - 0.5 * length, otherCenter - 0.5 * otherLength)
    return max(end - start, 0)
  }
}

/// Boxes by descending score, then by index: a binary heap in the caller's memory.
private struct BoxQueue {
  private var heap: UnsafeMutableBufferPointer<Int32>
  private let scores: UnsafePointer<Float>

  init(_ boxes: UnsafeMutableBufferPointer<Int32>, scores: UnsafePointer<Float>) {
    heap = boxes
    self.scores = scores
    for i in (0..<heap.count / 2).reversed() { sink(i) }
  }

  /// Removes and returns the best remaining box.
  mutating func pop() -> Int32? {
    guard let best = heap.first else { return nil }
    heap[0] = heap[heap.count - 1]
    heap = UnsafeMutableBufferPointer(rebasing: heap.dropLast())
    sink(0)
    return best
  }

  private func isBetter(_ a: Int32, _ b: Int32) -> Bool {
    let (x, y) = (scores[Int(a)], scores[Int(b)])
    return x > y || (x == y && a < b)
  }

  private func sink(_ start: Int) {
    var i = start
    while 2 * i + 1 < heap.count {
      var child = 2 * i + 1
      if child + 1 < heap.count, isBetter(heap[child + 1], heap[child]) { child += 1 }
      guard isBetter(heap[child], heap[i]) else { return }
      heap.swapAt(i, child)
      i = child
    }
  }
}
