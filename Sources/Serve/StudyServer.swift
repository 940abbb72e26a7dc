import Basics
import FlyingSocks
import Foundation
import Synchronization

/// Answers over HTTP/1.1 until it is stopped. Sockets are FlyingSocks'; FlyingFox's own server brings
/// URLSession along, and with that libcurl, which the relocatable tenbin does without.
public final class StudyServer: Sendable {
  /// The address that it listens on.
  public let address: String
  /// The port that it listens on.
  public let port: Int
  private let listening: Socket
  private let work: Task<Void, Never>
  private let connections: Connections

  /// Listens on `address`, an IPv4 or IPv6 address; port 0 takes one that is free.
  /// - Parameter patience: seconds that a client has to send a request, and to take an answer.
  /// - Throws: kind `usage` where the address is none, `io` where it cannot be had.
  public init(
    _ site: Site, address: String, port: Int, patience: Double = 30
  ) async throws(InputError) {
    self.address = address
    let asked = "listen on \(address), port \(port)"
    let connections = Connections(site, patience: patience)
    self.connections = connections
    do {
      let socket = try Self.socket(address, UInt16(port))
      listening = socket
      switch try socket.sockname() {
      case .ip4(_, let port), .ip6(_, let port): self.port = Int(port)
      case .unix: self.port = port
      }
      let pool = SocketPool.make()
      try await pool.prepare()
      let door = try AsyncSocket(socket: socket, pool: pool)
      work = Task {
        await withTaskGroup(of: Void.self) { group in
          group.addTask { try? await pool.run() }
          group.addTask { await connections.accept(at: door) }
          await group.next()
          group.cancelAll()
        }
      }
    } catch let error as InputError {
      throw error
    } catch {
      throw InputError(
        .io, asked: asked, found: Self.reason(error),
        hint: "give another --port, or --port 0 for any that is free")
    }
  }

  /// Ends: no new connection, what is being answered is answered, as far as that takes no longer than
  /// two seconds, and the port is free again.
  public func stop() async {
    await connections.close(within: 2)
    try? listening.close()
    work.cancel()
    await work.value
  }

  private static func socket(_ address: String, _ port: UInt16) throws -> Socket {
    let socket: Socket
    if let place = try? sockaddr_in.inet(ip4: address, port: port) {
      socket = try Socket(domain: AF_INET)
      try socket.setValue(true, for: .localAddressReuse)
      try socket.bind(to: place)
    } else if let place = try? sockaddr_in6.inet6(ip6: address, port: port) {
      socket = try Socket(domain: AF_INET6)
      try socket.setValue(true, for: .localAddressReuse)
      try socket.bind(to: place)
    } else {
      throw InputError(
        .usage, asked: "--host \(address)", found: "no IPv4 or IPv6 address",
        hint: "give one, such as 127.0.0.1, ::1 or 0.0.0.0")
    }
    try socket.listen()
    return socket
  }

  private static func reason(_ error: any Error) -> String {
    guard case .failed(_, let number, _) = error as? SocketError else { return "\(error)" }
    return String(cString: strerror(number))
  }
}
