/// What a series of values is called: a metric's name, and labels that part its series from each other.
public struct MetricName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bytes of a name of a metric or a label.
  public static let nameBytesMax = 100
  /// Labels of a series.
  public static let labelsMax = 10
  /// Bytes of a label's value.
  public static let labelBytesMax = 200

  /// The metric's: letters, digits and `_`, and no digit first.
  public let name: String
  /// What parts its series from each other, by name.
  public let labels: [String: String]

  /// A name as it is.
  ///
  /// - Throws: ``MetricError`` when Prometheus would not take it, or it is longer than the bounds.
  public init(_ name: String, labels: [String: String] = [:]) throws(MetricError) {
    guard MetricName.isValid(name) else { throw MetricError(.name, of: name) }
    guard labels.count <= MetricName.labelsMax else { throw MetricError(.labels, of: name) }
    for (label, value) in labels {
      guard MetricName.isValid(label), !label.hasPrefix("__") else { throw MetricError(.label, of: name) }
      guard value.utf8.count <= MetricName.labelBytesMax else { throw MetricError(.labelValue, of: name) }
    }
    self.name = name
    self.labels = labels
  }

  /// The nearest valid name for one of swift-metrics', which takes any; what has too many or too long labels loses them.
  init(converting name: String, _ dimensions: [(String, String)]) {
    self.name = MetricName.converted(name)
    let labels = dimensions.prefix(MetricName.labelsMax).map { label, value in
      (MetricName.converted(label), String(decoding: value.utf8.prefix(MetricName.labelBytesMax), as: UTF8.self))
    }
    self.labels = Dictionary(labels) { $1 }
  }

  private static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= nameBytesMax else { return false }
    return !isDigit(first) && name.utf8.allSatisfy(isNamePart)
  }

  private static func converted(_ name: String) -> String {
    var bytes = name.utf8.prefix(nameBytesMax - 1).map { isNamePart($0) ? $0 : UInt8(ascii: "_") }
    if bytes.first.map(isDigit) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  /// As Prometheus writes it: `requests{method="GET"}`.
  public var description: String { name + text(ofLabels: sortedLabels) }

  /// By name.
  private var sortedLabels: [(String, String)] { labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

  /// The labels as Prometheus writes them, with more behind them.
  func labelText(adding label: (String, String)? = nil) -> String {
    text(ofLabels: sortedLabels + (label.map { [$0] } ?? []))
  }

  private func text(ofLabels labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0)=\"\(MetricName.escaped($1))\"" }.joined(separator: ",") + "}"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// By name, and then by labels.
  public static func < (left: MetricName, right: MetricName) -> Bool {
    left.name != right.name ? left.name < right.name : left.labelText() < right.labelText()
  }
}

/// A value that was measured.
public struct MetricSample: Equatable, Codable, Sendable {
  /// What of.
  public var name: MetricName
  /// What kind of values the metric has.
  public var kind: MetricKind
  /// The value: what a counter grows by, what a gauge is now, or one of a distribution or of timings, in seconds.
  public var value: Double

  /// A value.
  public init(name: MetricName, kind: MetricKind, value: Double) {
    self.name = name
    self.kind = kind
    self.value = value
  }

  private enum CodingKeys: CodingKey { case name, labels, kind, value }

  /// Reads `{"name": …, "labels": {…}, "kind": …, "value": …}`; without labels there are none.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try MetricName(
      values.decode(String.self, forKey: .name),
      labels: values.decodeIfPresent([String: String].self, forKey: .labels) ?? [:])
    kind = try values.decode(MetricKind.self, forKey: .kind)
    value = try values.decode(Double.self, forKey: .value)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name.name, forKey: .name)
    if !name.labels.isEmpty { try values.encode(name.labels, forKey: .labels) }
    try values.encode(kind, forKey: .kind)
    try values.encode(value, forKey: .value)
  }
}

/// Why something is not measured.
public struct MetricError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong with it.
  public enum Code: String, Sendable {
    /// The metric's name.
    case name
    /// There are too many labels.
    case labels
    /// A label's name.
    case label
    /// A label's value is too long.
    case labelValue
    /// The value is no finite number, or a counter's is negative.
    case value
    /// The metric is of another kind already.
    case kind
    /// There are as many series as the limit allows.
    case tooManySeries
    /// The application's name.
    case application
    /// There are as many applications as the limit allows.
    case tooManyApplications
  }

  /// What is wrong.
  public let code: Code
  /// The metric's name, as it came.
  public let metric: String

  init(_ code: Code, of metric: String) {
    self.code = code
    self.metric = metric
  }

  /// One line: what is wrong, and what would be right.
  public var description: String {
    switch code {
    case .name:
      "a metric is named by letters, digits and _, with no digit first, in at most \(MetricName.nameBytesMax) bytes"
    case .labels: "a series has at most \(MetricName.labelsMax) labels"
    case .label: "a label is named by letters, digits and _, with no digit and no __ first"
    case .labelValue: "a label's value has at most \(MetricName.labelBytesMax) bytes"
    case .value: "a value is a finite number, and a counter's or a timing's is not negative"
    case .kind: "the metric is of another kind already"
    case .tooManySeries: "there are too many series: use fewer different values in labels"
    case .application: "an application has a name, which together with `analytics:` is that of a room"
    case .tooManyApplications: "too many applications are measured"
    }
  }
}
