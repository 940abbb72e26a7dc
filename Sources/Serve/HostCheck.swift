import Basics

/// Which names a browser may know this server by. A page of somebody else whose name has been pointed
/// at this address sends its own name, and reads nothing.
struct HostCheck: Sendable {
  private let names: Set<String>

  /// The names of this machine's loopback, the address that is listened on, and `more`.
  init(address: String, more: [String]) {
    names = Set(
      (["localhost", "127.0.0.1", "::1", address] + more).map { $0.lowercased() }
        .filter { $0 != "0.0.0.0" && $0 != "::" })
  }

  /// Whether `host`, with or without a port, is one of them.
  func allows(_ host: String) -> Bool {
    var name = host.lowercased()[...]
    if name.hasPrefix("[") {
      guard let end = name.firstIndex(of: "]") else { return false }
      let rest = name[name.index(after: end)...]
      name = name[name.index(after: name.startIndex)..<end]
      return Self.isPort(rest) && names.contains(String(name))
    }
    if let colon = name.firstIndex(of: ":") {
      guard Self.isPort(name[colon...]) else { return false }
      name = name[..<colon]
    }
    return names.contains(String(name))
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty
      || (text.hasPrefix(":") && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) })
  }

  /// What is said to a name that is none of them.
  func refusal(_ host: String?) -> InputError {
    InputError(
      .usage, asked: "read from this server as \(host ?? "nobody")",
      found: "it answers to \(names.sorted().joined(separator: ", ")) only",
      hint: "open it by one of these names, or start it with --allow-host NAME")
  }
}
