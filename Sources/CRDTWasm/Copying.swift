extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
  /// Copies plain data, also where source and target overlap.
  ///
  /// Optimised for size, the standard library's function calls another one for each element; loading a document then takes
  /// twice as long. This one takes its place in this module.
  @inline(__always)
  func update(from source: UnsafePointer<Pointee>, count: Int) {
    UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: count &* MemoryLayout<Pointee>.stride)
  }

  /// Copies plain data, also where source and target overlap.
  @inline(__always)
  func update(from source: UnsafeMutablePointer<Pointee>, count: Int) {
    update(from: UnsafePointer(source), count: count)
  }
}
