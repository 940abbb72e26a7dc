import Foundation

/// What a folder of the Hugging Face cache says of itself: its repository and commit stand in its path,
/// `models--org--name/snapshots/COMMIT`.
public struct HubSnapshot: Sendable, Equatable {
  /// `org/name`.
  public let repository: String
  /// The commit's hash.
  public let commit: String

  /// Reads the path of a snapshot, or of something in one; nil for any other path.
  public init?(_ url: URL) {
    let parts = url.standardizedFileURL.pathComponents
    let place = parts.indices.dropLast(2).last { index in
      parts[index + 1] == "snapshots" && HubName.isCommit(parts[index + 2])
        && ["models--", "datasets--"].contains { parts[index].hasPrefix($0) }
    }
    guard let place, let start = parts[place].range(of: "--")?.upperBound else { return nil }
    repository = String(parts[place][start...]).replacing("--", with: "/")
    commit = parts[place + 2]
  }

  /// What a model in the folder `url` is called: its name on the Hub, or that of the folder.
  public static func name(of url: URL) -> String {
    HubSnapshot(url)?.repository ?? url.standardizedFileURL.lastPathComponent
  }
}
