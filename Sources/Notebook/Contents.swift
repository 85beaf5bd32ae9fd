// SPDX-License-Identifier: Apache-2.0
// Contents of requests and replies of the Jupyter protocol, with the protocol's names.

struct ExecuteRequest: Decodable {
  let code: String
  let silent: Bool?
  let store_history: Bool?
  let stop_on_error: Bool?
  /// Whether the front end can request input from the user.
  let allow_stdin: Bool?
  /// Expressions to evaluate for the reply, by client-defined names.
  let user_expressions: [String: String]?
}

struct CursorRequest: Decodable {
  let code: String
  /// In Unicode scalars from the start of `code`.
  let cursor_pos: Int?

  /// The cursor as an index in the code, clamped to its bounds.
  var cursor: String.Index {
    guard let cursor_pos else { return code.endIndex }
    let scalars = code.unicodeScalars
    return scalars.index(scalars.startIndex, offsetBy: max(0, cursor_pos), limitedBy: scalars.endIndex) ?? scalars.endIndex
  }
}

struct CodeRequest: Decodable { let code: String }
struct ShutdownRequest: Decodable { let restart: Bool? }

struct HistoryRequest: Decodable {
  let hist_access_type: String
  let output: Bool?
  let start: Int?
  let stop: Int?
  let n: Int?
  let pattern: String?
  let unique: Bool?
}

struct StatusReply: Encodable { var status = "ok" }
struct ShutdownReply: Encodable {
  var status = "ok"
  let restart: Bool
}
struct CommunicationReply: Encodable {
  var status = "ok"
  var comms: [String: String] = [:]
}

struct KernelStatus: Encodable { let execution_state: String }
struct StreamOutput: Encodable { let name, text: String }
struct InputEcho: Encodable {
  let code: String
  let execution_count: Int
}

/// A value, or display data if `execution_count` is `nil`.
struct DisplayOutput: Encodable {
  let data: [String: String]
  var metadata: [String: String] = [:]
  let execution_count: Int?
}

struct ErrorOutput: Encodable {
  let ename, evalue: String
  let traceback: [String]
}

/// The value of one of a request's expressions, or its error.
struct ExpressionReply: Encodable {
  let status: String
  var data: [String: String]?
  var metadata: [String: String]?
  var ename: String?
  var evalue: String?
  var traceback: [String]?
}

struct ExecuteReply: Encodable {
  let status: String
  let execution_count: Int
  var payload: [String] = []
  var user_expressions: [String: ExpressionReply] = [:]
  var ename: String?
  var evalue: String?
  var traceback: [String]?
}

struct CompleteReply: Encodable {
  var status = "ok"
  let matches: [String]
  let cursor_start, cursor_end: Int
  var metadata: [String: String] = [:]
}

struct InspectReply: Encodable {
  var status = "ok"
  let found: Bool
  let data: [String: String]
  var metadata: [String: String] = [:]
}

struct IsCompleteReply: Encodable {
  let status: String
  let indent: String?
}

struct HistoryReply: Encodable {
  /// `[session, line, input]`, or `[session, line, [input, null]]` if outputs were requested.
  struct Entry: Encodable {
    let line: Int
    let input: String
    let withOutput: Bool

    func encode(to encoder: any Encoder) throws {
      var list = encoder.unkeyedContainer()
      try list.encode(0)
      try list.encode(line)
      guard withOutput else { return try list.encode(input) }
      var pair = list.nestedUnkeyedContainer()
      try pair.encode(input)
      try pair.encodeNil()
    }
  }

  var status = "ok"
  let history: [Entry]
}

struct KernelInfoReply: Encodable {
  struct Language: Encodable {
    var name = "lua"
    var version = "5.4"
    var mimetype = "text/x-lua"
    var file_extension = ".lua"
    var pygments_lexer = "lua"
    var codemirror_mode = "lua"
  }

  var status = "ok"
  var protocol_version = MessageHeader.protocolVersion
  var implementation = "wane"
  let implementation_version: String
  var language_info = Language()
  let banner: String
  var help_links: [String] = []
}
