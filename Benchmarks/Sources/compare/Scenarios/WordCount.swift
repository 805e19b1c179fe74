/// Counts the words of a text by map and reduce, two phases per page. In an even phase each party counts the
/// words in its part of the page. In an odd phase it sums all parties' counts of the words that it owns.
///
/// `@unchecked Sendable`: in a phase a dictionary is either written by one party or only read.
final class WordCount: Workload, @unchecked Sendable {
  private static let wordsPerPage = 1_000
  private static let pages = 100
  static let phases = 2 * pages

  private let parties: Int
  /// One dictionary per party: its counts of the current page, and its sums over all pages.
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

  // Both take the dictionary out and store it when done, because the dictionaries of several parties share a
  // cache line in `counted` and `sums`.

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

  /// First letters are uniform over the alphabet, so parties own about the same number of words.
  private func owner(of word: String) -> Int { Int(word.utf8.first!) % parties }

  /// A few words are frequent and most are rare, as in natural text.
  private static let text: [[String]] = (0..<pages).map { page in
    (0..<wordsPerPage).map { position in
      let random = splitMix64(UInt64(page * wordsPerPage + position))
      let rank = splitMix64(random % (1 + random >> 32 % 500)) % 1_000
      return String(UnicodeScalar(UInt8(97 + rank % 26))) + String(rank, radix: 36)
    }
  }

  private static let expected = text.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }

  func check() throws {
    let result = sums.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
    guard result == Self.expected else {
      throw WrongResult(description: "words: the result of \(parties) parties differs from that of one")
    }
  }
}
