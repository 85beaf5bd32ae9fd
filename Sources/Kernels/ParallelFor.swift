// SPDX-License-Identifier: Apache-2.0
// Parallel loops of a kernel on the thread team.

import CPrimitives

/// Parallel loops on the threads that oneDNN uses.
package enum ParallelFor {
  /// Runs `body` for chunks of `0..<count`, each at least `grain` long.
  package static func run(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let chunks = max(1, min(Int(wp_threads()), count / max(grain, 1)))
    guard chunks > 1 else {
      body(0..<count)
      return
    }
    withoutActuallyEscaping(body) { body in
      var job = Job(count: count, chunks: chunks, body: body)
      withUnsafeMutablePointer(to: &job) { pointer in
        wp_parallel(
          Int32(chunks),
          { context, index in
            guard let job = context?.assumingMemoryBound(to: Job.self) else { return }
            let i = Int(index)
            let n = job.pointee.count
            let k = job.pointee.chunks
            job.pointee.body(n * i / k..<n * (i + 1) / k)
          }, pointer)
      }
    }
  }

  private struct Job {
    let count: Int
    let chunks: Int
    let body: (Range<Int>) -> Void
  }
}
