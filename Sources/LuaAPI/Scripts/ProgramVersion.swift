// SPDX-License-Identifier: Apache-2.0
// The program's name and version, for whoever prints or records them.

enum ProgramVersion {
  static let text = "wane 0.1.0"
}
