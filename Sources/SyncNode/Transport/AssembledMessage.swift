import NIOCore
import NIOWebSocket

/// A message as its frames brought it. Large frames keep their mask until ``content`` is asked for, which may be elsewhere
/// than on the event loop: it takes milliseconds for some megabytes.
struct AssembledMessage: Equatable, Sendable {
  /// What a frame held, as it came.
  private struct Fragment {
    var data: ByteBuffer
    let maskKey: WebSocketMaskingKey?

    var content: ByteBuffer { data.unmasked(maskKey) }
  }

  /// Which frames keep their mask: those that have as many bytes. Of smaller ones there may be so many that keeping each of
  /// them would take more than what they hold.
  private static let largeBytes = 64 << 10

  private(set) var byteCount = 0
  /// What came before the first large frame.
  private var start = ByteBuffer()
  /// The first large frame and what came after it.
  private var fragments: [Fragment] = []

  /// Appends what a frame holds. Takes time proportional to it unless that is much.
  mutating func append(_ frame: WebSocketFrame) {
    byteCount += frame.length
    guard frame.length < AssembledMessage.largeBytes else {
      return fragments.append(Fragment(data: frame.data, maskKey: frame.maskKey))
    }
    let content = frame.content
    if fragments.isEmpty {
      if start.readableBytes == 0 { start = content } else { start.writeImmutableBuffer(content) }
    } else if fragments[fragments.count - 1].maskKey == nil {
      fragments[fragments.count - 1].data.writeImmutableBuffer(content)
    } else {
      fragments.append(Fragment(data: content, maskKey: nil))
    }
  }

  static func == (left: AssembledMessage, right: AssembledMessage) -> Bool { left.content == right.content }

  /// All that the frames hold. Takes time and room proportional to it where a frame was large.
  var content: ByteBuffer {
    if fragments.isEmpty { return start }
    if fragments.count == 1, start.readableBytes == 0 { return fragments[0].content }
    var content = ByteBuffer()
    content.reserveCapacity(byteCount)
    content.writeImmutableBuffer(start)
    for fragment in fragments { content.writeImmutableBuffer(fragment.content) }
    return content
  }
}

extension WebSocketFrame {
  /// What the frame holds, without its mask.
  var content: ByteBuffer { data.unmasked(maskKey) }
}

extension ByteBuffer {
  /// What is readable without its mask, where it has one: eight bytes at a time, where NIO's method takes one, which is long
  /// for millions.
  fileprivate func unmasked(_ maskKey: WebSocketMaskingKey?) -> ByteBuffer {
    guard let maskKey, readableBytes > 0 else { return self }
    return withUnsafeReadableBytes { masked in
      var content = ByteBufferAllocator().buffer(capacity: masked.count)
      content.writeWithUnsafeMutableBytes(minimumWritableBytes: masked.count) { bytes in
        maskKey.remove(from: masked, into: bytes)
        return masked.count
      }
      return content
    }
  }
}

extension WebSocketMaskingKey {
  /// Writes `masked` without the mask to `bytes`, which has room for it.
  fileprivate func remove(from masked: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer) {
    let stride = MemoryLayout<UInt64>.size
    let key = (0..<stride).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(self[$1 % 4]) }.littleEndian
    let end = masked.count / stride * stride
    for offset in Swift.stride(from: 0, to: end, by: stride) {
      let word = masked.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ key
      bytes.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
    }
    for offset in end..<masked.count { bytes[offset] = masked[offset] ^ self[offset % 4] }
  }
}
