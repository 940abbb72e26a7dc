/// What a model lets follow a prompt, the prompt itself being given token by token (teacher-forced), and
/// how far that is from the base. Of the base itself: its own, and no distance.
public struct NextTokens: Sendable, Codable, Equatable {
  /// A token that may follow the prompt.
  public struct Candidate: Sendable, Equatable {
    /// Its id.
    public let token: Int32
    /// As `PieceSpelling` writes it; empty for an id without a text.
    public let text: String
    /// softmax(model)[token].
    public let probability: Double
    /// softmax(base)[token].
    public let baseProbability: Double

    /// A token with what both models make of it.
    public init(token: Int32, text: String, probability: Double, baseProbability: Double) {
      self.token = token
      self.text = text
      self.probability = probability
      self.baseProbability = baseProbability
    }
  }

  /// What follows the first tokens of the prompt.
  public struct Step: Sendable, Equatable {
    /// How many tokens of the prompt stand in front.
    public let position: Int
    /// The likeliest token there.
    public let token: Int32
    /// As `PieceSpelling` writes it.
    public let text: String
    /// softmax(model)[token].
    public let probability: Double
    /// KL(base ‖ model) there, in nats.
    public let kld: Double

    /// A place along the prompt.
    public init(position: Int, token: Int32, text: String, probability: Double, kld: Double) {
      self.position = position
      self.token = token
      self.text = text
      self.probability = probability
      self.kld = kld
    }
  }

  /// The likeliest tokens behind the prompt, likeliest first, `count` of them at most.
  public let likeliest: [Candidate]
  /// The base's likeliest ones in their order, with this model's probabilities.
  public let baseLikeliest: [Candidate]
  /// KL(base ‖ model) behind the prompt, in nats.
  public let kld: Double
  /// What follows each place before the end, in order.
  public let along: [Step]

  /// How many candidates are kept.
  public static let count = 5

  /// What was found behind a prompt, and along it.
  public init(likeliest: [Candidate], baseLikeliest: [Candidate], kld: Double, along: [Step]) {
    self.likeliest = likeliest
    self.baseLikeliest = baseLikeliest
    self.kld = kld
    self.along = along
  }

  /// Whether the likeliest token is the base's.
  public var keepsLikeliest: Bool { likeliest.first?.token == baseLikeliest.first?.token }

  /// The candidate of that id, wherever it stands.
  public func candidate(_ token: Int32) -> Candidate? {
    (likeliest + baseLikeliest).first { $0.token == token }
  }
}

extension NextTokens.Candidate: Codable {
  /// A candidate as `[id, text, probability, base's]`: a study holds very many.
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    token = try values.decode(Int32.self)
    text = try values.decode(String.self)
    probability = try values.decode(Double.self)
    baseProbability = try values.decode(Double.self)
  }

  /// Writes the same.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(token)
    try values.encode(text)
    try values.encode(probability)
    try values.encode(baseProbability)
  }
}

extension NextTokens.Step: Codable {
  /// A place as `[position, id, text, probability, KL]`.
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    position = try values.decode(Int.self)
    token = try values.decode(Int32.self)
    text = try values.decode(String.self)
    probability = try values.decode(Double.self)
    kld = try values.decode(Double.self)
  }

  /// Writes the same.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(position)
    try values.encode(token)
    try values.encode(text)
    try values.encode(probability)
    try values.encode(kld)
  }
}
