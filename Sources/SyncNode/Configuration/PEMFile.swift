import Foundation
import NIOSSL

/// A file with certificates or a private key in PEM.
struct PEMFile {
  let path: String

  /// All certificates in the file, at least one.
  func certificates() throws(TLSError) -> [NIOSSLCertificate] {
    let bytes = try bytes()
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
      throw TLSError(.noCertificate, path: path)
    }
    return certificates
  }

  /// The private key in the file.
  func privateKey() throws(TLSError) -> NIOSSLPrivateKey {
    let bytes = try bytes()
    guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
      throw TLSError(.noPrivateKey, path: path)
    }
    return key
  }

  private func bytes() throws(TLSError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: URL(filePath: path)))
    } catch {
      let isMissing = (error as? CocoaError)?.code == .fileReadNoSuchFile
      throw TLSError(isMissing ? .missing : .unreadable, path: path)
    }
  }
}
