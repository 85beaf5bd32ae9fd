// SPDX-License-Identifier: Apache-2.0
// Steps of compression as values and as text.

import Compression
import MIL
import Options
import Rules
import Testing

@Suite("RecipeStep") struct RecipeStepTests {
  @Test func aConfigurationTellsItsTechnique() throws {
    let value: OptionValue = .dictionary([
      "config_type": .string("OpPalettizerConfig"), "global_config": .dictionary(["nbits": .integer(4)]),
    ])
    #expect(try RecipeStep(value) == .compress(technique: "palettize", value))
  }

  @Test func stepsGoThroughText() throws {
    let steps: [RecipeStep] = [
      .retarget(.iOS18),
      .compress(
        technique: "prune",
        .dictionary([
          "config_type": .string("OpMagnitudePrunerConfig"), "global_config": .dictionary(["target_sparsity": .number(0.5)]),
        ])),
      .decompress,
    ]
    #expect(try RecipeStep.steps(OptionText.read(OptionText.write(RecipeStep.value(steps)))) == steps)
    #expect(try RecipeStep.steps(OptionText.read(OptionText.write(RecipeStep.value([steps[1]])))) == [steps[1]])
  }

  @Test(
    arguments: [
      ("- 3", "a step must be a table"), ("nbits: 4", "config_type must be given"), ("step: melt", "there is no step"),
      ("step: retarget", "retarget needs a target"), ("config_type: OpMelterConfig", "there is no technique 'OpMelterConfig'"),
    ])
  func stepsThatAreNone(text: String, problem: String) {
    #expect { _ = try RecipeStep.steps(OptionText.read(text)) } throws: { "\($0)".contains(problem) }
  }
}
