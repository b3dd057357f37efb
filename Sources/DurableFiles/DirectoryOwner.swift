import Glibc

/// Whose a new file is. What root makes in a directory of a service's user, that user's daemon could not read: it is
/// given to the owner of the directory.
enum DirectoryOwner {
  /// Gives an open file to the owner of its directory, where this process is root and that is another user. What that user
  /// may have led elsewhere, by a link, stays as it is.
  static func give(_ descriptor: Int32, at path: String) {
    guard let owner = other(of: DirectoryHandle.parent(of: path)) else { return }
    var file = stat()
    var entry = stat()
    guard fstat(descriptor, &file) == 0, lstat(path, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG,
      file.st_dev == entry.st_dev, file.st_ino == entry.st_ino, file.st_uid == 0, file.st_nlink == 1
    else { return }
    // Where it is refused the file is still root's, as all of root's files are.
    _ = fchown(descriptor, owner.user, owner.group)
  }

  /// The same for a directory that was just made.
  static func give(directory path: String) {
    guard let owner = other(of: DirectoryHandle.parent(of: path)) else { return }
    _ = lchown(path, owner.user, owner.group)
  }

  private static func other(of path: String) -> (user: uid_t, group: gid_t)? {
    guard geteuid() == 0 else { return nil }
    var information = stat()
    guard stat(path, &information) == 0, information.st_uid != 0 else { return nil }
    return (information.st_uid, information.st_gid)
  }
}
