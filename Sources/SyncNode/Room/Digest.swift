extension Sequence<UInt8> {
  /// FNV-1a with 64 bits: equal bytes have equal digests. No protection against somebody who wants two to collide.
  ///
  /// After G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
  var fnv1a: UInt64 { reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}
