import Foundation

/// Writes a safetensors file of `bytes` zeros under `header`, whatever that says.
public func writeSafetensors(_ url: URL, header: String, bytes: Int) throws {
  var file = Data()
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
  file.append(Data(header.utf8))
  file.append(Data(count: bytes))
  try file.write(to: url)
}

/// Writes a safetensors file of tensors that are all zeros, of types of 4 bytes.
public func writeZeros(
  _ url: URL, _ tensors: [(name: String, dtype: String, shape: [Int])]
) throws {
  var end = 0
  let entries = tensors.map { tensor in
    let start = end
    end += 4 * tensor.shape.reduce(1, *)
    return #""\#(tensor.name)":{"dtype":"\#(tensor.dtype)","shape":\#(tensor.shape),"#
      + #""data_offsets":[\#(start),\#(end)]}"#
  }
  try writeSafetensors(url, header: "{\(entries.joined(separator: ","))}", bytes: end)
}
