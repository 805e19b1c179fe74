import Testing

extension ExitTest.Result? {
  /// What the process wrote to standard error before it exited.
  var standardErrorText: String {
    String(decoding: self?.standardErrorContent ?? [], as: UTF8.self)
  }
}
