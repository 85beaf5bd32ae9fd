// SPDX-License-Identifier: Apache-2.0
// The command line, with the conventions of lua(1).

import REPL

/// What the command line requests.
struct Invocation {
  /// `-e` and `-l`, in the given order.
  enum Step {
    case run(code: String)
    /// `-l NAME` or `-l GLOBAL=NAME`.
    case require(module: String, global: String)
  }

  enum Script {
    case file(String)
    case standardInput
  }

  var steps: [Step] = []
  /// `nil` if no script is named: then the REPL, or standard input if that is not a terminal.
  var script: Script?
  var isInteractive = false
  var showsVersion = false
  var showsHelp = false
  /// `--reference FOLDER`: where reference pages and annotations are written.
  var referenceFolder: String?
  /// `--init`: configures the folder for an editor.
  var preparesEditor = false
  /// `--jupyter FILE`: serves a notebook.
  var connectionFile: String?
  /// `--install-kernel`: registers this program with Jupyter.
  var installsKernel = false
  /// Whether the REPL runs the user's start file.
  var runsInit = true
  var restrictions = Restrictions()
  var color = ColorChoice.auto
  /// All words of the command line, starting with the program's name.
  let words: [String]
  /// Index of the script's name in ``words``; 0 if there is none.
  var scriptIndex = 0

  /// The value of `...` in the script: the words after its name.
  var scriptArguments: [String] { scriptIndex == 0 ? [] : Array(words[(scriptIndex + 1)...]) }

  static let help = """
    usage: wane [options] [script [argument…]]
    Run a Lua script, or read from a prompt when there is none and input is a terminal.

      -e CODE        run CODE
      -l NAME        require module NAME into global NAME (-l GLOBAL=NAME for another name)
      -i             read from a prompt after the script
      -v, --version  show the version
      -h, --help     show this help
      -E, --no-init  leave out the start file of the prompt
      --color WHEN   colors at the prompt: auto (on a terminal, unless NO_COLOR is set), always, never
      --strict       undeclared globals are errors: reading one, and making one within a function
      --max-memory SIZE
                     memory for Lua's own values, such as 512M; models and tensors do not count
      --max-instructions N
                     instructions of Lua for a script, or for each input at the prompt, such as 100M;
                     counting slows loops about twofold
      --safe         for scripts of others: no io, os.execute, debug, C modules, finalizers or shell;
                     files and modules only below the script's folder; 512M and 1G instructions
                     unless said otherwise. A guard against mistakes, not a wall against attackers:
                     models of any size may be loaded, and memory beyond Lua's own is not limited
      --out FOLDER   with --safe: files may lie below FOLDER too
      --init         write .luarc.json and .wane/wane.d.lua, from which editors complete and check
      --install-kernel
                     add this program to Jupyter's kernels, for the current user
      --jupyter FILE serve a notebook; Jupyter passes its connection file
      --reference FOLDER
                     write the reference and the annotations below FOLDER
      -              run standard input as a script
      --             end of the options

    The script finds its words in `arg` and `...`. Exit status: 0 done, 1 error in the script,
    2 wrong usage, 130 interrupted.

    """

  /// - Throws: ``UsageError`` for an unknown option or a missing value.
  init(_ words: [String]) throws(UsageError) {
    self.words = words
    var index = 1
    while index < words.count {
      guard words[index].hasPrefix("-"), words[index] != "-" else { break }
      // --name=value is equivalent to --name value.
      let parts = words[index].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let isJoined = parts.count == 2 && parts[0].hasPrefix("--")
      let word = isJoined ? String(parts[0]) : words[index]
      index += 1
      func value() throws(UsageError) -> String {
        if isJoined { return String(parts[1]) }
        guard index < words.count else { throw UsageError(description: "option '\(word)' needs a value") }
        index += 1
        return words[index - 1]
      }
      if isJoined, !Self.optionsWithValue.contains(word) {
        throw UsageError(description: "unknown option '\(words[index - 1])'")
      }
      switch word {
      case "--":
        takeScript(at: index)
        return
      case "-i": isInteractive = true
      case "-v", "--version": showsVersion = true
      case "-h", "--help": showsHelp = true
      case "-E", "--no-init": runsInit = false
      case "--init": preparesEditor = true
      case "--install-kernel": installsKernel = true
      case "--jupyter": connectionFile = try value()
      case "--reference": referenceFolder = try value()
      case "--color":
        let when = try value()
        guard let choice = ColorChoice(rawValue: when) else {
          throw UsageError(description: "option '--color': expected auto, always or never, found '\(when)'")
        }
        color = choice
      case "--safe": restrictions.isSafe = true
      case "--strict": restrictions.isStrict = true
      case "--out": restrictions.outFolder = try value()
      case "--max-memory": restrictions.memory = try Self.count(value(), unit: 1024, of: word)
      case "--max-instructions": restrictions.instructions = try Self.count(value(), unit: 1000, of: word)
      case _ where word.hasPrefix("-e") || word.hasPrefix("-l"):
        // The value may be in the same word or in the next one.
        let rest = String(word.dropFirst(2))
        let value = try rest.isEmpty ? value() : rest
        steps.append(word.hasPrefix("-e") ? .run(code: value) : .init(requiring: value))
      default: throw UsageError(description: "unknown option '\(word)'")
      }
    }
    takeScript(at: index)
  }

  private static let optionsWithValue = ["--jupyter", "--reference", "--color", "--out", "--max-memory", "--max-instructions"]

  private static func count(_ text: String, unit: Int, of option: String) throws(UsageError) -> Int {
    guard let value = number(text, unit: unit) else {
      throw UsageError(description: "option '\(option)': expected a number, optionally with k, M or G, found '\(text)'")
    }
    return value
  }

  private mutating func takeScript(at index: Int) {
    guard index < words.count else { return }
    scriptIndex = index
    script = words[index] == "-" ? .standardInput : .file(words[index])
  }
}

extension Invocation.Step {
  fileprivate init(requiring value: String) {
    let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    // As in lua(1), "-l mod-v2" loads module mod-v2 as the global mod.
    self =
      parts.count == 2
      ? .require(module: String(parts[1]), global: String(parts[0]))
      : .require(module: value, global: String(value.prefix { $0 != "-" }))
  }
}

/// An invalid command line.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}
