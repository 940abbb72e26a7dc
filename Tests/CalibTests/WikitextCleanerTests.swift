import Calib
import TestSupport
import Testing

@Suite("Wikitext to running text")
struct WikitextCleanerTests {
  @Test(
    "each kind of markup",
    arguments: [
      ("'''天秤'''（てんびん）は''道具''である。", "天秤（てんびん）は道具である。"),
      ("[[東京都|東京]]と[[京都市]]、[[:en:Tokyo]]。[[en:Tokyo]]", "東京と京都市、en:Tokyo。"),
      ("[[ファイル:a.jpg|thumb|説明（[[入れ子|中]]）と{{lang|en|x}}]]本文。", "本文。"),
      ("[[Category:道具]]本文。\n[[カテゴリ:量]]", "本文。"),
      ("[https://example.org 例の頁]と[https://example.org]。", "例の頁と。"),
      ("{{Infobox|名前=天秤|図=[[ファイル:a.png]]}}\n本文。", "本文。"),
      ("{{読み仮名|'''天秤'''|てんびん}}は道具。", "天秤（てんびん）は道具。"),
      ("{{ruby|漢字|かんじ}}と<ruby><rb>漢</rb><rp>（</rp><rt>かん</rt><rp>）</rp></ruby>", "漢字と漢"),
      ("{{仮リンク|表示|en|Foo}}と{{仮リンク|a|en|b|label=札}}", "表示と札"),
      ("{{Lang|de|Waage}}、{{lang-en|scale}}、{{lang-en-short|s}}", "Waage、英: scale、英: s"),
      ("本文<ref name=\"a\">{{Cite web|url=x}}</ref>は<ref name=b />続く<ref>[[未閉</ref>。", "本文は続く。"),
      ("{| class=\"wikitable\"\n|-\n| a || {{b|c}}\n{|\n| 入れ子\n|}\n|}\n本文。", "本文。"),
      ("<gallery>\nファイル:a.jpg|説明\n</gallery>\n本文。<!-- 消え\nる -->", "本文。"),
      ("== 概要 ==\n本文。\n== 脚注 ==\n<references/>\n=== 出典 ===\n注。\n== 歴史 ==\n古い。", "概要\n本文。\n歴史\n古い。"),
      ("* 一つ\n** 二つ\n: 三つ\n# 四つ", "一つ\n二つ\n三つ\n四つ"),
      ("{{DEFAULTSORT:てんひん}}本文。__NOTOC__", "本文。"),
      ("天秤（{{lang|xx|}}、[[1909年]] - ）は（）道具（、）。", "天秤（1909年 -）は道具。"),
      ("1&nbsp;kg &ndash; 2&#x301C;3 &amp;amp;", "1 kg – 2〜3 &amp;"),
      ("-{東京}-と-{zh-hans:台;zh-hant:臺}-", "東京と台"),
      ("<nowiki>[[そのまま]]</nowiki>と<math>x^2</math>。", "[[そのまま]]と。"),
      ("{{要出典範囲|本当の話|date=2020年}}。", "本当の話。"),
      ("開いた{{まま終わる\n次の行。", "開いたまま終わる\n次の行。"),
      ("開いた[[まま終わる\n次の行。", "開いたまま終わる\n次の行。"),
      ("#REDIRECT [[天秤]]", ""), ("#転送 [[天秤]]", ""),
      ("一行目<br />二行目", "一行目\n二行目"),
      ("{{{1|既定}}}と{{color|red|赤}}", "既定と赤"),
      ("[[ヘリウム (元素)|]]と[[水素#同位体|同位体]]", "ヘリウムと同位体"),
    ])
  func markup(source: String, text: String) {
    let cleaned = WikitextCleaner.clean(source)
    #expect(Array(cleaned.utf8) == Array(text.utf8), "\(cleaned)")
  }

  @Test("hostile nesting ends in reasonable time", arguments: ["{{", "[[", "{|\n", "<ref>", "{{{"])
  func hostile(_ open: String) {
    let cleaned = WikitextCleaner.clean(String(repeating: open, count: 20_000) + "終わり")
    #expect(cleaned.hasSuffix("終わり"))
    _ = WikitextCleaner.clean(
      String(repeating: "{{a|", count: 5000) + "x" + String(repeating: "}}", count: 5000))
  }
}

@Suite("A real dump", .enabled(if: Repository.hasSharedData))
struct RealDumpTests {
  @Test("markup is left in less than one line of a thousand, and no empty brackets")
  func residue() throws {
    let url = Repository.sharedData.appendingPathComponent("jawiki-2022-fragment.xml.bz2")
    let (pages, _, reading) = try documents(of: url)
    #expect(reading.warnings.count == 1)
    #expect(pages.count > 100)
    let marks = [
      "{{", "}}", "[[", "]]", "|-", "thumb|", "style=", "<ref", "</", "（）", "()", "（、", "は、の",
    ]
    var lines = 0
    var bad = [Substring]()
    for page in pages {
      for line in WikitextCleaner.clean(page.text).split(separator: "\n") {
        lines += 1
        if marks.contains(where: line.contains) { bad.append(line) }
      }
    }
    #expect(lines > 10_000)
    #expect(bad.count * 1000 < lines, "\(bad.count) of \(lines): \(bad.prefix(5))")
  }
}
