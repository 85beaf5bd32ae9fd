// SPDX-License-Identifier: Apache-2.0
// Wane's side of the training benchmark: training-step PACKAGE BATCH OPTIMIZER [profile]
//
// Cross-entropy of the package's first output against random labels, on random inputs. Answers a line with a number of steps by
// the median and the smallest time of one, in seconds.

import CKernels
import Foundation
import Kernels
import MIL
import ModelPackages
import Operators
import Runtime
import Tensors
import Training

func now() -> Double {
  var t = timespec()
  clock_gettime(CLOCK_MONOTONIC, &t)
  return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
}

/// Megabytes resident; 0 where the system does not say.
func resident() -> Double {
  let numbers = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").compactMap { Double($0) }
  return (numbers?.dropFirst().first ?? 0) * 4096 / 1_048_576
}

let arguments = CommandLine.arguments
let before = resident()
let package = try ModelPackage.load(arguments[1])
let batch = Int(arguments[2]) ?? 64
let usesAdam = arguments[3] == "adam"
var function = package.program.functions[0]
var types: [String: ValueType] = [:]
for input in function.inputs {
  guard let type = input.type.tensorType else { continue }
  types[input.name] = .tensor(TensorType(type.dtype, [.fixed(batch)] + type.dimensions.dropFirst()))
}
let lifted = ParameterLifting(function)
let mode = TrainingMode(
  try lifted.function.inferringTypes(
    types.mapValues { t in
      guard case .tensor(var type) = t else { return t }
      type.dtype = .float32
      return .tensor(type)
    }))
var training = mode.function
let emitter = try Emitter(training)
// The logits: what goes into a last softmax, or the output itself.
var logits = try emitter.value(training.block.outputs[0])
if let last = training.block.operations.last(where: { $0.outputs[0].name == training.block.outputs[0] }), last.type == "softmax",
  let x = last.bindings("x")?.first?.name
{
  logits = try emitter.value(x)
}
let classes = logits.shape[1]
training.inputs.append(NamedType("labels", .tensor(.float32, [batch, classes])))
let writer = try Emitter(training)
logits = try writer.value(logits.name ?? "")
let normalizer = try logits.apply("reduce_log_sum_exp", ["axes": [1], "keep_dims": true])
_ = try ((normalizer - logits) * writer.value("labels")).sum([0, 1]).apply("mul", ["y": 1 / Float(batch)], name: "loss")
training.block.operations = writer.operations
let step = try TrainingStep(training, loss: "loss", parameters: lifted.parameters, buffers: lifted.buffers, updates: mode.updates)

var generator = SplitMix64(seed: 1)
for (name, buffer) in step.inputs {
  for i in buffer.floats.indices { buffer.floats[i] = name == "labels" ? 0 : Float(generator.normal()) }
  if name == "labels" { for n in 0..<batch { buffer.floats[n * classes + Int(generator.next() % UInt64(classes))] = 1 } }
}
let moments = lifted.parameters.map { (ExternalBuffer(zeros: .float32, $0.start.shape), ExternalBuffer(zeros: .float32, $0.start.shape)) }
var count = 0

@MainActor func update() {
  count += 1
  let (b1, b2) = (1 - pow(0.9, Double(count)), 1 - pow(0.999, Double(count)))
  let (rate, root) = (Float(1e-3 / b1), Float(1 / b2.squareRoot()))
  for (i, parameter) in lifted.parameters.enumerated() {
    guard let w = step.parameters[parameter.name]?.floats, let g = step.gradients[parameter.name]?.floats else { continue }
    let (m, v) = (moments[i].0.floats, moments[i].1.floats)
    if usesAdam {
      for k in w.indices {
        m[k] += 0.1 * (g[k] - m[k])
        v[k] += 0.001 * (g[k] * g[k] - v[k])
        w[k] -= rate * m[k] / (v[k].squareRoot() * root + 1e-8)
      }
    } else {
      for k in w.indices {
        m[k] = 0.9 * m[k] + g[k]
        w[k] -= 1e-3 * m[k]
      }
    }
  }
}

let start = now()
try step.run()
update()
print(before, now() - start)
fflush(nil)
if arguments.count > 4 {
  for row in try step.profile(runs: 20).prefix(80) {
    let time = Int(row.seconds / Double(row.runs) * 1e6)
    print("\(time) µs  \(row.operation)  \(row.kernel)  \(row.name)  \(Int(row.gigaflops)) GF/s")
  }
  print("arena \(step.summary.arena >> 20) MB, unshared \(step.summary.unshared >> 20) MB")
}
while let line = readLine() {
  var times: [Double] = []
  for _ in 0..<(Int(line) ?? 1) {
    let start = now()
    try step.run()
    update()
    times.append(now() - start)
  }
  times.sort()
  print(times[times.count / 2], times[0])
  fflush(nil)
}
