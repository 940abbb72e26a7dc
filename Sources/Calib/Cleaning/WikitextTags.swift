/// The tags of a wikitext, found in one pass, for a reader that moves forward through the text.
struct WikitextTags {
  typealias Place = (position: Int, tag: WikitextTag)

  private var all: [Place] = []
  /// The places in `all` of the closing tags of each name, the first one last.
  private var closing: [String: [Int]] = [:]
  /// The place in `all` of the tag that was looked at last.
  private var current = -1

  init(_ text: [Unicode.Scalar]) {
    var position = 0
    while position < text.count {
      guard text[position] == "<", let tag = WikitextTag(text, at: position) else {
        position += 1
        continue
      }
      if tag.isClosing { closing[tag.name, default: []].append(all.count) }
      all.append((position, tag))
      position = tag.end
    }
    for name in closing.keys { closing[name]?.reverse() }
  }

  /// The tag that opens at `position`, behind those asked for before; nil where none does.
  mutating func tag(at position: Int) -> WikitextTag? {
    while current + 1 < all.count, all[current + 1].position <= position { current += 1 }
    guard current >= 0, all[current].position == position else { return nil }
    return all[current].tag
  }

  /// The tag behind the one that was looked at last.
  func next() -> Place? { current + 1 < all.count ? all[current + 1] : nil }

  /// The first closing tag of `name` behind the tag that was looked at last.
  mutating func nextClosing(_ name: String) -> Place? {
    while let first = closing[name]?.last {
      if first > current { return all[first] }
      closing[name]?.removeLast()
    }
    return nil
  }
}
