// SPDX-License-Identifier: Apache-2.0
// Messages of Jupyter's protocol (version 5.3, "Messaging in Jupyter"): frames, header, signature.

import CCrypto
import Foundation

/// The header of a message.
package struct MessageHeader: Codable, Sendable {
  package var id: String
  package var type: String
  var session: String
  var username: String
  var date: String
  var version: String

  private enum CodingKeys: String, CodingKey {
    case session, username, date, version
    case id = "msg_id"
    case type = "msg_type"
  }

  init(type: String, session: String, username: String = "kernel") {
    id = UUID().uuidString.lowercased()
    self.type = type
    self.session = session
    self.username = username
    date = Date().ISO8601Format(.iso8601(timeZone: .gmt, includingFractionalSeconds: true))
    version = MessageHeader.protocolVersion
  }

  /// Only the identity and type of a request are needed; the rest may be missing.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    id = try fields.decode(String.self, forKey: .id)
    type = try fields.decode(String.self, forKey: .type)
    session = try fields.decodeIfPresent(String.self, forKey: .session) ?? ""
    username = try fields.decodeIfPresent(String.self, forKey: .username) ?? ""
    date = try fields.decodeIfPresent(String.self, forKey: .date) ?? ""
    version = try fields.decodeIfPresent(String.self, forKey: .version) ?? ""
  }

  static let protocolVersion = "5.3"
}

/// A received request.
package struct Request: Sendable {
  /// The frames before the delimiter: the address for the reply.
  package let sender: [[UInt8]]
  package let header: MessageHeader
  /// The original bytes of the header, which replies repeat.
  package let parent: [UInt8]
  private let content: [UInt8]

  /// - Returns: `nil` for frames that are not a message, or are not signed with the key.
  package init?(_ frames: [[UInt8]], _ signer: Signer) {
    guard let delimiter = frames.firstIndex(of: Signer.delimiter), frames.count >= delimiter + 6 else { return nil }
    let signed = Array(frames[(delimiter + 2)..<(delimiter + 6)])
    guard signer.accepts(frames[delimiter + 1], of: signed),
      let header = try? JSONDecoder().decode(MessageHeader.self, from: Data(signed[0]))
    else { return nil }
    sender = Array(frames[..<delimiter])
    self.header = header
    parent = signed[0]
    content = signed[3]
  }

  /// - Throws: `DecodingError`.
  func content<Content: Decodable>(_ type: Content.Type) throws -> Content {
    try JSONDecoder().decode(type, from: Data(content))
  }
}

/// Signs messages, and checks their signatures: HMAC-SHA-256 over header, parent header, metadata and content.
package struct Signer: Sendable {
  /// Separates the addresses from the signature.
  package static let delimiter = Array("<IDS|MSG>".utf8)

  /// `nil` if messages are not signed.
  private let key: [UInt8]?

  package init(key: String) { self.key = key.isEmpty ? nil : Array(key.utf8) }

  /// The signature in hexadecimal; empty without a key.
  package func signature(of frames: [[UInt8]]) -> [UInt8] {
    guard let key else { return [] }
    let message = frames.flatMap { $0 }
    var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    // This fails only if libcrypto does not support SHA-256. It must not continue, since an unsigned message must never be
    // accepted as signed.
    let computed = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &count)
    precondition(computed != nil, "libcrypto computes no HMAC-SHA-256")
    let digits = Array("0123456789abcdef".utf8)
    return code.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  /// Whether the signature is valid. The comparison takes constant time.
  package func accepts(_ signature: [UInt8], of frames: [[UInt8]]) -> Bool {
    let expected = self.signature(of: frames)
    return signature.count == expected.count && CRYPTO_memcmp(signature, expected, expected.count) == 0
  }

  /// The frames of a message, ready for sending.
  func frames(
    to receivers: [[UInt8]], _ header: MessageHeader, parent: [UInt8], _ content: some Encodable
  ) throws -> [[UInt8]] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let signed = [
      Array(try encoder.encode(header)), parent.isEmpty ? Array("{}".utf8) : parent, Array("{}".utf8), Array(try encoder.encode(content)),
    ]
    return receivers + [Self.delimiter, signature(of: signed)] + signed
  }
}
