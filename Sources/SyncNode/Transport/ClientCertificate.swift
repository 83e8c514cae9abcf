import Foundation
import NIOCore
import NIOSSL

/// What is known of who connected, by its certificate.
enum ClientCertificate: Equatable {
  /// None was asked for.
  case notAsked
  /// It was asked for, and none that is good was shown.
  case missing
  /// The one that was shown is signed by an authority that was named for that; these are its DNS names and URIs.
  case verified(names: [String])

  /// What it vouches for.
  var names: [String] { if case .verified(let names) = self { names } else { [] } }
}

/// Tells that certificates are asked for on a channel, and which was shown.
final class ClientCertificateHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let tls: NIOSSLServerHandler

  /// - Parameter tls: Verifies what is shown.
  init(_ tls: NIOSSLServerHandler) { self.tls = tls }

  fileprivate var certificate: ClientCertificate {
    // A session that goes on from an earlier one brings the certificate of that, which may have ended since.
    guard let certificate = tls.peerCertificate, Double(certificate.notValidAfter) > Date().timeIntervalSince1970 else {
      return .missing
    }
    return .verified(names: certificate.names)
  }
}

extension ChannelPipeline.SynchronousOperations {
  /// What is known of who connected. To be asked after the handshake.
  var clientCertificate: ClientCertificate {
    (try? handler(type: ClientCertificateHandler.self))?.certificate ?? .notAsked
  }
}

extension NIOSSLCertificate {
  /// The certificate's DNS names and URIs.
  fileprivate var names: [String] {
    _subjectAlternativeNames().compactMap { name in
      name.nameType == .dnsName || name.nameType == .uri ? String(decoding: name.contents, as: UTF8.self) : nil
    }
  }
}
