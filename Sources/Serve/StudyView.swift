import Basics
import Foundation
import Report
import Results
import Sweep
import Synchronization

/// What is shown of one study: read again when its files have changed, and no oftener than the sweep
/// beside it can bear.
final class StudyView: Sendable {
  /// How far the study has come, as a page shows it.
  struct Live: Sendable {
    let progress: Result<StudyProgress, InputError>
    let html: Data
    /// Another one where `html` is.
    let version: String
    /// When it was made.
    let made = ContinuousClock.now
  }

  /// The report around the place of the live part.
  struct Page: Sendable {
    let before: Data
    let after: Data
    let status: Int
    /// Another one where the report is.
    let version: String
  }

  private let url: URL
  private let name: String
  private let isInFolder: Bool
  private let language: CardLanguage
  private let live = Renewed<LiveKey, Live>(share: 0.01)
  private let page = Renewed<PageKey, Page>(share: 0.005)
  private let results = Renewed<FilesKey, Result<StudyResults, InputError>>(share: 0.005)
  private let told = Mutex<Told?>(nil)

  /// What /api/status last said, and of what.
  private struct Told {
    let live: ContinuousClock.Instant
    let report: String
    let json: Data
  }

  init(_ url: URL, isInFolder: Bool, language: CardLanguage) {
    (self.url, self.isInFolder, self.language) = (url, isInFolder, language)
    name = url.lastPathComponent
  }

  /// A state of the study's files. Two writes within a tick of the clock may leave one stamp: so young
  /// a stamp is not trusted.
  struct FilesKey: Equatable, Sendable {
    let stamp: StudyStamp
    let tick: Int

    init(_ url: URL) {
      stamp = StudyStamp(url)
      let age = Date.now.timeIntervalSince1970 - (stamp.modified ?? 0)
      tick = age < 0.1 ? Int(Date.now.timeIntervalSince1970 * 20) : 0
    }
  }

  private struct LiveKey: Equatable, Sendable {
    let files: FilesKey
    let isRunning: Bool
    /// The time that is left is said anew every second.
    let second: Int
  }

  /// While a sweep runs only states of trials decide: layers are the live part's.
  private enum PageKey: Equatable, Sendable {
    case running([Int])
    case still(FilesKey)
  }

  /// How far the study has come.
  func progress() async -> Live {
    let isRunning = Study.isBeingWritten(url)
    let now = Date.now.timeIntervalSince1970
    let key = LiveKey(
      files: FilesKey(url), isRunning: isRunning, second: isRunning ? Int(now) : 0)
    let (url, name, isInFolder) = (url, name, isInFolder)
    return await live.value(for: key) {
      do throws(InputError) {
        let study = try Study(viewing: url)
        let progress = try study.progress()
        let html = LiveStudy(
          progress, name: name, now: now, isInFolder: isInFolder,
          isOfLaterTenbin: try study.isOfLaterTenbin()
        ).html
        return Live(progress: .success(progress), html: Data(html.utf8), version: Version.of(html))
      } catch {
        return Live(progress: .failure(error), html: Data(), version: Version.of(error.description))
      }
    }
  }

  /// How far the study has come, as /api/status tells it.
  func status() async -> Data {
    let live = await progress()
    let report = await report(live).version
    return told.withLock { told in
      if let told, told.live == live.made, told.report == report { return told.json }
      var status = StudyStatus(
        ServedPage.Entry(name: name, progress: live.progress), withTrials: true)
      (status.report, status.live) = (report, live.version)
      let json = StudyStatus.json(status)
      told = Told(live: live.made, report: report, json: json)
      return json
    }
  }

  /// The page of the study that has come as far as `live`.
  func report(_ live: Live) async -> Page {
    let key: PageKey =
      switch live.progress {
      case .success(let progress) where progress.isRunning:
        .running(progress.trials.flatMap { [$0.number, $0.state == .running ? 0 : 1] })
      default: .still(FilesKey(url))
      }
    let (url, name, isInFolder, language) = (url, name, isInFolder, language)
    return await page.value(for: key) {
      do throws(InputError) {
        let study = try Study(viewing: url)
        let results = try study.results()
        let live = LiveStudy(
          try study.progress(), name: name, now: 0, isInFolder: isInFolder)
        let commands = ReportCommands(
          model: ShellWord.quoted(SweepFile.model(of: results)), study: ShellWord.quoted(url.path))
        return Page(status: 200) { version in
          ServedPage.study(results, live, version: version, language: language, commands: commands)
        }
      } catch {
        let status = error.kind == .missing ? 404 : error.kind == .io ? 503 : 500
        return Page(status: status) { version in
          ServedPage.message(error, study: name, version: version, language: language)
        }
      }
    }
  }

  /// A table of the study, as CSV or as JSON.
  func table(_ table: StudyTables.Entry, asCSV: Bool) async -> Result<Data, InputError> {
    let url = url
    let results = await results.value(for: FilesKey(url)) {
      do throws(InputError) {
        return .success(try Study(viewing: url).results())
      } catch {
        return .failure(error)
      }
    }
    return results.map { Data((asCSV ? table.text($0) : table.json($0)).utf8) }
  }
}

extension StudyView.Page {
  /// The page that `make` makes, its own version in it.
  init(status: Int, _ make: (_ version: String) -> String) {
    // What it says of itself is the version of what it says without that.
    let version = Version.of(make(""))
    let halves = make(version).components(separatedBy: ServedPage.place)
    (before, after) = (Data(halves[0].utf8), Data((halves.count > 1 ? halves[1] : "").utf8))
    (self.status, self.version) = (status, version)
  }
}

/// A short name of a text: another one where the text is.
enum Version {
  static func of(_ text: String) -> String { String(SHA256.hexDigest(of: text.utf8).prefix(16)) }
}
