import NIOCore
import NIOSSL
import NIOTLS
import Synchronization

/// Encrypts connections to one host, and sees to it that the host is at the other end.
struct TLSClient {
  let context: NIOSSLContext
  /// A name, or an address.
  let host: String

  /// Starts TLS on a channel whose pipeline is empty.
  ///
  /// - Parameter failure: Notes what goes wrong after the handshake. By TLS 1.3 a client hears only then that its certificate
  ///   is not good enough.
  /// - Returns: Done when the server has proved that it is the host; nothing that is written goes out before. Fails with
  ///   a ``DialError``.
  func secure(_ channel: any Channel, noting failure: TLSFailure = TLSFailure()) -> EventLoopFuture<Void> {
    let isDone = channel.eventLoop.makePromise(of: Void.self)
    do {
      try channel.pipeline.syncOperations.addHandler(TLSHandshakeHandler(host: host, isDone: isDone, failure))
      // In front of the one that waits for it: on an open channel it begins at once.
      try channel.pipeline.syncOperations.addHandler(try handler(), position: .first)
    } catch {
      isDone.fail(DialError(tls: error, host: host))
    }
    return isDone.futureResult
  }

  private func handler() throws -> NIOSSLClientHandler {
    guard (try? SocketAddress(ipAddress: host, port: 0)) == nil else {
      // Without a name the certificate must be for the address that the channel is connected to.
      return try NIOSSLClientHandler(context: context, serverHostname: nil)
    }
    // With a name NIOSSL takes a certificate for the address, too. Who can change what a name resolves to would only need
    // one for an address of theirs.
    return try ._makeSSLClientHandler(context: context, serverHostname: host) { [host] certificate, channel in
      channel.eventLoop.makeCompletedFuture {
        guard certificate.names(host) else { throw NIOSSLExtraError.failedToValidateHostname }
      }
    }
  }
}

/// What went wrong with TLS on a connection that stood.
final class TLSFailure: Sendable {
  private let noted = Mutex<String?>(nil)

  /// Nil when nothing did.
  var reason: String? { noted.withLock { $0 } }

  fileprivate func note(_ reason: String) { noted.withLock { $0 = $0 ?? reason } }
}

/// Waits for the end of a handshake.
private final class TLSHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let host: String
  private let isDone: EventLoopPromise<Void>
  private let failure: TLSFailure

  init(host: String, isDone: EventLoopPromise<Void>, _ failure: TLSFailure) {
    self.host = host
    self.isDone = isDone
    self.failure = failure
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { isDone.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let reason = DialError(tls: error, host: host)
    isDone.fail(reason)
    failure.note(reason.description)
    context.fireErrorCaught(error)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    isDone.fail(DialError(description: "the connection ended before TLS was set up"))
  }
}

extension NIOSSLCertificate {
  /// Whether one of the certificate's DNS names is `host`, in which a first label `*` stands for any one (RFC 6125).
  func names(_ host: String) -> Bool {
    let labels = NIOSSLCertificate.labels(of: host.utf8)
    return _subjectAlternativeNames().contains { name in
      guard name.nameType == .dnsName else { return false }
      let pattern = NIOSSLCertificate.labels(of: name.contents)
      guard pattern.count == labels.count else { return false }
      if pattern == labels { return true }
      return pattern.count > 2 && pattern[0] == Array("*".utf8) && pattern.dropFirst() == labels.dropFirst()
    }
  }

  /// The parts of a name, in small letters, without the dot that may stand at its end.
  private static func labels(of name: some Sequence<UInt8>) -> [[UInt8]] {
    var labels: [[UInt8]] = [[]]
    for byte in name {
      switch byte {
      case UInt8(ascii: "."): labels.append([])
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): labels[labels.count - 1].append(byte | 0x20)
      default: labels[labels.count - 1].append(byte)
      }
    }
    if labels.last == [] { labels.removeLast() }
    return labels
  }
}

extension DialError {
  /// What went wrong when TLS was set up with `host`.
  init(tls error: any Error, host: String) {
    description =
      switch error {
      case let error as NIOSSLExtraError
      where error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch:
        "the certificate is not for \(host)"
      case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack):
        DialError.reason(of: stack.map(\.description).joined(separator: " "))
      default: "TLS failed: \(error)"
      }
  }

  /// - Parameter text: How BoringSSL says it.
  private static func reason(of text: String) -> String {
    if text.contains("CERTIFICATE_REQUIRED") { return "the server asks for this node's certificate" }
    if text.contains("ALERT"), text.contains("CERTIFICATE") || text.contains("UNKNOWN_CA") {
      return "the server does not accept this node's certificate"
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "the certificate is not trusted: no trust root vouches for it, or it is not valid at this time"
    }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return "the server does not speak TLS" }
    if text.contains("EOF during handshake") { return "the server ended the connection before TLS was set up" }
    let code = text.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/).map { String($0.1) }
    return "TLS failed: \(code ?? text)"
  }
}
