// SPDX-License-Identifier: Apache-2.0
// A progress bar on standard error.

import Foundation
import TextLayout

/// A progress bar. It is only drawn on a terminal, after one second, at most ten times a second, and erased at the
/// end.
///
/// It is not thread-safe.
package final class Progress {
  private let title: String
  private let unit: String
  private let width: Int
  private let isActive: Bool
  private let write: (String) -> Void
  private let now: () -> Double
  private let start: Double
  private var lastDrawn = -Double.infinity
  private var isShown = false

  static let delay = 1.0
  static let interval = 0.1

  /// - Parameters:
  ///   - unit: the unit of the rate: `img`.
  ///   - isActive: whether to draw the bar; by default, whether standard error is a terminal.
  ///   - write: writes the text; `now`: the clock in seconds.
  package init(
    _ title: String, unit: String = "", width: Int = 24, isActive: Bool = isatty(FileHandle.standardError.fileDescriptor) == 1,
    write: @escaping (String) -> Void = { FileHandle.standardError.write(Data($0.utf8)) },
    now: @escaping () -> Double = { MonotonicClock.seconds() }
  ) {
    self.title = title
    self.unit = unit
    self.width = width
    self.isActive = isActive
    self.write = write
    self.now = now
    start = now()
  }

  deinit { finish() }

  /// Draws `done` of `total` if enough time has passed.
  package func update(_ done: Int, of total: Int) {
    guard isActive else { return }
    let time = now()
    guard time - start >= Self.delay, time - lastDrawn >= Self.interval else { return }
    lastDrawn = time
    isShown = true
    // Moves to the start of the line, writes the text, and erases the rest of a longer previous text.
    write("\r" + line(done, total, elapsed: time - start) + "\u{1B}[K")
  }

  /// Erases the bar, so that other text can be written; the next update draws it again.
  package func clear() {
    guard isShown else { return }
    isShown = false
    lastDrawn = -.infinity
    write("\r\u{1B}[K")
  }

  /// Erases the bar. Further calls do nothing.
  package func finish() { clear() }

  /// `evaluate [######------]  412/2000  38 img/s  eta 0:42`.
  func line(_ done: Int, _ total: Int, elapsed: Double) -> String {
    let share = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 0
    let filled = Int(share * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    var line = "\(title) [\(bar)] \(DisplayWidth.pad("\(done)", to: "\(total)".count, right: true))/\(total)"
    guard done > 0, elapsed > 0 else { return line }
    let rate = Double(done) / elapsed
    if !unit.isEmpty { line += "  \(Quantity.significant(rate, 2)) \(unit)/s" }
    return line + "  eta \(Self.clock(Double(max(total - done, 0)) / rate))"
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(.up), 359_999))
    let rest = String(format: "%02d", whole % 60)
    guard whole >= 3600 else { return "\(whole / 60):\(rest)" }
    return "\(whole / 3600):" + String(format: "%02d", whole / 60 % 60) + ":\(rest)"
  }
}
