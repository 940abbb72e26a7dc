import Basics
import FlyingSocks
import Foundation
import Synchronization

/// The connections of a server: how many there are, and whether another answer is to be begun.
final class Connections: Sendable {
  fileprivate struct State {
    var open = 0
    var answering = 0
    var isClosing = false
  }

  private let site: Site
  private let state = Mutex(State())

  /// Connections at a time; a browser takes six.
  private static let most = 128
  /// Seconds for a head to arrive, and for an answer to be taken.
  private let patience: Double

  init(_ site: Site, patience: Double) {
    (self.site, self.patience) = (site, patience)
  }

  /// Takes connections until the task is cancelled or the door is closed.
  func accept(at door: AsyncSocket) async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled, !state.withLock({ $0.isClosing }) {
        do {
          let socket = try await door.accept()
          guard state.withLock({ $0.enter(most: Self.most) }) else {
            try? socket.close()
            continue
          }
          group.addTask {
            await self.serve(socket)
            try? socket.close()
            self.state.withLock { $0.open -= 1 }
          }
        } catch {
          // No more files, or a client that is gone already: the next one may come.
          try? await Task.sleep(for: .milliseconds(50))
        }
      }
      group.cancelAll()
    }
  }

  /// No further answer is begun; waits for those that are, so many seconds at most.
  func close(within seconds: Double) async {
    state.withLock { $0.isClosing = true }
    let end = ContinuousClock.now.advanced(by: .seconds(seconds))
    while state.withLock({ $0.answering > 0 }), ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  private func serve(_ socket: AsyncSocket) async {
    let deadline = Deadline(patience)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.answerAll(socket, deadline) }
      group.addTask { await deadline.pass() }
      await group.next()
      group.cancelAll()
    }
  }

  private func answerAll(_ socket: AsyncSocket, _ deadline: Deadline) async {
    var waiting: [UInt8] = []
    while let head = await head(from: socket, &waiting) {
      guard state.withLock({ $0.begin() }) else { return }
      defer { state.withLock { $0.answering -= 1 } }
      let request: RequestHead
      var refused: Response?
      switch head {
      case .success(let found): request = found
      case .failure(let error):
        request = RequestHead(target: "/", host: nil)
        refused = Response(
          status: error.status, type: "text/plain; charset=utf-8",
          body: Data("\(error.words)\n".utf8))
      }
      let answer: Response
      if let refused { answer = refused } else { answer = await site.answer(request) }
      // A body that nobody reads would be taken for the next request.
      let keepsAlive = refused == nil && request.keepsAlive && !request.hasBody
      let bytes = answer.bytes(hasBody: request.method != "HEAD", keepsAlive: keepsAlive)
      deadline.extend()
      guard (try? await socket.write(bytes)) != nil, keepsAlive else { return }
      deadline.extend()
    }
  }

  private struct BadHead: Error {
    let status: Int
    let words: String
  }

  /// The next head; nil where the client has gone, or is too slow.
  private func head(
    from socket: AsyncSocket, _ waiting: inout [UInt8]
  ) async -> Result<RequestHead, BadHead>? {
    while true {
      if let end = waiting.endOfHead {
        let head = RequestHead(waiting[..<end.lowerBound])
        waiting.removeFirst(end.upperBound)
        return head.map { .success($0) }
          ?? .failure(BadHead(status: 400, words: "no HTTP/1.1 request"))
      }
      guard waiting.count < RequestHead.limit else {
        return .failure(BadHead(status: 431, words: "a head of more than 16 kB"))
      }
      guard let more = try? await socket.read(atMost: 4096), !more.isEmpty else { return nil }
      waiting += more
    }
  }
}

/// A time by which the other side must have done something, put off whenever it has.
private final class Deadline: Sendable {
  private let seconds: Double
  private let end: Mutex<ContinuousClock.Instant>

  init(_ seconds: Double) {
    self.seconds = seconds
    end = Mutex(.now.advanced(by: .seconds(seconds)))
  }

  func extend() { end.withLock { $0 = .now.advanced(by: .seconds(seconds)) } }

  /// Returns when it is past, or the task is cancelled.
  func pass() async {
    while !Task.isCancelled, end.withLock({ $0 > .now }) {
      try? await Task.sleep(for: .seconds(5))
    }
  }
}

extension Connections.State {
  /// Counts one more connection, where there is room.
  fileprivate mutating func enter(most: Int) -> Bool {
    guard open < most, !isClosing else { return false }
    open += 1
    return true
  }

  /// Counts one more answer, where another is to be begun.
  fileprivate mutating func begin() -> Bool {
    guard !isClosing else { return false }
    answering += 1
    return true
  }
}

extension [UInt8] {
  /// Where the empty line is that ends a head.
  fileprivate var endOfHead: Range<Int>? {
    var start = 0
    while let found = self[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let rest = self[(found + 1)...]
      if rest.starts(with: [UInt8(ascii: "\n")]) { return found..<(found + 2) }
      if rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) { return found..<(found + 3) }
      start = found + 1
    }
    return nil
  }
}
