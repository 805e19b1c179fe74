// How reports write times and names.

extension Duration {
  /// As a person writes it: `50 µs`, `1.5 ms`, `2.0 s`, with at most three decimals.
  var text: String {
    let (seconds, attoseconds) = components
    let exact = Double(seconds) + Double(attoseconds) * 1e-18
    return switch exact {
    case ...0: "0 s"
    case ..<0.001: "\((exact * 1e6).decimal()) µs"
    case ..<0.1: "\((exact * 1e3).decimal()) ms"
    default: "\(exact.decimal(atLeastOne: true)) s"
    }
  }
}

extension Double {
  /// At most three decimals, without zeros at the end; at least one if that is asked for.
  fileprivate func decimal(atLeastOne: Bool = false) -> String {
    let thousandths = Int64((self * 1000).rounded())
    let decimals = String(1000 + thousandths % 1000).dropFirst()
    let last = decimals.lastIndex { $0 != "0" }
    let shown = last.map { decimals[...$0] } ?? (atLeastOne ? "0" : "")
    return "\(thousandths / 1000)" + (shown.isEmpty ? "" : ".\(shown)")
  }
}

extension String {
  /// In quotation marks and on one line: control characters and line breaks are escaped as in Swift.
  var quoted: String {
    let escaped = unicodeScalars.map { scalar in
      switch (scalar, scalar.properties.generalCategory) {
      case ("\"", _), ("\\", _), ("\n", _), ("\r", _), ("\t", _), ("\0", _): scalar.escaped(asASCII: false)
      case (_, .control), (_, .lineSeparator), (_, .paragraphSeparator): scalar.escaped(asASCII: true)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }
}

extension [String] {
  /// The first eight, each in quotation marks.
  var quotedList: String {
    let shown = prefix(8).map(\.quoted).joined(separator: ", ")
    return count > 8 ? "\(shown) and \(count - 8) more" : shown
  }
}
