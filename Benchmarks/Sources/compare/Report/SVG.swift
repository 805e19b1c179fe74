/// An SVG document, with a background and colors for light and dark pages.
///
/// The background is there because a page may be light although the browser prefers dark, and vice versa.
struct SVG {
  typealias Point = (x: Double, y: Double)

  enum Anchor: String { case start, middle, end }

  private let width: Double
  private let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String? = nil) {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    let attributes =
      (anchor == .start ? "" : " text-anchor=\"\(anchor)\"") + (style.map { " class=\"\($0)\"" } ?? "")
    elements.append("<text x=\"\(rounded(x))\" y=\"\(rounded(y))\"\(attributes)>\(escaped)</text>")
  }

  mutating func line(_ points: [Point], style: String) {
    elements.append("<polyline points=\"\(list(points))\" class=\"line \(style)\"/>")
  }

  mutating func area(_ points: [Point], style: String) {
    elements.append("<polygon points=\"\(list(points))\" class=\"\(style)\"/>")
  }

  mutating func circle(_ center: Point, radius: Double, style: String) {
    let geometry =
      "cx=\"\(rounded(center.x))\" cy=\"\(rounded(center.y))\" r=\"\(rounded(radius))\""
    elements.append("<circle \(geometry) class=\"\(style)\"/>")
  }

  private func list(_ points: [Point]) -> String {
    points.map { "\(rounded($0.x)),\(rounded($0.y))" }.joined(separator: " ")
  }

  private func rounded(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return tenths.remainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
  }

  /// Each style's color on a light page, and on a dark one.
  private static let palette = [
    ("swiftBarriers0", "#0969da", "#58a6ff"), ("swiftBarriers1", "#bc4c00", "#f0883e"),
    ("swiftBarriers2", "#8250df", "#bc8cff"), ("swiftBarriers3", "#cf222e", "#ff7b72"),
    ("swiftBarriers4", "#bf3989", "#f778ba"), ("peer", "#6e7781", "#9198a1"),
    ("alternative", "#1a7f37", "#56d364"), ("limit", "#9a6700", "#e3b341"),
  ]

  private static func rules(background: String, text: String, muted: String, grid: String, isDark: Bool)
    -> String
  {
    let colors = palette.map { name, light, dark in
      let color = isDark ? dark : light
      return ".line.\(name), .marker.\(name) { stroke: \(color); } .bar.\(name) { fill: \(color); }"
    }
    return """
      .page, .marker { fill: \(background); } text { fill: \(text); } .muted { fill: \(muted); }
      .grid { stroke: \(grid); } .axis { stroke: \(muted); } .zigzag { stroke: \(background); }
      \(colors.joined(separator: "\n"))
      """
  }

  var document: String {
    let corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(rounded(width)) \(rounded(height))" \
      width="\(rounded(width))" height="\(rounded(height))">
      <style>
      text { font: 13px system-ui, sans-serif; }
      .title { font-size: 16px; font-weight: 600; } .bold { font-weight: 600; } .muted { font-size: 12px; }
      .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .grid, .axis { stroke-width: 1; }
      .line.swiftBarriers0, .line.swiftBarriers3 { stroke-width: 3; } .marker { stroke-width: 1.6; }
      .dash1 { stroke-dasharray: 7 3; } .dash2 { stroke-dasharray: 2 3; }
      .dash3 { stroke-dasharray: 9 3 2 3; } .dash4 { stroke-dasharray: 4 3; } .zigzag { stroke-width: 4; }
      \(Self.rules(background: "#ffffff", text: "#1f2328", muted: "#59636e", grid: "#d1d9e0", isDark: false))
      @media (prefers-color-scheme: dark) {
      \(Self.rules(background: "#0d1117", text: "#f0f6fc", muted: "#9198a1", grid: "#3d444d", isDark: true))
      }
      </style>
      <polygon points="\(list(corners))" class="page"/>
      \(elements.joined(separator: "\n"))
      </svg>

      """
  }
}
