import Basics
import FlyingSocks
import Foundation
import Serve
import TestSupport
import Testing

@Suite("The server of tenbin serve")
struct ServerTests {
  @Test(
    "answers over a socket, one after another on a connection, with headers that hold a browser back"
  )
  func answers() async throws {
    try await withServer { server in
      let client = try await Client(server)
      let first = try await client.ask("GET /api/studies HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(first.status == 200 && first.headers["connection"] == "keep-alive")
      #expect(first.body.hasPrefix("[{"))
      let head = try await client.ask("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", hasBody: false)
      let page = try await client.ask(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      #expect(head.status == 200 && head.headers["content-length"] == "\(page.body.utf8.count)")
      #expect(
        page.headers["connection"] == "close" && page.headers["x-content-type-options"] == "nosniff"
      )
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
      // What runs on the page is what the policy lets run.
      let script = try #require(page.body.components(separatedBy: "<script>").last)
      let text = try #require(script.components(separatedBy: "</script>").first)
      #expect(
        policy.contains("'sha256-\(Data(SHA256.digest(of: text.utf8)).base64EncodedString())'"))
      #expect(page.body.components(separatedBy: "<script>").count == 2)
    }
  }

  @Test(
    "what is no request is told so, and ends the connection",
    arguments: [
      ("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
      ("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
      ("\u{16}\u{3}\u{1}\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
      ("GET / HTTP/1.1\r\n\r\n", 403),
      ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 405),
      (
        "GET /" + String(repeating: "x", count: 20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        431
      ),
    ] as [(String, Int)])
  func refusals(text: String, status: Int) async throws {
    try await withServer { server in
      let answer = try await Client(server).ask(text)
      #expect(answer.status == status)
      if status != 403 { #expect(answer.headers["connection"] == "close") }
    }
  }

  @Test("closes: no further connection, and the port is free again", .timeLimit(.minutes(10)))
  func closing() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let site = try folder.site("a.sqlite")
      let server = try await StudyServer(
        site, address: "127.0.0.1", port: 0, patience: 600)
      let idle = try await Client(server)
      #expect(try await idle.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200)
      // An idle connection would never end by itself.
      await server.stop()
      await #expect(throws: (any Error).self) { try await Client(server) }
      let again = try await StudyServer(site, address: "127.0.0.1", port: server.port)
      #expect(again.port == server.port)
      await again.stop()
    }
  }

  @Test("a port that is taken, and an address that is none, are refused in three parts")
  func addresses() async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let site = try folder.site("a.sqlite")
      let server = try await StudyServer(
        site, address: "127.0.0.1", port: 0, patience: 600)
      await #expect(
        throws: InputError(
          .io, asked: "listen on 127.0.0.1, port \(server.port)", found: "Address already in use",
          hint: "give another --port, or --port 0 for any that is free")
      ) { _ = try await StudyServer(site, address: "127.0.0.1", port: server.port) }
      await #expect(
        throws: InputError(
          .usage, asked: "--host somewhere", found: "no IPv4 or IPv6 address",
          hint: "give one, such as 127.0.0.1, ::1 or 0.0.0.0")
      ) { _ = try await StudyServer(site, address: "somewhere", port: 0) }
      await server.stop()
    }
  }

  private func withServer(_ body: (StudyServer) async throws -> Void) async throws {
    try await ServedFolder.with { folder in
      try folder.add("a.sqlite")
      let server = try await StudyServer(
        try folder.site("a.sqlite"), address: "127.0.0.1", port: 0, patience: 600)
      try await body(server)
      await server.stop()
    }
  }
}

/// A client that sends what it is told.
private final class Client: Sendable {
  struct Answer {
    var status = 0
    var headers: [String: String] = [:]
    var body = ""
  }

  private let socket: AsyncSocket

  init(_ server: StudyServer) async throws {
    // Tests that compute take the threads that tasks run on, for minutes.
    socket = try await .connected(
      to: sockaddr_in.inet(ip4: server.address, port: UInt16(server.port)), timeout: 600)
  }

  deinit { try? socket.close() }

  func ask(_ text: String, hasBody: Bool = true) async throws -> Answer {
    try await socket.write(Data(text.utf8))
    var bytes: [UInt8] = []
    let end = Array("\r\n\r\n".utf8)
    while !bytes.contains(end) { bytes += try await socket.read(atMost: 1) }
    var answer = Answer()
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    answer.status = Int(lines[0].split(separator: " ")[1]) ?? 0
    for line in lines.dropFirst() {
      let sides = line.split(separator: ":", maxSplits: 1)
      guard sides.count == 2 else { continue }
      answer.headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces)
    }
    guard hasBody, let length = answer.headers["content-length"].flatMap({ Int($0) }) else {
      return answer
    }
    answer.body = String(decoding: try await socket.read(bytes: length), as: UTF8.self)
    return answer
  }
}
