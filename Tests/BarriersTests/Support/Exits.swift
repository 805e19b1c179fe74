import Testing

extension ExitTest.Result? {
  /// What the process wrote on standard error before it ended.
  var said: String {
    String(decoding: self?.standardErrorContent ?? [], as: UTF8.self)
  }
}
