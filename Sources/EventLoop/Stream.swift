import CLibUV
import CSystem
import Glibc

// Unsafe memory: the bytes given to a read callback are the loop's read buffer, valid for the call. A queued write owns
// its request and its bytes until libuv reports it.

/// What a stream tells its owner, always on the loop's thread.
public protocol StreamHandler: AnyObject {
  /// Bytes arrived; they are valid for the call only.
  func stream(_ stream: Stream, didRead bytes: UnsafeRawBufferPointer)
  /// The peer sends nothing more. It may still read.
  func streamDidReachEnd(_ stream: Stream)
  /// Everything that was queued has been written.
  func streamDidDrain(_ stream: Stream)
  /// Reading or writing failed; the stream is of no more use and closes itself.
  func stream(_ stream: Stream, didFail problem: LoopProblem)
  /// The stream is closed; the last thing that is told.
  func streamDidClose(_ stream: Stream)
}

/// Who is at the other end of a Unix socket.
public struct PeerCredentials: Equatable, Sendable {
  /// The process.
  public var process: Int32
  /// The user.
  public var user: UInt32
  /// The group.
  public var group: UInt32
}

/// A connected Unix socket.
///
/// Its variables are read and set in one step each, on the loop's thread, so exclusive access need not be checked at
/// run time.
public final class Stream: Handle, @unchecked Sendable {
  /// Told of everything. Held until the stream is closed.
  @exclusivity(unchecked) public var handler: (any StreamHandler)?
  /// Bytes that wait for the peer to read.
  @exclusivity(unchecked) public private(set) var queuedBytes = 0
  @exclusivity(unchecked) private var isReading = false

  /// Takes over a connected socket; the descriptor belongs to the stream from then on, also where this throws.
  public convenience init(loop: EventLoop, descriptor: Int32) throws(LoopProblem) {
    do throws(LoopProblem) {
      try self.init(unconnectedOn: loop)
    } catch {
      Glibc.close(descriptor)
      throw error
    }
    let status = uv_pipe_open(pipe, descriptor)
    if status < 0 {
      Glibc.close(descriptor)
      close()
      throw LoopProblem("take over a connection", status: status)
    }
  }

  init(unconnectedOn loop: EventLoop) throws(LoopProblem) {
    super.init(loop: loop, type: UV_NAMED_PIPE)
    try LoopProblem.check("make a stream", uv_pipe_init(loop.loop, pipe, 0))
    adopt()
  }

  /// The process at the other end, as the kernel knows it.
  public var peer: PeerCredentials? {
    var descriptor: uv_os_fd_t = -1
    guard uv_fileno(handle, &descriptor) == 0 else { return nil }
    var credentials = PeerCredentials(process: 0, user: 0, group: 0)
    let code = afm_peer_credentials(descriptor, &credentials.process, &credentials.user, &credentials.group)
    return code == 0 ? credentials : nil
  }

  /// Reads from now on.
  public func startReading() {
    guard isOpen, !isReading else { return }
    isReading = true
    let status = uv_read_start(
      stream,
      { handle, _, buffer in
        guard let buffer else { return }
        let lent = Handle.owner(Stream.self, of: handle?.pointee.data)?.loop.readBuffer
        buffer.pointee = uv_buf_init(
          lent?.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(clamping: lent?.count ?? 0))
      },
      { stream, count, buffer in
        Handle.owner(Stream.self, of: stream?.pointee.data)?.didRead(count, buffer?.pointee.base)
      })
    if status < 0 { fail(LoopProblem("read", status: status)) }
  }

  /// Reads nothing until told again; what the peer sends waits in the socket, and then the peer waits.
  public func stopReading() {
    guard isOpen, isReading else { return }
    isReading = false
    uv_read_stop(stream)
  }

  /// Sends bytes: at once what the socket takes, the rest as the peer reads.
  public func send(_ bytes: borrowing [UInt8]) {
    guard isOpen, !bytes.isEmpty else { return }
    let count = bytes.count
    var written = 0
    if queuedBytes == 0 {
      let status = bytes.withUnsafeBytes { bytes in
        var buffer = Self.buffer(bytes)
        return uv_try_write(stream, &buffer, 1)
      }
      if status >= 0 {
        written = Int(status)
      } else if status != UV_EAGAIN.rawValue {
        return fail(LoopProblem("write", status: status))
      }
    }
    guard written < count else { return }
    let write = QueuedWrite(stream: self, bytes: Array(bytes[written...]))
    let status = write.start()
    if status < 0 { return fail(LoopProblem("write", status: status)) }
    queuedBytes += count - written
  }

  /// Tells the peer, once everything queued is written, that nothing more comes.
  public func finish() {
    guard isOpen else { return }
    let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
    let status = uv_shutdown(request, stream) { request, _ in request?.deallocate() }
    if status < 0 {
      request.deallocate()
      close()
    }
  }

  override func didClose() {
    handler?.streamDidClose(self)
    handler = nil
  }

  private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    guard isOpen else { return }
    if count > 0 {
      handler?.stream(self, didRead: UnsafeRawBufferPointer(start: base, count: count))
    } else if count == Int(UV_EOF.rawValue) {
      isReading = false
      handler?.streamDidReachEnd(self)
    } else if count < 0 {
      fail(LoopProblem("read", status: Int32(clamping: count)))
    }
  }

  fileprivate func didWrite(_ count: Int, status: Int32) {
    queuedBytes -= count
    guard isOpen else { return }
    if status < 0 {
      fail(LoopProblem("write", status: status))
    } else if queuedBytes == 0 {
      handler?.streamDidDrain(self)
    }
  }

  private func fail(_ problem: LoopProblem) {
    guard isOpen else { return }
    handler?.stream(self, didFail: problem)
    close()
  }

  fileprivate static func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
    // libuv takes a mutable pointer and only reads through it.
    let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
    return uv_buf_init(base, UInt32(clamping: bytes.count))
  }
}

/// Bytes on their way to a peer that reads slowly.
private final class QueuedWrite {
  private let stream: Stream
  private let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
  private let bytes: UnsafeMutableRawBufferPointer

  init(stream: Stream, bytes: [UInt8]) {
    self.stream = stream
    self.bytes = .allocate(byteCount: bytes.count, alignment: 1)
    self.bytes.copyBytes(from: bytes)
  }

  deinit {
    request.deallocate()
    bytes.deallocate()
  }

  /// Hands the bytes to libuv. Where it refuses, no callback comes, and the write is let go of here.
  func start() -> Int32 {
    let retained = Unmanaged.passRetained(self)
    request.pointee.data = retained.toOpaque()
    var buffer = Stream.buffer(UnsafeRawBufferPointer(bytes))
    let status = uv_write(request, stream.stream, &buffer, 1) { request, status in
      guard let data = request?.pointee.data else { return }
      let write = Unmanaged<QueuedWrite>.fromOpaque(data).takeRetainedValue()
      write.stream.didWrite(write.bytes.count, status: status)
    }
    if status < 0 { retained.release() }
    return status
  }
}
