// SPDX-License-Identifier: Apache-2.0
// Standard input of a cell: the front end asks the user for a line.

import LuaHost

struct InputRequest: Encodable {
  let prompt: String
  let password: Bool
}

private struct InputReply: Decodable { let value: String }

extension JupyterKernel {
  /// Makes `io.read` request input from the front end while standard input is Lua's default input.
  ///
  /// - Throws: `LuaError`.
  func readInputFromFrontEnd(_ interpreter: Interpreter) throws {
    let ask = interpreter.function("read") { [weak self] _ in LuaResults(try self?.askForLine()) }
    try interpreter.load(Self.reader, chunkName: "=io.read").call(ask)
  }

  /// All formats, including "a" and "n", read one line, since input in a notebook has no end of file.
  private static let reader = """
    local ask = ...
    if not io then return end
    local read = io.read
    function io.read(...)
      if io.input() ~= io.stdin then return read(...) end
      local formats = select("#", ...) == 0 and { "l" } or { ... }
      local results = {}
      for i, format in ipairs(formats) do
        local kind = type(format) == "string" and format:gsub("^%*", ""):sub(1, 1) or format
        if type(kind) ~= "number" and not (kind == "l" or kind == "L" or kind == "n" or kind == "a") then
          error("bad argument #" .. i .. " to 'read' (invalid format)", 2)
        end
        local line = ask()
        if kind == "n" then line = tonumber(line)
        elseif kind == "L" then line = line .. "\\n"
        elseif kind ~= "l" and kind ~= "a" then line = line:sub(1, kind) end
        results[i] = line
      end
      return table.unpack(results, 1, #formats)
    end
    """

  /// - Throws: `LuaInterrupted`; `LuaError` if the front end does not support input.
  private func askForLine() throws -> String {
    guard let request = asking else {
      throw LuaError(.unsupported, "io.read: this notebook's front end does not support input", hint: "read from a file, or set a variable")
    }
    capture.drain()
    while case .message = input.receive(timeout: 0) {}  // discard replies to requests of interrupted cells
    ask(request, InputRequest(prompt: "", password: false))
    while true {
      try Interrupts.check()
      switch input.receive(timeout: 100) {
      case .message(let frames):
        guard let reply = Request(frames, signer), reply.header.type == "input_reply" else { continue }
        return try reply.content(InputReply.self).value
      case .nothing: continue
      case .closed: throw LuaError(.io, "io.read: the notebook's front end has disconnected")
      }
    }
  }
}
