extension SettingOwner {
  /// Encodes `settings` under their names.
  public func encodeSettings(_ settings: [Setting<Self>], to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: SettingKey.self)
    for setting in settings { try setting.encode(self, into: &container) }
  }

  /// Takes over the settings that are there; one that an older tenbin did not know keeps its value.
  public mutating func decodeSettings(_ settings: [Setting<Self>], from decoder: any Decoder) throws
  {
    let container = try decoder.container(keyedBy: SettingKey.self)
    for setting in settings { try setting.decode(container, into: &self) }
  }
}
