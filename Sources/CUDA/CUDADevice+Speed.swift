import CCUDA
import Tensor

extension CUDADevice {
  /// Floating-point operations a second of BF16 products with float32 sums, (n, n) by (n, n), the best
  /// of several, measured with the device's own clock.
  public func productRate(width n: Int = 8192) -> Double {
    let (x, w) = sides(n)
    let seconds = fastest {
      _ = linear(x, weight: w, rows: 0..<n, bias: nil)
    }
    return seconds.map { 2 * Double(n) * Double(n) * Double(n) / $0 } ?? 0
  }

  /// The same of products that follow each other for `seconds`, after as many to warm it up: what is
  /// left of the rate once the card is as warm as work makes it.
  public func sustainedProductRate(width n: Int = 8192, seconds: Double = 0.5) -> Double {
    let (x, w) = sides(n)
    let operations = 2 * Double(n) * Double(n) * Double(n)
    guard let one = time({ _ = linear(x, weight: w, rows: 0..<n, bias: nil) }), one > 0 else {
      return 0
    }
    let count = max(1, Int(seconds / one))
    func run() { for _ in 0..<count { _ = linear(x, weight: w, rows: 0..<n, bias: nil) } }
    run()
    return time(run).map { Double(count) * operations / $0 } ?? 0
  }

  /// Two sides of a product of random numbers: a card is faster on zeros. Rows repeat, which it does not
  /// notice.
  private func sides(_ n: Int) -> (DeviceMatrix, DeviceMatrix) {
    let tile = Matrix<Float>(noise: 64, n, seed: 1).elements
    let elements = (0..<(n + 63) / 64).flatMap { _ in tile }.prefix(n * n)
    let x = upload(Matrix(rows: n, columns: n, elements: Array(elements)))
    return (x, x.copy())
  }

  /// Bytes a second that a copy inside the device's memory reads and writes.
  public func copyRate(bytes: Int = 1 << 30) -> Double {
    let from = DeviceMemory(bytes: bytes, on: self)
    let to = DeviceMemory(bytes: bytes, on: self)
    fill(from, 1)
    let seconds = fastest { move(DevicePointer(from), to: DevicePointer(to), bytes: bytes) }
    return seconds.map { 2 * Double(bytes) / $0 } ?? 0
  }

  /// Seconds of the fastest of some runs of `body`; nil after a failure.
  private func fastest(_ body: () -> Void) -> Double? {
    body()
    return (0..<5).compactMap { _ in time(body) }.min()
  }

  /// Seconds that the device takes for what `body` puts on its stream; nil after a failure.
  public func time(_ body: () -> Void) -> Double? {
    perform {
      var (start, end): (Handle, Handle) = (nil, nil)
      guard isWell, check(api.event_create(&start, 0), "an event"),
        check(api.event_create(&end, 0), "an event"),
        check(api.event_record(start, stream), "an event")
      else { return nil }
      defer {
        _ = api.event_destroy(start)
        _ = api.event_destroy(end)
      }
      body()
      var milliseconds: Float = 0
      guard isWell, check(api.event_record(end, stream), "an event"),
        check(api.event_synchronize(end), "waiting for the GPU"),
        check(api.event_elapsed(&milliseconds, start, end), "timing")
      else { return nil }
      return Double(milliseconds) / 1000
    }
  }
}
