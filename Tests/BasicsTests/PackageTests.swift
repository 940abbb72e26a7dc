import Foundation
import TestSupport
import Testing

/// Package.swift and the folders of the floors say what the sources do.
@Suite("Floors and rooms") struct PackageTests {
  /// A target of Package.swift.
  struct Target {
    var name: String
    var folder: URL
    var declared: Set<String>
  }

  static let targets: [Target] = {
    let manifest = (try? text(Repository.root.appendingPathComponent("Package.swift"))) ?? ""
    let start = manifest.range(of: "targets: [\n    //")?.lowerBound ?? manifest.startIndex
    return manifest[start...].split(separator: /\.(?=(executableT|testT|t)arget\()/).compactMap {
      block in
      guard let name = block.firstMatch(of: /name: "(\w+)"/)?.1 else { return nil }
      let isTest = block.hasPrefix("test")
      let path =
        block.firstMatch(of: /path: "([\w\/]+)"/).map { String($0.1) }
        ?? (isTest ? "Tests/\(name)" : "Sources/\(name)")
      var declared = Set<String>()
      if let list = block.range(of: "dependencies: [") {
        // Products bring brackets of their own kind, and their package's name.
        let inside = block[list.upperBound...].prefix { $0 != "]" }
          .replacing(/, package: "[^"]*"/, with: "")
        declared = Set(inside.matches(of: /"(\w+)"/).map { String($0.1) })
      }
      return Target(
        name: String(name), folder: Repository.root.appendingPathComponent(path),
        declared: declared)
    }
  }()

  /// What only has to be built for a test, and is not imported: the program.
  static let builtOnly: Set = ["tenbin"]

  @Test("A target declares what its files import, and no more")
  func imports() throws {
    #expect(Self.targets.count > 25)
    let known = Set(Self.targets.flatMap(\.declared))
    for target in Self.targets {
      var imported = Set<String>()
      for file in try Self.sources(target.folder) {
        for line in try Self.text(file).split(separator: "\n") where line.hasPrefix("import ") {
          imported.insert(String(line.dropFirst("import ".count)))
        }
      }
      // What the system brings is nobody's target.
      imported.formIntersection(known)
      #expect(
        imported == target.declared.subtracting(Self.builtOnly),
        "\(target.name) imports \(imported.sorted()), declares \(target.declared.sorted())")
    }
  }

  @Test("README's map names every floor, and what a floor stands on below it")
  func map() throws {
    let readme = try Self.text(Repository.root.appendingPathComponent("README.md"))
    var rows: [String: Int] = [:]
    for (row, line) in readme.split(separator: "\n").enumerated()
    where line.hasPrefix("| `Sources/") {
      let names = line.dropFirst().prefix { $0 != "|" }
      for name in names.matches(of: /`(?:Sources\/)?(\w+)`/) { rows[String(name.1)] = row }
    }
    let floors = try Self.targets.filter { target in
      let isFloor = target.folder.path.hasPrefix(Repository.root.path + "/Sources/")
      return try isFloor && !Self.sources(target.folder).isEmpty
    }
    #expect(floors.count > 13)
    for floor in floors {
      let row = try #require(rows[floor.name], "README's map lacks Sources/\(floor.name)")
      for below in floor.declared {
        #expect(rows[below].map { $0 >= row } ?? true, "\(floor.name) stands on \(below)")
      }
    }
    for name in rows.keys {
      let folder = Repository.root.appendingPathComponent("Sources/\(name)").path
      #expect(FileManager.default.fileExists(atPath: folder), "README's map names \(name)")
    }
  }

  @Test("A report drags in neither SQLite nor YAML")
  func reportIsPure() {
    var reached: Set = ["Report"]
    while true {
      let next = Self.targets.filter { reached.contains($0.name) }
        .reduce(into: reached) { $0.formUnion($1.declared) }
      if next == reached { break }
      reached = next
    }
    #expect(reached.contains("Results"))
    #expect(reached.isDisjoint(with: ["GRDB", "Yams", "Sweep", "CalibStore"]))
  }

  @Test(
    "The rooms of a floor name each other in one direction",
    arguments: ["Calib", "CalibStore", "Analysis", "Results", "Sweep", "Report"])
  func rooms(floor: String) throws {
    let folder = Repository.root.appendingPathComponent("Sources/\(floor)")
    var texts: [String: String] = [:]
    for file in try Self.sources(folder) {
      // The folder below the floor: what is further down belongs to it.
      let inside = file.path.dropFirst(folder.path.count + 1).split(separator: "/")
      let room = inside.count > 1 ? String(inside[0]) : floor
      texts[room, default: ""] += try Self.text(file).replacing(/\/\/.*/, with: "")
    }
    var homes: [String: Set<String>] = [:]
    var words: [String: Set<Substring>] = [:]
    for (room, text) in texts {
      for line in text.split(separator: "\n") {
        let parts = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        words[room, default: []].formUnion(parts)
        // A type of the room itself: nothing but words that say what it is stands before its name.
        let lead = parts.prefix { ["public", "final", "indirect"].contains($0) }
        let rest = parts.dropFirst(lead.count)
        if !line.hasPrefix(" "), rest.count > 1, let kind = rest.first,
          ["struct", "enum", "class", "protocol", "typealias"].contains(kind)
        {
          homes[String(rest[rest.startIndex + 1]), default: []].insert(room)
        }
      }
    }
    // The rooms that a room names; a type of its own of the same name is that type.
    var left = words.mapValues { _ in Set<String>() }
    for (room, words) in words {
      for home in words.compactMap({ homes[String($0)] }) where !home.contains(room) {
        left[room]?.formUnion(home)
      }
    }
    // Rooms that name no room that is left go, until none is left.
    while let free = left.first(where: { $0.value.isDisjoint(with: left.keys) })?.key {
      left[free] = nil
    }
    #expect(
      left.isEmpty, "a circle among \(left.mapValues { $0.intersection(left.keys).sorted() })")
  }

  private static func text(_ url: URL) throws -> String {
    try String(contentsOf: url, encoding: .utf8)
  }

  /// The Swift files below `folder`.
  private static func sources(_ folder: URL) throws -> [URL] {
    let names = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
    return names.filter { $0.hasSuffix(".swift") && !$0.contains("Fixtures/") }.sorted()
      .map { folder.appendingPathComponent($0) }
  }
}
