// SPDX-License-Identifier: Apache-2.0
// Compression plans: dry runs predict the reports, errors are thrown early, and unmatched rules are handled.

import Compression
import ModelPackages
import Models
import Options
import Rules
import Synchronization
import Testing
import Workflows

@Suite("Compression plan") struct CompressionPlanTests {
  private static func step(_ technique: String, _ options: [String: OptionValue], _ selector: PlannedStep.Selector? = nil) -> PlannedStep {
    PlannedStep(.compress(technique: technique, .dictionary(options.merging(["weight_threshold": .integer(0)]) { $1 })), selector: selector)
  }

  static let plans: [[PlannedStep]] = [
    [step("palettize", ["nbits": .integer(4)])],
    [step("quantize", ["dtype": .string("int4")])],
    [step("prune", ["target_sparsity": .number(0.5)]), step("palettize", ["nbits": .integer(2)])],
    [step("prune", ["target_sparsity": .number(0.75)]), step("quantize", [:]), PlannedStep(.decompress)],
    [step("prune", ["target_sparsity": .number(0.75)]), step("quantize", [:], { weight, _ in try weight.statistics().sparsity > 0.7 })],
  ]

  /// The reports of a dry run equal those of the run, except for the measured errors.
  @Test(arguments: plans.indices) func whatIsForetoldComesTrue(_ number: Int) throws {
    let plan = CompressionPlan(Self.plans[number])
    let model = try Small.model()
    let foretold = try plan.foretold(on: model, Small.client)
    let made = try plan.run(on: model, Small.client)
    #expect(foretold.count == plan.steps.count && foretold.allSatisfy(\.isDryRun) && foretold[0].compressed > 0)
    for (report, step) in zip(foretold, made.steps) {
      // All predictable fields are equal, including the sizes after steps that depend on values.
      #expect(report.entries.map(\.name) == step.report.entries.map(\.name))
      #expect(report.entries.map(\.action) == step.report.entries.map(\.action))
      #expect(report.entries.map(\.scheme) == step.report.entries.map(\.scheme))
      #expect(report.bytesAfter == step.report.bytesAfter, "step \(step.words)")
      #expect(report.entries.allSatisfy { $0.snrDB == nil } && step.report.entries.contains { $0.snrDB != nil })
    }
    #expect(made.steps.count == plan.steps.count && made.contents.history == plan.steps.map(\.words))
    // The original model is unchanged.
    #expect(model.contents.history.isEmpty && model.report == nil)
  }

  @Test func theRecordedPlanMakesTheSameModel() throws {
    let plan = CompressionPlan([
      Self.step("prune", ["target_sparsity": .number(0.5)]),
      Self.step("palettize", ["nbits": .integer(2)], { weight, _ in weight.count > 500 }),
    ])
    let made = try plan.run(on: Small.model(), Small.client)
    let recorded = try CompressionPlan(recordedIn: made)
    #expect(recorded.steps.count == 2 && recorded.steps.allSatisfy(\.isBorrowed))
    let again = try recorded.run(on: Small.model(), Small.client)
    #expect(again.contents.program == made.contents.program)
    let read = try CompressionPlan(text: OptionText.read(recorded.yaml()))
    #expect(try read.run(on: Small.model(), Small.client).contents.program == made.contents.program)
    // A selector function cannot be written as text.
    #expect(throws: WorkflowError.functionInRecipe(step: 2)) { try plan.yaml() }
  }

  @Test func refusesBeforeAnyWork() throws {
    let asked = Atomic(0)
    let first = Self.step("quantize", [:]) { _, _ in
      asked.add(1, ordering: .relaxed)
      return true
    }
    let began = Mutex<[String]>([])
    var client = Small.client
    client.beginning = { step in
      began.withLock { $0.append(step) }
      return { _ in }
    }
    let plan = CompressionPlan([first, Self.step("palettize", ["nbits": .integer(4), "op_names": .dictionary(["nobody": .bool(false)])])])
    let model = try Small.model()
    #expect(throws: RuleError.self) { try plan.run(on: model, client) }
    // The selector is called once for each weight, and for the bias that is large enough to be listed.
    #expect(asked.load(ordering: .relaxed) == 3 && began.withLock { $0 }.isEmpty)
    #expect(try plan.run(on: model, allowUnmatched: true, client).report?.compressed == 2)
    #expect(began.withLock { $0 } == ["quantize", "palettize"])
  }

  /// Unmatched rules from a file or another model cause a warning by default; others are an error.
  @Test func borrowedRulesWarn() throws {
    let warnings = Mutex<[String]>([])
    var client = Small.client
    client.warn = { step, rule in warnings.withLock { $0.append("\(step): \(rule.rule)") } }
    let value = OptionValue.dictionary(["op_names": .dictionary(["nobody": .bool(false)]), "weight_threshold": .integer(0)])
    let step = RecipeStep.compress(technique: "quantize", value)
    let model = try Small.model()
    let borrowed = CompressionPlan([PlannedStep(step, isBorrowed: true)])
    #expect(try borrowed.run(on: model, client).report?.compressed == 2)
    #expect(warnings.withLock { $0 } == ["quantize: op_names.nobody"])
    #expect(throws: RuleError.self) { try borrowed.run(on: model, allowUnmatched: false, client) }
    #expect(try borrowed.foretold(on: model, allowUnmatched: true, client).count == 1)
    #expect(throws: RuleError.self) { try CompressionPlan([PlannedStep(step)]).run(on: model, client) }
    #expect(warnings.withLock { $0 }.count == 1)
  }

  @Test func canBeStopped() throws {
    var client = Small.client
    client.isCancelled = { true }
    let plan = CompressionPlan(Self.plans[0])
    let model = try Small.model()
    #expect(throws: CompressionError.cancelled) { try plan.run(on: model, client) }
  }

  @Test func recipesOfFiles() throws {
    #expect(RecipeFile.isPath("recipe.yaml") && !RecipeFile.isPath("config_type: OpPalettizerConfig") && !RecipeFile.isPath("{}"))
    #expect(throws: WorkflowError.noRecipe(path: "~/nowhere.yaml")) { try RecipeFile.read("/nowhere.yaml", named: "~/nowhere.yaml") }
  }
}
