// SPDX-License-Identifier: Apache-2.0
// Which name was probably meant.

import Spelling
import Testing

struct SuggestionTests {
  @Test(arguments: [
    ("granularty", "granularity"), ("nbit", "nbits"), ("gran", "granularity"), ("dtpye", "dtype"),
    ("sparsity_target", "sparsity"),
  ])
  func suggestions(typed: String, meant: String) {
    let names = ["nbits", "granularity", "sparsity", "dtype", "layers"]
    #expect(Suggestion.nearest(to: typed, among: names) == meant)
    #expect(Suggestion.nearest(to: "zq", among: names) == nil)
  }

  @Test func distances() {
    #expect(Suggestion.distance("", "abc") == 3)
    #expect(Suggestion.distance("abc", "abc") == 0)
    #expect(Suggestion.distance("abc", "acb") == 1)
    #expect(Suggestion.distance("kitten", "sitting") == 3)
  }
}
