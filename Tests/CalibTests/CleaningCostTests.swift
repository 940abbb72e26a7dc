import Calib
import Foundation
import Testing

/// Cleaning takes time linear in the page, whatever its markup leaves open.
@Suite("The cost of cleaning")
struct CleaningCostTests {
  /// What opens something, alone or in front of some text.
  private static let openers = [
    "{{", "{{lang|en|", "{{a=", "{{{", "{|", "\n{|", "[[", "[[a|", "[[ファイル:a.jpg|", "[http://a ",
    "[http://a b [[", "<nowiki>", "<math>x", "<gallery>", "<ref>", "<ref name=a>", "<pre>", "<!--",
    "<ruby><rt>", "<rt>", "<rp>", "<source>", "<a \"", "<a b='", "<", "-{", "__", "''", "\n==",
    "\n= a",
    "\n* ", "&", "&amp", "（", "（、", "[", "{", "-{a;", "<div ", "\n|", "{{ ", "{{\n", "=",
  ]
  /// What closes something.
  private static let closers = [
    "}}", "}}}", "|}", "\n|}", "]]", "]", "</ref>", "</nowiki>", "</rt>", "-->", "}-", "=\n", ">",
    "）",
    "、）", "|", " ", "",
  ]

  /// Processor seconds of this thread in cleaning `text`, the lesser of two.
  private static func seconds(_ text: String) -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    return (0..<2).map { _ in
      let start = now()
      _ = WikitextCleaner.clean(text)
      return now() - start
    }.min() ?? 0
  }

  /// Twelve times the page may take 36 times as long: a linear cleaner needs 12, a quadratic one 144.
  private func expectLinear(_ page: (Int) -> String, _ name: String) {
    let short = Self.seconds(page(250))
    let long = Self.seconds(page(3000))
    // Less than a millisecond is too little to tell.
    #expect(long < 36 * max(short, 1e-4), "\(name): \(short) s, \(long) s")
  }

  @Test("anything left open, over and over", arguments: openers)
  func open(_ opener: String) {
    expectLinear({ "前。" + String(repeating: opener, count: $0) + "後。" }, opener)
    expectLinear({ "前。" + String(repeating: opener + "文", count: $0) + "後。" }, opener + "文")
  }

  @Test("anything left open, then closed by what closes it or something else", arguments: openers)
  func openThenClose(_ opener: String) {
    for closer in Self.closers {
      expectLinear(
        { String(repeating: opener, count: $0) + "文" + String(repeating: closer, count: $0) },
        "\(opener) … \(closer)")
      expectLinear(
        { String(repeating: opener + "文" + closer, count: $0) }, "\(opener)文\(closer)")
    }
  }

  @Test("a long run of one sign, inside of something or not", arguments: openers)
  func run(_ opener: String) {
    for sign in [" ", "\n", ":", "*", "=", "'", "-", "|", "あ", "、", "\"", "&nbsp;"] {
      expectLinear({ opener + String(repeating: sign, count: 10 * $0) + "後" }, opener + sign)
    }
  }
}
