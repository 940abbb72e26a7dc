import Analysis
import Basics
import Results

/// A study whose first trial was looked at behind one prompt, where it says something else.
enum NextTokensFixture {
  static var study: StudyResults {
    var study = StudyFixture(layers: 1, bits: [8], groupSizes: [64], damps: [0.01]).build()
    study.environment.prompts = [
      Prompt(
        text: "日本の首都は", tokens: [0, 5, 6, 7], pieces: ["", "日本", "の", "首都は"])
    ]
    let base = [
      candidate(10, "東京", 0.625, 0.625), candidate(11, "京都", 0.25, 0.25),
      candidate(13, " \"", 0.125, 0.125),
    ]
    study.baseNextTokens = [
      NextTokens(
        likeliest: base, baseLikeliest: base, kld: 0,
        along: [step(2, 20, "の", 0.5, 0), step(3, 21, "首都", 0.5, 0)])
    ]
    study.trials[0].nextTokens = [
      NextTokens(
        likeliest: [
          candidate(11, "京都", 0.5, 0.25), candidate(10, "東京", 0.25, 0.625),
          candidate(12, "\\xE5", 0.125, 0.0625),
        ],
        baseLikeliest: [
          candidate(10, "東京", 0.25, 0.625), candidate(11, "京都", 0.5, 0.25),
          candidate(13, " \"", 0.03125, 0.125),
        ], kld: 0.75,
        along: [step(2, 20, "の", 0.5, 0.125), step(3, 22, "\\n", 0.75, 0.25)])
    ]
    return study
  }

  private static func candidate(
    _ token: Int32, _ text: String, _ probability: Double, _ base: Double
  ) -> NextTokens.Candidate {
    .init(token: token, text: text, probability: probability, baseProbability: base)
  }

  private static func step(
    _ position: Int, _ token: Int32, _ text: String, _ probability: Double, _ kld: Double
  ) -> NextTokens.Step {
    .init(position: position, token: token, text: text, probability: probability, kld: kld)
  }

  /// `study`, whose trials were all looked at behind `count` prompts of `positions` places, the last one
  /// left out: tokens as an enemy would choose them, in an order that depends on the trial.
  static func looked(
    _ study: StudyResults, prompts count: Int = 6, positions: Int = 10
  ) -> StudyResults {
    let texts = [
      "東京", "京都", " f", "\\xE3\\x81", "<script>alert(1)</script>", "\"'&", "𠮷野家", "🙂", "مرحبا", "",
      "\\n", "\\u{202E}", "の", "、", String(repeating: "長", count: 60), "{}", "≠",
    ]
    var study = study
    study.environment.prompts = (0..<count).map { prompt in
      Prompt(
        text: "p\(prompt) <b>首都</b> \"は\" ", tokens: Array(0...Int32(positions)),
        pieces: [""] + (1...positions).map { $0 == positions ? "は " : "\($0)<b>首 " })
    }
    func next(_ seed: UInt64, prompt: Int, base: NextTokens?) -> NextTokens {
      var random = SplitMix64(seed: seed &* 100 &+ UInt64(prompt))
      // The base's candidates, some of them in another order.
      let shift = base == nil ? 0 : Int(3 * random.uniform())
      let places = (0..<5).map { (prompt * 3 + $0 + shift) % texts.count }
      func share(_ place: Int) -> Double { 0.5 / Double(place + 1) * (0.5 + random.uniform()) }
      let likeliest = places.enumerated().map { rank, place in
        candidate(Int32(place), texts[place], share(rank), 0)
      }
      let theirs = base?.likeliest ?? likeliest
      return NextTokens(
        likeliest: likeliest.map { mine in
          let known = theirs.first { $0.token == mine.token }?.probability ?? 1e-5
          return candidate(
            mine.token, mine.text, mine.probability, base == nil ? mine.probability : known)
        },
        baseLikeliest: theirs.map { theirs in
          let mine = likeliest.first { $0.token == theirs.token }?.probability ?? 2e-6
          return candidate(theirs.token, theirs.text, mine, theirs.probability)
        }, kld: base == nil ? 0 : random.uniform(),
        along: (2...positions).map { position in
          let place = (position + (base != nil && random.uniform() < 0.3 ? 1 : 0)) % texts.count
          return step(
            position, Int32(place), texts[place], random.uniform(),
            base == nil ? 0 : random.uniform() / 1000)
        })
    }
    study.baseNextTokens = (0..<count).map { next(7, prompt: $0, base: nil) }
    for index in study.trials.indices.dropLast() {
      study.trials[index].nextTokens = study.baseNextTokens.enumerated().map {
        next(UInt64(index), prompt: $0, base: $1)
      }
    }
    return study
  }
}
