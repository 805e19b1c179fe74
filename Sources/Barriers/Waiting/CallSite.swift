/// Where in the source a party waits, for reports: `#fileID` and `#line`, in two words, for a suspended task keeps them.
///
/// `@unchecked Sendable`: what the pointer points to is a constant of the program.
@safe struct CallSite: @unchecked Sendable {
  private let file: UnsafePointer<UInt8>?
  private let lineNumber: Int32

  init(_ fileID: StaticString, _ line: UInt) {
    // With a 0 at its end. Only a single character may be kept in another way.
    unsafe file = fileID.hasPointerRepresentation ? fileID.utf8Start : nil
    lineNumber = Int32(clamping: line)
  }

  var line: Int { Int(lineNumber) }

  var fileID: String { unsafe file.map { unsafe String(cString: $0) } ?? "?" }
}
