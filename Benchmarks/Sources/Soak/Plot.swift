/// Curves over time, one panel below the other, as SVG.
struct Plot {
  struct Curve {
    let name: String
    let colour: String
    let values: [Double]
  }

  struct Panel {
    let title: String
    let curves: [Curve]
  }

  private static let (width, height, margin) = (960.0, 220.0, 60.0)

  /// When the values were taken, in seconds.
  let times: [Double]
  let panels: [Panel]

  var svg: String {
    let (width, height) = (Plot.width, Plot.height)
    let total = height * Double(panels.count)
    var lines = [
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(width.text(0)) \(total.text(0))' font-family='sans-serif'"
        + " font-size='12'>",
      "<rect width='100%' height='100%' fill='white'/>",
    ]
    for (index, panel) in panels.enumerated() { lines += draw(panel, top: Double(index) * height) }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func draw(_ panel: Panel, top: Double) -> [String] {
    let (left, right) = (Plot.margin, Plot.width - 20)
    let (upper, lower) = (top + 40, top + Plot.height - 30)
    let highest = panel.curves.flatMap(\.values).filter(\.isFinite).max().map { Swift.max($0, 1e-9) } ?? 1
    let last = Swift.max(times.last ?? 1, 1e-9)
    func x(_ seconds: Double) -> Double { left + (right - left) * seconds / last }
    func y(_ value: Double) -> Double { lower - (lower - upper) * value / highest }
    var lines = ["<text x='\(left.text(0))' y='\((top + 20).text(0))' font-weight='bold'>\(panel.title)</text>"]
    for step in 0...4 {
      let value = highest * Double(step) / 4
      lines.append(line(left, y(value), right, y(value), "#dddddd"))
      lines.append(label(left - 6, y(value) + 4, value.text(value < 10 ? 2 : 0), anchor: "end"))
      let seconds = last * Double(step) / 4
      lines.append(label(x(seconds), lower + 18, "\((seconds / 60).text(1)) min", anchor: "middle"))
    }
    for (index, curve) in panel.curves.enumerated() {
      let points = zip(times, curve.values).filter { $0.1.isFinite }
        .map { "\(x($0.0).text(1)),\(y($0.1).text(1))" }
      lines.append(
        "<polyline fill='none' stroke='\(curve.colour)' stroke-width='1.5' points='\(points.joined(separator: " "))'/>")
      lines.append(
        "<text x='\((right - 90 * Double(panel.curves.count - index)).text(0))' y='\((top + 20).text(0))'"
          + " fill='\(curve.colour)'>\(curve.name)</text>")
    }
    return lines
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    "<line x1='\(x1.text(1))' y1='\(y1.text(1))' x2='\(x2.text(1))' y2='\(y2.text(1))' stroke='\(colour)'/>"
  }

  private func label(_ x: Double, _ y: Double, _ text: String, anchor: String) -> String {
    "<text x='\(x.text(1))' y='\(y.text(1))' text-anchor='\(anchor)'>\(text)</text>"
  }
}

extension Plot {
  /// Memory, connections and delays.
  init(_ samples: [Sample]) {
    self.init(
      times: samples.map(\.seconds),
      panels: [
        Panel(
          title: "memory of the relay, MB",
          curves: [Curve(name: "resident", colour: "#1f77b4", values: samples.map(\.residentMB))]),
        Panel(
          title: "connections",
          curves: [Curve(name: "open", colour: "#2ca02c", values: samples.map { Double($0.counts.connections) })]),
        Panel(
          title: "from a client to a client, ms",
          curves: [
            Curve(name: "p50", colour: "#ff7f0e", values: samples.map(\.p50)),
            Curve(name: "p99", colour: "#d62728", values: samples.map(\.p99)),
          ]),
      ])
  }
}
