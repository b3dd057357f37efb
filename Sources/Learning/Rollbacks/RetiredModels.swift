import LiveModel
import Threads

/// The thread that gives back the memory of models that are no longer served.
///
/// A replaced model stays until nobody answers from it any more: event loops move on with their next request, or within
/// moments without one. This thread holds it longest, so that no thread that answers scores gives a large table's memory
/// back, which may take a quarter of a second.
final class RetiredModels: Sendable {
  private struct State {
    var arrived: [LiveModel] = []
    /// The models whose memory is still held, those that arrived included.
    var held = 0
    var stops = false
  }

  private let monitor = Monitor(State())
  private let thread: DedicatedThread

  /// How often is looked whether a model is still in use.
  private static let lookMilliseconds = 20

  /// Starts the thread.
  ///
  /// - Parameter released: called on the thread after a model's memory was given back; it may wait.
  init(released: @escaping @Sendable () -> Void = {}) {
    let monitor = monitor
    thread = DedicatedThread(name: "retired models") {
      while RetiredModels.releaseNext(monitor) {
        released()
        monitor.update { $0.held -= 1 }
      }
    }
  }

  /// Takes a model that is served no longer, or never was.
  func add(_ model: LiveModel) {
    monitor.update { state in
      state.arrived.append(model)
      state.held += 1
    }
  }

  /// Waits until the memory of all is given back; false where some is still in use after that time, or the thread ends.
  func waitUntilReleased(milliseconds: Int) -> Bool {
    monitor.wait(milliseconds: milliseconds) { state -> Bool? in
      if state.held == 0 { return true }
      return state.stops ? false : nil
    } ?? false
  }

  /// Ends every wait, and the thread as soon as it waits; models that are still in use go with their last user.
  func close() {
    monitor.update { $0.stops = true }
  }

  /// Waits for the thread to end, after `close`.
  func join() {
    thread.join()
  }

  /// Waits for a model, then until nobody else has it, and gives its memory back; false at the end.
  private static func releaseNext(_ monitor: Monitor<State>) -> Bool {
    var model = next(monitor)
    if model == nil { return false }
    while !isKnownUniquelyReferenced(&model) {
      if monitor.wait(milliseconds: lookMilliseconds, until: { $0.stops ? true : nil }) != nil { return false }
    }
    model = nil
    return true
  }

  private static func next(_ monitor: Monitor<State>) -> LiveModel? {
    let next = monitor.wait { state -> LiveModel?? in
      if !state.arrived.isEmpty { return .some(state.arrived.removeFirst()) }
      return state.stops ? .some(nil) : nil
    }
    return next ?? nil
  }
}
