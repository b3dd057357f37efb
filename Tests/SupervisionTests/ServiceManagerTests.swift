import Foundation
import TestSupport
import Testing

@testable import Supervision

/// A datagram socket that plays the service manager.
private final class Listener {
  let descriptor: Int32

  init(name: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var bytes = Array(name.utf8)
    let abstract = bytes[0] == UInt8(ascii: "@")
    if abstract { bytes[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count + (abstract ? 0 : 1))
    let descriptor = descriptor
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    try #require(bound == 0)
  }

  deinit { close(descriptor) }

  func receive() -> String {
    var bytes = [UInt8](repeating: 0, count: 1000)
    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

@Suite struct ServiceManagerTests {
  @Test func notifiesThroughAPath() throws {
    let directory = try TemporaryDirectory()
    let listener = try Listener(name: directory.path("notify"))
    let manager = ServiceManager(environment: ["NOTIFY_SOCKET": directory.path("notify")])
    #expect(manager.notify(.ready, .status("learning\nSTOPPING=1")) == 0)
    #expect(listener.receive() == "READY=1\nSTATUS=learning STOPPING=1")
    #expect(manager.notify(.watchdog) == 0)
    #expect(listener.receive() == "WATCHDOG=1")
    #expect(manager.notify(.stopping, .extendTimeout(.milliseconds(1500))) == 0)
    #expect(listener.receive() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=1500000")
    #expect(manager.notify(.reloading) == 0)
    #expect(listener.receive().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
  }

  @Test func notifiesThroughAnAbstractName() throws {
    let name = "@afm-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let listener = try Listener(name: name)
    #expect(ServiceManager(environment: ["NOTIFY_SOCKET": name]).notify(.ready) == 0)
    #expect(listener.receive() == "READY=1")
  }

  @Test func withoutAServiceManagerNothingHappens() {
    let manager = ServiceManager(environment: [:])
    #expect(manager.notify(.ready) == 0)
    #expect(manager.watchdogTimeout == nil)
    #expect(manager.inheritedSockets.isEmpty)
    #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "vsock:2:1"]).notifySocket == nil)
  }

  @Test func aDeadServiceManagerIsAnErrorNumber() {
    #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "/nonexistent/notify"]).notify(.ready) == ENOENT)
    let long = "/" + String(repeating: "x", count: 200)
    #expect(ServiceManager(environment: ["NOTIFY_SOCKET": long]).notify(.ready) == ENAMETOOLONG)
  }

  @Test func readsTheWatchdog() {
    func timeout(_ environment: [String: String]) -> Duration? {
      ServiceManager(environment: environment).watchdogTimeout
    }
    #expect(timeout(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
    #expect(timeout(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": String(getpid())]) == .seconds(30))
    #expect(timeout(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
    #expect(timeout(["WATCHDOG_USEC": "0"]) == nil)
    #expect(timeout(["WATCHDOG_USEC": "soon"]) == nil)
  }

  @Test func namesInheritedSockets() {
    func sockets(_ pid: String, _ count: String, _ names: String?) -> [InheritedSocket] {
      var environment = ["LISTEN_PID": pid, "LISTEN_FDS": count]
      environment["LISTEN_FDNAMES"] = names
      return ServiceManager(environment: environment).inheritedSockets
    }
    let own = String(getpid())
    #expect(
      sockets(own, "2", "score:control").map(\.name) == ["score", "control"])
    #expect(sockets(own, "2", "score").map(\.descriptor) == [3, 4])
    #expect(sockets(own, "2", "score").map(\.name) == ["score", "unknown"])
    #expect(sockets("1", "2", nil).isEmpty)
    #expect(sockets(own, "-1", nil).isEmpty)
    #expect(sockets(own, "99999999999", nil).isEmpty)
    let manager = ServiceManager(environment: ["LISTEN_PID": own, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "score"])
    #expect(manager.inheritedSocket(named: "score")?.descriptor == 3)
    #expect(manager.inheritedSocket(named: "control") == nil)
  }
}
