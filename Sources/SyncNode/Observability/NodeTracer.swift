import Tracing

/// Tells a tracer what takes time away from event loops: reading documents and writing the store.
///
/// Messages get no spans: they are many and short, and ``NodeMetrics`` tells how long they take.
struct NodeTracer: Sendable {
  /// Nil for that of the process.
  let tracer: (any Tracer)?

  /// Begins a span of its own; who began it ends it.
  func start(_ name: String) -> any Tracing.Span {
    (tracer ?? InstrumentationSystem.tracer).startAnySpan(name, context: .topLevel)
  }
}

extension Tracing.Span {
  /// Ends the span with what came of it.
  func end(_ result: Result<some Any, some Error>) {
    if case .failure(let error) = result {
      recordError(error)
      setStatus(.init(code: .error, message: "\(error)"))
    }
    end()
  }
}
