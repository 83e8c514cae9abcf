import Foundation
import NIOCore
import Synchronization

/// Measures what a node does not come by on its own: how late its event loops are, and how much there is of what it holds; and
/// has all metrics looked at and told.
final class HealthMonitor: Sendable {
  private static let lagInterval = TimeAmount.milliseconds(250)
  private static let levelInterval = TimeAmount.seconds(1)
  private static let streamInterval = TimeAmount.milliseconds(Int64(MetricWindow.tickMilliseconds))

  private let tasks = Mutex<[RepeatedTask]>([])
  private let stream = MetricStream(in: FeedRoom(.system))
  private let start = NIODeadline.now()

  /// Measures until ``stop()``, or until the node is gone.
  func start(_ node: Node) {
    let eventLoops = Array(node.configuration.eventLoopGroup.makeIterator())
    let metrics = node.instruments
    var started = eventLoops.map { HealthMonitor.measureLag(of: $0, metrics) }
    if let first = eventLoops.first {
      started.append(
        first.scheduleRepeatedTask(initialDelay: .zero, delay: HealthMonitor.levelInterval) { [weak node] task in
          guard let node else { return task.cancel() }
          self.measureLevels(of: node)
          node.analytics.forgetIdle()
          node.alertWatch.check(node, at: self.seconds)
        })
      started.append(
        first.scheduleRepeatedTask(initialDelay: .zero, delay: HealthMonitor.streamInterval) { [weak node] task in
          guard let node else { return task.cancel() }
          self.stream.tell(of: node.metrics, on: node)
          node.analytics.tell(on: node)
        })
    }
    node.alertWatch.start(node)
    tasks.withLock { $0 = started }
  }

  /// Measures no more.
  func stop() {
    let started = tasks.withLock { tasks in
      defer { tasks = [] }
      return tasks
    }
    for task in started { task.cancel() }
  }

  /// How long the node runs.
  private var seconds: Double { Double((NIODeadline.now() - start).nanoseconds) * 1e-9 }

  private static func measureLag(of eventLoop: any EventLoop, _ metrics: NodeMetrics) -> RepeatedTask {
    let due = NIOLoopBoundBox.makeBoxSendingValue(NIODeadline.now() + lagInterval, eventLoop: eventLoop)
    return eventLoop.scheduleRepeatedTask(initialDelay: lagInterval, delay: lagInterval) { _ in
      let now = NIODeadline.now()
      metrics.lag.record(max(now - due.value, .zero))
      due.value = now + lagInterval
    }
  }

  private func measureLevels(of node: Node) {
    let metrics = node.instruments
    metrics.connections.set(Double(node.connectionCount))
    metrics.rooms.set(Double(node.roomCount))
    metrics.roomMemory.set(Double(node.roomMemoryBytes))
    metrics.waitingCommits.set(Double(metrics.waitingCount))
    metrics.storeFailed.set(node.storeFailure == nil ? 0 : 1)
    metrics.linksDown.set(Double(node.links.count { !$0.state.isConnected }))
    metrics.uptime.set(seconds)
    if let bytes = ProcessMemory.residentBytes { metrics.processMemory.set(Double(bytes)) }
    guard case .file(let path) = node.configuration.store else { return }
    // A disk may not answer for a while.
    node.storeReading.async {
      let attributes = try? FileManager.default.attributesOfFileSystem(
        forPath: URL(filePath: path).deletingLastPathComponent().path)
      if let free = attributes?[.systemFreeSize] as? NSNumber { metrics.storeFree.set(free.doubleValue) }
    }
  }
}
