// SPDX-License-Identifier: Apache-2.0
// Signatures compared with known values, invalid messages, partial text, and malformed connection files.

import Foundation
import Notebook
import TerminalSupport
import Testing

@Suite struct MessageTests {
  @Test func signaturesAreThoseOfTheStandard() {
    // RFC 4231, test case 2: HMAC-SHA-256 of "what do ya want for nothing?" with key "Jefe", here in four frames.
    let frames = ["what do ", "ya want ", "for ", "nothing?"].map { Array($0.utf8) }
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    let signer = Signer(key: "Jefe")
    #expect(String(decoding: signer.signature(of: frames), as: UTF8.self) == expected)
    #expect(signer.accepts(Array(expected.utf8), of: frames))
    #expect(!signer.accepts(Array((expected.dropLast() + "4").utf8), of: frames) && !signer.accepts([], of: frames))
    #expect(Signer(key: "").signature(of: frames).isEmpty && Signer(key: "").accepts([], of: frames))
  }

  private static let header = #"{"msg_id":"1","msg_type":"kernel_info_request"}"#

  private func request(_ signer: Signer, _ parts: [String], before: [[UInt8]] = [[7]], extra: [[UInt8]] = []) -> Request? {
    let signed = parts.map { Array($0.utf8) }
    return Request(before + [Signer.delimiter, signer.signature(of: signed)] + signed + extra, Signer(key: "k"))
  }

  @Test func requestsAreReadWithTheirAddresses() throws {
    let signer = Signer(key: "k")
    let found = try #require(request(signer, [Self.header, "{}", "{}", "{}"], before: [[1], [2, 3]], extra: [[9, 9]]))
    #expect(found.sender == [[1], [2, 3]] && found.header.type == "kernel_info_request")
    #expect(found.parent == Array(Self.header.utf8))
  }

  @Test func whatIsNoMessageIsNotHeard() {
    let signer = Signer(key: "k")
    #expect(request(Signer(key: "other"), [Self.header, "{}", "{}", "{}"]) == nil, "signed by a stranger")
    #expect(request(Signer(key: ""), [Self.header, "{}", "{}", "{}"]) == nil, "not signed")
    #expect(request(signer, [Self.header, "{}", "{}"]) == nil, "a frame is missing")
    for header in ["", "{", "[]", "{}", #"{"msg_id":1,"msg_type":2}"#, "\u{0}"] {
      #expect(request(signer, [header, "{}", "{}", "{}"]) == nil, "\(header)")
    }
    #expect(Request([], signer) == nil && Request([Signer.delimiter], signer) == nil && Request([[1], [2]], signer) == nil)
  }

  @Test(arguments: 1...7)
  func piecesOfTextAreJoinedByCharacters(_ size: Int) {
    let text = "aé€👩‍👧 Ω\n"
    var pending = PendingText()
    var pieces: [String] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      pieces.append(pending.add(Array(bytes[start..<min(start + size, bytes.count)])))
    }
    #expect(pieces.joined() + pending.end() == text)
    #expect(!pieces.joined().contains("\u{FFFD}"))
  }

  @Test func brokenTextIsRepaired() {
    var pending = PendingText()
    #expect(pending.add([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
    #expect(pending.add([0xE2, 0x82]) == "" && pending.end() == "\u{FFFD}" && pending.end() == "")
  }

  @Test(arguments: [
    ("", "its JSON does not have the expected structure (it is damaged)"),
    ("{}", "no field \"transport\""),
    (#"{"transport":"tcp","ip":"127.0.0.1","key":5}"#, "field \"key\" is of the wrong type"),
    (connection(transport: "pigeon"), "asks for the transport \"pigeon\", but this kernel knows only tcp and ipc"),
    (connection(scheme: "hmac-md5"), "asks for the signature scheme \"hmac-md5\""),
    (connection(port: -3), "-3 is not a port, expected 1 to 65535"),
  ])
  func connectionFilesThatCannotBeUsedAreExplained(text: String, problem: String) throws {
    let path = NSTemporaryDirectory() + "wane-connection-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let result = try WaneCommand.run(["--jupyter", path])
    #expect(result.status == 1 && result.err.contains(problem), "\(result.err)")
  }

  private static func connection(transport: String = "tcp", scheme: String = "hmac-sha256", port: Int = 1) -> String {
    """
    {"transport":"\(transport)","ip":"127.0.0.1","shell_port":\(port),"iopub_port":1,"stdin_port":1,"control_port":1,
    "hb_port":1,"key":"k","signature_scheme":"\(scheme)"}
    """
  }

  @Test func aMissingConnectionFileIsNamed() throws {
    let result = try WaneCommand.run(["--jupyter", "/nowhere.json"])
    #expect(result.status == 1 && result.err.contains("'/nowhere.json' cannot be used: it cannot be read"))
    #expect(try WaneCommand.run(["--jupyter"]).status == 2)
  }

  @Test func kernelsGoWhereJupyterLooks() throws {
    #expect(KernelSpecification.dataFolder(environment: ["JUPYTER_DATA_DIR": "/j", "XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/j")
    #if os(Linux)
      #expect(KernelSpecification.dataFolder(environment: ["XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/jupyter")
      #expect(KernelSpecification.dataFolder(environment: ["XDG_DATA_HOME": "relative", "HOME": "/h"]) == "/h/.local/share/jupyter")
    #endif
    #expect(KernelSpecification.dataFolder(environment: [:]) == nil)
    let result = try WaneCommand.run(["--install-kernel"], environment: WaneCommand.environment(["JUPYTER_DATA_DIR": "/dev/null"]))
    #expect(result.status == 1 && result.err.contains("'/dev/null/kernels/wane'"), "\(result.err)")
  }
}
