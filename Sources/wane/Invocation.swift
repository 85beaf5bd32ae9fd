// SPDX-License-Identifier: Apache-2.0
// The command line, read as lua(1) reads it.

/// What the command was asked to do.
struct Invocation {
  /// `-e` and `-l`, in the order given.
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
  /// `nil` when none is named: then the REPL, or standard input when that is no terminal.
  var script: Script?
  var isInteractive = false
  var showsVersion = false
  var showsHelp = false
  /// `--reference FOLDER`: where the pages and annotations of the declarations are written.
  var referenceFolder: String?
  /// `--init`: prepares the folder for an editor.
  var preparesEditor = false
  /// `--jupyter FILE`: serves a notebook.
  var connectionFile: String?
  /// `--install-kernel`: tells Jupyter of this program.
  var installsKernel = false
  /// Whether the REPL runs the user's start file.
  var runsInit = true
  /// The words of the command line, the program's name first.
  let words: [String]
  /// Where in ``words`` the script's name is; 0 without one.
  var scriptIndex = 0

  /// What `...` is in the script: the words after its name.
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
      --init         write .luarc.json and .wane/wane.d.lua, from which editors complete and check
      --install-kernel
                     add this program to Jupyter's kernels, for the present user
      --jupyter FILE serve a notebook; Jupyter passes its connection file
      --reference FOLDER
                     write the reference and the annotations below FOLDER
      -              run standard input as a script
      --             end of the options

    The script finds its words in `arg` and `...`. Exit status: 0 done, 1 error in the script,
    2 wrong usage, 130 interrupted.

    """

  /// - Throws: ``UsageError`` for an unknown option or one without its value.
  init(_ words: [String]) throws(UsageError) {
    self.words = words
    var index = 1
    while index < words.count {
      let word = words[index]
      guard word.hasPrefix("-"), word != "-" else { break }
      index += 1
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
      case "--reference", "--jupyter":
        guard index < words.count else {
          throw UsageError(description: "option '\(word)' needs a \(word == "--jupyter" ? "connection file" : "folder")")
        }
        if word == "--jupyter" { connectionFile = words[index] } else { referenceFolder = words[index] }
        index += 1
      case _ where word.hasPrefix("-e") || word.hasPrefix("-l"):
        // The value may follow directly or be the next word.
        var value = String(word.dropFirst(2))
        if value.isEmpty {
          guard index < words.count else {
            throw UsageError(description: "option '\(word)' needs a value")
          }
          value = words[index]
          index += 1
        }
        steps.append(word.hasPrefix("-e") ? .run(code: value) : .init(requiring: value))
      default: throw UsageError(description: "unknown option '\(word)'")
      }
    }
    takeScript(at: index)
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
    // As in lua(1), "-l mod-v2" is module mod-v2 in global mod.
    self =
      parts.count == 2
      ? .require(module: String(parts[1]), global: String(parts[0]))
      : .require(module: value, global: String(value.prefix { $0 != "-" }))
  }
}

/// A command line that cannot be understood.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}
