import CLibUV

// Unsafe memory: `memory` holds one libuv handle of the type given to `init`. libuv owns it from `adopt` to the close
// callback, and for that long `data` keeps this object alive, so that `deinit` never frees what libuv still uses.

/// What libuv holds for an owner: a listener, a stream or a timer.
///
/// `@unchecked Sendable`: a handle is used on its loop's thread only, which the methods check; other threads may hold
/// references to hand them back to the loop.
public class Handle: @unchecked Sendable {
  /// The loop it belongs to.
  public let loop: EventLoop
  /// Whether it can still be used. Read and set in one step each, on the loop's thread.
  @exclusivity(unchecked) public private(set) var isOpen = false
  let memory: UnsafeMutableRawPointer

  init(loop: EventLoop, type: uv_handle_type) {
    precondition(loop.isCurrent, "a handle is made on its loop's thread")
    self.loop = loop
    memory = .allocate(byteCount: uv_handle_size(type), alignment: 16)
  }

  deinit {
    memory.deallocate()
  }

  var handle: UnsafeMutablePointer<uv_handle_t> { memory.assumingMemoryBound(to: uv_handle_t.self) }
  var stream: UnsafeMutablePointer<uv_stream_t> { memory.assumingMemoryBound(to: uv_stream_t.self) }
  var pipe: UnsafeMutablePointer<uv_pipe_t> { memory.assumingMemoryBound(to: uv_pipe_t.self) }

  /// To be called once libuv's own initialisation of the handle succeeded.
  func adopt() {
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    isOpen = true
  }

  /// Closes it; nothing is reported through it any more but its closing. Closing again does nothing.
  public func close() {
    precondition(loop.isCurrent, "a handle is closed on its loop's thread")
    guard isOpen else { return }
    isOpen = false
    uv_close(handle) { handle in
      guard let data = handle?.pointee.data else { return }
      Unmanaged<Handle>.fromOpaque(data).takeRetainedValue().didClose()
    }
  }

  /// Called once libuv has let go of the handle.
  func didClose() {}

  /// The owner of a handle that libuv reports about.
  ///
  /// Only callbacks that `Owner` itself gave to libuv for its own handle may ask, so the type is known.
  @inline(__always)
  static func owner<Owner: Handle>(_ type: Owner.Type, of data: UnsafeMutableRawPointer?) -> Owner? {
    guard let data else { return nil }
    return Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
  }
}
