// SPDX-License-Identifier: Apache-2.0
// The function `wane.tokenizer`.

import LuaHost
import Options
import Tokenizers

enum TokenizerFunction {
  private enum Options {
    static let lowercase = LuaOption<Bool?>(
      "lowercase", "with vocab.txt: whether texts are lowercased and accents stripped; by default unless a token has an uppercase letter")
    static let table = LuaOptionTable("TokenizerOptions", [lowercase])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "tokenizer",
      "Read a tokenizer: tokenizer.json of Hugging Face, vocab.txt of BERT, the vocabulary of a GGUF file, or a folder with one of the first two. "
        + "Ids are those of the tokenizers package.",
      Arg("path", "the file or folder"), .options(Options.table), returns: "a Tokenizer",
      example: """
        local tokenizer = wane.tokenizer "examples/tokenizer.json"
        local ids = tokenizer:encode "Compress the model."
        print(#ids, tokenizer:decode(ids))  --> 6	Compress the model.
        """
    ) { (path: PathArgument, options: LuaOptions) in
      TokenizerObject(try Tokenizer.load(path.path, lowercases: options[Options.lowercase]), path: path.path)
    }
  ]
}
