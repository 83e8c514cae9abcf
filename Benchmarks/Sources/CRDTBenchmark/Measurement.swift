import CMalloc
import Foundation

enum Measurement {
  /// Milliseconds of processor time that the calling thread spends in `body`.
  static func milliseconds<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    let start = threadTime()
    try body()
    return threadTime() - start
  }

  private static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  /// Bytes of heap in use by this process.
  static func heapBytes() -> Int { Int(heap_bytes_in_use()) }
}

/// The samples of one operation.
struct Samples {
  private let sorted: [Double]

  /// - Precondition: there is at least one sample.
  init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "no samples")
    sorted = samples.sorted()
  }

  var minimum: Double { sorted[0] }
  var median: Double { sorted[sorted.count / 2] }
}
