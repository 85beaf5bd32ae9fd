// SPDX-License-Identifier: Apache-2.0
// The names in a folder.

/// The names of a folder's entries without `.` and `..`, in the order in which the system lists them; empty if the folder cannot
/// be read. Bytes that are not UTF-8 become replacement characters.
package func folderNames(_ path: String) -> [String] {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = entryName(entry)
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// The name in a directory entry.
///
/// An entry is as long as its name requires, which is shorter than `dirent` declares. Reading the declared array as a value
/// would read past the entry, and past the end of the stream's buffer for the last one (readdir(3), "The d_name field").
package func entryName(_ entry: UnsafePointer<dirent>) -> String {
  guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { preconditionFailure("dirent stores d_name") }
  let name = UnsafeRawPointer(entry).advanced(by: offset)
  return String(cString: name.assumingMemoryBound(to: CChar.self))
}
