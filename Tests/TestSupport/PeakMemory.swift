import Foundation

/// The most memory that this process has had so far, or since ``forgetPeakMemory()``.
public func peakMemoryBytes() -> Int {
  #if os(Linux)
    // What `getrusage` tells includes the process that started this one.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    return status.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }.map { $0 << 10 } ?? 0
  #else
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss
  #endif
}

/// Starts to look for a new peak, where the system can do that: on Linux.
public func forgetPeakMemory() {
  try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
}
