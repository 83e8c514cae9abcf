extension Document {
  /// About how many bytes of memory the document takes, a little too many rather than too few. Of what is not text, content
  /// of more than seven bytes a unit is not counted.
  ///
  /// - Complexity: O(*n*) in the document's clients and in its pages of 4,096 units.
  public var memoryBytes: Int { store.pointee.memoryBytes }

  /// Bytes of memory for what waits for missing updates, with the tables in which it is found.
  public var pendingBytes: Int { store.pointee.pending.memoryBytes }

  /// Bytes of memory for what would wait for missing updates once `update` were applied: what waits now, and what of the
  /// update could not be merged. The document stays as it is.
  ///
  /// What waits now and would be set free is counted still, so the result may be too high, but is never too low.
  ///
  /// - Parameter update: In format V1.
  /// - Throws: ``UpdateError`` when the bytes are no update.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public func pendingBytes(after update: UnsafeRawBufferPointer) throws(UpdateError) -> Int {
    try store.pointee.pending.memoryBytes + store.pointee.bytesToWait(of: update)
  }
}

extension DocumentStore {
  /// Memory of all buffers, without cells' blocks.
  fileprivate var memoryBytes: Int {
    var bytes = leaves.byteCapacity + inners.byteCapacity + sequences.byteCapacity + types.byteCapacity
    for index in 0..<clientCount { bytes += clients[index].memoryBytes }
    return bytes + pending.memoryBytes
  }
}

extension ClientHistory {
  /// Memory of the client's buffers, without cells' blocks.
  fileprivate var memoryBytes: Int {
    var bytes = runs.byteCapacity + cells.byteCapacity + pages.byteCapacity + leafTables.byteCapacity
    for index in 0..<pages.count {
      let page = pages[index]
      if page.blocks != nil { bytes += Page.size / 64 * MemoryLayout<Block>.stride }
      if page.text != nil { bytes += Page.size * (page.isWide ? 2 : 1) }
      if page.undoMarks != nil { bytes += Page.size / 64 * 2 * MemoryLayout<UInt64>.stride }
    }
    return bytes + MemoryLayout<ClientHistory>.stride
  }
}
