// SPDX-License-Identifier: Apache-2.0
// The name and version of the program.

enum ProgramVersion {
  static let text = "wane 0.1.0"
}
