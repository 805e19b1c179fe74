/// Counts the words of a text, page by page, by map and reduce. In an even phase each party counts the words of its
/// part of the page; in the next it adds up all the parties' counts of those words that are its own to add up.
///
/// `@unchecked Sendable`: in a phase each dictionary is written by one party, or read by many.
final class WordCount: Workload, @unchecked Sendable {
  private static let wordsOnAPage = 1_000
  private static let pages = 100
  static let phases = 2 * pages

  private let parties: Int
  /// By party.
  private let counted: UnsafeMutableBufferPointer<[String: Int]>
  private let sums: UnsafeMutableBufferPointer<[String: Int]>

  init(parties: Int) {
    self.parties = parties
    counted = .allocate(capacity: parties)
    sums = .allocate(capacity: parties)
    counted.initialize(repeating: [:])
    sums.initialize(repeating: [:])
  }

  deinit {
    counted.deinitialize().deallocate()
    sums.deinitialize().deallocate()
  }

  func work(_ party: Int, in phase: Int) {
    if phase.isMultiple(of: 2) {
      map(party, page: phase / 2)
    } else {
      reduce(party)
    }
  }

  // Each works on a dictionary of its own, and puts it down at the end: in `counted` and `sums` the parties' dictionaries
  // share cache lines.

  private func map(_ party: Int, page: Int) {
    let words = Self.text[page]
    var counts = exchange(&counted[party], with: [:])
    counts.removeAll(keepingCapacity: true)
    for word in words[words.count * party / parties..<words.count * (party + 1) / parties] {
      counts[word, default: 0] += 1
    }
    counted[party] = counts
  }

  private func reduce(_ party: Int) {
    var total = exchange(&sums[party], with: [:])
    for other in 0..<parties {
      for (word, count) in counted[other] where owner(of: word) == party { total[word, default: 0] += count }
    }
    sums[party] = total
  }

  /// The first letters are spread evenly over the alphabet.
  private func owner(of word: String) -> Int { Int(word.utf8.first!) % parties }

  /// Few words come often and many seldom, as in any text.
  private static let text: [[String]] = (0..<pages).map { page in
    (0..<wordsOnAPage).map { position in
      let random = mixed(UInt64(page * wordsOnAPage + position))
      let rank = mixed(random % (1 + random >> 32 % 500)) % 1_000
      return String(UnicodeScalar(UInt8(97 + rank % 26))) + String(rank, radix: 36)
    }
  }

  private static let expected = text.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }

  func check() throws {
    let result = sums.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
    guard result == Self.expected else {
      throw WrongResult(description: "words: \(parties) parties counted other words than one does")
    }
  }
}
