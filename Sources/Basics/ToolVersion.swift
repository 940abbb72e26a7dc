/// tenbin's own version, which every set, study and report carries.
public enum ToolVersion {
  /// Semantic version of this source tree.
  public static let current = "0.1.0"
}
