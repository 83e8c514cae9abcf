import Crypto
import Foundation

/// What events are signed with, so that who gets them knows whom they are from: 24 to 64 bytes that nobody else knows.
///
/// The form is that of Standard Webhooks, whose libraries verify what is signed here.
public struct WebhookSecret: Equatable, Sendable {
  /// What a text must be to be one, for messages.
  static let form = "`whsec_` and 24 to 64 bytes in base64: make one by `syncctl webhooks secret`"
  private static let prefix = "whsec_"
  private static let bytes = 24...64
  private static let newBytes = 32

  private let key: SymmetricKey

  /// A secret as text: `whsec_` and its bytes in base64; nil when it is no such.
  public init?(_ text: String) {
    guard text.hasPrefix(WebhookSecret.prefix),
      let bytes = Data(base64Encoded: String(text.dropFirst(WebhookSecret.prefix.count))),
      WebhookSecret.bytes.contains(bytes.count)
    else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// A new secret.
  public init() {
    key = SymmetricKey(size: .init(bitCount: WebhookSecret.newBytes * 8))
  }

  /// The secret as text, for who is to verify.
  public var text: String { WebhookSecret.prefix + key.withUnsafeBytes { Data($0) }.base64EncodedString() }

  /// The header `webhook-signature` of an event: HMAC-SHA256 of `ID.TIMESTAMP.BODY`.
  ///
  /// - Parameters:
  ///   - id: The header `webhook-id`.
  ///   - seconds: The header `webhook-timestamp`: since 1970.
  ///   - body: The request's body, byte for byte.
  func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
    var code = HMAC<SHA256>(key: key)
    code.update(data: Data("\(id).\(seconds).".utf8))
    code.update(data: body)
    return "v1," + Data(code.finalize()).base64EncodedString()
  }
}
