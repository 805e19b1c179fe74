internal import CBarriers

/// What reports tell of one who sleeps: where in the source, in which place, since when. Three words, for each suspended task
/// keeps one.
struct WaitRecord {
  let site: CallSite
  private let place: Int32
  /// By the coarse clock.
  let since: UInt64

  /// It waitBegan now.
  init(_ token: ArrivalToken, at site: CallSite) {
    self.site = site
    place = Int32(token.index)
    since = cbarriers_coarse_nanoseconds()
  }

  /// How many had arrived before: from the number of parties on, the token is surplus.
  var index: Int { Int(place) }

  var duration: Duration { elapsed(since: since) }
}

/// How long it is since a reading of the coarse clock.
func elapsed(since: UInt64) -> Duration {
  let now = cbarriers_coarse_nanoseconds()
  return .nanoseconds(now > since ? Int64(clamping: now - since) : 0)
}
