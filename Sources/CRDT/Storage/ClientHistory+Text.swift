/// Text by clock, in pages of ASCII bytes or of UTF-16 code units.
extension ClientHistory {
  /// Writes the text of `count` units from `clock` on, which have storage but no text yet.
  ///
  /// - Parameters:
  ///   - utf8: Well-formed UTF-8 of exactly `count` UTF-16 units.
  @inline(__always)
  mutating func writeText(_ utf8: UnsafeRawBufferPointer, units count: UInt32, at clock: UInt32) {
    let index = Int(clock >> Page.shift)
    let inPage = Int(clock & Page.mask)
    if count == utf8.count && inPage &+ Int(count) <= Page.size && !pages[index].isWide,
      let text = pages[index].asciiText
    {
      if count == 1 {
        text[inPage] = utf8[0]
      } else {
        (text + inPage).update(from: utf8.baseAddress!.assumingMemoryBound(to: UInt8.self), count: Int(count))
      }
      pages[index].liveText &+= Int32(truncatingIfNeeded: count)
      return
    }
    writeTextAcrossPages(utf8, units: count, at: clock)
  }

  @inline(never)
  private mutating func writeTextAcrossPages(_ utf8: UnsafeRawBufferPointer, units count: UInt32, at clock: UInt32) {
    if count == utf8.count {
      writeASCII(utf8, at: Int(clock))
      return
    }
    var clock = Int(clock)
    var units = UTF16Units(utf8)
    while let unit = units.next() {
      writeUnit(unit, at: clock)
      clock += 1
    }
  }

  /// Writes text whose first `skipped` units are known already.
  mutating func writeText(_ utf8: UnsafeRawBufferPointer, skipping skipped: UInt32, at clock: UInt32) {
    var units = UTF16Units(utf8)
    for _ in 0..<skipped { _ = units.next() }
    var clock = Int(clock)
    var isFirst = true
    while let unit = units.next() {
      // The other half of a pair that is cut here is not part of this text.
      writeUnit(isFirst && unit & 0xFC00 == 0xDC00 ? 0xFFFD : unit, at: clock)
      clock += 1
      isFirst = false
    }
  }

  private mutating func writeASCII(_ bytes: UnsafeRawBufferPointer, at clock: Int) {
    var written = 0
    while written < bytes.count {
      let index = (clock + written) >> Int(Page.shift)
      let inPage = (clock + written) & Int(Page.mask)
      let count = min(Page.size - inPage, bytes.count - written)
      prepareText(page: index)
      if let wide = pages[index].isWide ? pages[index].wideText : nil {
        for offset in 0..<count { wide[inPage + offset] = UInt16(bytes[written + offset]) }
      } else {
        (pages[index].text! + inPage).copyMemory(from: bytes.baseAddress! + written, byteCount: count)
      }
      pages[index].liveText += Int32(count)
      written += count
    }
  }

  private mutating func writeUnit(_ unit: UInt16, at clock: Int) {
    let index = clock >> Int(Page.shift)
    prepareText(page: index)
    if unit > 0x7F && !pages[index].isWide { widen(page: index) }
    if pages[index].isWide {
      pages[index].wideText![clock & Int(Page.mask)] = unit
    } else {
      pages[index].asciiText![clock & Int(Page.mask)] = UInt8(truncatingIfNeeded: unit)
    }
    pages[index].liveText += 1
  }

  private mutating func prepareText(page index: Int) {
    guard pages[index].text == nil else { return }
    pages[index].isWide = false
    let text = UnsafeMutableRawPointer.allocate(byteCount: capacity(ofPage: index), alignment: 8)
    text.initializeMemory(as: UInt8.self, repeating: 0, count: capacity(ofPage: index))
    pages[index].text = text
  }

  private mutating func widen(page index: Int) {
    let units = capacity(ofPage: index)
    let wide = UnsafeMutablePointer<UInt16>.allocate(capacity: units)
    let narrow = pages[index].asciiText!
    for offset in 0..<units { wide[offset] = UInt16(narrow[offset]) }
    narrow.deallocate()
    pages[index].text = UnsafeMutableRawPointer(wide)
    pages[index].isWide = true
  }

  /// The UTF-16 code unit at `clock`, whose text is held.
  func unit(at clock: UInt32) -> UInt16 {
    let page = pages[Int(clock >> Page.shift)]
    let inPage = Int(clock & Page.mask)
    guard page.text != nil else { return 0xFFFD }
    return page.isWide ? page.wideText![inPage] : UInt16(page.asciiText![inPage])
  }

  /// When a surrogate pair stands around the boundary before `clock`, turns both of its halves into U+FFFD, as Yjs does.
  ///
  /// Half a pair is no text, and what two replicas make of it must not differ.
  @inline(__always)
  mutating func splitSurrogatePair(before clock: UInt32) {
    if clock == 0 || !pages[Int((clock &- 1) >> Page.shift)].isWide { return }
    splitWideSurrogatePair(before: clock)
  }

  @inline(never)
  private mutating func splitWideSurrogatePair(before clock: UInt32) {
    let high = unit(at: clock &- 1)
    let low = unit(at: clock)
    guard high & 0xFC00 == 0xD800 && low & 0xFC00 == 0xDC00 else { return }
    for clock in [clock &- 1, clock] {
      pages[Int(clock >> Page.shift)].wideText![Int(clock & Page.mask)] = 0xFFFD
    }
  }

  /// Gives up the text of `clocks`, which nobody will read again.
  mutating func freeText(_ clocks: Range<UInt32>) {
    var clock = Int(clocks.lowerBound)
    while clock < Int(clocks.upperBound) {
      let index = clock >> Int(Page.shift)
      let count = min(Page.size - clock & Int(Page.mask), Int(clocks.upperBound) - clock)
      clock += count
      guard pages[index].text != nil else { continue }
      pages[index].liveText -= Int32(count)
      // The last page is about to be written to again.
      if pages[index].liveText == 0 && index < pages.count - 1 {
        pages[index].text!.deallocate()
        pages[index].text = nil
        pages[index].isWide = false
      }
    }
  }

  /// Appends the UTF-8 of the text in `clocks`. A lone surrogate becomes U+FFFD.
  @inline(__always)
  func writeUTF8(of clocks: Range<UInt32>, to writer: inout ByteWriter) {
    let index = Int(clocks.lowerBound >> Page.shift)
    let inPage = Int(clocks.lowerBound & Page.mask)
    if inPage &+ clocks.count <= Page.size && !pages[index].isWide, let text = pages[index].asciiText {
      writer.writeBytes(UnsafeRawBufferPointer(start: text + inPage, count: clocks.count))
      return
    }
    writeWideUTF8(of: clocks, to: &writer)
  }

  @inline(never)
  private func writeWideUTF8(of clocks: Range<UInt32>, to writer: inout ByteWriter) {
    var encoder = UTF16ToUTF8()
    var clock = Int(clocks.lowerBound)
    while clock < Int(clocks.upperBound) {
      let page = pages[clock >> Int(Page.shift)]
      let inPage = clock & Int(Page.mask)
      let count = min(Page.size - inPage, Int(clocks.upperBound) - clock)
      if let wide = page.isWide ? page.wideText : nil {
        writer.reserve(count * 3 + 3)
        for offset in 0..<count { encoder.append(wide[inPage + offset], to: &writer) }
      } else if let text = page.text {
        encoder.finish(to: &writer)
        writer.writeBytes(UnsafeRawBufferPointer(start: text + inPage, count: count))
      } else {
        writer.reserve(count * 3 + 3)
        for _ in 0..<count { encoder.append(0xFFFD, to: &writer) }
      }
      clock += count
    }
    encoder.finish(to: &writer)
  }

  /// The text of `clocks` as UTF-8 with its length in bytes before it.
  @inline(__always)
  func writeVarString(of clocks: Range<UInt32>, to writer: inout ByteWriter) {
    let index = Int(clocks.lowerBound >> Page.shift)
    let inPage = Int(clocks.lowerBound & Page.mask)
    if inPage &+ clocks.count <= Page.size && !pages[index].isWide, let text = pages[index].asciiText {
      writer.writeVarBytes(UnsafeRawBufferPointer(start: text + inPage, count: clocks.count))
      return
    }
    var utf8 = ByteWriter(capacity: clocks.count * 3 + 4)
    writeWideUTF8(of: clocks, to: &utf8)
    utf8.withBytes { writer.writeVarBytes($0) }
  }
}
