// SPDX-License-Identifier: Apache-2.0
// The progress bar: when it is drawn, its text, and that it is erased.

import Evaluation
import Testing

@Suite struct ProgressTests {
  @Test func drawnAfterASecondTenTimesASecondAndErased() {
    var time = 0.0
    var written: [String] = []
    let progress = Progress("evaluate", unit: "img", width: 10, isActive: true, write: { written.append($0) }, now: { time })
    for step in 0...300 {
      time = Double(step) / 100
      progress.update(step * 2, of: 2000)
    }
    // From 1.0 to 3.0 seconds inclusive, every 0.1; rounding of the clock may shift one.
    #expect((19...21).contains(written.count))
    #expect(written.first == "\revaluate [#---------]  200/2000  200 img/s  eta 0:09\u{1B}[K")
    progress.finish()
    #expect(written.last == "\r\u{1B}[K")
    let count = written.count
    progress.finish()
    #expect(written.count == count, "erased once")
  }

  @Test func silentWhenQuickOrNotATerminal() {
    var time = 0.0
    var written: [String] = []
    let quick = Progress("x", isActive: true, write: { written.append($0) }, now: { time })
    time = 0.99
    quick.update(1, of: 2)
    quick.finish()
    let piped = Progress("x", isActive: false, write: { written.append($0) }, now: { time })
    time = 100
    piped.update(1, of: 2)
    piped.finish()
    #expect(written.isEmpty)
  }

  @Test func oddCounts() {
    var time = 0.0
    var written: [String] = []
    let progress = Progress("x", width: 4, isActive: true, write: { written.append($0) }, now: { time })
    for (done, total) in [(0, 0), (5, 3), (1, 100_000)] {
      time += 3600
      progress.update(done, of: total)
    }
    #expect(written == ["\rx [----] 0/0\u{1B}[K", "\rx [####] 5/3  eta 0:00\u{1B}[K", "\rx [----]      1/100000  eta 99:59:59\u{1B}[K"])
  }
}
