import CSystem

/// How the C library hands out memory.
public enum Allocator {
  /// Has all threads allocate from one arena. Call it before any thread is started.
  ///
  /// glibc gives every thread its own until there are eight a core, and what was freed in one is of no use to another:
  /// what Kafka's threads fetch ahead, give back and fetch again took two or three times the memory (`Docs/Decisions.md`).
  /// A score allocates nothing, so no thread that answers one waits for another here.
  public static func useOneArena() {
    afm_limit_arenas(1)
  }
}
